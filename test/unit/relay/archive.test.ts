import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openArchive } from '../../../relay/archive.ts';
import { nodeVerifier } from '../../../relay/curve.ts';
import type { Log } from '../../../relay/log.ts';
import { folderDisk } from '../../../relay/store/disk.ts';
import { FileStore } from '../../../relay/store/files.ts';
import { ChainMaker, noChange } from '../../contract/material.ts';
import { ChainSigner } from '../../model/chain-signer.ts';
import { storedBlocks } from '../../model/stage.ts';
import { allHold } from '../../model/verifiers.ts';

let folder: string;
const log = vi.fn<Log>();

beforeEach(async () => {
  log.mockClear();
  folder = await mkdtemp(join(tmpdir(), 'mccloud-archive-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('openArchive', () => {
  it('keeps each network in a folder of its name, with a key of its own, and says so', async () => {
    const archives = [await openArchive('main', folder, log), await openArchive('other', folder, log)];
    expect((await readdir(folder)).sort()).toEqual(['main', 'other']);
    expect(new Set(archives.map(({ peer }) => peer.publicKey)).size).toBe(2);
    expect(log.mock.calls).toEqual(
      archives.map(({ peer }) => ['archive', { network: peer.status.network, blocks: 0, key: peer.publicKey }]),
    );
    for (const { peer } of archives) await peer.close();
  });

  it('says what a crash had torn', async () => {
    const path = join(folder, 'main');
    const store = new FileStore(folderDisk(path), allHold);
    await store.open();
    await store.change({ ...noChange, append: new ChainMaker(1).chain(1) });
    await store.close();
    const blocks = await readFile(join(path, 'blocks.db'));
    await writeFile(join(path, 'blocks.db'), blocks.subarray(0, -1));
    const { peer } = await openArchive('main', folder, log);
    expect(log.mock.calls[0]).toEqual([
      'the end of a chain was torn and has been cut',
      { network: 'main', blocks: 1, bytes: 47 + blocks.length },
    ]);
    await peer.close();
  });

  it('says that an index was damaged', async () => {
    const path = join(folder, 'main');
    const store = new FileStore(folderDisk(path), nodeVerifier);
    await store.open();
    await store.change({ ...noChange, append: storedBlocks(new ChainSigner(1).chain(3)) });
    await store.close();
    await writeFile(join(path, 'index.db'), (await readFile(join(path, 'index.db'))).fill(0, 0, 48));
    const { peer } = await openArchive('main', folder, log);
    expect(peer.status.height).toBe(3);
    expect(log.mock.calls[0]).toEqual([
      'the index of a chain was damaged and has been made anew',
      { network: 'main', blocks: 3 },
    ]);
    await peer.close();
  });
});
