import { describe, expect, it, vi } from 'vitest';
import { utf8Bytes } from '../../../../core/codec/bytes.ts';
import { narrate } from '../../../../relay/cli/narration.ts';
import { type LogLevel, logsUpTo } from '../../../../relay/log.ts';
import { Author } from '../../../model/author.ts';
import { all, House, storeWith } from '../../../model/house.ts';

/** What a log of this level has of a peer, as sentences with the names of their facts. */
function heard(peer: Parameters<typeof narrate>[0], level: LogLevel): string[] {
  const lines: string[] = [];
  narrate(
    peer,
    logsUpTo(level, ({ sentence, facts }) => lines.push([sentence, ...Object.keys(facts)].join(' '))),
  );
  return lines;
}

describe('the log of a peer', () => {
  it('tells of links that come and go', async () => {
    const house = new House();
    const [a, b] = [await house.open('a', new Author(1)), await house.open('b', new Author(2))];
    const [ofA, ofB] = [heard(a.peer, 'info'), heard(b.peer, 'info')];
    b.peer.connect('room:a');
    await house.pass(3_000);
    expect(ofB).toEqual(['linked key address carrier program']);
    expect(ofA).toEqual(['linked, was dialled key address carrier program']);
    await a.peer.close();
    await house.pass(100);
    expect(ofB).toEqual(['linked key address carrier program', 'link ended key address']);
    expect(ofA).toHaveLength(1);
  });

  it('tells of blocks and of who is online only when it is to tell much', async () => {
    const house = new House();
    const [a, b] = await house.pair();
    const [much, little] = [heard(b.peer, 'debug'), heard(b.peer, 'info')];
    a.peer.share(utf8Bytes('x'));
    await house.pass(10_000, () => b.peer.status.height === 1);
    expect(much).toContain('block height hash author items');
    expect(much).toContain('online key');
    expect(little.join()).not.toMatch(/block|online/);
    await a.peer.close();
    await house.pass(5_000);
    expect(much).toContain('offline key');
  });

  it('tells of catching up, once', async () => {
    const house = new House();
    await house.open('a', new Author(1), await storeWith(600));
    const late = await house.open('b', new Author(2));
    const lines = heard(late.peer, 'info');
    late.peer.connect('room:a');
    await house.pass(20_000, () => late.peer.status.height === 600 && late.peer.status.syncing === undefined);
    expect(lines.filter((line) => line.startsWith('ca'))).toEqual(['catching up held of', 'caught up blocks']);
  });

  it('warns of a problem, and says when it is over', async () => {
    const house = new House();
    const { peer, transport } = await house.open('a', new Author(1));
    const lines = heard(peer, 'info');
    transport.events?.problem('relay-unreachable', 'Nobody is there.');
    transport.events?.problem('relay-unreachable', 'Nobody is there.');
    transport.events?.problem('relay-unreachable', undefined);
    expect(lines).toEqual(['problem problem message', 'over problem']);
  });

  it('says which blocks were undone', async () => {
    const { peer } = await new House().open('a', new Author(1), await storeWith(5));
    const on = vi.spyOn(peer, 'on');
    const told: unknown[] = [];
    narrate(
      peer,
      logsUpTo('info', ({ sentence, facts }) => told.push([sentence, facts])),
    );
    const [, reverted] = on.mock.calls.find(([event]) => event === 'revert') ?? [];
    reverted?.((await all(peer.blocks({ from: 3 }))).reverse() as never);
    expect(told).toEqual([['the chain was reorganised', { undone: 2, from: 3 }]]);
  });

  it('tells only warnings when it is to tell little', async () => {
    const house = new House();
    const { peer, transport } = await house.open('a', new Author(1));
    const lines = heard(peer, 'warn');
    transport.events?.problem('x', 'A problem.');
    transport.events?.problem('x', undefined);
    expect(lines).toEqual(['problem problem message']);
  });
});
