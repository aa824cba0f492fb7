/**
 * core/authoring/game.ts: a game's bytes, its signature and its values. The bytes of the reference are
 * test/vectors/highlander.json.
 */
import { describe, expect, it } from 'vitest';
import {
  createGame,
  decodeGame,
  encodeGame,
  type Game,
  gameCheck,
  holdsAgainst,
  mostPlayers,
  mostRounds,
  roundsFor,
  validateGame,
  valuesInRange,
} from '../../../../core/authoring/game.ts';
import { bytesToHex, concatBytes, hexToBytes } from '../../../../core/codec/bytes.ts';
import { encode, u64 } from '../../../../core/codec/codec.ts';
import type { Verifier } from '../../../../core/crypto/curve.ts';
import { sha256 } from '../../../../core/crypto/hash.ts';
import { publicKeyFromHex, type Signature, secretKeyFrom } from '../../../../core/crypto/keys.ts';
import { nobleCurve, nobleVerifier } from '../../../../core/crypto/noble-curve.ts';
import { oracle } from '../../../model/borsh-oracle.ts';
import { otherParity } from '../../../model/fake-curve.ts';
import { randomKey, randomSignature } from '../../../model/random-values.ts';
import { Seeded } from '../../../model/seeded.ts';
import { identity } from '../../../model/session-parts.ts';
import { highlanderVectors } from '../../../model/vectors.ts';

const seeded = new Seeded(1);
const { secret, publicKey } = identity(0);
const game = createGame(nobleCurve, seeded.random, publicKey, secret, 4);
const schema = {
  struct: {
    author: { array: { type: 'u8', len: 33 } },
    sign: { array: { type: 'u8', len: 64 } },
    rounds: { array: { type: 'u8' } },
  },
} as const;

function withRounds(...values: readonly number[]): Game {
  return { ...game, rounds: Uint8Array.from(values) };
}

/** A game that its author really signed, whatever its values. */
function signed(...values: readonly number[]): Game {
  const rounds = Uint8Array.from(values);
  return { author: publicKey, sign: nobleCurve.sign(sha256(rounds), secret, seeded.bytes(32)), rounds };
}

describe('the games of the reference', () => {
  it.each(highlanderVectors())('are read, written and valid among $players', async ({ players, games }) => {
    for (const { borsh, author, sign, rounds } of games) {
      const read = decodeGame(hexToBytes(borsh));
      expect([read.author, read.sign, read.rounds].map(bytesToHex)).toEqual([author, sign, rounds]);
      expect(bytesToHex(encodeGame(read))).toBe(borsh);
      expect(read.rounds.length).toBe(roundsFor(players));
      expect(await validateGame(nobleVerifier, read)).toBe(true);
    }
  });
});

describe('the bytes of a game', () => {
  it('are what the oracle makes, and are read again', () => {
    for (let length = 0; length <= mostRounds; length++) {
      const value = { author: randomKey(seeded), sign: randomSignature(seeded), rounds: seeded.bytes(length) };
      const bytes = encodeGame(value);
      expect(bytesToHex(bytes)).toBe(bytesToHex(oracle(schema, value)));
      expect(decodeGame(bytes)).toEqual(value);
    }
  });

  const head = concatBytes(game.author, game.sign);
  const row = (length: number, values: number) =>
    concatBytes(head, Uint8Array.of(length & 0xff, length >> 8, 0, 0), new Uint8Array(values));
  it.each([
    ['nothing', new Uint8Array(0), 'truncated'],
    ['a key that is cut', head.slice(0, 32), 'truncated'],
    ['a signature that is cut', head.slice(0, -1), 'truncated'],
    ['no rounds', head, 'truncated'],
    ['a length that is cut', concatBytes(head, Uint8Array.of(0, 0, 0)), 'truncated'],
    ['a value too few', row(4, 3), 'truncated'],
    ['a value too many', row(4, 5), 'trailing'],
    ['more rounds than the largest roster has', row(mostRounds + 1, mostRounds + 1), 'too-long'],
    ['a length that nobody has memory for', concatBytes(head, new Uint8Array(4).fill(255)), 'too-long'],
  ])('are refused when they hold %s', (_, bytes, code) => {
    expect(() => decodeGame(bytes)).toThrow(expect.objectContaining({ name: 'CodecError', code }));
  });

  it('are its own: what becomes of the frame they came in does not reach it', () => {
    const bytes = encodeGame(game);
    const read = decodeGame(bytes);
    bytes.fill(0);
    expect(read).toEqual(game);
  });
});

describe('the number of rounds', () => {
  it.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 3],
    [8, 3],
    [9, 4],
    [1_024, 10],
    [1_025, 11],
    [mostPlayers, mostRounds],
  ])('of %i players is %i', (players, rounds) => {
    expect(roundsFor(players)).toBe(rounds);
  });

  it('is the least that halves as many players down to one', () => {
    for (let players = 1; players <= 5_000; players++) {
      const rounds = roundsFor(players);
      expect(2 ** rounds >= players && (rounds === 0 || 2 ** (rounds - 1) < players)).toBe(true);
    }
  });
});

describe('the three values', () => {
  it.each([
    ['rock', 0, [true, false, true]],
    ['paper', 1, [true, true, false]],
    ['scissors', 2, [false, true, true]],
  ])('%s ties with itself and beats one of the others', (_, value, against) => {
    expect([0, 1, 2].map((other) => holdsAgainst(value, other))).toEqual(against);
  });

  it('are all there are', () => {
    for (let value = 0; value < 256; value++) expect(valuesInRange(Uint8Array.of(0, value))).toBe(value <= 2);
    expect(valuesInRange(new Uint8Array(0))).toBe(true);
  });
});

describe('a new game', () => {
  it('has as many values as were asked for, and a signature that holds', async () => {
    for (const rounds of [0, 1, 10, mostRounds]) {
      const made = createGame(nobleCurve, seeded.random, publicKey, secret, rounds);
      expect(made.rounds.length).toBe(rounds);
      expect(await validateGame(nobleVerifier, made)).toBe(true);
    }
  });

  it('has each value equally often', () => {
    const drawn = [0, 0, 0];
    for (let made = 0; made < 40; made++) {
      for (const value of createGame(fixedSignature, seeded.random, publicKey, secret, 16).rounds) {
        drawn[value] = (drawn[value] ?? 0) + 1;
      }
    }
    // 640 of them: 213 each, with a deviation of 12.
    for (const times of drawn) expect(Math.abs(times - 640 / 3)).toBeLessThan(48);
  });

  it('is signed with fresh randomness', () => {
    const still = () => createGame(nobleCurve, seeded.random, publicKey, secret, 0).sign;
    expect(bytesToHex(still())).not.toBe(bytesToHex(still()));
  });

  it('is none without a secret', () => {
    const none = secretKeyFrom(new Uint8Array(32));
    expect(() => createGame(nobleCurve, seeded.random, publicKey, none, 1)).toThrow(
      expect.objectContaining({ name: 'CryptoError', code: 'bad-secret' }),
    );
  });
});

describe('validating', () => {
  const flip = (bytes: Uint8Array, place: number) => bytes.map((byte, at) => (at === place ? byte ^ 1 : byte));
  it.each<[string, Game, boolean]>([
    ['an honest game', game, true],
    ['a game of no rounds', signed(), true],
    ['every value there is', signed(0, 1, 2), true],
    ['its author’s other parity', { ...game, author: otherParity(publicKey) }, true],
    ['a 3 that its author signed', signed(0, 1, 3), false],
    ['a 255 that its author signed', signed(255, 0, 0), false],
    ['another value', withRounds(...game.rounds.map((value, at) => (at === 2 ? (value + 1) % 3 : value))), false],
    ['a value less', withRounds(...game.rounds.slice(1)), false],
    ['a value more', withRounds(...game.rounds, 0), false],
    ['another author', { ...game, author: identity(1).publicKey }, false],
    ['an author that is no key', { ...game, author: publicKeyFromHex(`02${'00'.repeat(32)}`) }, false],
    ['a bit of r', { ...game, sign: flip(game.sign, 0) as Signature }, false],
    ['a bit of s', { ...game, sign: flip(game.sign, 63) as Signature }, false],
  ])('says of %s whether it counts', async (_, value, valid) => {
    expect(await validateGame(nobleVerifier, value)).toBe(valid);
  });

  it('asks for no signature when a value says enough', async () => {
    const asked: unknown[] = [];
    const verifier: Verifier = { verify: async (checks) => checks.map((check) => asked.push(check) > 0) };
    expect(await validateGame(verifier, signed(3))).toBe(false);
    expect(asked).toEqual([]);
    expect(await validateGame(verifier, game)).toBe(true);
    expect(asked).toEqual([gameCheck(game)]);
  });
});

describe('a key that is also a peer’s', () => {
  it('has signed a game of eight rounds with its first KeepAlive, and the other way round', async () => {
    const count = encode(u64, 1n);
    const keepAlive = nobleCurve.sign(sha256(count), secret, seeded.bytes(32));
    expect(await validateGame(nobleVerifier, { author: publicKey, sign: keepAlive, rounds: count })).toBe(true);

    const played = createGame(nobleCurve, seeded.random, publicKey, secret, 8);
    const digest = sha256(encode(u64, new DataView(played.rounds.buffer).getBigUint64(0, true)));
    expect(await nobleVerifier.verify([{ key: publicKey, digest, signature: played.sign }])).toEqual([true]);
  });
});

const fixedSignature = { ...nobleCurve, sign: () => game.sign };
