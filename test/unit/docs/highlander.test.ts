/**
 * docs/guide/highlander.md says what the code does: its example is highlander-example.ts, which is compiled and run
 * here, and the names in its tables are there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeGame, mostPlayers } from '../../../core/authoring/game.ts';
import { type GameRefusal, Highlander, type RosterResult } from '../../../core/authoring/highlander.ts';
import { bytesToHex, utf8Bytes } from '../../../core/codec/bytes.ts';
import { sha256 } from '../../../core/crypto/hash.ts';
import { keyHex, type PublicKey, type PublicKeyHex } from '../../../core/crypto/keys.ts';
import { nobleCurve } from '../../../core/crypto/noble-curve.ts';
import type { Peer } from '../../../core/host.ts';
import { Author } from '../../model/author.ts';
import { all, House } from '../../model/house.ts';
import { Seeded } from '../../model/seeded.ts';
import { type Happening, slowTournament } from '../../model/slow-tournament.ts';
import { newPlayer, type Player, play } from './highlander-example.ts';

const project = new URL('../../../', import.meta.url);
const text = (path: string) => readFileSync(new URL(path, project), 'utf8');
const page = text('docs/guide/highlander.md');
const { exports } = JSON.parse(text('package.json')) as { exports: Record<string, { types: string; default: string }> };

/** Where what an application imports as `mccloud…` is compiled from. */
function sourceOf(specifier: string): string {
  const entry = exports[specifier.replace('mccloud', '.')];
  return (entry?.default ?? 'nowhere').replace('./dist/', '').replace(/\.js$/, '.ts');
}

/** Three linked peers, and a player for each. */
async function threePeers() {
  const house = new House();
  const here = [
    await house.open('a', new Author(1)),
    await house.open('b', new Author(2)),
    await house.open('c', new Author(3)),
  ];
  const peers = here.map(({ peer }) => peer);
  for (const peer of peers.slice(1)) peer.connect('room:a');
  await house.pass(3_000);
  const everybody = peers.map(newPlayer);
  return { house, peers, everybody, roster: everybody.map(({ key }) => key) };
}

/** What the example names on each of them. */
async function playAll(
  house: House,
  peers: readonly Peer[],
  roster: readonly PublicKey[],
  everybody: readonly Player[],
): Promise<(PublicKeyHex | undefined)[]> {
  let done = 0;
  const playing = peers.map(async (peer, place) => {
    const winner = await play(peer, roster, everybody[place] as Player);
    done++;
    return winner && keyHex(winner);
  });
  await house.pass(60_000, () => done === peers.length);
  return Promise.all(playing);
}

/** From all items that are as long as a game of two rounds, in the order of the chain; their signatures hold here. */
async function winnerByTwin(peer: Peer, roster: readonly PublicKey[]): Promise<string | undefined> {
  const history: Happening[] = [{ kind: 'joined', keys: roster.map(keyHex) }];
  for (const { items } of await all(peer.blocks())) {
    const games = items.map(({ data }) => data).filter(({ length }) => length === 33 + 64 + 4 + 2);
    for (const game of games) {
      history.push({
        kind: 'played',
        key: bytesToHex(game.subarray(0, 33)),
        values: [...game.subarray(101)],
        holds: true,
      });
    }
  }
  expect(history.length).toBeGreaterThan(roster.length);
  return slowTournament(history).winner;
}

describe('the example', () => {
  beforeEach(() => {
    const seeded = new Seeded(8);
    vi.stubGlobal('crypto', { getRandomValues: ({ length }: Uint8Array) => seeded.bytes(length) });
    return () => vi.unstubAllGlobals();
  });

  it('is the file that is compiled, but for what it imports from where', () => {
    const [, block = ''] = /```ts\n([^`]*)```/.exec(page) ?? [];
    const compiled = block.replaceAll(/'(mccloud[^']*)'/g, (_, name: string) => `'../../../${sourceOf(name)}'`);
    expect(compiled).toBe(text('test/unit/docs/highlander-example.ts'));
  });

  it('names the same winner on every peer, whatever else is shared', async () => {
    const { house, peers, everybody, roster } = await threePeers();
    const [a, b] = peers;
    const [cheat] = everybody as [Player];
    a?.share(utf8Bytes('not a game'));
    b?.share(signed(cheat, 0, 3));
    b?.share(signed(cheat, 0));
    b?.share(signed(newPlayer(), 0, 0));
    const winners = await playAll(house, peers, roster, everybody);
    expect(winners).toEqual(peers.map(() => winners[0]));
    expect(winners[0]).toBe(await winnerByTwin(peers[0] as Peer, roster));
    expect(house.crashes()).toEqual([]);
  });

  it('takes the first game of a key in the chain, for all alike', async () => {
    const { house, peers, everybody, roster } = await threePeers();
    peers[2]?.share(signed(everybody[0] as Player, 1, 1));
    await house.pass(20_000, () => peers.every(({ status }) => status.height > 0));
    const winners = await playAll(house, peers, roster, everybody);
    expect(winners).toEqual(peers.map(() => winners[0]));
    expect(winners[0]).toBe(await winnerByTwin(peers[0] as Peer, roster));
  });

  it('ends without a winner when the peer is closed', async () => {
    const { house, peers, everybody, roster } = await threePeers();
    const [peer] = peers;
    if (peer === undefined) throw new Error('there are three peers');
    const winner = play(peer, roster, everybody[0] as Player);
    await house.pass(5_000);
    await peer.close();
    expect(await winner).toBeUndefined();
  });
});

describe('the tables', () => {
  it('name entries of the package that are compiled from files that are there', () => {
    const named = [...page.matchAll(/^\| `(mccloud\/\w+)` \|/gm)].map(([, name = '']) => name);
    expect(named).toEqual(['mccloud/highlander', 'mccloud/game', 'mccloud/keys', 'mccloud/curve']);
    for (const name of named) {
      const source = sourceOf(name);
      expect(existsSync(new URL(source, project)), `${name}: ${source}`).toBe(true);
      expect(exports[name.replace('mccloud', '.')]?.types).toBe(`./dist/${source.replace(/\.ts$/, '.d.ts')}`);
    }
  });

  it('name what those entries export', async () => {
    for (const [, name = '', cell = ''] of page.matchAll(/^\| `(mccloud\/\w+)` \| (.*) \|$/gm)) {
      const exported = Object.keys(await import(/* @vite-ignore */ `../../../${sourceOf(name)}`));
      const promised = [...cell.matchAll(/`(\w+)`/g)].map(([, word = '']) => word);
      expect(exported).toEqual(expect.arrayContaining(promised));
    }
  });

  it('name every member of Highlander, and what may come of a call', () => {
    const [, table = ''] = page.split('| member of `Highlander` | what |');
    const members = Object.getOwnPropertyNames(Highlander.prototype).filter((name) => name !== 'constructor');
    const cells = [...table.matchAll(/^\| (`.*?`) \| /gm)].map(([, cell = '']) => cell).join(' ');
    expect([...cells.matchAll(/`(\w+)/g)].map(([, name]) => name).sort()).toEqual(members.sort());
    expect(page).toContain(`${mostPlayers.toLocaleString('en')} players`);
    const results: Record<RosterResult | GameRefusal, true> = {
      added: true,
      'already-there': true,
      'no-key': true,
      full: true,
      'no-player': true,
      'played-already': true,
      'wrong-length': true,
      'bad-value': true,
      'bad-signature': true,
    };
    for (const result of Object.keys(results)) expect(page).toContain(`\`${result}\``);
  });
});

/** A game that is really this player's, of whatever values. */
function signed({ key, secret }: Player, ...values: readonly number[]): Uint8Array {
  const rounds = Uint8Array.from(values);
  return encodeGame({ author: key, sign: nobleCurve.sign(sha256(rounds), secret, new Uint8Array(32)), rounds });
}
