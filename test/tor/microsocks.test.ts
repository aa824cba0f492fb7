/**
 * Two Node peers with a real SOCKS5 server between them, Debian's microsocks. It needs no Tor; it stands here because
 * who has neither program leaves all of these out, and no other.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { utf8Bytes } from '../../core/codec/bytes.ts';
import { openThroughProxy } from '../../relay/links/proxy.ts';
import { Microsocks } from '../model/microsocks.ts';
import { linked, ProxiedPeers, sharedInOneChain, textsOf } from '../model/proxied-peers.ts';
import { SocketWatch } from '../model/socket-watch.ts';

const linkMs = 20_000;
const blockMs = 20_000;
const fewestDials = 4;
const dialsMs = 30_000;
/** The longest wait before a lost address is dialled again (core/config.ts), and a link. */
const backMs = 15_000 + linkMs;

let peers: ProxiedPeers;
let proxy: Microsocks;
let watch: SocketWatch;

beforeEach(async () => {
  peers = new ProxiedPeers();
  proxy = await Microsocks.start();
  watch = SocketWatch.start();
});

afterEach(async () => {
  watch.stop();
  await peers.close();
  await proxy.kill();
});

describe('two peers and a SOCKS5 server', () => {
  it('link, write one chain, and names are the server’s to look up', async () => {
    const [plain, dialler] = [await peers.listening(), await peers.behind(proxy.address)];
    const port = Number(plain.address.split(':')[1]);
    dialler.connect(`localhost:${port}`);
    await linked([plain.peer, dialler], linkMs);
    await sharedInOneChain([dialler, plain.peer], 'through it', blockMs);
    expect(proxy.connections).toEqual([{ host: 'localhost', port }]);
    expect(new Set(watch.dialled)).toEqual(new Set([`127.0.0.1:${proxy.address.port}`]));
    expect(watch.lookedUp).toEqual([]);
  });

  it('that is killed: nothing is dialled past it, and the link is there again when it is', async () => {
    const [plain, dialler] = [await peers.listening(), await peers.behind(proxy.address)];
    dialler.connect(plain.address);
    await linked([plain.peer, dialler], linkMs);
    await sharedInOneChain([dialler, plain.peer], 'before', blockMs);
    await proxy.kill();
    await vi.waitFor(() => expect([dialler.connected.size, plain.peer.connected.size]).toEqual([0, 0]));
    const [dialled, accepted] = [watch.dialled.length, watch.accepted.length];
    dialler.share(utf8Bytes('meanwhile'));
    await vi.waitFor(() => expect(watch.dialled.length - dialled).toBeGreaterThanOrEqual(fewestDials), {
      timeout: dialsMs,
    });
    expect(new Set(watch.dialled)).toEqual(new Set([`127.0.0.1:${proxy.address.port}`]));
    expect(watch.accepted.slice(accepted)).toEqual([]);
    expect(await textsOf(plain.peer)).toEqual(['before']);
    await proxy.restart();
    await linked([plain.peer, dialler], backMs);
    await sharedInOneChain([plain.peer, dialler], 'after', blockMs);
    expect(await textsOf(plain.peer)).toContain('meanwhile');
    expect(new Set(watch.dialled)).toEqual(new Set([`127.0.0.1:${proxy.address.port}`]));
  });
});

describe('the SOCKS5 server itself', () => {
  it('with a user and a password serves nobody who shows others', async () => {
    const closed = await Microsocks.start({ credentials: { user: 'somebody', password: 'something' } });
    const target = { host: '127.0.0.1', port: proxy.address.port };
    await expect(openThroughProxy(closed.address, target, 5_000, new AbortController().signal)).rejects.toMatchObject({
      name: 'LinkError',
    });
    expect(closed.connections).toEqual([]);
    await closed.kill();
  });
});
