import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLoopback, openNodePeer, type Reach } from '../../../relay/open.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-open-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('openNodePeer', () => {
  it('opens a peer on a folder, the same one again, with what was pending', async () => {
    const first = await openNodePeer({ network: 'main', folder });
    expect(first.status).toMatchObject({ network: 'main', height: 0, storage: 'disk', closed: false });
    const { item } = first.share(Uint8Array.of(1, 2, 3));
    await first.close();
    const second = await openNodePeer({ network: 'main', folder });
    expect(second.publicKey).toBe(first.publicKey);
    expect([...second.pending.keys()]).toEqual([item.id]);
    await second.close();
  });

  it('takes settings of the core', async () => {
    const peer = await openNodePeer({ network: 'a', folder, thin: true });
    expect(peer.status.network).toBe('a');
    await peer.close();
  });

  it('connects by WebSocket and by TCP, and to no other address', async () => {
    const peer = await openNodePeer({ network: 'main', folder });
    peer.connect('ws://127.0.0.1:1/peer/main');
    peer.connect('127.0.0.1:2');
    for (const address of ['127.0.0.1:1', 'example.onion:29092', 'http://127.0.0.1', 'nobody']) {
      expect(() => peer.connect(address)).toThrow(expect.objectContaining({ code: 'bad-address' }));
    }
    await peer.close();
  });

  it('refuses a folder that is in use, and lets it go when it is closed', async () => {
    const peer = await openNodePeer({ network: 'main', folder });
    await expect(openNodePeer({ network: 'main', folder })).rejects.toMatchObject({ name: 'StoreError', code: 'held' });
    await peer.close();
    await (await openNodePeer({ network: 'main', folder })).close();
  });

  it.each([
    [{ kind: 'dials' }, undefined],
    [{ kind: 'listens', host: '127.0.0.1', port: 29_092, announceBy: undefined }, '127.0.0.1:29092'],
    [{ kind: 'listens', host: '::1', port: 29_092, announceBy: undefined }, '[::1]:29092'],
    [{ kind: 'listens', host: '0.0.0.0', port: 29_092, announceBy: undefined }, undefined],
    [{ kind: 'listens', host: '::', port: 29_092, announceBy: 'me.example:29092' }, 'me.example:29092'],
    [{ kind: 'proxied', host: '127.0.0.1', port: 1, proxy: '127.0.0.1:9050', announceBy: 'x.onion:1' }, 'x.onion:1'],
  ] satisfies [Reach, string | undefined][])('reached as %j is announced by %j', async (reach, listen) => {
    const peer = await openNodePeer({ network: 'main', folder, reach });
    expect(peer.status.listen).toBe(listen);
    await peer.close();
  });

  it('behind a proxy listens on no other machine’s address, and dials nothing that would go around it', async () => {
    const reach = {
      kind: 'proxied',
      host: '0.0.0.0',
      port: 1,
      proxy: '127.0.0.1:9050',
      announceBy: 'x.onion:1',
    } as const;
    await expect(openNodePeer({ network: 'main', folder, reach })).rejects.toMatchObject({ code: 'bad-config' });
    const peer = await openNodePeer({ network: 'main', folder, reach: { ...reach, host: '::1' } });
    expect(() => peer.connect('ws://127.0.0.1:1/peer/main')).toThrow(expect.objectContaining({ code: 'bad-address' }));
    await peer.close();
  });

  it('refuses a folder that holds another network, and holds nothing then', async () => {
    await (await openNodePeer({ network: 'main', folder })).close();
    await expect(openNodePeer({ network: 'other', folder })).rejects.toMatchObject({
      name: 'StoreError',
      code: 'other-network',
      message: `the folder ${folder} holds the network main, not other`,
    });
    await (await openNodePeer({ network: 'main', folder })).close();
  });

  it('refuses a network without a name, and holds nothing then', async () => {
    await expect(openNodePeer({ network: '', folder })).rejects.toMatchObject({
      name: 'PeerError',
      code: 'bad-config',
    });
    await (await openNodePeer({ network: 'main', folder })).close();
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('holds of %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '192.168.0.1', '127.0.0.1.example.org', '128.0.0.1', '1127.0.0.1', '', 'fe80::1'])(
    'does not hold of %j',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
