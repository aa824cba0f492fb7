/**
 * Node peers that reach each other by real Tor daemons: behind an onion service, by an exit, and with the daemon killed.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Peer } from '../../core/host.ts';
import type { HostAndPort } from '../../core/network/addresses.ts';
import { linked, ProxiedPeers, sharedInOneChain, textsOf } from '../model/proxied-peers.ts';
import { SocketWatch } from '../model/socket-watch.ts';
import { theTor } from './tor.ts';

const tor = theTor();
/** Both sides of an onion address may let the other speak first, for 10 s each (spec/safety.md, Which dialect). */
const linkMs = 90_000;
const blockMs = 30_000;
/** A daemon that is killed takes its own connections along; of another's it may not tell (core/network/links.ts). */
const endMs = 60_000;
/** The waits before a lost address is dialled again double from 250 ms, so four dials take some seconds. */
const fewestDials = 4;
const dialsMs = 30_000;

let peers: ProxiedPeers;
let watch: SocketWatch;

beforeEach(() => {
  peers = new ProxiedPeers();
  watch = SocketWatch.start();
});

afterEach(async () => {
  watch.stop();
  await peers.close();
  // A test that failed may have left them killed.
  await Promise.all([tor.restartClient(), tor.restartHost()]);
});

/** It is reached by its onion address, and dials by the daemon that this is behind. */
function behindOnion(): Promise<Peer> {
  return peers.behind(tor.hostSocks, { port: tor.peer.port, announceBy: tor.peer.onion });
}

function at({ host, port }: HostAndPort): string {
  return `${host}:${port}`;
}

describe('two peers, one of them behind an onion service', () => {
  it('link by its onion address, write one chain, and dial nothing but their proxies', async () => {
    const [service, dialler] = [await behindOnion(), await peers.behind(tor.socks)];
    dialler.connect(tor.peer.onion);
    await linked([service, dialler], linkMs);
    expect(dialler.peers()).toMatchObject([{ address: tor.peer.onion, dialled: true, carrier: 'tcp', ours: true }]);
    await sharedInOneChain([dialler, service], 'by the dialler', blockMs);
    await sharedInOneChain([service, dialler], 'by the service', blockMs);
    expect(await textsOf(dialler)).toEqual(['by the dialler', 'by the service']);
    expect(new Set(watch.dialled)).toEqual(new Set([at(tor.socks)]));
    expect(watch.lookedUp).toEqual([]);
  });
});

describe('a peer whose Tor is killed', () => {
  it('loses its links, dials nothing but its proxy meanwhile, and has them again when Tor is back', async () => {
    const [service, plain, dialler] = [await behindOnion(), await peers.listening(), await peers.behind(tor.socks)];
    // A direct connection to this one would succeed.
    dialler.connect(plain.address);
    dialler.connect(tor.peer.onion);
    await linked([dialler, service], linkMs);
    await linked([dialler, plain.peer], linkMs);
    await sharedInOneChain([dialler, service, plain.peer], 'before', blockMs);

    await tor.killClient();
    await vi.waitFor(() => expect(dialler.connected.size).toBe(0), { timeout: endMs, interval: 20 });
    const [dialled, accepted] = [watch.dialled.length, watch.accepted.length];
    dialler.share(new TextEncoder().encode('meanwhile'));
    await vi.waitFor(() => expect(watch.dialled.length - dialled).toBeGreaterThanOrEqual(fewestDials), {
      timeout: dialsMs,
    });
    expect(new Set(watch.dialled.slice(dialled))).toEqual(new Set([at(tor.socks)]));
    expect(watch.accepted.slice(accepted)).toEqual([]);
    expect(watch.lookedUp).toEqual([]);
    expect(await textsOf(service)).toEqual(['before']);

    await tor.restartClient();
    await linked([dialler, service], linkMs);
    await linked([dialler, plain.peer], linkMs);
    await sharedInOneChain([service, plain.peer, dialler], 'after', blockMs);
    expect(await textsOf(service)).toContain('meanwhile');
    expect(new Set(watch.dialled)).toEqual(new Set([at(tor.socks)]));
    expect(watch.lookedUp).toEqual([]);
  });

  it('is found again at the same onion address when it was the service’s Tor', async () => {
    const [service, dialler] = [await behindOnion(), await peers.behind(tor.socks)];
    dialler.connect(tor.peer.onion);
    await linked([service, dialler], linkMs);
    await tor.killHost();
    await vi.waitFor(() => expect([service.connected.size, dialler.connected.size]).toEqual([0, 0]), {
      timeout: endMs,
    });
    await tor.restartHost();
    await linked([service, dialler], linkMs);
    await sharedInOneChain([dialler, service], 'again', blockMs);
    expect(new Set(watch.dialled)).toEqual(new Set([at(tor.socks)]));
  });
});

describe('a peer that dials a clear address by Tor', () => {
  it('reaches it by an exit', async () => {
    const [plain, dialler] = [await peers.listening(), await peers.behind(tor.socks)];
    dialler.connect(plain.address);
    await linked([plain.peer, dialler], linkMs);
    await sharedInOneChain([dialler, plain.peer], 'by an exit', blockMs);
    expect(new Set(watch.dialled)).toEqual(new Set([at(tor.socks)]));
  });

  it('looks no name up, and goes on dialling where nobody is', async () => {
    const dialler = await peers.behind(tor.socks);
    dialler.connect('localhost:1');
    await vi.waitFor(() => expect(watch.dialled.length).toBeGreaterThanOrEqual(2), { timeout: dialsMs });
    expect(new Set(watch.dialled)).toEqual(new Set([at(tor.socks)]));
    expect(watch.lookedUp).toEqual([]);
  });
});
