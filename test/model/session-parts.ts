/**
 * What tests of sessions need: two identities, a greeting, and a session with a known seed.
 */
import { createHash } from 'node:crypto';
import { hexToBytes } from '../../core/codec/bytes.ts';
import type { Curve } from '../../core/crypto/curve.ts';
import { keyHex, type PublicKey, type PublicKeyHex, type SecretKey, secretKeyFrom } from '../../core/crypto/keys.ts';
import { nobleCurve } from '../../core/crypto/noble-curve.ts';
import type { Random } from '../../core/random.ts';
import { type Greeting, wireVersion } from '../../core/wire/messages.ts';
import { Session, type SessionOptions } from '../../core/wire/session.ts';
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

export function greetingOf({ publicKey }: Identity, changed: Partial<Greeting> = {}): Greeting {
  const version = { ...wireVersion, target: '', branch: 'main', commit: 'mcx0' };
  const chain = { root: undefined, last: undefined, count: 0n };
  return { pubkey: publicKey, listen: '127.0.0.1:1', ...chain, thin: false, version, known: [], ...changed };
}

/** A seed that tells the sessions of two identities apart. */
export function seedOf({ publicKey }: Identity): Uint8Array {
  return publicKey.slice(1);
}

export function sessionOf(own: Identity, changed: Partial<SessionOptions> = {}): Session {
  const random: Random = () => seedOf(own);
  const usual = { network: 'main', expected: undefined, accepts: ['cbc', 'gcm-siv'] } as const;
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
