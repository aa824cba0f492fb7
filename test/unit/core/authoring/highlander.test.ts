/**
 * core/authoring/highlander.ts: who may play, which games are taken, who wins. Its twin is test/model/slow-tournament.ts,
 * its winners by the reference are in test/vectors/highlander.json.
 */
import { describe, expect, it } from 'vitest';
import { decodeGame, type Game, gameCheck, mostPlayers, validateGame } from '../../../../core/authoring/game.ts';
import { type GameRefusal, Highlander } from '../../../../core/authoring/highlander.ts';
import { hexToBytes } from '../../../../core/codec/bytes.ts';
import { keyHex, type PublicKey, type Signature } from '../../../../core/crypto/keys.ts';
import { nobleCurve, nobleVerifier } from '../../../../core/crypto/noble-curve.ts';
import { invariant } from '../../../../core/errors.ts';
import { nodeCurve, nodeVerifier } from '../../../../relay/curve.ts';
import { authors } from '../../../model/author.ts';
import { otherParity } from '../../../model/fake-curve.ts';
import { type Player, players } from '../../../model/player.ts';
import { Seeded } from '../../../model/seeded.ts';
import { prefixed } from '../../../model/signature-cases.ts';
import { type Happening, slowTournament } from '../../../model/slow-tournament.ts';
import { highlanderVectors } from '../../../model/vectors.ts';

const taken = { kind: 'taken' };
const refused = (why: GameRefusal) => ({ kind: 'refused', why });
const noSignature = new Uint8Array(64) as Signature;
/** Keys for games whose signatures are somebody else’s question, lowest first. */
const keys = authors(12).map(({ key }) => key);
const [a, b, c, d, e] = keys as [PublicKey, PublicKey, PublicKey, PublicKey, PublicKey];

function among(roster: readonly PublicKey[]): Highlander {
  const tournament = new Highlander();
  tournament.populateRoster(roster);
  return tournament;
}

function play(author: PublicKey, ...values: readonly number[]): Game {
  return { author, sign: noSignature, rounds: Uint8Array.from(values) };
}

function winner(tournament: Highlander): string | undefined {
  const key = tournament.evaluate();
  return key === undefined ? undefined : keyHex(key);
}

/** The place of the winner. @param games as digits, the lowest key's first */
function winnerOf(...games: readonly string[]): number {
  const tournament = among(keys.slice(0, games.length));
  games.forEach((digits, place) => {
    const game = play(keys[place] as PublicKey, ...[...digits].map(Number));
    expect(tournament.addGame(game, true)).toEqual(taken);
  });
  return keys.findIndex((key) => keyHex(key) === winner(tournament));
}

describe('a tournament of the reference', () => {
  it.each(highlanderVectors())(
    'among $players has the same winner here',
    async ({ players, games, winner: theirs }) => {
      const seeded = new Seeded(players);
      const tournament = among(seeded.shuffled(games).map(({ author }) => hexToBytes(author) as PublicKey));
      for (const { borsh } of seeded.shuffled(games)) {
        expect([tournament.isFilled, tournament.evaluate()]).toEqual([false, undefined]);
        const game = decodeGame(hexToBytes(borsh));
        expect(tournament.addGame(game, await validateGame(nobleVerifier, game))).toEqual(taken);
      }
      expect([tournament.isFilled, winner(tournament)]).toEqual([true, theirs]);
    },
  );
});

describe('a roster', () => {
  it('of nobody is never filled and has no winner', () => {
    const tournament = new Highlander();
    expect([tournament.rounds, tournament.missing, tournament.isFilled]).toEqual([0, [], false]);
    expect(tournament.evaluate()).toBeUndefined();
  });

  it('of one has a winner when that one has played no rounds', () => {
    const tournament = among([a]);
    expect([tournament.rounds, tournament.isFilled, winner(tournament)]).toEqual([0, false, undefined]);
    expect(tournament.addGame(play(a), true)).toEqual(taken);
    expect([tournament.isFilled, winner(tournament)]).toEqual([true, keyHex(a)]);
  });

  it('takes each key once, one by one or many', () => {
    const tournament = new Highlander();
    expect([tournament.addToRoster(c), tournament.addToRoster(c)]).toEqual(['added', 'already-there']);
    expect(tournament.populateRoster([a, c, a, b])).toBe('added');
    expect(tournament.populateRoster([a, b, c])).toBe('already-there');
    expect(tournament.populateRoster([])).toBe('already-there');
    expect(tournament.missing).toEqual([a, b, c]);
  });

  it.each([0, 1, 4, 255])('takes no key that begins with %i, nor any that come with it', (prefix) => {
    const tournament = among([a]);
    expect(tournament.populateRoster([b, prefixed(prefix, c.subarray(1))])).toBe('no-key');
    expect(tournament.missing).toEqual([a]);
  });

  it('takes both parities of one x as two players, and a game only for the one it names', () => {
    const other = otherParity(a);
    const tournament = among([a]);
    expect(tournament.addGame(play(other), true)).toEqual(refused('no-player'));
    expect(tournament.addToRoster(other)).toBe('added');
    expect(tournament.addGame(play(a, 0), true)).toEqual(taken);
    expect(tournament.missing).toEqual([other]);
    expect(tournament.addGame(play(other, 0), true)).toEqual(taken);
    const [higher] = [keyHex(a), keyHex(other)].sort().reverse();
    expect(winner(tournament)).toBe(higher);
  });

  it('has its own copy of a key', () => {
    const key = a.slice() as PublicKey;
    const tournament = among([key]);
    key.fill(7);
    expect(tournament.missing).toEqual([a]);
  });

  it('is full with 65,536 players, and stays as it is then', () => {
    const crowd = Array.from({ length: mostPlayers + 1 }, (_, place) => {
      const x = new Uint8Array(32);
      new DataView(x.buffer).setUint32(0, place);
      return prefixed(2, x);
    });
    const tournament = among([a]);
    expect(tournament.populateRoster(crowd)).toBe('full');
    expect(tournament.missing).toEqual([a]);
    expect(tournament.populateRoster(crowd.slice(0, mostPlayers - 1))).toBe('added');
    expect([tournament.addToRoster(b), tournament.addToRoster(a)]).toEqual(['full', 'already-there']);
    expect(tournament.missing.length).toBe(mostPlayers);
    expect([tournament.remove(a), tournament.addToRoster(b), tournament.rounds]).toEqual([true, 'added', 16]);
  });
});

describe('a game', () => {
  const honest = play(b, 0, 2);
  it.each<[string, Game, boolean, GameRefusal]>([
    ['of somebody else', play(d, 0, 2), true, 'no-player'],
    ['of the other parity', play(otherParity(b), 0, 2), true, 'no-player'],
    ['of a key that is cut', { ...honest, author: b.slice(0, 32) as PublicKey }, true, 'no-player'],
    ['of one who has played', play(a, 1, 1), true, 'played-already'],
    ['that came before', play(a, 0, 0), true, 'played-already'],
    ['a value short', play(b, 0), true, 'wrong-length'],
    ['a value too long', play(b, 0, 2, 0), true, 'wrong-length'],
    ['of no values', play(b), true, 'wrong-length'],
    ['with a 3', play(b, 0, 3), true, 'bad-value'],
    ['with a 255', play(b, 255, 0), true, 'bad-value'],
    ['whose signature does not hold', honest, false, 'bad-signature'],
    ['with a 3, whose signature does not hold', play(b, 3, 0), false, 'bad-value'],
  ])('%s is refused, and changes nothing', (_, game, holds, why) => {
    const tournament = among([a, b, c]);
    expect(tournament.addGame(play(a, 0, 0), true)).toEqual(taken);
    expect(tournament.refusal(game)).toBe(why === 'bad-signature' ? undefined : why);
    expect(tournament.addGame(game, holds)).toEqual(refused(why));
    expect(tournament.missing).toEqual([b, c]);
    expect([honest, play(c, 0, 0)].map((good) => tournament.addGame(good, true))).toEqual([taken, taken]);
    expect(winner(tournament)).toBe(keyHex(c));
  });

  it('is kept as it came, whatever becomes of its bytes', () => {
    const tournament = among([a, b]);
    const game = play(a.slice() as PublicKey, 1);
    tournament.addGame(game, true);
    game.rounds.fill(0);
    game.author.set(otherParity(b));
    tournament.addGame(play(b, 0), true);
    expect(winner(tournament)).toBe(keyHex(a));
  });

  it('is made as long as the roster asks for, and then taken', async () => {
    const [one, ...others] = players(new Seeded(5), 9) as [Player, ...Player[]];
    const tournament = among([one, ...others].map(({ key }) => key));
    const game = tournament.createGame(nobleCurve, new Seeded(6).random, one.key, one.secret);
    expect(game.rounds.length).toBe(4);
    expect(tournament.missing.length).toBe(9);
    expect(tournament.addGame(game, await validateGame(nobleVerifier, game))).toEqual(taken);
  });
});

describe('the winner', () => {
  it.each([
    ['0', '0', 1],
    ['0', '1', 1],
    ['0', '2', 0],
    ['1', '0', 0],
    ['1', '1', 1],
    ['1', '2', 1],
    ['2', '0', 1],
    ['2', '1', 0],
    ['2', '2', 1],
  ])('of two that show %s and %s is number %i: on a tie the higher key', (lower, higher, place) => {
    expect(winnerOf(lower, higher)).toBe(place);
  });

  it.each([
    ['the third of three goes on without a neighbour, and shows its second value', '00 10 22', 1],
    ['the fifth of five waits for two rounds, and shows its third value', '220 100 000 000 221', 4],
    ['of five that always tie the last one wins', '000 000 000 000 000', 4],
    ['the first of four may win', '11 00 20 10', 0],
  ])('%s: %s', (_, games, place) => {
    expect(winnerOf(...games.split(' '))).toBe(place);
  });

  it('is no secret to who plays last: that one can always win', () => {
    const seeded = new Seeded(17);
    for (const count of [2, 3, 9, 12]) {
      for (const last of keys.slice(0, count)) {
        const others = keys.slice(0, count).filter((key) => key !== last);
        const rounds = among(keys.slice(0, count)).rounds;
        const games = others.map((key) => play(key, ...Array.from({ length: rounds }, () => seeded.below(3))));
        const wins = allRows(rounds).some((row) => {
          const tournament = among(keys.slice(0, count));
          for (const game of [...games, play(last, ...row)]) tournament.addGame(game, true);
          return winner(tournament) === keyHex(last);
        });
        expect(wins).toBe(true);
      }
    }
  });
});

describe('a roster that changes after games came', () => {
  it('keeps games whose length is still right', () => {
    const tournament = among([a, b, c]);
    tournament.addGame(play(a, 1, 1), true);
    tournament.addToRoster(d);
    expect(tournament.missing).toEqual([b, c, d]);
    tournament.remove(b);
    expect(tournament.missing).toEqual([c, d]);
  });

  it('drops all games whose length is wrong then, and takes new ones', () => {
    const tournament = among([a, b]);
    for (const key of [a, b]) tournament.addGame(play(key, 0), true);
    tournament.addToRoster(c);
    expect([tournament.rounds, tournament.missing, tournament.isFilled]).toEqual([2, [a, b, c], false]);
    expect(tournament.addGame(play(a, 0), true)).toEqual(refused('wrong-length'));
    for (const key of [a, b, c]) expect(tournament.addGame(play(key, 0, 0), true)).toEqual(taken);
    tournament.remove(c);
    expect([tournament.rounds, tournament.missing]).toEqual([1, [a, b]]);
  });

  it('loses the game of who leaves, who may play again after coming back', () => {
    const tournament = among([a, b, c]);
    for (const key of [a, b, c]) tournament.addGame(play(key, 0, 0), true);
    expect([tournament.remove(c), tournament.remove(c), tournament.remove(e)]).toEqual([true, false, false]);
    tournament.populateRoster([c, d]);
    expect(tournament.missing).toEqual([a, b, c, d]);
  });

  it('can be filled by the leaving of who does not play', () => {
    const tournament = among([a, b, c, d]);
    for (const key of [a, b, c]) tournament.addGame(play(key, 0, 0), true);
    expect(tournament.isFilled).toBe(false);
    tournament.remove(d);
    expect([tournament.isFilled, winner(tournament)]).toEqual([true, keyHex(c)]);
  });

  it('ends like one that was there from the beginning, when the games come again', () => {
    for (let seed = 0; seed < 300; seed++) {
      const seeded = new Seeded(seed);
      const roster = seeded.shuffled(keys).slice(0, seeded.between(1, keys.length));
      const { rounds } = among(roster);
      const games = roster.map((key) => play(key, ...Array.from({ length: rounds }, () => seeded.below(3))));
      const early = among(seeded.shuffled(keys).slice(0, seeded.below(keys.length)));
      for (const game of seeded.shuffled(games)) early.addGame(game, true);
      for (const key of seeded.shuffled(keys)) {
        if (roster.includes(key)) early.addToRoster(key);
        else early.remove(key);
      }
      const late = among(roster);
      for (const game of games) {
        early.addGame(game, true);
        late.addGame(game, true);
      }
      expect([seed, winner(early)]).toEqual([seed, winner(late)]);
      expect(late.isFilled).toBe(true);
    }
  });
});

describe('every player’s copy', () => {
  it.each([
    ['even', 16],
    ['odd', 17],
    ['nine', 9],
    ['1,024', 1_024],
  ])(
    'is filled by all games in whatever order, and names the same winner: %s',
    async (_, count) => {
      const seeded = new Seeded(count);
      const all = players(seeded, count);
      const roster = all.map(({ key }) => key);
      const maker = among(roster);
      const games = all.map(({ key, secret }) => maker.createGame(nodeCurve, seeded.random, key, secret));
      // One check of each signature serves all copies: it has the same answer everywhere.
      const holds = await nodeVerifier.verify(games.map(gameCheck));
      const named = new Set<string | undefined>();
      for (let copy = 0; copy < count; copy++) {
        const tournament = among(seeded.shuffled(roster));
        for (const place of seeded.shuffled([...games.keys()])) {
          const { kind } = tournament.addGame(games[place] as Game, holds[place] === true);
          invariant(kind === 'taken', 'an honest game is taken');
        }
        named.add(winner(tournament));
      }
      expect([...named]).toEqual([roster.map(keyHex).find((hex) => named.has(hex))]);
      // A million games are added, which takes seconds where the machine is idle.
    },
    300_000,
  );
});

describe('the slow twin', () => {
  it('agrees after every step of many tournaments', () => {
    for (let seed = 0; seed < 400; seed++) {
      const seeded = new Seeded(seed);
      const crowd = keys.slice(0, seeded.between(1, keys.length));
      const tournament = new Highlander();
      const history: Happening[] = [];
      for (let step = 0; step < 40; step++) {
        const happening = randomHappening(seeded, crowd, tournament);
        history.push(happening);
        apply(tournament, happening);
        const { missing, winner: expected } = slowTournament(history);
        expect([seed, step, tournament.missing.map(keyHex)]).toEqual([seed, step, missing]);
        expect([seed, step, winner(tournament)]).toEqual([seed, step, expected]);
      }
    }
  });

  it('names the same winner of large rosters', () => {
    for (const count of [31, 32, 33, 100, 257]) {
      const seeded = new Seeded(count);
      const roster = authors(count, 3).map(({ key }) => key);
      const tournament = among(roster);
      const history: Happening[] = [{ kind: 'joined', keys: roster.map(keyHex) }];
      for (const key of seeded.shuffled(roster)) {
        const values = Array.from({ length: tournament.rounds }, () => seeded.below(3));
        history.push({ kind: 'played', key: keyHex(key), values, holds: true });
        tournament.addGame(play(key, ...values), true);
      }
      expect(tournament.isFilled).toBe(true);
      expect(winner(tournament)).toBe(slowTournament(history).winner);
    }
  });
});

/** Mostly honest games; the others are wrong in one way or more. */
function randomHappening(seeded: Seeded, crowd: readonly PublicKey[], { rounds }: Highlander): Happening {
  const key = keyHex(seeded.pick(crowd));
  if (seeded.chance(0.15)) return { kind: 'joined', keys: seeded.shuffled(crowd).slice(0, 3).map(keyHex) };
  if (seeded.chance(0.06)) return { kind: 'left', key };
  const length = seeded.chance(0.05) ? seeded.below(6) : rounds;
  const values = Array.from({ length }, () => seeded.below(seeded.chance(0.05) ? 4 : 3));
  return { kind: 'played', key, values, holds: seeded.chance(0.95) };
}

function apply(tournament: Highlander, happening: Happening): void {
  const bytes = (hex: string) => hexToBytes(hex) as PublicKey;
  if (happening.kind === 'joined') tournament.populateRoster(happening.keys.map(bytes));
  else if (happening.kind === 'left') tournament.remove(bytes(happening.key));
  else tournament.addGame(play(bytes(happening.key), ...happening.values), happening.holds);
}

/** Every row of so many values. */
function allRows(rounds: number): number[][] {
  if (rounds === 0) return [[]];
  return allRows(rounds - 1).flatMap((row) => [0, 1, 2].map((value) => [...row, value]));
}
