/**
 * One player's game of a tournament (highlander.ts): a signed row of rock (0), paper (1) and scissors (2), one value for
 * each round (spec/wire.md, Highlander).
 *
 * The signature covers the values and nothing else, as in the reference. So a game says neither which tournament it is
 * for nor among whom, and whoever has one can use it again for the same key. With eight rounds it goes further: the
 * eight signed bytes may as well be the count of a KeepAlive (spec/wire.md, Messages), either way round. Who plays takes
 * a key made for that one tournament, never the key of a peer.
 */
import { byteVector, type Codec, decode, encode, struct } from '../codec/codec.ts';
import type { Curve, SignatureCheck, Verifier } from '../crypto/curve.ts';
import { sha256 } from '../crypto/hash.ts';
import { publicKeyCodec, signatureCodec } from '../crypto/key-codecs.ts';
import type { PublicKey, SecretKey, Signature } from '../crypto/keys.ts';
import { type Random, randomBelow } from '../random.ts';

export interface Game {
  readonly author: PublicKey;
  readonly sign: Signature;
  /** One value of 0–2 for each round, the first round first. Nothing holds it to that before `validateGame`. */
  readonly rounds: Uint8Array;
}

/** Of a roster, and so of a game: 2^16 players play 16 rounds. A full roster with its games takes some 65 MB (measured in Node). */
export const mostPlayers = 65_536;
export const mostRounds = 16;

/** Rock, paper, scissors. */
const values = 3;

export const gameCodec: Codec<Game> = struct({
  author: publicKeyCodec,
  sign: signatureCodec,
  rounds: byteVector(mostRounds),
});

/** ceil(log2(players)); none for one player, and none for nobody. */
export function roundsFor(players: number): number {
  return players < 2 ? 0 : 32 - Math.clz32(players - 1);
}

/** Makes and signs a game of `rounds` values, each equally likely. @throws CryptoError `bad-secret` */
export function createGame(curve: Curve, random: Random, author: PublicKey, secret: SecretKey, rounds: number): Game {
  const played = Uint8Array.from({ length: rounds }, () => randomBelow(random, values));
  return { author, sign: curve.sign(sha256(played), secret, random(32)), rounds: played };
}

export function gameCheck({ author, sign, rounds }: Game): SignatureCheck {
  return { key: author, digest: sha256(rounds), signature: sign };
}

/** Whether every value is one of the three. */
export function valuesInRange(rounds: Uint8Array): boolean {
  return rounds.every((value) => value < values);
}

/** Whether the values are in range and the signature is the author's. How long a game must be is the roster's to say. */
export function validateGame(verifier: Verifier, game: Game): Promise<boolean> {
  if (!valuesInRange(game.rounds)) return Promise.resolve(false);
  return verifier.verify([gameCheck(game)]).then(([holds]) => holds === true);
}

/** Whether a value ties with another one or beats it, for which it is the next one in the circle of the three. */
export function holdsAgainst(value: number, other: number): boolean {
  return (value - other + values) % values <= 1;
}

export function encodeGame(game: Game): Uint8Array {
  return encode(gameCodec, game);
}

/** @throws CodecError, also for more than `mostRounds` values */
export function decodeGame(bytes: Uint8Array): Game {
  return decode(gameCodec, bytes);
}
