import { once } from 'node:events';
import { connect, createServer, Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Link } from '../../../../core/link.ts';
import { signaledAddress } from '../../../../core/network/addresses.ts';
import { mostAccepted, TcpTransport } from '../../../../relay/links/tcp-transport.ts';
import { Heard, linkContract, until } from '../../../contract/link.ts';
import { fullListener } from '../../../model/full-listener.ts';
import { identity } from '../../../model/session-parts.ts';

const silent = {
  accepted: () => undefined,
  discovered: () => undefined,
  listening: () => undefined,
  problem: () => undefined,
};
const local = { listen: { host: '127.0.0.1', port: 0 }, proxy: undefined };
const proxied = { listen: undefined, proxy: { host: '127.0.0.1', port: 9 } };

let listener: TcpTransport;
let dialler: TcpTransport;
let links: Link[];

beforeEach(async () => {
  listener = await TcpTransport.open(local);
  dialler = await TcpTransport.open({ listen: undefined, proxy: undefined });
  links = [];
});

afterEach(() => {
  for (const link of links) link.close('the test is over');
  listener.close();
  dialler.close();
  vi.restoreAllMocks();
});

/** From now on what is accepted is in `links`. */
function start(transport = listener): void {
  transport.start({ ...silent, accepted: (link) => links.push(link) });
}

function addressOf(transport = listener): string {
  return `127.0.0.1:${transport.port}`;
}

async function dial(address = addressOf()): Promise<Link> {
  const link = await dialler.dial(address, 5_000);
  links.push(link);
  return link;
}

linkContract('what a TcpTransport dials and accepts', async () => {
  const [from, to] = [await TcpTransport.open({ listen: undefined, proxy: undefined }), await TcpTransport.open(local)];
  const accepted = new Promise<Link>((resolve) => to.start({ ...silent, accepted: resolve }));
  const a = await from.dial(addressOf(to), 5_000);
  const dispose = async (): Promise<void> => {
    from.close();
    to.close();
  };
  return { a, b: await accepted, dispose };
});

describe('a TcpTransport that dials', () => {
  const reached = ['127.0.0.1:29092', 'host.example:1', 'localhost:65535', '[::1]:29092', '10.0.0.1:1', 'invalid:5'];
  const signaled = signaledAddress(identity(0).publicKey);
  const notReached = [
    ...['', 'x', 'host.example', 'host.example:', ':29092', 'host.example:0', 'host.example:65536', 'a b:1'],
    ...['::1:29092', '[::1]', '[:::::]:29092', '[1.2.3.4]:5', '127.0.0.1:1', 'ws://127.0.0.1:29092', 'wss://a:1'],
    ...[signaled, signaled.toUpperCase(), 'a.b.webrtc.invalid:1', 'x.invalid.:29092'],
  ];

  it('reaches host and port, and nothing else', () => {
    expect(reached.filter((each) => !dialler.reaches(each))).toEqual([]);
    expect(notReached.filter((each) => dialler.reaches(each))).toEqual([]);
  });

  it('reaches onion addresses only through a proxy, and there nothing more than before', async () => {
    const through = await TcpTransport.open(proxied);
    const onions = ['expyuzz4wqqyqhjn.onion:29092', 'a.EXPYUZZ4WQQYQHJN.Onion:1', 'expyuzz4wqqyqhjn.onion.:1'];
    expect(onions.map((each) => dialler.reaches(each))).toEqual([false, false, false]);
    expect([...onions, ...reached].filter((each) => !through.reaches(each))).toEqual([]);
    expect(notReached.filter((each) => through.reaches(each))).toEqual([]);
  });

  it('does not dial what it does not reach', async () => {
    for (const address of notReached) {
      await expect(dialler.dial(address, 5_000)).rejects.toMatchObject({ name: 'LinkError', code: 'unsupported' });
    }
  });

  it('dials many at the same time, whoever else is silent', async () => {
    start();
    const mute = connect(listener.port ?? 0, '127.0.0.1').on('error', () => undefined);
    await once(mute, 'connect');
    const dialled = await Promise.all(Array.from({ length: 50 }, () => dial()));
    await until(() => links.length === 101);
    expect(dialled.map(({ address, dialled: byUs }) => [address, byUs])).toEqual(
      dialled.map(() => [addressOf(), true]),
    );
    mute.destroy();
  });

  it('loses nothing of what comes with the connection', async () => {
    const greeting = createServer((socket) => socket.write(Uint8Array.of(1, 2, 3))).listen(0, '127.0.0.1');
    await once(greeting, 'listening');
    const { port } = greeting.address() as { port: number };
    const heard = Heard.by(await dial(`127.0.0.1:${port}`));
    await until(() => heard.length === 3);
    greeting.close();
  });

  it('says when it is refused', async () => {
    const address = addressOf();
    listener.close();
    await expect(dialler.dial(address, 5_000)).rejects.toMatchObject({
      name: 'LinkError',
      code: 'refused',
      message: expect.stringContaining(`${address}: connect ECONNREFUSED`),
    });
  });

  it('gives up in time on who does not answer', async () => {
    const full = await fullListener('127.0.0.1');
    const begun = performance.now();
    await expect(dialler.dial(`127.0.0.1:${full.port}`, 300)).rejects.toMatchObject({
      name: 'LinkError',
      code: 'timed-out',
    });
    expect(performance.now() - begun).toBeGreaterThan(290);
    await full.close();
  });

  it('breaks off dials when it is closed, and makes none after that', async () => {
    const full = await fullListener('127.0.0.1');
    const waiting = dialler.dial(`127.0.0.1:${full.port}`, 60_000);
    const quick = dialler.dial(addressOf(), 60_000);
    dialler.close();
    for (const each of [waiting, quick, dialler.dial(addressOf(), 5_000)]) {
      await expect(each).rejects.toMatchObject({ name: 'LinkError', code: 'closed' });
    }
    await full.close();
  });

  it('leaves the links that it has dialled when it is closed', async () => {
    start();
    const heard = Heard.by(await dial());
    dialler.close();
    await until(() => links.length === 2);
    links.find(({ dialled }) => !dialled)?.send(Uint8Array.of(1));
    await until(() => heard.length === 1);
    expect(heard.ends).toEqual([]);
  });
});

describe('a TcpTransport that listens', () => {
  it('says where: on a free port when 0 was asked for', async () => {
    expect(listener.port).toBeGreaterThan(0);
    expect(dialler.port).toBeUndefined();
  });

  it('says that a port is taken before there is a peer', async () => {
    const taken = { ...local, listen: { host: '127.0.0.1', port: listener.port ?? 0 } };
    await expect(TcpTransport.open(taken)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('says that an address is none of this machine', async () => {
    const foreign = { ...local, listen: { host: '192.0.2.1', port: 0 } };
    await expect(TcpTransport.open(foreign)).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  it.each([
    ['127.0.0.1', '127.0.0.1', /^127\.0\.0\.1:\d+$/],
    ['::1', '::1', /^\[::1\]:\d+$/],
    ['::', '127.0.0.1', /^127\.0\.0\.1:\d+$/],
    ['::', '::1', /^\[::1\]:\d+$/],
  ])('listening on %s tells of who dials %s where it is', async (host, target, expected) => {
    const transport = await TcpTransport.open({ ...local, listen: { host, port: 0 } });
    start(transport);
    const link = await dial(target.includes(':') ? `[${target}]:${transport.port}` : `${target}:${transport.port}`);
    await until(() => links.length === 2);
    const accepted = links.find((each) => each !== link);
    expect(accepted).toMatchObject({ carrier: 'tcp', dialled: false, remote: undefined });
    expect(accepted?.address).toMatch(expected);
    transport.close();
  });

  it('keeps who comes before it is started, with what they send', async () => {
    const [heard] = [Heard.by(await dial())];
    links[0]?.send(Uint8Array.of(1, 2));
    await until(() => heard.drained === 2);
    start();
    await until(() => links.length === 2);
    const atAccepted = Heard.by(links[1] as Link);
    await until(() => atAccepted.length === 2);
  });

  it('forgets who came before it is started and has gone', async () => {
    const gone = await plainSocket();
    const stays = await plainSocket();
    gone.resetAndDestroy();
    await once(gone, 'close');
    stays.write('a');
    await turns(20);
    start();
    await turns(20);
    expect(links.map(({ address }) => address)).toEqual([`127.0.0.1:${stays.localPort}`]);
    stays.destroy();
  });

  it('turns away who waits when it is closed before it is started', async () => {
    const heard = Heard.by(await dial());
    await turns(20);
    listener.close();
    await until(() => heard.ends.length === 1);
  });

  it('takes nobody after it is closed, leaves the links it has, and its port is free at once', async () => {
    start();
    const heard = Heard.by(await dial());
    await until(() => links.length === 2);
    const address = addressOf();
    const taken = { ...local, listen: { host: '127.0.0.1', port: listener.port ?? 0 } };
    listener.close();
    expect(listener.port).toBeUndefined();
    await expect(dialler.dial(address, 5_000)).rejects.toMatchObject({ code: 'refused' });
    const next = await TcpTransport.open(taken);
    links.find(({ dialled }) => !dialled)?.send(Uint8Array.of(1));
    await until(() => heard.length === 1);
    next.close();
  });

  it(`holds ${mostAccepted} sockets, closes more at once, and takes others when some have gone`, async () => {
    start();
    const sockets: Socket[] = [];
    while (sockets.length < mostAccepted) sockets.push(...(await Promise.all(Array.from({ length: 64 }, plainSocket))));
    await until(() => links.length === mostAccepted);
    const turnedAway = await plainSocket();
    await until(() => turnedAway.destroyed);
    expect(links).toHaveLength(mostAccepted);
    for (const socket of sockets.splice(0, 10)) socket.destroy();
    for (const link of links) Heard.by(link);
    await vi.waitFor(async () => {
      await dial();
      expect(links.filter(({ dialled }) => !dialled).length).toBeGreaterThan(mostAccepted);
    });
    for (const socket of sockets) socket.destroy();
  });

  it('tells when nobody can be accepted, from the start if it began before, and when it is over', async () => {
    const listened = vi.spyOn(Server.prototype, 'listen');
    const transport = await TcpTransport.open(local);
    const server = listened.mock.contexts[0] as Server;
    const told: (string | undefined)[] = [];
    server.emit('error', new Error('too many open files'));
    transport.start({ ...silent, problem: (code, message) => told.push(code, message) });
    const problem = ['not-accepting', 'No connection could be accepted: too many open files'];
    expect(told).toEqual(problem);
    server.emit('error', new Error('too many open files'));
    await dial(addressOf(transport));
    await until(() => told.length === 4);
    expect(told).toEqual([...problem, 'not-accepting', undefined]);
    transport.close();
  });
});

async function plainSocket(): Promise<Socket> {
  const socket = connect(listener.port ?? 0, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  await once(socket, 'connect');
  return socket;
}

/** Of the event loop, each with time for a loopback connection. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 2));
}
