/**
 * The bridge on real sockets: what it carries, for whom, and that of everybody else nothing gets through.
 */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Signature } from '../../../../core/crypto/keys.ts';
import type { Wish } from '../../../../core/wire/bridging.ts';
import type { DialectName } from '../../../../core/wire/dialect.ts';
import type { Greeting } from '../../../../core/wire/messages.ts';
import type { BridgeOptions } from '../../../../relay/bridge/bridge.ts';
import { keepHeartbeat } from '../../../../relay/heartbeat.ts';
import {
  BridgeClient,
  type BridgeStage,
  greetingFrame,
  identity,
  Listener,
  openBridge,
} from '../../../model/bridge-stage.ts';
import { probes } from '../../../model/inside-addresses.ts';

const [tab, peer] = [identity(1), identity(2)];
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function opened(change?: Partial<BridgeOptions>, client?: string): Promise<BridgeStage> {
  const stage = await openBridge(change, client);
  ends.push(() => stage.close());
  return stage;
}

async function listening(says: Uint8Array | undefined): Promise<Listener> {
  const listener = await Listener.open(says);
  ends.push(() => listener.close());
  return listener;
}

/** A greeting of this version, a character for each byte. */
function greetingText(version: Greeting['version']): string {
  return Buffer.from(greetingFrame(peer, 'cbc', { version })).toString('latin1');
}

const dial = (target: string, byProxy = false): Wish => ({ kind: 'dial', target, byProxy });

/** Both have greeted. */
async function carried(stage: BridgeStage, dialect: DialectName): Promise<{ client: BridgeClient; far: Listener }> {
  const far = await listening(greetingFrame(peer, dialect));
  const client = await BridgeClient.asking(stage.url, tab, dial(far.address));
  await client.next('opened');
  const theirs = greetingFrame(peer, dialect);
  expect(await client.read(theirs.length)).toEqual(Buffer.from(theirs));
  const ours = greetingFrame(tab, dialect);
  client.socket.send(ours);
  await vi.waitFor(() => expect(far.heard).toEqual(Buffer.from(ours)));
  far.heard = Buffer.alloc(0);
  return { client, far };
}

describe('what a tab dials', () => {
  it.each<DialectName>(['cbc', 'gcm-siv'])('is carried both ways once both have greeted: %s', async (dialect) => {
    const stage = await opened();
    const { client, far } = await carried(stage, dialect);
    client.socket.send(Buffer.from('to the peer'));
    await vi.waitFor(() => expect(far.heard.toString()).toBe('to the peer'));
    far.sockets[0]?.write('to the tab');
    expect((await client.read(10)).toString()).toBe('to the tab');
    expect(stage.bridge.figures.connections).toBe(1);
  });

  it('ends on both sides when it ends on one, and gives its place back', async () => {
    const stage = await opened();
    const first = await carried(stage, 'cbc');
    first.far.sockets[0]?.end();
    await first.client.ended;
    const second = await carried(stage, 'cbc');
    const gone = once(second.far.sockets[0] as NonNullable<(typeof second.far.sockets)[0]>, 'close');
    second.client.socket.close();
    await gone;
    await vi.waitFor(() => expect(stage.bridge.figures.connections).toBe(0));
  });

  it('keeps its order, with back-pressure, however much it is', async () => {
    const stage = await opened();
    const { client, far } = await carried(stage, 'cbc');
    const much = Buffer.alloc(8 * 1024 * 1024, Buffer.from([...Array(251).keys()]));
    for (let start = 0; start < much.length; start += 65_536) client.socket.send(much.subarray(start, start + 65_536));
    await vi.waitFor(() => expect(far.heard.length).toBe(much.length), { timeout: 20_000 });
    expect(far.heard.equals(much)).toBe(true);
    far.sockets[0]?.write(much);
    expect((await client.read(much.length)).equals(much)).toBe(true);
  });

  it('is not read on while the tab does not read, nor the tab while the peer does not', async () => {
    const stage = await opened();
    const { client, far } = await carried(stage, 'cbc');
    const piece = Buffer.alloc(65_536);
    client.socket.pause();
    const socket = far.sockets[0];
    let written = 0;
    // What the system's own buffers take, some megabytes on loopback, and then no more.
    while (socket !== undefined && written < 64 * 1024 * 1024 && (socket.write(piece) || (await drained(socket))))
      written += piece.length;
    expect(written).toBeLessThan(64 * 1024 * 1024);
    client.socket.resume();
    socket?.pause();
    let sent = 0;
    while (sent < 64 * 1024 * 1024 && client.socket.bufferedAmount < 1024 * 1024) {
      client.socket.send(piece);
      sent += piece.length;
      await new Promise(setImmediate);
    }
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });
});

/** Whether it drains within a moment. */
async function drained(socket: NonNullable<Listener['sockets'][0]>): Promise<boolean> {
  return await Promise.race([
    once(socket, 'drain').then(() => true),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 500)),
  ]);
}

describe('whoever stops reading', () => {
  it.each(['the tab', 'the peer'])('is hung up on, and the other with it: %s', { timeout: 20_000 }, async (who) => {
    const stage = await opened();
    const { client, far } = await carried(stage, 'cbc');
    const [socket] = far.sockets;
    // The relay's server does so every 30 s.
    ends.push(keepHeartbeat([stage.server], 400));
    const piece = Buffer.alloc(65_536);
    const isTab = who === 'the tab';
    if (isTab) client.socket.pause();
    else socket?.pause();
    const flood = setInterval(() => {
      if (isTab) socket?.write(piece);
      else if (client.socket.bufferedAmount < 32 * 1024 * 1024) client.socket.send(piece);
    }, 1);
    ends.push(() => clearInterval(flood));
    await vi.waitFor(() => expect(stage.bridge.figures.connections).toBe(0), { timeout: 15_000 });
    if (isTab) await vi.waitFor(() => expect(socket?.closed).toBe(true));
    else await client.ended;
  });
});

describe('nothing of the tab gets through', () => {
  it.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['SMTP', '220 mail.example ESMTP\r\n'],
    ['a length that no greeting has', `\xff\xff\xff\xff\x01${'\0'.repeat(11)}`],
    [
      'a greeting of another version',
      greetingText({ major: 0, minor: 2, patch: 0, target: '', branch: '', commit: '' }),
    ],
  ])('to what begins otherwise than a peer: %s', async (_, says) => {
    const stage = await opened();
    const far = await listening(Buffer.from(says, 'latin1'));
    const client = await BridgeClient.asking(stage.url, tab, dial(far.address));
    expect(await client.next('refused')).toMatchObject({ code: 'unreachable' });
    await client.ended;
    expect(far.heard).toHaveLength(0);
  });

  it('to what says nothing, for five seconds and then never', { timeout: 15_000 }, async () => {
    const stage = await opened();
    const far = await listening(undefined);
    const began = performance.now();
    const client = await BridgeClient.asking(stage.url, tab, dial(far.address));
    expect(await client.next('refused')).toMatchObject({ code: 'unreachable' });
    expect(performance.now() - began).toBeGreaterThan(4_500);
    expect(far.heard).toHaveLength(0);
    await vi.waitFor(() => expect(far.sockets[0]?.closed).toBe(true));
  });

  it('to servers of other kinds, which wait to be spoken to: none of them reads a byte', {
    timeout: 20_000,
  }, async () => {
    const stage = await opened();
    const servers = [
      createHttpServer((_, response) => response.end('hello')),
      createTlsServer({}, (socket) => socket.end('hello')),
      // Redis answers a line with a line.
      createTcpServer((socket) => socket.on('data', () => socket.write('+PONG\r\n'))),
    ];
    const sockets: Socket[] = [];
    const refused = servers.map(async (server, place) => {
      server.on('connection', (socket: Socket) => sockets.push(socket));
      ends.push(() => server.close());
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      const client = await BridgeClient.asking(stage.url, identity(place + 10), dial(`127.0.0.1:${port}`));
      return (await client.next('refused')).code;
    });
    expect(await Promise.all(refused)).toEqual(['unreachable', 'unreachable', 'unreachable']);
    await vi.waitFor(() =>
      expect(sockets.map(({ closed, bytesRead }) => [closed, bytesRead])).toEqual(Array(3).fill([true, 0])),
    );
  });

  it.each([
    ['bytes that are no greeting', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['the greeting of another key than was proven', Buffer.from(greetingFrame(identity(3), 'cbc'))],
    [
      'a greeting of another network',
      Buffer.from(
        greetingFrame(tab, 'cbc', {
          version: { major: 0, minor: 1, patch: 0, target: '', branch: 'other', commit: 'mcx1' },
        }),
      ),
    ],
  ])('when it begins with %s', async (_, says) => {
    const stage = await opened();
    const far = await listening(greetingFrame(peer, 'cbc'));
    const client = await BridgeClient.asking(stage.url, tab, dial(far.address));
    await client.next('opened');
    client.socket.send(says);
    await client.ended;
    expect(far.heard).toHaveLength(0);
    await vi.waitFor(() => expect(stage.bridge.figures.connections).toBe(0));
  });

  it('when it sends before the other side has greeted', async () => {
    const stage = await opened();
    const far = await listening(undefined);
    const client = await BridgeClient.asking(stage.url, tab, dial(far.address));
    await vi.waitFor(() => expect(far.sockets).toHaveLength(1));
    client.socket.send(greetingFrame(tab, 'cbc'));
    expect(await client.next('refused')).toMatchObject({ code: 'bad-message' });
    await client.ended;
    expect(far.heard).toHaveLength(0);
    await vi.waitFor(() => expect(far.sockets[0]?.closed).toBe(true));
  });

  it('when it shows the key of whom it dials', async () => {
    const stage = await opened();
    const far = await listening(greetingFrame(tab, 'cbc'));
    const client = await BridgeClient.asking(stage.url, tab, dial(far.address));
    expect(await client.next('refused')).toMatchObject({ code: 'unreachable' });
  });
});

describe('a place inside', () => {
  it('is answered in the same bytes, however it is spelt', { timeout: 60_000 }, async () => {
    const stage = await opened({ loopback: false });
    // Of the others DNS would be asked.
    const spelt = probes.filter((probe) => probe.length <= 259 && !/[a-z]\.?:\d+$/i.test(probe));
    expect(spelt.length).toBeGreaterThan(300);
    const answers = new Set<string>();
    for (const target of spelt) {
      const client = await BridgeClient.asking(stage.url, tab, dial(target));
      answers.add(JSON.stringify(await client.next('refused')));
      client.socket.terminate();
    }
    expect([...answers].map((answer) => JSON.parse(answer))).toEqual([
      { kind: 'refused', code: 'no-target', reason: 'this relay does not dial that address' },
    ]);
  });
});

describe('who asks', () => {
  it.each([
    ['of a network that is not served', { network: 'other' }, 'unknown-network'],
    ['another relay', { origin: 'http://relay.example' }, 'wrong-origin'],
    ['with another’s signature', { sign: new Uint8Array(64) as Signature }, 'bad-signature'],
    ['with another’s key', { pubkey: peer.key }, 'bad-signature'],
  ])('is refused %s', async (_, change, code) => {
    const stage = await opened();
    const far = await listening(greetingFrame(peer, 'cbc'));
    const client = await BridgeClient.asking(stage.url, tab, dial(far.address), change);
    expect(await client.next('refused')).toMatchObject({ code });
    expect(await client.ended).toBe(1008);
    expect(far.sockets).toHaveLength(0);
    expect(stage.refusals.map((refusal) => refusal.code)).toEqual([code]);
  });

  it('is refused with what is no message, and with a text', async () => {
    const stage = await opened();
    for (const says of [Buffer.from([9, 9, 9]), 'a text', Buffer.alloc(3_000)]) {
      const client = new BridgeClient(stage.url, tab);
      await client.next('challenge');
      client.socket.send(says);
      expect(await client.next('refused')).toMatchObject({ code: 'bad-message' });
    }
  });

  it('for a proxy gets nothing where there is none', async () => {
    const stage = await opened();
    const far = await listening(greetingFrame(peer, 'cbc'));
    const client = await BridgeClient.asking(stage.url, tab, dial(far.address, true));
    expect(await client.next('refused')).toMatchObject({ code: 'no-proxy' });
    expect(far.sockets).toHaveLength(0);
  });

  it('for a port that is closed hears the same as for one that is silent', async () => {
    const stage = await opened();
    const far = await listening(undefined);
    const { address } = far;
    await far.close();
    const client = await BridgeClient.asking(stage.url, tab, dial(address));
    expect(await client.next('refused')).toEqual({
      kind: 'refused',
      code: 'unreachable',
      reason: 'no peer answers there',
    });
  });

  it('for more than its share is refused, and when all is taken everybody', async () => {
    const stage = await opened({ mostConnections: 17 });
    const far = await listening(undefined);
    const asks = (seed: number) => BridgeClient.asking(stage.url, identity(seed), dial(far.address));
    for (let number = 0; number < 16; number++) await asks(1);
    await vi.waitFor(() => expect(stage.bridge.figures.connections).toBe(16));
    expect(await (await asks(1)).next('refused')).toMatchObject({ code: 'too-many' });
    await asks(2);
    await vi.waitFor(() => expect(stage.bridge.figures.connections).toBe(17));
    expect(await (await asks(3)).next('refused')).toMatchObject({ code: 'full' });
  });

  it('too often from one address is refused for a while; one on this machine never', async () => {
    const stage = await opened({ loopback: false }, '192.0.2.7:1000');
    const codes: string[] = [];
    for (let number = 0; number < 32; number++) {
      const client = await BridgeClient.asking(stage.url, identity(number + 1), dial('127.0.0.1:9'));
      codes.push((await client.next('refused')).code);
    }
    expect([...new Set(codes.slice(0, 30))]).toEqual(['no-target']);
    expect(codes.at(-1)).toBe('too-often');
  });
});
