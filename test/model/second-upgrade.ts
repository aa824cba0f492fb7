/**
 * A second implementation of hello and of upgraded frames, from docs/protocol.md alone: nothing here comes from core/.
 *
 * HKDF, HMAC and AES are Node's. `SecondLink` follows both sides of a whole link and reads every frame of it, which takes
 * the secrets of both identities and both ephemeral keys: no peer could. It throws an Error for whatever is not exactly
 * the frame that has to come.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import {
  type ExactMessage,
  exactMessage,
  type SecondDialect,
  secondDialect,
  secondGreetingPayload,
  secondOpen,
} from './second-decoder.ts';

export type SecondSide = 'dialler' | 'acceptor';

/** The keys of what one side sends. */
export interface SecondKeys {
  readonly direction: number;
  readonly encryption: Uint8Array;
  readonly mac: Uint8Array;
}

export interface SecondHello {
  readonly network: string;
  readonly features: number;
  readonly ephemeral: string | null;
}

/** Whole greetings and hellos as plain Borsh, in the order in which they are hashed. */
export type SecondTranscript = readonly [
  diallerGreeting: Uint8Array,
  acceptorGreeting: Uint8Array,
  diallerHello: Uint8Array,
  acceptorHello: Uint8Array,
];

export function secondUpgradeKeys(
  ephemeralX: Uint8Array,
  identityX: Uint8Array,
  transcript: SecondTranscript,
): Readonly<Record<SecondSide, SecondKeys>> {
  const salt = createHash('sha256').update(Buffer.concat(transcript)).digest();
  const both = Buffer.concat([ephemeralX, identityX]);
  const keysOf = (direction: number): SecondKeys => {
    const info = Buffer.concat([Buffer.from('mccloud/upgrade/1'), Buffer.of(direction)]);
    const bytes = new Uint8Array(hkdfSync('sha256', both, salt, info, 64));
    return { direction, encryption: bytes.slice(0, 32), mac: bytes.slice(32) };
  };
  return { dialler: keysOf(0), acceptor: keysOf(1) };
}

/** A payload as the upgraded frame with this counter. */
export function secondUpgradedFrame(
  keys: SecondKeys,
  counter: bigint,
  iv: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv('aes-256-cbc', keys.encryption, iv);
  const ciphertext = Buffer.concat([cipher.update(payload), cipher.final()]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(ciphertext.length + 32);
  return new Uint8Array(Buffer.concat([length, iv, ciphertext, macOf(keys, counter, iv, ciphertext)]));
}

/** The payload of the upgraded frame with this counter, which must be exactly one frame. */
export function secondOpenUpgraded(keys: SecondKeys, counter: bigint, frame: Uint8Array): Uint8Array {
  const bytes = Buffer.from(frame);
  if (bytes.length < 4 + 16 + 16 + 32 || bytes.length !== 20 + bytes.readUInt32LE(0)) {
    throw new Error('not exactly one frame');
  }
  const [iv, ciphertext] = [bytes.subarray(4, 20), bytes.subarray(20, -32)];
  if (!macOf(keys, counter, iv, ciphertext).equals(bytes.subarray(-32))) throw new Error('the MAC is another');
  const decipher = createDecipheriv('aes-256-cbc', keys.encryption, iv);
  return new Uint8Array(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
}

/** The message that a hello is, in either dialect. */
export function secondHelloPayload(hello: SecondHello, dialect: SecondDialect): Uint8Array {
  const network = Buffer.from(hello.network);
  const ephemeral = hello.ephemeral === null ? Buffer.of(0) : Buffer.from(`01${hello.ephemeral}`, 'hex');
  const payload = Buffer.concat([u32(network.length), network, u32(hello.features), ephemeral]);
  const head = Buffer.concat([Buffer.of(0), Buffer.from('mcx'), Buffer.of(1, 1), u32(payload.length)]);
  const count = Math.ceil((head.length + payload.length) / 33);
  const items = Buffer.concat([head, payload], 33 * count);
  return new Uint8Array(Buffer.concat([Buffer.of(dialect === 'cbc' ? 6 : 5), u32(0), u32(count), items]));
}

/** What a hello says; undefined when the message is none. */
export function secondHello(message: ExactMessage): SecondHello | undefined {
  if (message.type !== 'requestNeighbours' || message.count !== 0) return undefined;
  const bytes = Buffer.from(message.exclude.join(''), 'hex');
  if (bytes.subarray(0, 6).toString('hex') !== `00${Buffer.from('mcx').toString('hex')}0101`) return undefined;
  const payload = bytes.subarray(10, 10 + bytes.readUInt32LE(6));
  if (bytes.length !== 33 * Math.ceil((10 + payload.length) / 33)) throw new Error('too many items');
  if (bytes.subarray(10 + payload.length).some((byte) => byte !== 0)) throw new Error('the filling is not zero');
  const networkEnd = 4 + payload.readUInt32LE(0);
  const hasEphemeral = payload.readUInt8(networkEnd + 4);
  const ephemeral = hasEphemeral === 0 ? null : payload.subarray(networkEnd + 5).toString('hex');
  if (payload.length !== networkEnd + 5 + 33 * hasEphemeral) throw new Error('no hello has this length');
  const network = payload.subarray(4, networkEnd).toString();
  return { network, features: payload.readUInt32LE(networkEnd), ephemeral };
}

/** What one side has said so far. */
interface Said {
  dialect: SecondDialect;
  greeting: Uint8Array;
  pubkey: string;
  isOurs: boolean;
  hello: Uint8Array | undefined;
  ephemeral: string | undefined;
  /** Frames behind those. */
  count: bigint;
}

/** All frames of one link, each side's in order, told in an order in which they can have been sent. */
export class SecondLink {
  readonly #agree: (one: string, other: string) => Uint8Array;
  readonly #said: Partial<Record<SecondSide, Said>> = {};
  #keys: Readonly<Record<SecondSide, SecondKeys>> | undefined;

  /** @param agree x of the ECDH of the holders of two keys, identities or ephemeral ones */
  constructor(agree: (one: string, other: string) => Uint8Array) {
    this.#agree = agree;
  }

  /** Whether this side has said what the keys are made of: what follows may be left out. */
  hasBegun(by: SecondSide): boolean {
    const said = this.#said[by];
    return said !== undefined && (!this.#upgrades || said.hello !== undefined);
  }

  /** A frame that nobody looks into. */
  leaveOut(by: SecondSide): void {
    this.#of(by).count++;
  }

  /** @returns what the frame says */
  read(by: SecondSide, frame: Uint8Array): { readonly message: ExactMessage; readonly payload: Uint8Array } {
    const said = this.#said[by];
    if (said === undefined) return this.#greeted(by, frame);
    const isUpgraded = this.#upgrades && said.hello !== undefined;
    const payload = isUpgraded
      ? secondOpenUpgraded(this.#upgradeKeys()[by], said.count++, frame)
      : secondOpen(this.#sessionKey(), frame, said.dialect).payload;
    const message = exactMessage(payload, said.dialect);
    if (this.#upgrades && !isUpgraded) {
      const ephemeral = secondHello(message)?.ephemeral;
      if (typeof ephemeral !== 'string') throw new Error(`says ${message.type} in place of hello`);
      said.hello = payload;
      said.ephemeral = ephemeral;
    }
    return { message, payload };
  }

  #greeted(by: SecondSide, frame: Uint8Array): { readonly message: ExactMessage; readonly payload: Uint8Array } {
    const dialect = secondDialect(frame);
    const payload = secondGreetingPayload(frame, dialect);
    const message = exactMessage(payload, dialect);
    if (message.type !== 'greeting') throw new Error(`begins with ${message.type}`);
    const { pubkey, version } = message;
    const isOurs = 'commit' in version && version.commit.startsWith('mcx1');
    const nothing = { hello: undefined, ephemeral: undefined, count: 0n };
    this.#said[by] = { dialect, greeting: payload, pubkey, isOurs, ...nothing };
    return { message, payload };
  }

  get #upgrades(): boolean {
    const { dialler, acceptor } = this.#said;
    return dialler?.isOurs === true && acceptor?.isOurs === true;
  }

  #sessionKey(): Uint8Array {
    return createHash('sha256')
      .update(this.#agree(this.#of('dialler').pubkey, this.#of('acceptor').pubkey))
      .digest();
  }

  #upgradeKeys(): Readonly<Record<SecondSide, SecondKeys>> {
    const [dialler, acceptor] = [this.#of('dialler'), this.#of('acceptor')];
    if (dialler.hello === undefined || acceptor.hello === undefined) throw new Error('one hello has not been said');
    this.#keys ??= secondUpgradeKeys(
      this.#agree(dialler.ephemeral ?? '', acceptor.ephemeral ?? ''),
      this.#agree(dialler.pubkey, acceptor.pubkey),
      [dialler.greeting, acceptor.greeting, dialler.hello, acceptor.hello],
    );
    return this.#keys;
  }

  #of(side: SecondSide): Said {
    const said = this.#said[side];
    if (said === undefined) throw new Error(`the ${side} has not greeted`);
    return said;
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function macOf({ direction, mac }: SecondKeys, counter: bigint, iv: Uint8Array, ciphertext: Uint8Array): Buffer {
  const place = Buffer.alloc(9);
  place[0] = direction;
  place.writeBigUInt64LE(counter, 1);
  return createHmac('sha256', mac).update(place).update(iv).update(ciphertext).digest();
}
