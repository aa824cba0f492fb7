/**
 * A tab's WebSocket links, on a WebSocket of Node: the contract against the relay's own end, and how dialling fails.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer, WebSocket as WsWebSocket } from 'ws';
import type { Link } from '../../../../core/link.ts';
import { WebSocketLink, webSocketOptions } from '../../../../relay/links/websocket.ts';
import { Knock } from '../../../../web/links/knock.ts';
import { WebSocketTransport } from '../../../../web/links/websocket.ts';
import { TabTimers } from '../../../../web/timers.ts';
import { Heard, linkContract, until } from '../../../contract/link.ts';

const timers = new TabTimers(() => {
  throw new Error('Node has no such workers');
});

function open(url: string): WebSocket {
  const socket = new WsWebSocket(url, webSocketOptions);
  // A browser's does not throw what nobody listens for.
  socket.on('error', () => undefined);
  return socket as unknown as WebSocket;
}

const noKnock = () => new Knock(async () => undefined);

interface Server {
  readonly address: string;
  readonly accepted: Link[];
  close(): Promise<void>;
}

async function serve(port = 0): Promise<Server> {
  const server = new WebSocketServer({ host: '127.0.0.1', port, ...webSocketOptions });
  const accepted: Link[] = [];
  server.on('connection', (socket) => accepted.push(new WebSocketLink(socket, 'a tab', false)));
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/peer/main`,
    accepted,
    async close() {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

linkContract('a tab’s WebSocket', async () => {
  const server = await serve();
  const transport = new WebSocketTransport(timers, noKnock(), open);
  const a = await transport.dial(server.address, 5_000);
  await until(() => server.accepted.length === 1);
  return { a, b: server.accepted[0] as Link, dispose: () => server.close() };
});

describe('dialling by WebSocket', () => {
  let server: Server;
  let transport: WebSocketTransport;

  beforeEach(async () => {
    server = await serve();
    transport = new WebSocketTransport(timers, noKnock(), open);
  });

  afterEach(() => server.close());

  it.each([
    ['ws://127.0.0.1:8080/peer/main', true],
    ['wss://relay.example/peer/main', true],
    ['127.0.0.1:8080', false],
    ['http://127.0.0.1:8080', false],
    ['ws://', false],
    ['02ab.webrtc.invalid:1', false],
  ])('reaches %s: %s', (address, reaches) => {
    expect(transport.reaches(address)).toBe(reaches);
  });

  it('names the address it dialled, and no key, for the carrier proves none', async () => {
    const link = await transport.dial(server.address, 5_000);
    expect([link.address, link.dialled, link.remote]).toEqual([server.address, true, undefined]);
    link.close('the test is over');
  });

  it('fails when nobody listens', async () => {
    await server.close();
    const failed = transport.dial(server.address, 5_000);
    await expect(failed).rejects.toMatchObject({ name: 'LinkError', code: 'unreachable' });
  });

  it('fails in time when nobody answers', async () => {
    const sockets: Duplex[] = [];
    const silent = createServer().on('upgrade', (_request, socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    await expect(transport.dial(address, 200)).rejects.toMatchObject({ code: 'timed-out' });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('fails when the page may not go there', async () => {
    const forbidden = new WebSocketTransport(timers, noKnock(), () => {
      throw new DOMException('mixed content', 'SecurityError');
    });
    await expect(forbidden.dial(server.address, 200)).rejects.toMatchObject({ code: 'refused' });
  });

  it('waits for a server that was gone, as long as it has time, and links when it is back', async () => {
    let isUp = false;
    const knocking = new WebSocketTransport(
      timers,
      new Knock(async () => {
        if (!isUp) throw new TypeError('Failed to fetch');
      }),
      open,
    );
    const { address } = server;
    await server.close();
    await expect(knocking.dial(address, 5_000)).rejects.toMatchObject({ code: 'unreachable' });
    await expect(knocking.dial(address, 600)).rejects.toMatchObject({ code: 'timed-out' });
    const dialled = knocking.dial(address, 10_000);
    server = await serve(Number(new URL(address).port));
    isUp = true;
    (await dialled).close('the test is over');
  });

  it('ends all links when it is closed, and makes none any more', async () => {
    const link = await transport.dial(server.address, 5_000);
    const heard = Heard.by(link);
    transport.close();
    await until(() => heard.ends.length === 1);
    await expect(transport.dial(server.address, 5_000)).rejects.toMatchObject({ code: 'closed' });
  });

  it('ends a link over which text comes', async () => {
    const text = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    text.on('connection', (socket) => socket.send('hello'));
    await new Promise((resolve) => text.once('listening', resolve));
    const link = await transport.dial(`ws://127.0.0.1:${(text.address() as AddressInfo).port}`, 5_000);
    const heard = Heard.by(link);
    await until(() => heard.ends.length === 1);
    expect(heard.length).toBe(0);
    await new Promise((resolve) => text.close(resolve));
  });
});
