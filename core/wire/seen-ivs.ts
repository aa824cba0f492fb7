/**
 * IVs of the frames of one `gcm-siv` connection, ours and the other's: none may come twice (spec/safety.md, Frames and
 * sessions). The nonce beside an IV stands in plain and may be raised by anybody; the IV may not.
 *
 * Bounded: a frame older than so many others can be played again. What it says has been said then, and is signed or
 * asked for where it matters.
 */
import { bytesToHex } from '../codec/bytes.ts';

const mostIvs = 65_536;

export class SeenIvs {
  readonly #ivs = new Set<string>();

  /** @returns false when it was seen before */
  add(iv: Uint8Array): boolean {
    const hex = bytesToHex(iv);
    if (this.#ivs.has(hex)) return false;
    this.#ivs.add(hex);
    if (this.#ivs.size > mostIvs) for (const oldest of this.#ivs) return this.#ivs.delete(oldest);
    return true;
  }
}
