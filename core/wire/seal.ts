/**
 * Signals sealed to one receiver: who carries them can neither read nor change them, nor say they are another's.
 *
 * ChaCha20-Poly1305 under a key that only the two hold: tagged SHA-256 of the ECDH of their identity keys, bound to
 * network, sender and receiver. 12 random bytes of nonce go in front. Layout: docs/protocol.md, Sealed signals.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { concatBytes, utf8Bytes, utf8Text } from '../codec/bytes.ts';
import { byteVector, decode, encode, fixedBytes, struct, u8 } from '../codec/codec.ts';
import { taggedHash } from '../crypto/hash.ts';
import type { PublicKey } from '../crypto/keys.ts';
import { CryptoError } from '../errors.ts';
import type { Random } from '../random.ts';
import { sealedBytes } from './signaling.ts';

/** Inside a seal: which call it belongs to, what it is, and the SDP or candidate as JSON of the browser's. */
export interface Signal {
  /** 16 random bytes the caller chose; the answer carries them too. */
  readonly call: Uint8Array;
  readonly type: SignalType;
  readonly body: string;
}

export type SignalType = 'offer' | 'answer' | 'candidate' | 'decline';

const signalTypes: readonly SignalType[] = ['offer', 'answer', 'candidate', 'decline'];
export const callBytes = 16;
const sealNonceBytes = 12;
const tagBytes = 16;

const signalCodec = struct({
  call: fixedBytes<Uint8Array>(callBytes),
  type: u8,
  body: byteVector(sealedBytes - sealNonceBytes - tagBytes - callBytes - 5),
});

/** Both directions of one pair of keys in one network. */
export interface SealParties {
  readonly network: string;
  readonly from: PublicKey;
  readonly to: PublicKey;
  /** x of the ECDH of the two identities. */
  readonly sharedX: Uint8Array;
}

export function sealSignal(parties: SealParties, random: Random, signal: Signal): Uint8Array {
  const plain = encode(signalCodec, {
    call: signal.call,
    type: signalTypes.indexOf(signal.type),
    body: utf8Bytes(signal.body),
  });
  const nonce = random(sealNonceBytes);
  return concatBytes(nonce, chacha20poly1305(sealKey(parties), nonce).encrypt(plain));
}

/** @throws CryptoError `bad-ciphertext`, CodecError */
export function openSignal(parties: SealParties, sealed: Uint8Array): Signal {
  const nonce = sealed.subarray(0, sealNonceBytes);
  if (sealed.length < sealNonceBytes + tagBytes) throw new CryptoError('bad-ciphertext', 'too short for a seal');
  const { call, type, body } = decode(signalCodec, opened(parties, nonce, sealed.subarray(sealNonceBytes)));
  const name = signalTypes[type];
  if (name === undefined) throw new CryptoError('bad-ciphertext', `there is no signal of type ${type}`);
  return { call, type: name, body: utf8Text(body) };
}

function opened(parties: SealParties, nonce: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  try {
    return chacha20poly1305(sealKey(parties), nonce).decrypt(ciphertext);
  } catch {
    throw new CryptoError('bad-ciphertext', 'the seal does not open');
  }
}

function sealKey({ network, from, to, sharedX }: SealParties): Uint8Array {
  const name = utf8Bytes(network);
  return taggedHash('signal', sharedX, from, to, name);
}
