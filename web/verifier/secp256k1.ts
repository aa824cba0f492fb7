/**
 * libsecp256k1 in WASM: checks and makes BIP340 signatures some ten times faster than JavaScript does.
 *
 * The module is the one inside nostr-wasm, driven here directly (scripts/extract-wasm.ts pins it): that package's own
 * face hashes Nostr events and reports a bad signature by throwing. Emscripten gave imports and exports one letter
 * each; the layouts are those of secp256k1.h. One instance works for one thread and keeps no secret between calls.
 */
import type { SignatureCheck } from '../../core/crypto/curve.ts';
import {
  type Hash,
  hashBytes,
  isPublicKey,
  type PublicKey,
  publicKeyBytes,
  type SecretKey,
  type Signature,
  secretKeyBytes,
  signatureBytes,
} from '../../core/crypto/keys.ts';
import { CryptoError, invariant } from '../../core/errors.ts';

/** An address in the module's memory. */
type Pointer = number;

interface Exports {
  readonly g: WebAssembly.Memory;
  /** Runs the static constructors. */
  h(): void;
  /** malloc */
  i(bytes: number): Pointer;
  /** secp256k1_context_create */
  o(flags: number): Pointer;
  /** secp256k1_xonly_pubkey_parse */
  p(context: Pointer, key: Pointer, input32: Pointer): number;
  /** secp256k1_xonly_pubkey_serialize */
  q(context: Pointer, output32: Pointer, key: Pointer): number;
  /** secp256k1_keypair_create */
  r(context: Pointer, pair: Pointer, secret: Pointer): number;
  /** secp256k1_keypair_xonly_pub; the parity is an int. */
  s(context: Pointer, key: Pointer, parity: Pointer, pair: Pointer): number;
  /** secp256k1_schnorrsig_sign32 */
  t(context: Pointer, signature: Pointer, digest: Pointer, pair: Pointer, auxiliary: Pointer): number;
  /** secp256k1_schnorrsig_verify */
  u(context: Pointer, signature: Pointer, message: Pointer, bytes: number, key: Pointer): number;
}

/** SECP256K1_CONTEXT_NONE; the older flags for signing and verifying mean the same now. */
const contextNone = 1;
const keyPairBytes = 96;
const parsedKeyBytes = 64;
const auxiliaryBytes = 32;
const xBytes = 32;
const intBytes = 4;
/** Keys kept parsed: a chain's items have few authors, and parsing one is an eighth of a check. */
const parsedKeys = 256;

export class Secp256k1 {
  readonly #wasm: Exports;
  readonly #context: Pointer;
  readonly #digest: Pointer;
  readonly #signature: Pointer;
  readonly #x: Pointer;
  readonly #parsedKey: Pointer;
  readonly #secret: Pointer;
  readonly #keyPair: Pointer;
  readonly #auxiliary: Pointer;
  readonly #parity: Pointer;
  readonly #parsedPool: Pointer;
  /** Where each key stands parsed, the one used longest ago first. */
  readonly #parsed = new Map<string, Pointer>();

  private constructor(wasm: Exports) {
    this.#wasm = wasm;
    wasm.h();
    this.#context = wasm.o(contextNone);
    this.#digest = wasm.i(hashBytes);
    this.#signature = wasm.i(signatureBytes);
    this.#x = wasm.i(xBytes);
    this.#parsedKey = wasm.i(parsedKeyBytes);
    this.#secret = wasm.i(secretKeyBytes);
    this.#keyPair = wasm.i(keyPairBytes);
    this.#auxiliary = wasm.i(auxiliaryBytes);
    this.#parity = wasm.i(intBytes);
    this.#parsedPool = wasm.i(parsedKeys * parsedKeyBytes);
  }

  static async instantiate(module: WebAssembly.Module): Promise<Secp256k1> {
    let memory: WebAssembly.Memory | undefined;
    const imports = {
      // libsecp256k1 aborts only when it is called against its contract.
      a: () => invariant(false, 'libsecp256k1 was called wrongly'),
      f: (to: Pointer, from: Pointer, bytes: number) => memoryBytes(memory).copyWithin(to, from, from + bytes),
      // Memory that was enough for one call is enough for all.
      d: () => invariant(false, 'libsecp256k1 asked for more memory'),
      // Nothing is written anywhere: close, seek and write of files that do not exist answer EBADF.
      e: () => 8,
      c: () => 8,
      b: () => 8,
    };
    const instance = await WebAssembly.instantiate(module, { a: imports });
    const wasm = instance.exports as unknown as Exports;
    memory = wasm.g;
    return new Secp256k1(wasm);
  }

  /** False for a bad signature and for a key that is no point. */
  holds({ key, digest, signature }: SignatureCheck): boolean {
    if (signature.length !== signatureBytes || digest.length !== hashBytes) return false;
    const parsed = this.#parsedAt(key);
    if (parsed === undefined) return false;
    this.#put(signature, this.#signature);
    this.#put(digest, this.#digest);
    return this.#wasm.u(this.#context, this.#signature, this.#digest, hashBytes, parsed) === 1;
  }

  isPoint(key: PublicKey): boolean {
    if (!isPublicKey(key)) return false;
    this.#put(key.subarray(1), this.#x);
    return this.#wasm.p(this.#context, this.#parsedKey, this.#x) === 1;
  }

  /** @throws CryptoError `bad-secret` */
  publicKey(secret: SecretKey): PublicKey {
    return this.#withKeyPair(secret, () => {
      this.#wasm.s(this.#context, this.#parsedKey, this.#parity, this.#keyPair);
      this.#wasm.q(this.#context, this.#x, this.#parsedKey);
      const key = new Uint8Array(publicKeyBytes);
      key[0] = this.#memory[this.#parity] === 0 ? 2 : 3;
      key.set(this.#memory.subarray(this.#x, this.#x + xBytes), 1);
      return key as Uint8Array as PublicKey;
    });
  }

  /** @throws CryptoError `bad-secret` */
  sign(digest: Hash, secret: SecretKey, auxiliary: Uint8Array): Signature {
    invariant(digest.length === hashBytes && auxiliary.length === auxiliaryBytes, 'a digest and 32 random bytes');
    return this.#withKeyPair(secret, () => {
      this.#put(digest, this.#digest);
      this.#put(auxiliary, this.#auxiliary);
      const done = this.#wasm.t(this.#context, this.#signature, this.#digest, this.#keyPair, this.#auxiliary);
      invariant(done === 1, 'libsecp256k1 signs with a good secret');
      return this.#memory.slice(this.#signature, this.#signature + signatureBytes) as Uint8Array as Signature;
    });
  }

  /** Both parities of one x are checked alike. Undefined for a key that is no point. */
  #parsedAt(key: PublicKey): Pointer | undefined {
    if (!isPublicKey(key)) return undefined;
    const x = String.fromCharCode(...key.subarray(1));
    const held = this.#parsed.get(x);
    if (held !== undefined) {
      this.#parsed.delete(x);
      this.#parsed.set(x, held);
      return held;
    }
    if (!this.isPoint(key)) return undefined;
    const at = this.#freePlace();
    this.#memory.copyWithin(at, this.#parsedKey, this.#parsedKey + parsedKeyBytes);
    this.#parsed.set(x, at);
    return at;
  }

  #freePlace(): Pointer {
    if (this.#parsed.size < parsedKeys) return this.#parsedPool + this.#parsed.size * parsedKeyBytes;
    const [oldest] = this.#parsed;
    invariant(oldest !== undefined, 'a full pool has an oldest key');
    this.#parsed.delete(oldest[0]);
    return oldest[1];
  }

  /** The secret and what is made of it leave the memory again, whatever happens. */
  #withKeyPair<T>(secret: SecretKey, use: () => T): T {
    if (secret.length !== secretKeyBytes) throw new CryptoError('bad-secret', 'a secret is 32 bytes');
    try {
      this.#put(secret, this.#secret);
      if (this.#wasm.r(this.#context, this.#keyPair, this.#secret) !== 1) {
        throw new CryptoError('bad-secret', 'a secret is between 1 and the order');
      }
      return use();
    } finally {
      this.#memory.fill(0, this.#secret, this.#secret + secretKeyBytes);
      this.#memory.fill(0, this.#keyPair, this.#keyPair + keyPairBytes);
    }
  }

  get #memory(): Uint8Array {
    return memoryBytes(this.#wasm.g);
  }

  #put(bytes: Uint8Array, at: Pointer): void {
    this.#memory.set(bytes, at);
  }
}

function memoryBytes(memory: WebAssembly.Memory | undefined): Uint8Array {
  invariant(memory !== undefined, 'the module has its memory before it runs');
  return new Uint8Array(memory.buffer);
}
