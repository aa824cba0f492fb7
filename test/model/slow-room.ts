/**
 * The members of a room as one list, searched from its beginning and shuffled whole whenever somebody is told of others:
 * the twin of relay/rooms.ts without its limit.
 */
import { keyHex, type PublicKey, type PublicKeyHex } from '../../core/crypto/keys.ts';
import { type Random, randomBelow } from '../../core/random.ts';
import { mostTold } from '../../core/wire/signaling.ts';

export class SlowRoom {
  list: PublicKey[] = [];
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  get hexes(): PublicKeyHex[] {
    return this.list.map(keyHex);
  }

  join(key: PublicKey): void {
    if (!this.hexes.includes(keyHex(key))) this.list.push(key);
  }

  /** The last one takes its place. */
  leave(key: PublicKey): void {
    const place = this.hexes.indexOf(keyHex(key));
    const last = this.list.at(-1);
    if (place < 0 || last === undefined) return;
    this.list[place] = last;
    this.list.pop();
  }

  /** The first `mostTold` of all of them shuffled, passing over those. */
  others(key: PublicKey, exclude: readonly PublicKey[]): PublicKey[] {
    const passedOver = [key, ...exclude].map(keyHex);
    const left = [...this.list];
    const told: PublicKey[] = [];
    for (let first = 0; first < left.length && told.length < mostTold; first++) {
      const drawn = first + randomBelow(this.#random, left.length - first);
      const next = left[drawn] as PublicKey;
      left[drawn] = left[first] as PublicKey;
      left[first] = next;
      if (!passedOver.includes(keyHex(next))) told.push(next);
    }
    return told;
  }
}
