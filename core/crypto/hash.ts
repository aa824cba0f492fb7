/**
 * SHA-256, plain and tagged.
 *
 * The plain one hashes what the reference hashes (spec/wire.md). Everything of ours is hashed under a BIP340 tag
 * `mccloud/<purpose>/1`, so that no signature for one purpose can serve another (spec/safety.md, Networks).
 */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { utf8Bytes } from '../codec/bytes.ts';
import type { Hash } from './keys.ts';

export function sha256(...parts: readonly Uint8Array[]): Hash {
  const hash = nobleSha256.create();
  for (const part of parts) hash.update(part);
  return hash.digest() as Uint8Array as Hash;
}

/** SHA-256 of what comes piece by piece. */
export class RunningSha256 {
  readonly #hash = nobleSha256.create();

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** Asked once, at the end. */
  digest(): Hash {
    return this.#hash.digest() as Uint8Array as Hash;
  }
}

/** BIP340: SHA-256(SHA-256(tag) · SHA-256(tag) · message). */
export function taggedHash(purpose: string, ...parts: readonly Uint8Array[]): Hash {
  const tag = sha256(utf8Bytes(`mccloud/${purpose}/1`));
  return sha256(tag, tag, ...parts);
}
