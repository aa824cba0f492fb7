/**
 * A tab's way to TCP peers by a relay, and theirs to the tab, on real sockets against the relay's own bridge.
 */
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocketServer, WebSocket as WsWebSocket } from 'ws';
import { encode } from '../../../../core/codec/codec.ts';
import type { Link } from '../../../../core/link.ts';
import { type BridgeMessage, bridgeMessages } from '../../../../core/wire/bridging.ts';
import { nodeCurve } from '../../../../relay/curve.ts';
import { BridgeTransport, type BridgeWishes } from '../../../../web/links/bridge.ts';
import { Knock } from '../../../../web/links/knock.ts';
import { type RelayAddress, relayAddress } from '../../../../web/links/relay-address.ts';
import { TabTimers } from '../../../../web/timers.ts';
import { Heard, until } from '../../../contract/link.ts';
import { dialled, greetingFrame, identity, Listener, openBridge } from '../../../model/bridge-stage.ts';
import { Seeded } from '../../../model/seeded.ts';

const [tab, peer] = [identity(1), identity(2)];
const { random } = new Seeded(3);
const timers = new TabTimers(() => {
  throw new Error('Node has no such workers');
});
const party = Promise.resolve({ network: 'main', publicKey: tab.key, secret: tab.secret, curve: nodeCurve, random });
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function open(url: string): WebSocket {
  const socket = new WsWebSocket(url);
  // A browser's does not throw what nobody listens for.
  socket.on('error', () => undefined);
  return socket as unknown as WebSocket;
}

/** What a transport has told, newest last. */
interface Told {
  readonly accepted: Link[];
  readonly listening: (string | undefined)[];
  readonly problems: (string | undefined)[];
}

function transportTo(url: string, wishes: Partial<BridgeWishes> = {}): { transport: BridgeTransport; told: Told } {
  const surroundings = { timers, knock: new Knock(async () => undefined), random, open };
  const relay = relayAddress(url) as RelayAddress;
  const transport = new BridgeTransport(relay, party, surroundings, { byProxy: false, port: false, ...wishes });
  const told: Told = { accepted: [], listening: [], problems: [] };
  transport.start({
    accepted: (link) => told.accepted.push(link),
    discovered: () => undefined,
    listening: (address) => told.listening.push(address),
    problem: (_, message) => told.problems.push(message),
  });
  ends.push(() => transport.close());
  return { transport, told };
}

async function bridge(...options: Parameters<typeof openBridge>) {
  const stage = await openBridge(...options);
  ends.push(() => stage.close());
  return stage;
}

async function listening(says: Uint8Array | undefined): Promise<Listener> {
  const listener = await Listener.open(says);
  ends.push(() => listener.close());
  return listener;
}

describe('what a tab reaches by its relay', () => {
  it.each([
    ['192.0.2.7:29092', true],
    ['example.org:1', true],
    ['[2001:db8::1]:9', true],
    [`${'a'.repeat(56)}.onion:29092`, true],
    ['127.0.0.1:1', false],
    ['example.org:0', false],
    ['example.org', false],
    ['ws://example.org', false],
    [`${'0'.repeat(33)}.${'0'.repeat(33)}.webrtc.invalid:1`, true],
    ['', false],
  ])('is host and port: %s, %s', (address, expected) => {
    expect(transportTo('http://127.0.0.1:9').transport.reaches(address)).toBe(expected);
  });

  it('is a link with the bytes of whom it has dialled, both ways, until either ends it', async () => {
    const stage = await bridge();
    const theirs = greetingFrame(peer, 'gcm-siv');
    const far = await listening(theirs);
    const { transport } = transportTo(stage.url);
    const link = await transport.dial(far.address, 5_000);
    expect(link).toMatchObject({ carrier: 'bridge', address: far.address, dialled: true, remote: undefined });
    const heard = Heard.by(link);
    await until(() => heard.length === theirs.length);
    const ours = greetingFrame(tab, 'gcm-siv');
    link.send(ours);
    await vi.waitFor(() => expect(far.heard).toEqual(Buffer.from(ours)));
    await until(() => heard.drained === ours.length);
    far.sockets[0]?.end();
    await until(() => heard.ends.length === 1);
  });

  it('is refused in the relay’s words', async () => {
    const stage = await bridge();
    const { transport } = transportTo(stage.url, { byProxy: true });
    await expect(transport.dial('127.0.0.1:29092', 5_000)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('no proxy'),
    });
  });

  it('is nothing while the relay is gone', async () => {
    const { transport } = transportTo('http://127.0.0.1:9');
    await expect(transport.dial('127.0.0.1:29092', 5_000)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('is given up when the time is over, and when the peer closes', async () => {
    const stage = await bridge();
    const far = await listening(undefined);
    const { transport } = transportTo(stage.url);
    await expect(transport.dial(far.address, 200)).rejects.toMatchObject({
      message: expect.stringContaining('does not answer'),
    });
    await vi.waitFor(() => expect(far.sockets[0]?.closed).toBe(true));
    transport.close();
    await expect(transport.dial(far.address, 200)).rejects.toMatchObject({ code: 'closed' });
  });

  it.each<[string, BridgeMessage | Buffer | string]>([
    ['no message', Buffer.from([7])],
    ['a text', 'hello'],
    ['a port that nobody asked for', { kind: 'leased', address: '127.0.0.1:2' }],
  ])('is nothing by a relay that says %s', async (_, says) => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    ends.push(() => server.close());
    await once(server, 'listening');
    server.on('connection', (socket) => {
      socket.send(typeof says === 'string' || Buffer.isBuffer(says) ? says : encode(bridgeMessages, says));
    });
    const { port } = server.address() as { port: number };
    const { transport } = transportTo(`http://127.0.0.1:${port}`);
    await expect(transport.dial('127.0.0.1:29092', 2_000)).rejects.toThrow();
    for (const socket of server.clients) socket.terminate();
  });
});

describe('a port of the tab’s own', () => {
  it('is told of, and who dials it is accepted', async () => {
    const stage = await bridge();
    const { told } = transportTo(stage.url, { port: true });
    await until(() => told.listening.length === 1);
    const [address] = told.listening as [string];
    expect(told.problems).toEqual([undefined]);
    const far = await dialled(address);
    await until(() => told.accepted.length === 1);
    const [link] = told.accepted as [Link];
    expect(link).toMatchObject({ carrier: 'bridge', dialled: false, address: `127.0.0.1:${far.localPort}` });
    const heard = Heard.by(link);
    const theirs = greetingFrame(peer, 'cbc');
    far.write(theirs);
    await until(() => heard.length === theirs.length);
    const ours = greetingFrame(tab, 'cbc');
    link.send(ours);
    expect((await once(far, 'data'))[0]).toEqual(Buffer.from(ours));
    link.close('enough');
    await once(far, 'close');
  });

  it('is waited for by the first dial, whose greeting will say it', async () => {
    const stage = await bridge();
    const far = await listening(greetingFrame(peer, 'cbc'));
    const { transport, told } = transportTo(stage.url, { port: true });
    await transport.dial(far.address, 5_000);
    expect(told.listening).toHaveLength(1);
  });

  it('goes when the relay goes, and comes back with it', async () => {
    const stage = await openBridge();
    const { told } = transportTo(stage.url, { port: true });
    await until(() => told.listening.length === 1);
    await stage.close();
    await until(() => told.listening.at(-1) === undefined && told.problems.at(-1) !== undefined);
    expect(told.problems.at(-1)).toContain('Others cannot dial this tab');
  });

  it('is not announced when it is no address', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    ends.push(() => server.close());
    await once(server, 'listening');
    server.on('connection', (socket) => {
      socket.send(encode(bridgeMessages, { kind: 'leased', address: 'no address' }));
    });
    const { port } = server.address() as { port: number };
    const { told } = transportTo(`http://127.0.0.1:${port}`, { port: true });
    await until(() => told.problems.length > 0);
    expect(told.listening.filter((address) => address !== undefined)).toEqual([]);
    for (const socket of server.clients) socket.terminate();
  });
});
