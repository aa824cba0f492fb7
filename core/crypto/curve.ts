/**
 * secp256k1 as the core sees it: two interfaces and nothing of how they are met.
 *
 * `Curve` is synchronous, for what a decision waits on (signing, key agreement, "is this a point"). `Verifier` is
 * asynchronous, for checking signatures, which the core asks for by an effect, so that a host may run it in WASM, in
 * workers, or memoised in the simulator (design.md, rule 3).
 */
import type { Hash, PublicKey, SecretKey, Signature } from './keys.ts';

export interface Curve {
  /** The key with its parity. @throws CryptoError `bad-secret` for zero or a value past the order. */
  publicKey(secret: SecretKey): PublicKey;
  /**
   * BIP340 over the 32-byte digest itself.
   * @param auxiliary 32 fresh random bytes (spec/safety.md, Networks and signatures)
   */
  sign(digest: Hash, secret: SecretKey, auxiliary: Uint8Array): Signature;
  /** The 32-byte x coordinate of ECDH. @throws CryptoError `bad-key` when `other` is no point. */
  sharedX(secret: SecretKey, other: PublicKey): Uint8Array;
  isPoint(key: PublicKey): boolean;
}

/** One signature to check: BIP340, the key without its first byte (spec/wire.md, first table). */
export interface SignatureCheck {
  readonly key: PublicKey;
  readonly digest: Hash;
  readonly signature: Signature;
}

export interface Verifier {
  /** One answer for each check, in order. Never rejects because of a bad signature or key: that is `false`. */
  verify(checks: readonly SignatureCheck[]): Promise<boolean[]>;
}
