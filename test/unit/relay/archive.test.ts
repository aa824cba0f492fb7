import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { openArchive } from '../../../relay/archive.ts';
import { nodeVerifier } from '../../../relay/curve.ts';
import { type LogEntry, logsUpTo } from '../../../relay/log.ts';
import { openNodePeer } from '../../../relay/open.ts';
import { folderDisk } from '../../../relay/store/disk.ts';
import { FileStore } from '../../../relay/store/files.ts';
import { ChainMaker, noChange } from '../../contract/material.ts';
import { ChainSigner } from '../../model/chain-signer.ts';
import { storedBlocks } from '../../model/stage.ts';
import { allHold } from '../../model/verifiers.ts';

let folder: string;
let logged: LogEntry[];
const logs = logsUpTo('debug', (entry) => logged.push(entry));
const maxLinks = 512;

beforeEach(async () => {
  logged = [];
  folder = await mkdtemp(join(tmpdir(), 'mccloud-archive-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('openArchive', () => {
  it('keeps each network in a folder of its name, with a key of its own, and says so', async () => {
    const archives = [
      await openArchive({ network: 'main', committee: [] }, folder, logs, maxLinks),
      await openArchive({ network: 'other', committee: [] }, folder, logs, maxLinks),
    ];
    expect((await readdir(folder)).sort()).toEqual(['main', 'other']);
    expect(new Set(archives.map(({ peer }) => peer.publicKey)).size).toBe(2);
    expect(logged).toEqual(
      archives.map(({ peer }) => ({
        level: 'info',
        sentence: 'archive',
        facts: { network: peer.status.network, blocks: 0, key: peer.publicKey },
      })),
    );
    for (const { peer } of archives) await peer.close();
  });

  it('has room for as many links as it is told, and says when it has none', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    const taken: boolean[] = [];
    const archive = await openArchive({ network: 'main', committee: [] }, folder, logs, 1);
    server.on('connection', (socket) => taken.push(archive.accept(socket, '192.0.2.1:5')));
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const peer = await openNodePeer({ network: 'main', folder: join(folder, 'peer') });
    peer.connect(url);
    await vi.waitFor(() => expect(archive.peer.connected.size).toBe(1), { timeout: 10_000 });
    const another = new WebSocket(url);
    const [, reason] = await once(another, 'close');
    expect(String(reason)).toBe('no room for another link');
    expect(taken).toEqual([true, false]);
    await Promise.all([peer.close(), archive.peer.close()]);
    server.close();
    await once(server, 'close');
  });

  it('says once that it has failed, and with what', async () => {
    const failing = vi.spyOn(FileStore.prototype, 'change').mockRejectedValue(new Error('the disk is gone'));
    const archive = await openArchive({ network: 'main', committee: [] }, folder, logs, maxLinks);
    expect(archive.failure).toBeUndefined();
    for (let i = 0; i < 3; i++) archive.peer.share(Uint8Array.of(i));
    await vi.waitFor(() => expect(archive.failure).toBe('Error: the disk is gone'));
    const listener = vi.fn(() => {
      throw new Error('what fails after that');
    });
    archive.peer.on('change', listener);
    archive.peer.share(Uint8Array.of(9));
    await vi.waitFor(() => expect(listener).toHaveBeenCalled());
    expect(archive.failure).toBe('Error: the disk is gone');
    const told = logged.filter(({ level }) => level === 'error');
    expect(told.map(({ facts }) => facts)).toEqual([{ network: 'main', error: 'Error: the disk is gone' }]);
    await archive.peer.close();
    failing.mockRestore();
  });

  it('says what a crash had torn', async () => {
    const path = join(folder, 'main');
    const store = new FileStore(folderDisk(path), allHold);
    await store.open();
    await store.change({ ...noChange, append: new ChainMaker(1).chain(1) });
    await store.close();
    const blocks = await readFile(join(path, 'blocks.db'));
    await writeFile(join(path, 'blocks.db'), blocks.subarray(0, -1));
    const { peer } = await openArchive({ network: 'main', committee: [] }, folder, logs, maxLinks);
    expect(logged[0]).toEqual({
      level: 'warn',
      sentence: 'the end of a chain was torn and has been cut',
      facts: { network: 'main', blocks: 1, bytes: 47 + blocks.length },
    });
    await peer.close();
  });

  it('says that an index was damaged', async () => {
    const path = join(folder, 'main');
    const store = new FileStore(folderDisk(path), nodeVerifier);
    await store.open();
    await store.change({ ...noChange, append: storedBlocks(new ChainSigner(1).chain(3)) });
    await store.close();
    await writeFile(join(path, 'index.db'), (await readFile(join(path, 'index.db'))).fill(0, 0, 48));
    const { peer } = await openArchive({ network: 'main', committee: [] }, folder, logs, maxLinks);
    expect(peer.status.height).toBe(3);
    expect(logged[0]).toEqual({
      level: 'warn',
      sentence: 'the index of a chain was damaged and has been made anew',
      facts: { network: 'main', blocks: 3 },
    });
    await peer.close();
  });
});
