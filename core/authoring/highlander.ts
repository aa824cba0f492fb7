/**
 * Highlander: a tournament of rock, paper and scissors that picks one key of a roster (spec/wire.md, Highlander).
 *
 * Everybody keeps a copy of their own; copies with the same roster and the same games name the same winner, in whatever
 * order these came. It sends and keeps nothing, and is not part of writing blocks. What it takes:
 *
 * - A player is a key with its first byte, as in the reference: that byte decides the place among the leaves. So both
 *   parities of one x, though one holder (spec/safety.md, Blocks 3), are two players with a game each, and a game counts
 *   only for the very key it names. Whoever wants one place for each holder puts one of the two into the roster.
 * - The first game of a key counts and stays. Copies that see two games of one key in different orders differ for good:
 *   who must reckon with that takes games in an order that all share, such as that of a chain.
 * - What the reference does with games when the roster changes later is not known. Here a game stays while its player
 *   does and its length is right; the others are dropped and may come again. So a copy that had the games first ends
 *   like one that had the roster first.
 *
 * It is no fair lot among strangers: of two that tie the higher key goes on, and who sees the others' games before
 * playing can win every time (docs/guide/highlander.md says what can be done).
 */
import type { Curve } from '../crypto/curve.ts';
import { isPublicKey, keyHex, type PublicKey, type PublicKeyHex, type SecretKey } from '../crypto/keys.ts';
import type { Random } from '../random.ts';
import { createGame, type Game, holdsAgainst, mostPlayers, roundsFor, valuesInRange } from './game.ts';

/** What became of the keys. `added` when at least one of them is new; `no-key` and `full` leave the roster as it was. */
export type RosterResult = 'added' | 'already-there' | 'no-key' | 'full';

export type GameRefusal = 'no-player' | 'played-already' | 'wrong-length' | 'bad-value' | 'bad-signature';

export type GameResult = { readonly kind: 'taken' } | { readonly kind: 'refused'; readonly why: GameRefusal };

interface Played {
  readonly key: PublicKey;
  readonly rounds: Uint8Array;
}

export class Highlander {
  /** By hex, which sorts as the bytes do. */
  readonly #roster = new Map<PublicKeyHex, PublicKey>();
  /** Only players of the roster, and only games of its length. */
  readonly #played = new Map<PublicKeyHex, Played>();

  /** How many values a game must have. */
  get rounds(): number {
    return roundsFor(this.#roster.size);
  }

  /** The players whose games are not there, the lowest key first. */
  get missing(): PublicKey[] {
    return sorted(this.#roster).filter((key) => !this.#played.has(keyHex(key)));
  }

  /** Whether all have played. Nobody is not all: an empty roster has no winner. */
  get isFilled(): boolean {
    return this.#roster.size > 0 && this.#played.size === this.#roster.size;
  }

  addToRoster(key: PublicKey): RosterResult {
    return this.populateRoster([key]);
  }

  /** Adds all of the keys to those that are there, or none: at most `mostPlayers` in all. */
  populateRoster(keys: readonly PublicKey[]): RosterResult {
    const joining = new Map<PublicKeyHex, PublicKey>();
    for (const key of keys) {
      if (!isPublicKey(key)) return 'no-key';
      const hex = keyHex(key);
      if (this.#roster.has(hex)) continue;
      joining.set(hex, key.slice() as PublicKey);
      if (this.#roster.size + joining.size > mostPlayers) return 'full';
    }
    for (const [hex, key] of joining) this.#roster.set(hex, key);
    this.#dropWrongLengths();
    return joining.size > 0 ? 'added' : 'already-there';
  }

  /** @returns whether it was there */
  remove(key: PublicKey): boolean {
    const hex = keyHex(key);
    this.#played.delete(hex);
    const wasThere = this.#roster.delete(hex);
    this.#dropWrongLengths();
    return wasThere;
  }

  /** A game as long as the roster asks for now; it is not added. @throws CryptoError `bad-secret` */
  createGame(curve: Curve, random: Random, author: PublicKey, secret: SecretKey): Game {
    return createGame(curve, random, author, secret, this.rounds);
  }

  /** Why a game cannot be taken, whatever its signature: worth asking before that is checked, which costs more. */
  refusal(game: Game): GameRefusal | undefined {
    return this.#refusal(game, keyHex(game.author));
  }

  /** @param signatureHolds what a verifier says to the game's `gameCheck`, or `validateGame` says of the game */
  addGame(game: Game, signatureHolds: boolean): GameResult {
    const hex = keyHex(game.author);
    const why = this.#refusal(game, hex) ?? (signatureHolds ? undefined : 'bad-signature');
    if (why !== undefined) return { kind: 'refused', why };
    this.#played.set(hex, { key: game.author.slice() as PublicKey, rounds: game.rounds.slice() });
    return { kind: 'taken' };
  }

  /** The winner; undefined until `isFilled`. */
  evaluate(): PublicKey | undefined {
    if (!this.isFilled) return undefined;
    let standing = sorted(this.#played);
    for (let round = 0; standing.length > 1; round++) standing = nextRound(standing, round);
    return standing[0]?.key;
  }

  #refusal({ rounds }: Game, author: PublicKeyHex): GameRefusal | undefined {
    if (!this.#roster.has(author)) return 'no-player';
    if (this.#played.has(author)) return 'played-already';
    if (rounds.length !== this.rounds) return 'wrong-length';
    return valuesInRange(rounds) ? undefined : 'bad-value';
  }

  #dropWrongLengths(): void {
    const { rounds } = this;
    for (const [hex, played] of this.#played) if (played.rounds.length !== rounds) this.#played.delete(hex);
  }
}

/** The lowest key first. */
function sorted<T>(byKey: ReadonlyMap<PublicKeyHex, T>): T[] {
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/**
 * The winners of the pairs, lowest key first. Empty leaves are last, so only the last one can be without neighbour; and
 * of two neighbours the second always has the higher key, which is who goes on when they tie.
 */
function nextRound(standing: readonly Played[], round: number): Played[] {
  const winners: Played[] = [];
  for (let place = 0; place < standing.length; place += 2) {
    const [lower, higher] = standing.slice(place, place + 2) as [Played, Played | undefined];
    const higherGoesOn = higher !== undefined && holdsAgainst(valueIn(higher, round), valueIn(lower, round));
    winners.push(higherGoesOn ? higher : lower);
  }
  return winners;
}

function valueIn({ rounds }: Played, round: number): number {
  return rounds[round] as number;
}
