import { describe, expect, it } from 'vitest';
import type { Block } from '../../../core/chain/block.ts';
import { bytesToHex } from '../../../core/codec/bytes.ts';
import type { DialectName } from '../../../core/wire/dialect.ts';
import { wireVersion } from '../../../core/wire/messages.ts';
import { type Author, authors } from '../../model/author.ts';
import { SlowStore } from '../../model/slow-store.ts';
import { type Remote, Stage, storedBlocks } from '../../model/stage.ts';

/** Ours is the largest key, and none of these blocks names it: it writes nothing while these tests look on. */
const [a, b, c, d, self] = authors(5) as [Author, Author, Author, Author, Author];
const reference = { version: { ...wireVersion, target: '', branch: '', commit: '' } };
const patienceMs = 10_000;

const trunk = a.chain(3);
const [root, , tip] = trunk as [Block, Block, Block];

/** Two children of the trunk, the better one first: by whom it was named, and by another. */
function siblings(parent = tip): [Block, Block] {
  return [a.block(parent, [a.key, b.key]), b.block(parent, [b.key])];
}

function staged(chain: readonly Block[] = trunk): Stage {
  const store = new SlowStore();
  store.blocks = storedBlocks(chain);
  return new Stage({ self, store });
}

interface Holding {
  readonly root: Block | undefined;
  readonly last: Block | undefined;
  readonly count: number;
}

function linked(stage: Stage, author: Author, holding: Partial<Holding> = {}, dialect: DialectName = 'cbc'): Remote {
  const { root: first, last, count } = { root, last: tip, count: 3, ...holding };
  const greeting = { root: first?.hash, last: last?.hash, count: BigInt(count) };
  const remote = stage.join(author, { ...reference, ...greeting }, { carrier: 'tcp', dialect });
  if (dialect === 'cbc') remote.keepAlive(5);
  else remote.say({ kind: 'requestNeighbours', count: 0, exclude: [] });
  return remote;
}

/** The main chain goes on by this block, which one of ours brings. */
function goesOn(stage: Stage, block: Block): void {
  const ours = [...stage.remotes.values()].find(({ author }) => author === d) ?? stage.join(d, { root: root.hash });
  ours.say({ kind: 'shareBlock', block });
  stage.pass(50);
}

function reports(stage: Stage): (string | undefined)[] {
  return stage
    .of('report')
    .filter(({ code }) => code === 'reference-split')
    .map(({ message }) => message);
}

describe('a neighbour of the reference program', () => {
  it.each<DialectName>(['cbc', 'gcm-siv'])('that stands where we do is in no split (%s)', (dialect) => {
    const stage = staged();
    const remote = linked(stage, c, {}, dialect);
    const next = a.block(tip);
    remote.say({ kind: 'shareBlock', block: next });
    stage.pass(3 * patienceMs);
    expect(stage.machine.count).toBe(4);
    expect(reports(stage)).toEqual([]);
  });

  it.each<DialectName>(['cbc', 'gcm-siv'])('that is only behind us is in no split, however long (%s)', (dialect) => {
    const chain = a.chain(30);
    const stage = staged(chain);
    linked(stage, c, { root: chain[0], last: chain[4], count: 5 }, dialect);
    goesOn(stage, a.block(chain.at(-1)));
    stage.pass(3 * patienceMs);
    expect(stage.machine.count).toBe(31);
    expect(reports(stage)).toEqual([]);
  });

  it('that shows a block which lost is in a split after 10 s, and is named', () => {
    const stage = staged();
    const [better, worse] = siblings();
    const remote = linked(stage, c);
    goesOn(stage, better);
    remote.say({ kind: 'shareBlock', block: worse });
    stage.pass(patienceMs - 1);
    expect(reports(stage)).toEqual([]);
    stage.pass(1_000);
    expect(reports(stage)).toHaveLength(1);
    expect(reports(stage)[0]).toContain(`${c.hex.slice(0, 6)}…${c.hex.slice(-4)}`);
  });

  it('that shows one block after the other of its branch is in one all the same', () => {
    const stage = staged();
    const [better, worse] = siblings();
    const remote = linked(stage, c);
    goesOn(stage, better);
    let block = worse;
    for (let second = 0; second < 13; second++) {
      remote.say({ kind: 'shareBlock', block });
      block = b.block(block, [b.key]);
      stage.pass(1_000);
    }
    expect(reports(stage)).toHaveLength(1);
  });

  it('whose block we have left for a better branch is in one', () => {
    const stage = staged();
    const [better, worse] = siblings();
    const remote = linked(stage, c);
    remote.say({ kind: 'shareBlock', block: worse });
    stage.pass(3 * patienceMs);
    expect(reports(stage)).toEqual([]);
    goesOn(stage, better);
    expect(stage.machine.tip).toBe(bytesToHex(better.hash));
    stage.pass(patienceMs);
    expect(reports(stage)).toHaveLength(1);
  });

  it('is in none any more when it shows a block of ours, or its link has ended', () => {
    const stage = staged();
    const [better, worse] = siblings();
    const [one, other] = [linked(stage, b), linked(stage, c)];
    goesOn(stage, better);
    for (const remote of [one, other]) remote.say({ kind: 'shareBlock', block: worse });
    stage.pass(patienceMs + 100);
    one.say({ kind: 'shareBlock', block: better });
    stage.pass(100);
    other.close();
    const named = ({ hex }: Author) => `${hex.slice(0, 6)}…${hex.slice(-4)}`;
    expect(reports(stage)).toEqual([
      expect.stringContaining(`: ${[b, c].map(named).sort().join(', ')}.`),
      expect.stringContaining(`: ${named(c)}.`),
      undefined,
    ]);
  });

  it('that names a block nobody gives us is in a split once we have gone on without it', () => {
    const stage = staged();
    const unseen = b.block(b.block(tip, [b.key]), [b.key]);
    const remote = linked(stage, c, { last: unseen, count: 5 });
    // It answers nothing, so that reading its chain is given up.
    stage.pass(60_000);
    remote.keepAlive(6);
    expect(reports(stage)).toEqual([]);
    goesOn(stage, a.block(tip));
    stage.pass(3 * patienceMs);
    expect(reports(stage)).toHaveLength(1);
  });

  it('that is one of many is counted, where three are named', () => {
    const stage = staged();
    const [better, worse] = siblings();
    goesOn(stage, better);
    for (const author of authors(5, 2)) linked(stage, author).say({ kind: 'shareBlock', block: worse });
    stage.pass(patienceMs + 100);
    expect(reports(stage).at(-1)).toMatch(/: (0[23]\w{4}…\w{4}, ){2}0[23]\w{4}…\w{4} and 2 more\./);
  });

  it('of another root is not spoken of here', () => {
    const stage = staged();
    const other = b.chain(3);
    linked(stage, c, { root: other[0], last: other[2] });
    goesOn(stage, a.block(tip));
    stage.pass(60_000);
    expect(reports(stage)).toEqual([]);
  });

  it('is one that does not run our program', () => {
    const stage = staged();
    const [better, worse] = siblings();
    goesOn(stage, better);
    const ours = stage.join(c, { root: root.hash, last: tip.hash, count: 3n });
    ours.keepAlive();
    ours.say({ kind: 'shareBlock', block: worse });
    stage.pass(3 * patienceMs);
    expect(reports(stage)).toEqual([]);
  });
});
