/**
 * The secure upgrade between our own peers: from two hellos to the keys of both directions (spec/safety.md, Secure
 * upgrade; docs/protocol.md, Secure upgrade).
 *
 * `Upgrading` is one side between the greetings and the other's hello, `Upgraded` both directions afterwards. The
 * ephemeral secret lives in the first alone and is overwritten when the keys are there: who learns an identity's secret
 * later does not open what was said. When what is sent, and when a link is closed, is session.ts's and its callers'.
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes, utf8Bytes } from '../codec/bytes.ts';
import { decode, encode } from '../codec/codec.ts';
import type { Curve } from '../crypto/curve.ts';
import { sha256 } from '../crypto/hash.ts';
import { isPublicKey, type PublicKey, type SecretKey } from '../crypto/keys.ts';
import { CodecError, CryptoError, invariant, SessionError } from '../errors.ts';
import type { Random } from '../random.ts';
import { type Hello, packExtension, unpackExtension } from './carrier.ts';
import { cbcMessages, type Dialect, dialects } from './dialect.ts';
import type { SealedFrame } from './framing.ts';
import { type DirectionKeys, openUpgradedFrame, upgradedFrame } from './upgraded-framing.ts';

/** What a version of ours can do besides; nothing yet. Bits that are not known are passed over. */
export const ownFeatures = 0;

/** Whole greetings and hellos, in plain Borsh, without length and nonce. */
export interface Transcript {
  readonly diallerGreeting: Uint8Array;
  readonly acceptorGreeting: Uint8Array;
  readonly diallerHello: Uint8Array;
  readonly acceptorHello: Uint8Array;
}

export interface UpgradingOptions {
  readonly curve: Curve;
  readonly random: Random;
  readonly network: string;
  readonly dialled: boolean;
  /** x of the ECDH of the two identities. */
  readonly sharedX: Uint8Array;
}

/** A hello as the message it is sent as. @param ephemeral undefined where the reference's session stays */
export function helloPayload(network: string, ephemeral: PublicKey | undefined, { messages }: Dialect): Uint8Array {
  const exclude = packExtension({ kind: 'hello', network, features: ownFeatures, ephemeral });
  return encode(messages, { kind: 'requestNeighbours', count: 0, exclude });
}

/** Whole greetings, in plain Borsh, without length and nonce. */
export interface Greetings {
  readonly own: Uint8Array;
  readonly other: Uint8Array;
}

export class Upgrading {
  /** Of our hello: the whole message. */
  readonly hello: Uint8Array;
  readonly #options: UpgradingOptions;
  readonly #ephemeral: PublicKey;
  #secret: SecretKey | undefined;

  constructor(options: UpgradingOptions) {
    this.#options = options;
    this.#secret = options.random(32) as SecretKey;
    this.#ephemeral = options.curve.publicKey(this.#secret);
    this.hello = helloPayload(options.network, this.#ephemeral, dialects.cbc);
  }

  /**
   * The other's hello came. Called once.
   * @throws SessionError `no-upgrade` when it is none, `other-network`, `bad-hello`
   */
  complete(greetings: Greetings, payload: Uint8Array): Upgraded {
    const { network, ephemeral } = helloFrom(payload);
    if (network !== this.#options.network) throw new SessionError('other-network', 'is of another network');
    if (ephemeral === undefined) throw new SessionError('bad-hello', 'a hello here names an ephemeral key');
    if (!isPublicKey(ephemeral)) throw new SessionError('bad-hello', 'the ephemeral key is none');
    if (equalBytes(ephemeral, this.#ephemeral)) throw new SessionError('reflected', 'sends our own hello');
    const ephemeralX = this.#agree(ephemeral);
    const { dialled, sharedX } = this.#options;
    const [diallerGreeting, acceptorGreeting] = inOrder(dialled, greetings.own, greetings.other);
    const [diallerHello, acceptorHello] = inOrder(dialled, this.hello, payload);
    const transcript = { diallerGreeting, acceptorGreeting, diallerHello, acceptorHello };
    const [sending, receiving] = inOrder(dialled, ...upgradeKeys(ephemeralX, sharedX, transcript));
    return new Upgraded(sending, receiving);
  }

  #agree(ephemeral: PublicKey): Uint8Array {
    const secret = this.#secret;
    invariant(secret !== undefined, 'an ephemeral secret is used once');
    this.#secret = undefined;
    try {
      return this.#options.curve.sharedX(secret, ephemeral);
    } catch (error) {
      if (error instanceof CryptoError) throw new SessionError('bad-hello', error.message);
      throw error;
    } finally {
      secret.fill(0);
    }
  }
}

/** Both directions of an upgraded link, each with its own keys and count. */
export class Upgraded {
  readonly #sending: DirectionKeys;
  readonly #receiving: DirectionKeys;
  #sent = 0n;
  #received = 0n;

  constructor(sending: DirectionKeys, receiving: DirectionKeys) {
    this.#sending = sending;
    this.#receiving = receiving;
  }

  /** @param iv 16 bytes that nobody can foretell */
  seal(iv: Uint8Array, payload: Uint8Array): Uint8Array {
    return upgradedFrame(this.#sending, iv, this.#sent++, payload);
  }

  /** @throws SessionError `bad-frame` when it is not the one that comes next; nothing may be opened after it */
  open(frame: SealedFrame): Uint8Array {
    return openUpgradedFrame(this.#receiving, this.#received++, frame);
  }
}

/** @returns the keys of what the dialler sends, and of what the acceptor sends */
export function upgradeKeys(
  ephemeralX: Uint8Array,
  identityX: Uint8Array,
  { diallerGreeting, acceptorGreeting, diallerHello, acceptorHello }: Transcript,
): [DirectionKeys, DirectionKeys] {
  const salt = sha256(diallerGreeting, acceptorGreeting, diallerHello, acceptorHello);
  const shared = concatBytes(ephemeralX, identityX);
  const keysOf = (direction: 0 | 1): DirectionKeys => {
    const info = concatBytes(utf8Bytes('mccloud/upgrade/1'), Uint8Array.of(direction));
    const bytes = hkdf(nobleSha256, shared, salt, info, 2 * keyBytes);
    return { direction, encryption: bytes.slice(0, keyBytes), mac: bytes.slice(keyBytes) };
  };
  return [keysOf(0), keysOf(1)];
}

const keyBytes = 32;

/** @throws SessionError `no-upgrade` for any other message, `bad-hello` */
function helloFrom(payload: Uint8Array): Hello {
  try {
    const message = decode(cbcMessages, payload);
    const isExtension = message.kind === 'requestNeighbours' && message.count === 0;
    const extension = isExtension ? unpackExtension(message.exclude) : undefined;
    if (extension?.kind === 'hello') return extension;
  } catch (error) {
    if (error instanceof CodecError) throw new SessionError('bad-hello', error.message);
    throw error;
  }
  throw new SessionError('no-upgrade', 'says something else than hello after its greeting');
}

function inOrder<T>(isOwnFirst: boolean, own: T, other: T): [T, T] {
  return isOwnFirst ? [own, other] : [other, own];
}
