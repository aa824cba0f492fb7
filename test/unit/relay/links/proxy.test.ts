import dns from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Link } from '../../../../core/link.ts';
import type { HostAndPort } from '../../../../core/network/addresses.ts';
import { openThroughProxy } from '../../../../relay/links/proxy.ts';
import { TcpTransport } from '../../../../relay/links/tcp-transport.ts';
import { Heard, linkContract, until } from '../../../contract/link.ts';
import { fullListener } from '../../../model/full-listener.ts';
import { type Answer, SocksServer } from '../../../model/socks-server.ts';

const silent = {
  accepted: () => undefined,
  discovered: () => undefined,
  listening: () => undefined,
  problem: () => undefined,
};
const never = new AbortController().signal;
const onion = 'expyuzz4wqqyqhjnqonexample.onion';

/** Greets whoever comes, as peers do. */
let far: Server;
let farAt: HostAndPort;
let arrived: number;
let proxy: SocksServer;
let transport: TcpTransport;

beforeEach(async () => {
  arrived = 0;
  far = createServer((socket) => {
    arrived++;
    socket.on('error', () => undefined).write(Uint8Array.of(1, 2, 3));
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(far, 'listening');
  farAt = { host: '127.0.0.1', port: (far.address() as AddressInfo).port };
});

afterEach(async () => {
  transport.close();
  await proxy.close();
  far.close();
  vi.restoreAllMocks();
});

async function open(...answers: Answer[]): Promise<void> {
  proxy = await SocksServer.listen(...answers);
  transport = await TcpTransport.open({ listen: undefined, proxy: proxy.address });
}

linkContract('a link through a proxy', async () => {
  const listener = await TcpTransport.open({ listen: { host: '127.0.0.1', port: 0 }, proxy: undefined });
  const accepted = new Promise<Link>((resolve) => listener.start({ ...silent, accepted: resolve }));
  await open({ kind: 'lead', to: { host: '127.0.0.1', port: listener.port ?? 0 } });
  const a = await transport.dial('host.example:29092', 5_000);
  return { a, b: await accepted, dispose: async () => listener.close() };
});

describe('dialling through a proxy', () => {
  it('leaves a socket that was given alone when the dial is broken off or its time is over', async () => {
    await open({ kind: 'lead', to: farAt });
    const dial = new AbortController();
    const socket = await openThroughProxy(proxy.address, farAt, 5_000, dial.signal);
    dial.abort();
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  it('hands names over as they are, and looks none of them up', async () => {
    const lookup = vi.spyOn(dns, 'lookup');
    await open({ kind: 'lead', to: farAt });
    for (const host of ['localhost', 'Host.Example', onion, '127.1']) {
      (await transport.dial(`${host}:29092`, 5_000)).close('enough');
    }
    expect(proxy.asked.map(({ kind, host, port }) => [kind, host, port])).toEqual([
      ['name', 'localhost', 29_092],
      ['name', 'Host.Example', 29_092],
      ['name', onion, 29_092],
      ['name', '127.1', 29_092],
    ]);
    const looked = lookup.mock.calls.map(([name]) => name);
    expect(looked.filter((name) => name !== proxy.address.host)).toEqual([]);
    const direct = await TcpTransport.open({ listen: undefined, proxy: undefined });
    (await direct.dial(`localhost:${farAt.port}`, 5_000)).close('enough');
    expect(lookup.mock.calls.map(([name]) => name)).toContain('localhost');
  });

  it.each([
    ['192.0.2.7:5', ['ipv4', '192.0.2.7', 5]],
    ['[2001:db8::7]:65535', ['ipv6', '2001:0db8:0000:0000:0000:0000:0000:0007', 65_535]],
    ['[::ffff:192.0.2.7]:1', ['ipv6', '0000:0000:0000:0000:0000:ffff:c000:0207', 1]],
  ])('hands %s over as an IP address', async (address, expected) => {
    await open({ kind: 'lead', to: farAt });
    const link = await transport.dial(address, 5_000);
    expect(proxy.asked.map(({ kind, host, port }) => [kind, host, port])).toEqual([expected]);
    expect([link.address, link.dialled, link.carrier]).toEqual([address, true, 'tcp']);
    link.close('enough');
  });

  it('shows other credentials for each link, to the same address too', async () => {
    await open({ kind: 'lead', to: farAt });
    for (let i = 0; i < 5; i++) (await transport.dial(`${onion}:29092`, 5_000)).close('enough');
    const credentials = proxy.asked.flatMap(({ user, password }) => [user, password]);
    expect(new Set(credentials).size).toBe(10);
    expect(credentials.filter((each) => !/^[0-9a-f]{32}$/.test(each))).toEqual([]);
  });

  it('loses nothing of what comes in one piece with the answer', async () => {
    await open({ kind: 'lead-when-it-speaks', to: farAt });
    for (let i = 0; i < 20; i++) {
      const link = await transport.dial('host.example:29092', 5_000);
      const heard = Heard.by(link);
      link.send(Uint8Array.of(4));
      await until(() => heard.length === 4);
      expect([...heard.bytes()]).toEqual([1, 2, 3, 4]);
      link.close('enough');
    }
  });

  it.each<[string, Answer, string, string]>([
    ['refuses', { kind: 'refuse', reply: 2 }, 'refused', 'NotAllowed'],
    ['was refused', { kind: 'refuse', reply: 5 }, 'refused', 'ConnectionRefused'],
    ['cannot reach the host', { kind: 'refuse', reply: 4 }, 'unreachable', 'HostUnreachable'],
    ['answers what nobody knows', { kind: 'refuse', reply: 0xf0 }, 'unreachable', 'rejected'],
    ['takes no credentials', { kind: 'refuse-credentials' }, 'unreachable', 'Authentication failed'],
    ['hangs up', { kind: 'hang-up' }, 'unreachable', 'closed'],
  ])('fails when the proxy %s, and dials nothing past it', async (_, answer, code, message) => {
    await open(answer);
    const address = `127.0.0.1:${farAt.port}`;
    await expect(transport.dial(address, 5_000)).rejects.toMatchObject({
      name: 'LinkError',
      code,
      message: expect.stringContaining(message),
    });
    await until(() => proxy.open === 0);
    expect(arrived).toBe(0);
    const direct = await TcpTransport.open({ listen: undefined, proxy: undefined });
    (await direct.dial(address, 5_000)).close('enough');
    await until(() => arrived === 1);
  });

  it('fails when the proxy is down, and dials nothing past it', async () => {
    await open({ kind: 'silence' });
    await proxy.close();
    await expect(transport.dial(`127.0.0.1:${farAt.port}`, 5_000)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/the proxy is not there: .*ECONNREFUSED/),
    });
    expect(arrived).toBe(0);
  });

  it('gives up in time on a proxy that never answers, and hangs up on it', async () => {
    await open({ kind: 'silence' });
    await expect(transport.dial('host.example:29092', 200)).rejects.toMatchObject({ code: 'timed-out' });
    await until(() => proxy.open === 0);
    const full = await fullListener('127.0.0.1');
    const through = await TcpTransport.open({ listen: undefined, proxy: full });
    await expect(through.dial('host.example:29092', 200)).rejects.toMatchObject({ code: 'timed-out' });
    await full.close();
  });

  it('breaks off when the transport is closed, and hangs up', async () => {
    await open({ kind: 'silence' });
    const dialling = transport.dial('host.example:29092', 60_000);
    await until(() => proxy.open === 1);
    transport.close();
    await expect(dialling).rejects.toMatchObject({ name: 'LinkError', code: 'closed' });
    await until(() => proxy.open === 0);
  });

  it('fails when what answers is no proxy', async () => {
    await open({ kind: 'silence' });
    await expect(openThroughProxy(farAt, { host: 'host.example', port: 1 }, 5_000, never)).rejects.toMatchObject({
      name: 'LinkError',
      code: 'unreachable',
      message: expect.stringContaining('invalid socks version'),
    });
  });
});
