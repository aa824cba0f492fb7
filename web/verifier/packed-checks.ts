/**
 * Checks as one run of bytes, so that handing a thousand of them to a worker is one transfer and not a thousand copies.
 */
import { concatBytes } from '../../core/codec/bytes.ts';
import type { SignatureCheck } from '../../core/crypto/curve.ts';
import {
  type Hash,
  hashBytes,
  type PublicKey,
  publicKeyBytes,
  type Signature,
  signatureBytes,
} from '../../core/crypto/keys.ts';
import { invariant } from '../../core/errors.ts';

const checkBytes = publicKeyBytes + hashBytes + signatureBytes;

export function packChecks(checks: readonly SignatureCheck[]): Uint8Array {
  const packed = concatBytes(...checks.flatMap(({ key, digest, signature }) => [key, digest, signature]));
  invariant(packed.length === checks.length * checkBytes, 'keys, digests and signatures have their lengths');
  return packed;
}

/** The checks are views of the bytes. */
export function unpackChecks(packed: Uint8Array): SignatureCheck[] {
  const checks: SignatureCheck[] = [];
  for (let start = 0; start < packed.length; start += checkBytes) {
    const digestStart = start + publicKeyBytes;
    const signatureStart = digestStart + hashBytes;
    checks.push({
      key: packed.subarray(start, digestStart) as PublicKey,
      digest: packed.subarray(digestStart, signatureStart) as Hash,
      signature: packed.subarray(signatureStart, start + checkBytes) as Signature,
    });
  }
  return checks;
}
