import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nodeVerifier } from '../../../relay/curve.ts';
import { WebSocketDialler } from '../../../relay/links/websocket-transport.ts';
import { nodePlatform } from '../../../relay/platform.ts';
import { folderDisk } from '../../../relay/store/disk.ts';
import { FileStore } from '../../../relay/store/files.ts';
import { noChange } from '../../contract/material.ts';
import { ChainSigner } from '../../model/chain-signer.ts';
import { storedBlocks } from '../../model/stage.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-platform-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('nodePlatform', () => {
  it('is the same identity for the same folder, and keeps the chain on disk', async () => {
    const transports = [new WebSocketDialler()];
    const one = await nodePlatform(folder, transports, vi.fn());
    const two = await nodePlatform(folder, [], vi.fn());
    expect(two.secret).toEqual(one.secret);
    expect(one.store.kind).toBe('disk');
    expect(one.transports.slice(0, 1)).toEqual(transports);
    expect(one.leftPending).toEqual([]);
    one.clock.close();
    two.clock.close();
  });

  it.each([
    [
      'a torn end',
      { cut: 5, zeros: 0 },
      /^This peer had ended .*: \d+ bytes at the end, of 1 block, were cut\. Nothing/,
    ],
    ['a damaged index', { cut: 0, zeros: 48 }, /: the index was damaged at 2 blocks and was made anew from them\. /],
    ['both', { cut: 5, zeros: 48 }, /damaged at 1 block .*, and \d+ bytes at the end, of 1 block, were cut/],
  ])('tells the user of %s, and of it only', async (_, { cut, zeros }, message) => {
    const store = new FileStore(folderDisk(folder), nodeVerifier);
    await store.open();
    await store.change({ ...noChange, append: storedBlocks(new ChainSigner(1).chain(2)) });
    await store.close();
    const problems = async () => {
      const platform = await nodePlatform(folder, [], vi.fn());
      await platform.store.open();
      const problem = vi.fn();
      for (const transport of platform.transports) {
        transport.start({ problem, accepted: vi.fn(), discovered: vi.fn(), listening: vi.fn() });
        expect(transport.reaches('ws://127.0.0.1:1/peer/main')).toBe(false);
      }
      await platform.store.close();
      return problem.mock.calls;
    };
    expect(await problems()).toEqual([]);
    const [index, blocks] = [join(folder, 'index.db'), join(folder, 'blocks.db')];
    await writeFile(index, (await readFile(index)).fill(0, 0, zeros));
    await truncate(blocks, (await readFile(blocks)).length - cut);
    expect(await problems()).toEqual([['chain-torn', expect.stringMatching(message)]]);
    expect(await problems()).toEqual([]);
  });

  it('has fresh randomness, as plain bytes', async () => {
    const { random, clock } = await nodePlatform(folder, [], vi.fn());
    const [one, two] = [random(32), random(32)];
    expect(Object.getPrototypeOf(one)).toBe(Uint8Array.prototype);
    expect([one.length, one.join() === two.join()]).toEqual([32, false]);
    clock.close();
  });

  it('reports bugs to whom it was given', async () => {
    const crashed = vi.fn();
    const platform = await nodePlatform(folder, [], crashed);
    platform.crashed(new Error('bug'));
    expect(crashed).toHaveBeenCalledExactlyOnceWith(new Error('bug'));
    platform.clock.close();
  });
});
