import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { equalBytes } from '../../../../core/codec/bytes.ts';
import type { Link } from '../../../../core/link.ts';
import { WebSocketLink, webSocketOptions } from '../../../../relay/links/websocket.ts';
import { Heard, linkContract, pattern, until } from '../../../contract/link.ts';

linkContract('WebSocketLink', connect);

describe('WebSocketLink', () => {
  it('still carries what was sent before it was closed', async () => {
    const { a, b, dispose } = await connect();
    const [, atB] = [Heard.by(a), Heard.by(b)];
    const bytes = pattern(200_000);
    a.send(bytes);
    a.close('said all');
    await until(() => atB.ends.length > 0);
    expect(equalBytes(atB.bytes(), bytes)).toBe(true);
    expect(atB.ends).toEqual(['said all']);
    await dispose();
  });

  it('tells a reason in as many characters as a close frame takes', async () => {
    const { a, b, dispose } = await connect();
    const atB = Heard.by(b);
    Heard.by(a);
    a.close('ü'.repeat(200));
    await until(() => atB.ends.length > 0);
    expect(atB.ends).toEqual(['ü'.repeat(61)]);
    await dispose();
  });

  it('cuts a message into pieces of 64 KiB', async () => {
    const { link, plain, dispose } = await connectPlain();
    const lengths: number[] = [];
    plain.on('message', (data: Buffer) => lengths.push(data.length));
    Heard.by(link);
    link.send(pattern(150_000));
    await until(() => lengths.length === 3);
    expect(lengths).toEqual([65_536, 65_536, 18_928]);
    await dispose();
  });

  it('ends when text comes, and when a message is longer than any may be', async () => {
    for (const message of ['text', Buffer.alloc(webSocketOptions.maxPayload + 1)]) {
      const { link, plain, dispose } = await connectPlain();
      const heard = Heard.by(link);
      const closed = once(plain, 'close');
      plain.send(message);
      await until(() => heard.ends.length === 1);
      expect((await closed)[0]).toBe(typeof message === 'string' ? 1003 : 1009);
      expect(heard.length).toBe(0);
      await dispose();
    }
  });

  it('ends when a message comes in very many pieces', async () => {
    const { link, plain, dispose } = await connectPlain();
    const heard = Heard.by(link);
    const closed = once(plain, 'close');
    for (let i = 0; i <= webSocketOptions.maxFragments; i++) plain.send(Buffer.alloc(1), { fin: false });
    expect((await closed)[0]).toBe(1008);
    await until(() => heard.ends.length === 1);
    expect(heard.length).toBe(0);
    await dispose();
  });

  it('ends when more comes than is kept before somebody is attached', async () => {
    const { link, plain, dispose } = await connectPlain();
    const closed = once(plain, 'close');
    for (let i = 0; i < 5; i++) plain.send(Buffer.alloc(500_000));
    expect((await closed)[0]).toBe(1008);
    const heard = Heard.by(link);
    await until(() => heard.ends.length === 1);
    expect(heard.length).toBe(0);
    await dispose();
  });

  it('is cut when the other side does not read', async () => {
    const { link, plain, dispose } = await connectPlain();
    const heard = Heard.by(link);
    plain.pause();
    for (let i = 0; i < 100 && heard.ends.length === 0; i++) {
      link.send(pattern(1_000_000));
      await new Promise(setImmediate);
    }
    expect(heard.ends).toEqual(['it does not read what it is sent']);
    expect(heard.drained).toBeLessThan(40_000_000);
    await dispose();
  });

  it('hangs up on who does not answer the closing', async () => {
    const { link, plain, server, dispose } = await connectPlain();
    const heard = Heard.by(link);
    plain.pause();
    link.close('enough');
    await until(() => heard.ends.length === 1);
    await until(() => server.clients.size === 0);
    await dispose();
  });

  it('ends when the connection breaks, and says so', async () => {
    const { link, plain, dispose } = await connectPlain();
    const heard = Heard.by(link);
    plain.terminate();
    await until(() => heard.ends.length === 1);
    expect(heard.ends).toEqual(['the connection ended (1006)']);
    await dispose();
  });
});

async function connect(): Promise<{ a: Link; b: Link; dispose(): Promise<void> }> {
  const { link, plain, address, dispose } = await connectPlain();
  return { a: new WebSocketLink(plain, address, true), b: link, dispose };
}

/** One end is a link, the other a bare WebSocket. */
async function connectPlain() {
  const server = new WebSocketServer({ ...webSocketOptions, port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const plain = new WebSocket(address, webSocketOptions);
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(plain, 'open')])) as [[WebSocket], unknown];
  const link = new WebSocketLink(accepted, '127.0.0.1', false);
  const dispose = async () => {
    plain.terminate();
    for (const socket of server.clients) socket.terminate();
    server.close();
    await once(server, 'close');
  };
  return { link, plain, server, address, dispose };
}
