/**
 * What tests of sessions need: two identities, a greeting, a session with a known seed, and what comes to it.
 */
import { createHash } from 'node:crypto';
import { hexToBytes } from '../../core/codec/bytes.ts';
import { encode } from '../../core/codec/codec.ts';
import type { Curve } from '../../core/crypto/curve.ts';
import { keyHex, type PublicKey, type PublicKeyHex, type SecretKey, secretKeyFrom } from '../../core/crypto/keys.ts';
import { nobleCurve } from '../../core/crypto/noble-curve.ts';
import type { Random } from '../../core/random.ts';
import { type DialectName, dialects } from '../../core/wire/dialect.ts';
import { type Greeting, type Message, wireVersion } from '../../core/wire/messages.ts';
import { Session, type SessionOptions } from '../../core/wire/session.ts';
import { encodeGreetingFrame, encodeSealedFrame, ivBytes } from './reference/encoder.ts';
import { secondHeaderBytes } from './second-decoder.ts';
import { keyVectors } from './vectors.ts';

export interface Identity {
  readonly secret: SecretKey;
  readonly publicKey: PublicKey;
}

/** One of the reference's test keys. */
export function identity(index: number): Identity {
  const vector = keyVectors()[index];
  if (vector === undefined) throw new Error(`there is no key vector ${index}`);
  return { secret: secretKeyFrom(hexToBytes(vector.secret)), publicKey: hexToBytes(vector.pubkey) as PublicKey };
}

/** Of a peer of the reference program, so that its session stays. */
export function greetingOf({ publicKey }: Identity, changed: Partial<Greeting> = {}): Greeting {
  const version = { ...wireVersion, target: '', branch: 'main', commit: 'b9b851c9' };
  const chain = { root: undefined, last: undefined, count: 0n };
  return { pubkey: publicKey, listen: '127.0.0.1:1', ...chain, thin: false, version, known: [], ...changed };
}

/** What of it stands in a greeting of this dialect. */
export function heardIn(dialect: DialectName, greeting: Greeting): Greeting {
  if (dialect === 'cbc') return { ...greeting, known: [] };
  return { ...greeting, version: { ...greeting.version, target: '', branch: '', commit: '' } };
}

/** What comes from the one to the other in a dialect, its frames made by the encoder that shares no code with ours. */
export function framesFrom(own: Identity, to: Identity, dialect: DialectName) {
  const { messages } = dialects[dialect];
  const key = keyBetween(to, own.publicKey);
  const greetingPayload = (changed: Partial<Greeting> = {}): Uint8Array =>
    encode(messages, { kind: 'greeting', ...greetingOf(own, changed) });
  return {
    key,
    greetingPayload,
    greeting: (changed: Partial<Greeting> = {}): Uint8Array => encodeGreetingFrame(greetingPayload(changed), dialect),
    payload: (message: Message): Uint8Array => encode(messages, message),
    /** The IV is always the same for the same nonce, unless one is given. */
    sealed(nonce: number | bigint, payload: Uint8Array, iv = ivFor(nonce, dialect)): Uint8Array {
      return encodeSealedFrame({ key, iv, nonce: BigInt(nonce) }, payload, dialect);
    },
    /** The header of a frame that announces a ciphertext of this length. */
    announced(length: number): Uint8Array {
      const header = new Uint8Array(secondHeaderBytes[dialect].sealed);
      new DataView(header.buffer).setUint32(0, length, true);
      return header;
    },
  };
}

function ivFor(nonce: number | bigint, dialect: DialectName): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`${nonce}`).digest()).subarray(0, ivBytes[dialect]);
}

/** A seed that tells the sessions of two identities apart. */
export function seedOf({ publicKey }: Identity): Uint8Array {
  return publicKey.slice(1);
}

export function sessionOf(own: Identity, changed: Partial<SessionOptions> = {}): Session {
  const random: Random = () => seedOf(own);
  const usual = { network: 'main', dialled: false, expected: undefined, accepts: ['cbc', 'gcm-siv'] } as const;
  return new Session({ curve: rememberingCurve, random, ...own, ...usual, ...changed });
}

/** The slowest step of a session, done once for each pair of keys in a test run. */
const sharedXs = new Map<SecretKey, Map<PublicKeyHex, Uint8Array>>();

export const rememberingCurve: Curve = {
  ...nobleCurve,
  sharedX(secret, other) {
    const known = sharedXs.get(secret) ?? new Map<PublicKeyHex, Uint8Array>();
    sharedXs.set(secret, known);
    const sharedX = known.get(keyHex(other)) ?? nobleCurve.sharedX(secret, other);
    known.set(keyHex(other), sharedX);
    return sharedX;
  },
};

/** The session key of two, by Node's hash. */
export function keyBetween(own: Identity, other: PublicKey): Uint8Array {
  return createHash('sha256').update(rememberingCurve.sharedX(own.secret, other)).digest();
}
