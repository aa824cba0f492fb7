import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { utf8Bytes } from '../../../../core/codec/bytes.ts';
import type { BlockView } from '../../../../core/face.ts';
import type { Peer } from '../../../../core/host.ts';
import { type Control, openControl } from '../../../../relay/control/server.ts';
import { Author } from '../../../model/author.ts';
import { ran, TestTerminal } from '../../../model/command-line.ts';
import { all, House, storeWith } from '../../../model/house.ts';

let folder: string;
let control: Control | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-blocks-'));
});

afterEach(async () => {
  await control?.close();
  await rm(folder, { recursive: true });
});

async function withBlocks(count: number): Promise<Peer> {
  const { peer } = await new House().open('a', new Author(1), await storeWith(count));
  control = await openControl(folder, peer, () => undefined);
  return peer;
}

const heights = (text: string) => [...text.matchAll(/^block (\d+) /gm)].map(([, height]) => Number(height));

describe('mccloud blocks', () => {
  it('prints what is held, oldest first, from a height on', async () => {
    await withBlocks(12);
    const [whole, end, past] = [new TestTerminal(), new TestTerminal(), new TestTerminal()];
    expect((await ran(['blocks', '--data', folder], whole)).exitCode).toBe(0);
    expect(heights(whole.printed)).toEqual([...Array(12).keys()]);
    expect((await ran(['blocks', '--data', folder, '--from', '10'], end)).exitCode).toBe(0);
    expect(heights(end.printed)).toEqual([10, 11]);
    expect((await ran(['blocks', '--data', folder, '--from', '12'], past)).exitCode).toBe(0);
    expect(past.printed).toBe('');
  });

  it('prints one JSON object a line', async () => {
    const peer = await withBlocks(3);
    const terminal = new TestTerminal();
    expect((await ran(['blocks', '--data', folder, '--json'], terminal)).exitCode).toBe(0);
    const blocks = terminal.printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(blocks.map(({ height, hash }) => [height, hash])).toEqual(
      (await all(peer.blocks())).map(({ height, hash }) => [height, hash]),
    );
  });

  it('goes on with new blocks until Ctrl-C, which is no failure', async () => {
    const house = new House();
    const [a, b] = await house.pair();
    a.peer.share(utf8Bytes('one'));
    await house.pass(10_000, () => b.peer.status.height === 1);
    control = await openControl(folder, b.peer, () => undefined);
    const terminal = new TestTerminal();
    const following = ran(['blocks', '--data', folder, '--follow'], terminal);
    await vi.waitFor(() => expect(heights(terminal.printed)).toEqual([0]));
    a.peer.share(utf8Bytes('two'));
    await house.pass(10_000, () => b.peer.status.height === 2);
    await vi.waitFor(() => expect(heights(terminal.printed)).toEqual([0, 1]));
    expect(terminal.printed).toContain('"two"');
    terminal.interrupt();
    expect(await following).toEqual({ exitCode: 0, help: '', complaints: '' });
    expect(terminal.said).toBe('');
  });

  it('says where the chain was reorganised', async () => {
    const peer = await withBlocks(3);
    const blocks = await all(peer.blocks());
    vi.spyOn(peer, 'newBlocks').mockImplementation(async function* () {
      yield* [blocks[1] as BlockView, blocks[2] as BlockView];
    });
    const terminal = new TestTerminal();
    expect((await ran(['blocks', '--data', folder, '--follow'], terminal)).exitCode).toBe(0);
    expect(heights(terminal.printed)).toEqual([0, 1, 2, 1, 2]);
    const [said] = terminal.printed.split('\n').filter((line) => line.includes('reorganised'));
    expect(said).toBe('the chain was reorganised: what follows takes the place of block 1 on');
  });

  it('ends quietly when nobody reads any more', async () => {
    await withBlocks(12);
    const terminal = new TestTerminal();
    terminal.heard = () => {
      terminal.isClosed = true;
    };
    expect((await ran(['blocks', '--data', folder], terminal)).exitCode).toBe(0);
    expect(heights(terminal.printed)).toEqual([0]);
    expect(terminal.said).toBe('');
  });

  it('fails in one line when the peer ends, and by another code when there is none', async () => {
    await withBlocks(1);
    const terminal = new TestTerminal();
    terminal.heard = () => void control?.close();
    expect((await ran(['blocks', '--data', folder, '--follow'], terminal)).exitCode).toBe(1);
    expect(terminal.said).toBe('the peer has ended\n');
    const after = new TestTerminal();
    expect((await ran(['blocks', '--data', folder], after)).exitCode).toBe(3);
    expect(after.said).toBe(`no peer is running for the folder ${folder}\n`);
  });
});
