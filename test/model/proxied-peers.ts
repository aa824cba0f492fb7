/**
 * Node peers behind proxies and on loopback, each in a folder of its own, for tests that look at what they dial.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { utf8Bytes, utf8Text } from '../../core/codec/bytes.ts';
import type { Peer } from '../../core/host.ts';
import { type HostAndPort, unreachableAddress } from '../../core/network/addresses.ts';
import { openNodePeer, type Reach } from '../../relay/open.ts';

export class ProxiedPeers {
  readonly #peers: Peer[] = [];
  readonly #folders: string[] = [];

  async open(reach: Reach): Promise<Peer> {
    const folder = await mkdtemp(join(tmpdir(), 'mccloud-peer-'));
    this.#folders.push(folder);
    const peer = await openNodePeer({ network: 'main', folder, reach });
    this.#peers.push(peer);
    return peer;
  }

  /** It dials by way of the proxy. Nobody dials it, unless an address says where and a port what that leads to. */
  behind(proxy: HostAndPort, { port = 0, announceBy = unreachableAddress } = {}): Promise<Peer> {
    return this.open({ kind: 'proxied', host: '127.0.0.1', port, proxy: `${proxy.host}:${proxy.port}`, announceBy });
  }

  /** It listens on loopback and has no proxy. @returns it, and where it listens */
  async listening(): Promise<{ readonly peer: Peer; readonly address: string }> {
    const peer = await this.open({ kind: 'listens', host: '127.0.0.1', port: 0, announceBy: undefined });
    return { peer, address: peer.status.listen ?? '' };
  }

  async close(): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.close()));
    await Promise.all(this.#folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }
}

/** Until each of them has a link to each other. */
export async function linked(peers: readonly Peer[], timeoutMs: number): Promise<void> {
  const missing = () => peers.flatMap(({ connected, publicKey }) => others(peers, publicKey, connected));
  await vi.waitFor(() => expect(missing()).toEqual([]), { timeout: timeoutMs, interval: 20 });
}

/** One of them shares, and all hold it in one chain. */
export async function sharedInOneChain(peers: readonly Peer[], text: string, timeoutMs: number): Promise<void> {
  const [sharing] = peers;
  if (sharing === undefined) throw new Error('there is no peer');
  sharing.share(utf8Bytes(text));
  const check = async () => {
    const chains = await Promise.all(peers.map(textsOf));
    for (const texts of chains) expect(texts.filter((each) => each === text)).toEqual([text]);
    expect(new Set(peers.map(({ status }) => status.tip)).size).toBe(1);
  };
  await vi.waitFor(check, { timeout: timeoutMs, interval: 50 });
}

/** What stands in a peer's chain, oldest first. */
export async function textsOf(peer: Peer): Promise<string[]> {
  const texts: string[] = [];
  for await (const { items } of peer.blocks()) texts.push(...items.map(({ data }) => utf8Text(data)));
  return texts;
}

function others(peers: readonly Peer[], key: string, connected: ReadonlySet<string>): string[] {
  return peers.map(({ publicKey }) => publicKey).filter((other) => other !== key && !connected.has(other));
}
