/**
 * Players of a tournament with real keys and signatures, on the curve of a Node process: a thousand of them are no wait.
 */
import { createGame, type Game } from '../../core/authoring/game.ts';
import { type PublicKey, type SecretKey, secretKeyFrom } from '../../core/crypto/keys.ts';
import { nodeCurve } from '../../relay/curve.ts';
import type { Seeded } from './seeded.ts';

export class Player {
  readonly secret: SecretKey;
  readonly key: PublicKey;
  readonly #seeded: Seeded;

  constructor(seeded: Seeded) {
    this.#seeded = seeded;
    this.secret = secretKeyFrom(seeded.bytes(32));
    this.key = nodeCurve.publicKey(this.secret);
  }

  /** @param rounds how many */
  game(rounds: number): Game {
    return createGame(nodeCurve, this.#seeded.random, this.key, this.secret, rounds);
  }
}

export function players(seeded: Seeded, count: number): Player[] {
  return Array.from({ length: count }, () => new Player(seeded));
}
