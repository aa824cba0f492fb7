import { once } from 'node:events';
import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSocket } from '../../../relay/links/tcp.ts';
import { SocketWatch } from '../../model/socket-watch.ts';

const never = new AbortController().signal;
let watch: SocketWatch;
const server = createServer((socket) => socket.on('error', () => undefined).end());

beforeEach(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  watch = SocketWatch.start();
});

afterEach(async () => {
  watch.stop();
  await once(server.close(), 'close');
});

function port(): number {
  return (server.address() as AddressInfo).port;
}

async function dial(host: string, to = port()): Promise<void> {
  (await openSocket({ host, port: to }, 5_000, never)).destroy();
}

describe('a watch over sockets', () => {
  it('sees who was dialled, and where it was accepted', async () => {
    await dial('127.0.0.1');
    expect([watch.dialled, watch.accepted]).toEqual([[`127.0.0.1:${port()}`], [port()]]);
    expect(watch.lookedUp).toEqual([]);
  });

  it('sees a name that is looked up, and the address that came of it', async () => {
    await dial('localhost');
    expect(watch.lookedUp).toEqual(['localhost']);
    expect(watch.dialled).toContain(`127.0.0.1:${port()}`);
  });

  it.each([
    ['a socket of its own', (to: number) => new Socket().connect(to, '127.0.0.1')],
    ['a call with options', (to: number) => connect({ port: to, host: '127.0.0.1' })],
  ])('sees %s, and one that was refused too', async (_, open) => {
    await once(open(port()), 'connect');
    const refused = open(1);
    await once(refused, 'error');
    expect(watch.dialled).toEqual([`127.0.0.1:${port()}`, '127.0.0.1:1']);
  });

  it('sees nothing more once it has stopped', async () => {
    watch.stop();
    await dial('localhost');
    expect([watch.dialled, watch.accepted, watch.lookedUp]).toEqual([[], [], []]);
  });
});
