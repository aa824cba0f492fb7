import { describe, expect, it } from 'vitest';
import type { Block } from '../../../core/chain/block.ts';
import { itemIdOf } from '../../../core/chain/data.ts';
import type { Config } from '../../../core/config.ts';
import { hashHex } from '../../../core/crypto/keys.ts';
import type { DialectName } from '../../../core/wire/dialect.ts';
import { type Greeting, wireVersion } from '../../../core/wire/messages.ts';
import { type Author, authors } from '../../model/author.ts';
import { SlowStore } from '../../model/slow-store.ts';
import { type Remote, Stage, storedBlocks } from '../../model/stage.ts';

/** The smallest key is ours: it forces the chain on before all others. */
const [self, b, c, d] = authors(4) as [Author, Author, Author, Author];
const reference = { version: { ...wireVersion, target: '', branch: '', commit: '' } };
const eachDialect: readonly DialectName[] = ['cbc', 'gcm-siv'];
const hashes = (blocks: readonly Block[]) => blocks.map(({ hash }) => hashHex(hash));
const rootOf = (chain: readonly Block[]) => hashHex((chain[0] as Block).hash);

function holding(chain: readonly Block[], config: Partial<Config> = {}): Stage {
  const store = new SlowStore();
  store.blocks = storedBlocks(chain);
  return new Stage({ self, store, config });
}

/** A chain by these authors in turn, of whom nobody is here. */
function chainBy(writers: readonly Author[], length: number): Block[] {
  const blocks: Block[] = [];
  for (let height = 0; height < length; height++) {
    const writer = writers[height % writers.length] as Author;
    blocks.push(writer.block(blocks.at(-1), [writer.key]));
  }
  return blocks;
}

/** A neighbour that holds this chain and greets before we do. */
function joined(
  stage: Stage,
  author: Author,
  chain: readonly Block[],
  dialect: DialectName,
  more: Partial<Greeting>,
): Remote {
  const greeting = { root: chain[0]?.hash, last: chain.at(-1)?.hash, count: BigInt(chain.length) };
  return stage.join(author, { ...greeting, ...more }, { carrier: 'tcp', dialect });
}

/** Time passes while neighbours show that they are there, and answer as peers with these chains do. */
function live(stage: Stage, milliseconds: number, there: readonly (readonly [Remote, readonly Block[]])[]): void {
  const answered = new Map<Remote, number>();
  for (const end = stage.now + milliseconds; stage.now < end; stage.pass(100)) {
    for (const [remote, chain] of there) {
      remote.say({ kind: 'requestNeighbours', count: 0, exclude: [] });
      const asked = remote.of('requestBlocks').length;
      if (asked > (answered.get(remote) ?? 0)) remote.serve(chain);
      answered.set(remote, asked);
    }
  }
}

/** What this neighbour was sent of blocks, and how. */
const sent = (remote: Remote, kind: 'shareBlock' | 'requestedBlock') =>
  hashes(remote.of(kind).map(({ block }) => block));

describe.each(eachDialect)('a block of our own, when a reference peer is a neighbour (%s)', (dialect) => {
  /** Somebody names these, and then we share an item. */
  function written(nextChoices: readonly Author[]) {
    const root = b.block(
      undefined,
      nextChoices.map(({ key }) => key),
    );
    const stage = holding([root]);
    const [ours, other] = [joined(stage, c, [root], 'cbc', {}), joined(stage, d, [root], dialect, reference)];
    const data = self.item();
    stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
    live(stage, 8_000, [
      [ours, [root]],
      [other, [root]],
    ]);
    expect(stage.machine.count).toBe(2);
    return { ours, other, tip: stage.machine.tip };
  }

  it('that was forced goes to it as an answer, for it checks no author there, and to ours as news', () => {
    const { ours, other, tip } = written([b]);
    expect([sent(ours, 'shareBlock'), sent(ours, 'requestedBlock')]).toEqual([[tip], []]);
    expect([sent(other, 'shareBlock'), sent(other, 'requestedBlock')]).toEqual([[], [tip]]);
  });

  it('for which we were named goes to both as news', () => {
    const { ours, other, tip } = written([self, b]);
    for (const remote of [ours, other]) {
      expect([sent(remote, 'shareBlock'), sent(remote, 'requestedBlock')]).toEqual([[tip], []]);
    }
  });
});

describe('the first block of all', () => {
  it('goes to a reference peer as news: nobody could have been named', () => {
    const stage = holding([]);
    const other = joined(stage, d, [], 'gcm-siv', reference);
    const data = self.item();
    stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
    live(stage, 8_000, [[other, []]]);
    expect([sent(other, 'shareBlock'), sent(other, 'requestedBlock')]).toEqual([[stage.machine.tip], []]);
  });
});

describe.each(eachDialect)('the root of a chain that a reference neighbour holds (%s)', (dialect) => {
  /** What becomes of our chain when a reference peer holds that one. */
  function meeting(
    ours: readonly Block[],
    theirs: readonly Block[],
    config: Partial<Config> = {},
    both = false,
  ): Stage {
    const stage = holding(ours, config);
    const near = both ? [[joined(stage, d, ours, dialect, reference), ours] as const] : [];
    live(stage, 5_000, [...near, [joined(stage, c, theirs, dialect, reference), theirs]]);
    return stage;
  }

  it('wins over ours with more authors, for a reference peer never changes its own', () => {
    const [ours, theirs] = [chainBy([self, b, d], 20), chainBy([c], 2)];
    const stage = meeting(ours, theirs);
    expect(stage.store.hashes.slice(0, 2)).toEqual(hashes(theirs));
    expect(stage.delivered('reverted').flatMap(({ blocks }) => blocks)).toHaveLength(20);
  });

  it('does not win over one that we are told to hold, nor over one of more than 64 blocks', () => {
    const theirs = chainBy([c], 2);
    const configured = chainBy([self], 3);
    expect(meeting(configured, theirs, { root: rootOf(configured) }).machine.root).toBe(rootOf(configured));
    const settled = chainBy([self], 65);
    expect(meeting(settled, theirs).machine.root).toBe(rootOf(settled));
  });

  it('does not win over one that another reference neighbour holds and that has more authors', () => {
    const [ours, theirs] = [chainBy([self, b], 5), chainBy([c], 5)];
    expect(meeting(ours, theirs, {}, true).machine.root).toBe(rootOf(ours));
    expect(meeting(theirs, ours, {}, true).machine.root).toBe(rootOf(ours));
  });

  it('is left to an operator when both have more than 64 blocks, and the neighbour keeps its link', () => {
    const [ours, theirs] = [chainBy([self], 70), chainBy([c], 70)];
    const stage = meeting(ours, theirs);
    expect([stage.machine.root, stage.of('report').map(({ code }) => code)]).toEqual([rootOf(ours), ['other-root']]);
    expect(stage.remotes.get(1)?.closedBecause).toBeUndefined();
  });
});

describe('the root of a chain that only one of ours holds', () => {
  it('does not win with fewer authors: its holder can come over to ours', () => {
    const [ours, theirs] = [chainBy([self, b], 5), chainBy([c], 5)];
    const stage = holding(ours);
    live(stage, 5_000, [[joined(stage, c, theirs, 'cbc', {}), theirs]]);
    expect(stage.machine.root).toBe(rootOf(ours));
  });
});

describe('a block that nobody asked for, sent as an answer', () => {
  it.each([
    ['gcm-siv', true, 1],
    ['gcm-siv', false, 0],
    ['cbc', false, 0],
  ] as const)(
    'is news in %s from one of ours, to whom we may be a reference peer yet (%s): %i',
    (dialect, ours, more) => {
      const chain = chainBy([b], 3);
      const stage = holding(chain);
      const remote = joined(stage, b, chain, dialect, reference);
      if (ours) remote.hello();
      remote.say({ kind: 'requestNeighbours', count: 0, exclude: [] });
      remote.say({ kind: 'requestedBlock', block: b.block(chain.at(-1), [b.key]) });
      expect([stage.machine.count, remote.closedBecause]).toEqual([3 + more, undefined]);
    },
  );

  it('is checked like any other news', () => {
    const chain = chainBy([b], 3);
    const stage = holding(chain);
    const remote = joined(stage, b, chain, 'gcm-siv', reference);
    remote.hello();
    const good = b.block(chain.at(-1), [b.key]);
    for (const block of [
      { ...good, sign: c.block(undefined).sign },
      { ...good, nextChoices: [] },
    ]) {
      remote.say({ kind: 'requestedBlock', block });
    }
    // Its author was not named, and the one who was is there: it is held back first.
    remote.say({ kind: 'requestedBlock', block: d.block(chain.at(-1), [d.key]) });
    expect(stage.machine.count).toBe(3);
  });
});
