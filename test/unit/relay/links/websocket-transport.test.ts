import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { Link } from '../../../../core/link.ts';
import { WebSocketAcceptor, WebSocketDialler } from '../../../../relay/links/websocket-transport.ts';
import { Heard, linkContract, until } from '../../../contract/link.ts';

let server: WebSocketServer;
let acceptor: WebSocketAcceptor;
let address: string;

const silent = {
  accepted: () => undefined,
  discovered: () => undefined,
  listening: () => undefined,
  problem: () => undefined,
};

async function listen(): Promise<void> {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
  acceptor = new WebSocketAcceptor();
  server.on('connection', (socket) => acceptor.accept(socket, '127.0.0.1:5'));
  address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(): Promise<void> {
  for (const socket of server.clients) socket.terminate();
  server.close();
  await once(server, 'close');
}

linkContract('what the dialler and the acceptor make', async () => {
  await listen();
  const accepted = new Promise<Link>((resolve) => acceptor.start({ ...silent, accepted: resolve }));
  const a = await new WebSocketDialler().dial(address, 5_000);
  return { a, b: await accepted, dispose: stop };
});

describe('WebSocketDialler', () => {
  const dialler = new WebSocketDialler();

  beforeEach(listen);
  afterEach(stop);

  it('reaches WebSocket addresses and no others', () => {
    expect(['ws://a/peer/main', 'wss://a:1/x'].map((each) => dialler.reaches(each))).toEqual([true, true]);
    const others = ['http://a', '127.0.0.1:1', 'x', '', 'ws:', 'wss://', 'a.b.webrtc.invalid:1'];
    expect(others.map((each) => dialler.reaches(each))).toEqual(others.map(() => false));
  });

  it('dials, and loses nothing of what comes with the answer', async () => {
    server.on('connection', (socket) => socket.send(Uint8Array.of(1, 2, 3)));
    acceptor.start(silent);
    const link = await dialler.dial(address, 5_000);
    expect([link.address, link.dialled, link.remote]).toEqual([address, true, undefined]);
    const heard = Heard.by(link);
    await until(() => heard.length === 3);
    link.close('enough');
  });

  it('says that nobody is there', async () => {
    await expect(dialler.dial('ws://127.0.0.1:1', 5_000)).rejects.toMatchObject({
      name: 'LinkError',
      code: 'unreachable',
    });
  });

  it('says when it is refused, and how', async () => {
    const refusing = await answering((socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'));
    await expect(dialler.dial(refusing.address, 5_000)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('404 Not Found'),
    });
    refusing.close();
  });

  it('gives up in time on who does not answer', async () => {
    const mute = await answering(() => undefined);
    await expect(dialler.dial(mute.address, 100)).rejects.toMatchObject({ code: 'timed-out' });
    mute.close();
  });

  it('breaks off dials when it is closed', async () => {
    const mute = await answering(() => undefined);
    const closing = new WebSocketDialler();
    const dial = closing.dial(mute.address, 5_000);
    closing.close();
    await expect(dial).rejects.toMatchObject({ name: 'LinkError' });
    await expect(closing.dial(address, 5_000)).rejects.toMatchObject({ code: 'closed' });
    mute.close();
  });

  it.each(['ws://a b', 'nonsense'])('says that %j is no address', async (text) => {
    await expect(dialler.dial(text, 1_000)).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('WebSocketAcceptor', () => {
  beforeEach(listen);
  afterEach(stop);

  it('reaches nobody and dials nobody', async () => {
    expect(acceptor.reaches()).toBe(false);
    await expect(acceptor.dial('ws://a')).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('tells of whom it accepts', async () => {
    const links: Link[] = [];
    acceptor.start({ ...silent, accepted: (link) => links.push(link) });
    await new WebSocketDialler().dial(address, 5_000);
    await until(() => links.length === 1);
    expect(links[0]).toMatchObject({ address: '127.0.0.1:5', dialled: false, carrier: 'websocket' });
  });

  it('accepts nobody before it has started and after it is closed', async () => {
    for (const step of ['before', 'after']) {
      if (step === 'after') {
        acceptor.start(silent);
        acceptor.close();
      }
      const heard = Heard.by(await new WebSocketDialler().dial(address, 5_000));
      await until(() => heard.ends.length === 1);
      expect(heard.ends).toEqual(['this peer is not listening']);
    }
  });
});

/** A server that is none of ours. */
async function answering(answer: (socket: Socket) => void): Promise<{ address: string; close(): void }> {
  const sockets: Socket[] = [];
  const plain: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  }).listen(0, '127.0.0.1');
  await once(plain, 'listening');
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    plain.close();
  };
  return { address: `ws://127.0.0.1:${(plain.address() as AddressInfo).port}`, close };
}
