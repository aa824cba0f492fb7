import dns from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { equalBytes } from '../../../../core/codec/bytes.ts';
import type { Link } from '../../../../core/link.ts';
import { openSocket, TcpLink } from '../../../../relay/links/tcp.ts';
import { Heard, linkContract, pattern, until } from '../../../contract/link.ts';
import { fullListener } from '../../../model/full-listener.ts';

/** More than the system takes for a side that does not read. */
const tooMuch = 64 * 1024 * 1024;

linkContract('TcpLink', connectLinks);

describe('TcpLink', () => {
  it('makes one write of each send, and hands on at once what is small', async () => {
    const { link, socket, dispose } = await connectPlain((accepted) => {
      vi.spyOn(accepted, 'write');
      vi.spyOn(accepted, 'setNoDelay');
      vi.spyOn(accepted, 'setKeepAlive');
    });
    for (const length of [1, 5_000, 64 * 1024, 0]) link.send(pattern(length));
    await until(() => vi.mocked(socket.write).mock.calls.length === 3);
    expect(vi.mocked(socket.write).mock.calls.map(([bytes]) => bytes.length)).toEqual([1, 5_000, 65_536]);
    expect(vi.mocked(socket.setNoDelay).mock.calls).toEqual([[true]]);
    expect(vi.mocked(socket.setKeepAlive).mock.calls).toEqual([[true, 30_000]]);
    await dispose();
  });

  it('lets go together what is sent in one turn of the event loop, and tells of it once', async () => {
    const { link, socket, dispose } = await connectPlain((accepted) => vi.spyOn(accepted, 'uncork'));
    const drains: number[] = [];
    const attached = new Promise<void>((resolve) => setImmediate(resolve));
    link.attach({ received: () => undefined, drained: (bytes) => drains.push(bytes), closed: () => undefined });
    await attached;
    for (const length of [3, 4]) link.send(pattern(length));
    await until(() => drains.length > 0);
    expect(drains).toEqual([7]);
    expect(vi.mocked(socket.uncork).mock.calls.length).toBe(1);
    await dispose();
  });

  it('carries what was sent before it was closed, however much, to who reads it', async () => {
    const { a, b, dispose } = await connectLinks();
    const [, atB] = [Heard.by(a), Heard.by(b)];
    const bytes = pattern(8 * 1024 * 1024);
    a.send(bytes);
    a.close('said all');
    await until(() => atB.ends.length > 0);
    expect(equalBytes(atB.bytes(), bytes)).toBe(true);
    expect(atB.ends).toEqual(['the other side ended the connection']);
    await dispose();
  });

  it('drains as far as the other side reads, in the middle of a large send too', async () => {
    const { link, plain, dispose } = await connectPlain();
    const heard = Heard.by(link);
    plain.pause();
    link.send(pattern(tooMuch));
    await until(() => heard.drained > 0);
    await standsStill(() => heard.drained);
    const taken = heard.drained;
    expect(taken).toBeLessThan(tooMuch / 2);
    let read = 0;
    plain.on('data', (data) => {
      read += data.length;
      if (read > tooMuch / 2) plain.pause();
    });
    plain.resume();
    await until(() => read > tooMuch / 2);
    await standsStill(() => heard.drained);
    expect(heard.drained).toBeGreaterThan(taken);
    expect(heard.drained).toBeLessThan(tooMuch);
    plain.removeAllListeners('data').resume();
    await until(() => heard.drained === tooMuch);
    await dispose();
  });

  it('is cut when the other side does not read', async () => {
    const { link, plain, socket, dispose } = await connectPlain();
    const heard = Heard.by(link);
    plain.pause();
    for (let i = 0; i < 100 && heard.ends.length === 0; i++) {
      link.send(pattern(1_000_000));
      await new Promise(setImmediate);
    }
    expect(heard.ends).toEqual(['it does not read what it is sent']);
    expect(socket.destroyed).toBe(true);
    await dispose();
  });

  it('tells the other side at once when it is closed, and leaves it time to end too', async () => {
    const { link, plain, socket, dispose } = await connectPlain();
    link.close('enough');
    await once(plain.resume(), 'end');
    expect(socket.destroyed).toBe(false);
    plain.end();
    await until(() => socket.destroyed);
    await dispose();
  });

  it('hangs up on who does not take the end', async () => {
    const { link, plain, socket, dispose } = await connectPlain();
    const heard = Heard.by(link);
    plain.pause();
    link.send(pattern(tooMuch));
    link.close('enough');
    await until(() => heard.ends.length === 1);
    expect(socket.destroyed).toBe(false);
    await until(() => socket.destroyed);
    expect(heard.ends).toEqual(['enough']);
    await dispose();
  });

  it('hangs up on who ends one direction and keeps the other', async () => {
    const { link, plain, socket, dispose } = await connectPlain();
    const heard = Heard.by(link);
    plain.pause();
    link.send(pattern(tooMuch));
    plain.end();
    await until(() => heard.ends.length === 1);
    await until(() => socket.destroyed);
    expect(heard.ends).toEqual(['the other side ended the connection']);
    await dispose();
  });

  it('ends when the connection is reset, and says so', async () => {
    const { link, plain, dispose } = await connectPlain();
    const heard = Heard.by(link);
    link.send(pattern(1_000));
    await until(() => heard.drained === 1_000);
    plain.resetAndDestroy();
    await until(() => heard.ends.length === 1);
    expect(heard.ends).toEqual(['the connection broke (ECONNRESET)']);
    link.send(pattern(1_000));
    link.close('again');
    expect(heard.afterEnd).toEqual([]);
    await dispose();
  });

  it('ends when the connection is reset while much waits, and while it closes', async () => {
    for (const step of ['waits', 'closes']) {
      const { link, plain, socket, dispose } = await connectPlain();
      const heard = Heard.by(link);
      plain.pause();
      link.send(pattern(tooMuch));
      if (step === 'closes') link.close('enough');
      plain.resetAndDestroy();
      await until(() => heard.ends.length === 1 && socket.destroyed);
      expect(heard.afterEnd).toEqual([]);
      await dispose();
    }
  });

  it('reads no more than it keeps before somebody is attached, and loses nothing', async () => {
    const { link, plain, socket, dispose } = await connectPlain();
    const bytes = pattern(tooMuch);
    plain.write(bytes);
    await until(() => socket.isPaused());
    await standsStill(() => socket.bytesRead);
    expect(socket.bytesRead).toBeLessThan(1024 * 1024);
    const heard = Heard.by(link);
    await until(() => heard.length === tooMuch);
    expect(equalBytes(heard.bytes(), bytes)).toBe(true);
    await dispose();
  });

  it('passes over what still comes after it was closed, up to the end, though nobody was ever attached', async () => {
    const { link, plain, socket, dispose } = await connectPlain();
    plain.end(pattern(tooMuch));
    await until(() => socket.isPaused());
    link.close('nobody wants it');
    await until(() => socket.destroyed);
    expect(socket.bytesRead).toBe(tooMuch);
    await dispose();
  });
});

describe('openSocket', () => {
  const never = new AbortController().signal;

  afterEach(() => vi.restoreAllMocks());

  it.each([
    ['does not answer', '127.0.0.3'],
    ['refuses', '127.0.0.4'],
  ])('goes on to the next address of a name when one %s', async (_, deaf) => {
    const full = await fullListener('127.0.0.3');
    const server = createServer().listen(full.port, '127.0.0.2');
    await once(server, 'listening');
    resolveTo(deaf, '127.0.0.2');
    const socket = await openSocket({ host: 'several.example', port: full.port }, 2_000, never);
    expect(socket.remoteAddress).toBe('127.0.0.2');
    socket.destroy();
    await Promise.all([closed(server), full.close()]);
  });

  it('leaves a socket that was given alone when the dial is broken off or its time is over', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const dial = new AbortController();
    const socket = await openSocket({ host: '127.0.0.1', port }, 2_000, dial.signal);
    dial.abort();
    expect(socket.destroyed).toBe(false);
    socket.destroy();
    await closed(server);
  });

  it('gives an address longer than Node does by itself', async () => {
    const full = await fullListener('127.0.0.3');
    resolveTo('127.0.0.3', '127.0.0.4');
    const begun = performance.now();
    await expect(openSocket({ host: 'several.example', port: full.port }, 2_400, never)).rejects.toMatchObject({
      code: 'timed-out',
      message: expect.stringMatching(/127\.0\.0\.3.*; .*127\.0\.0\.4/),
    });
    expect(performance.now() - begun).toBeGreaterThan(590);
    await full.close();
  });

  it('says which name leads nowhere', async () => {
    answerLookups((callback, name) =>
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' })),
    );
    await expect(openSocket({ host: 'nobody.example', port: 80 }, 5_000, never)).rejects.toMatchObject({
      code: 'unreachable',
      message: 'getaddrinfo ENOTFOUND nobody.example',
    });
  });

  it('leaves no socket behind when it is broken off', async () => {
    const full = await fullListener('127.0.0.3');
    const breaking = new AbortController();
    const opening = openSocket(full, 60_000, breaking.signal);
    breaking.abort();
    await expect(opening).rejects.toMatchObject({ name: 'LinkError' });
    await until(() => !process.getActiveResourcesInfo().includes('TCPConnectWrap'));
    await full.close();
  });

  it('is refused where nobody listens', async () => {
    const server = await listening('127.0.0.1');
    const { port } = server.address() as AddressInfo;
    await closed(server);
    await expect(openSocket({ host: '127.0.0.1', port }, 5_000, never)).rejects.toMatchObject({
      name: 'LinkError',
      code: 'refused',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

/** What names lead to, for as long as the test lasts. */
function resolveTo(...addresses: string[]): void {
  const found = addresses.map((address) => ({ address, family: 4 }));
  answerLookups((callback) => callback(null, found));
}

function answerLookups(answer: (callback: (error: Error | null, found?: unknown) => void, name: string) => void): void {
  const lookup = (name: string, _: unknown, callback: () => void) => setImmediate(() => answer(callback, name));
  vi.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
}

async function connectLinks(): Promise<{ a: Link; b: Link; dispose(): Promise<void> }> {
  const { link, plain, dispose } = await connectPlain();
  return { a: new TcpLink(plain, '127.0.0.1:1', true), b: link, dispose };
}

/** One end is a link over `socket`, the other a bare socket. */
async function connectPlain(prepare: (socket: Socket) => void = () => undefined) {
  const server = await listening('127.0.0.1');
  const plain = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  plain.on('error', () => undefined);
  const [[socket]] = (await Promise.all([once(server, 'connection'), once(plain, 'connect')])) as [[Socket], unknown];
  prepare(socket);
  const link = new TcpLink(socket, '127.0.0.1:5', false);
  const dispose = async () => {
    for (const each of [plain, socket]) each.destroy();
    await closed(server);
  };
  return { link, plain, socket, dispose };
}

async function listening(host: string): Promise<Server> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  return server;
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

/** Resolves when it was the same for a tenth of a second. */
async function standsStill(value: () => number): Promise<void> {
  for (let last = Number.NaN; last !== value(); ) {
    last = value();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
