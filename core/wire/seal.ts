/**
 * Signals sealed to one receiver: who carries them can neither read nor change them, nor say they are another's.
 *
 * AES-256-CBC, then HMAC-SHA256 over it, as upgraded frames have them (a cipher of its own would cost the page 2.5 kB),
 * under keys that only the two hold: tagged SHA-256 of the ECDH of their identity keys, bound to network, sender and
 * receiver. A random IV goes in front. Layout: docs/protocol.md, Sealed signals.
 */
import { concatBytes, utf8Bytes, utf8Text } from '../codec/bytes.ts';
import { byteVector, decode, encode, fixedBytes, struct, u8 } from '../codec/codec.ts';
import { cbcBlockBytes, decryptCbc, encryptCbc } from '../crypto/cbc.ts';
import { taggedHash } from '../crypto/hash.ts';
import type { PublicKey } from '../crypto/keys.ts';
import { isSameMac, macBytes, macOf } from '../crypto/mac.ts';
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
const sealIvBytes = cbcBlockBytes;

const signalCodec = struct({
  call: fixedBytes<Uint8Array>(callBytes),
  type: u8,
  body: byteVector(sealedBytes - sealIvBytes - macBytes - 1 - callBytes - 5),
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
  const iv = random(sealIvBytes);
  const { encryption, mac } = sealKeys(parties);
  const ciphertext = encryptCbc(encryption, iv, plain);
  return concatBytes(iv, ciphertext, macOf(mac, iv, ciphertext));
}

/** @throws CryptoError `bad-ciphertext`, CodecError */
export function openSignal(parties: SealParties, sealed: Uint8Array): Signal {
  const { call, type, body } = decode(signalCodec, opened(parties, sealed));
  const name = signalTypes[type];
  if (name === undefined) throw new CryptoError('bad-ciphertext', `there is no signal of type ${type}`);
  return { call, type: name, body: utf8Text(body) };
}

function opened(parties: SealParties, sealed: Uint8Array): Uint8Array {
  if (sealed.length < sealIvBytes + macBytes) throw new CryptoError('bad-ciphertext', 'too short for a seal');
  const { encryption, mac } = sealKeys(parties);
  const covered = sealed.subarray(0, -macBytes);
  if (!isSameMac(macOf(mac, covered), sealed.subarray(-macBytes))) {
    throw new CryptoError('bad-ciphertext', 'the seal does not open');
  }
  return decryptCbc(encryption, covered.subarray(0, sealIvBytes), covered.subarray(sealIvBytes));
}

function sealKeys({ network, from, to, sharedX }: SealParties) {
  const parties = [sharedX, from, to, utf8Bytes(network)];
  return { encryption: taggedHash('signal', ...parties), mac: taggedHash('signal-mac', ...parties) };
}
