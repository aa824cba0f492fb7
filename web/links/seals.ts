/**
 * Sealing signals to others and opening theirs (core/wire/seal.ts), with the key agreements kept.
 *
 * One agreement takes some 2 ms in JavaScript and a call takes a dozen signals.
 */
import type { Curve } from '../../core/crypto/curve.ts';
import { keyHex, type PublicKey, type PublicKeyHex, type SecretKey } from '../../core/crypto/keys.ts';
import { CodecError, CryptoError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import { openSignal, type Signal, sealSignal } from '../../core/wire/seal.ts';

/** Several times as many as a tab is linked to; what more a relay names is computed again. */
const mostAgreements = 256;

/** Who one is, in one network. */
export interface Party {
  readonly network: string;
  readonly publicKey: PublicKey;
  readonly secret: SecretKey;
  readonly curve: Curve;
  readonly random: Random;
}

export class Seals {
  readonly #self: Party;
  readonly #agreements = new Map<PublicKeyHex, Uint8Array>();

  constructor(self: Party) {
    this.#self = self;
  }

  /** Undefined when the other key is no point, so that nobody could open it. */
  seal(to: PublicKey, signal: Signal): Uint8Array | undefined {
    const { network, publicKey, random } = this.#self;
    const sharedX = this.#sharedX(to);
    return sharedX && sealSignal({ network, from: publicKey, to, sharedX }, random, signal);
  }

  /** Undefined for what this key did not seal to us in this network. */
  open(from: PublicKey, sealed: Uint8Array): Signal | undefined {
    const { network, publicKey } = this.#self;
    const sharedX = this.#sharedX(from);
    if (sharedX === undefined) return undefined;
    try {
      return openSignal({ network, from, to: publicKey, sharedX }, sealed);
    } catch (error) {
      if (error instanceof CryptoError || error instanceof CodecError) return undefined;
      throw error;
    }
  }

  #sharedX(other: PublicKey): Uint8Array | undefined {
    const { curve, secret } = this.#self;
    const key = keyHex(other);
    const known = this.#agreements.get(key);
    if (known !== undefined) return known;
    if (!curve.isPoint(other)) return undefined;
    const sharedX = curve.sharedX(secret, other);
    const [oldest] = this.#agreements.keys();
    if (this.#agreements.size >= mostAgreements && oldest !== undefined) this.#agreements.delete(oldest);
    this.#agreements.set(key, sharedX);
    return sharedX;
  }
}
