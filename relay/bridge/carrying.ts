/**
 * Carries one connection between a tab's WebSocket and a TCP socket, both ways, once both ends have shown to be peers.
 *
 * Back-pressure is the streams': while one side does not take, the other is not read. Whatever ends, ends both.
 */
import type { Socket } from 'node:net';
import type { Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createWebSocketStream, type WebSocket } from 'ws';
import type { Milliseconds } from '../../core/config.ts';
import type { PublicKey } from '../../core/crypto/keys.ts';
import { greetingOf } from './greeting.ts';
import { Refusal } from './refusal.ts';

/** Who the tab is, as it has proven. */
export interface Holder {
  readonly key: PublicKey;
  readonly network: string;
}

/** What a stream holds while the other side does not take it. */
const highWaterMark = 256 * 1024;
/** Issue 5, No open proxy. */
const greetingMs: Milliseconds = 5_000;
const farGreetingMs: Milliseconds = 15_000;
const closingMs: Milliseconds = 2_000;

/**
 * To whom the tab has dialled: nothing is sent there before it has greeted and the tab too, and the tab hears nothing before.
 * @param opened called when the other side has greeted, before the first of its bytes
 * @throws Refusal `unreachable`, before `opened` only
 */
export async function carryOutward(
  socket: WebSocket,
  far: Socket,
  holder: Holder,
  isFar: boolean,
  opened: () => void,
): Promise<void> {
  const { key, network } = holder;
  const theirs = { publicKey: key, network, expected: undefined };
  const leave = (): void => void far.destroy();
  socket.once('close', leave);
  const greeting = await greetingOf(far, theirs, isFar ? farGreetingMs : greetingMs).finally(() => {
    socket.off('close', leave);
  });
  opened();
  const ours = { publicKey: greeting.pubkey, network, expected: key };
  await joined(socket, far, async (tab) => {
    await Promise.all([pass(far, tab), greetingOf(tab, ours, greetingMs).then(() => pass(tab, far))]);
  });
}

/** Who has dialled a tab's port: either side may greet first, and neither hears more of the other than its greeting allows. */
export async function carryInward(socket: WebSocket, far: Socket, { key, network }: Holder): Promise<void> {
  await joined(socket, far, async (tab) => {
    await Promise.all([
      // Who dials us by Tor waits ten seconds for us to speak.
      greetingOf(far, { publicKey: key, network, expected: undefined }, farGreetingMs).then(() => pass(far, tab)),
      greetingOf(tab, { publicKey: nobody, network, expected: key }, farGreetingMs).then(() => pass(tab, far)),
    ]);
  });
}

/** Of no holder: shown by nobody. */
const nobody = new Uint8Array(33) as PublicKey;

/** How it ended is nobody's concern any more: both ends see that it did. */
async function joined(socket: WebSocket, far: Socket, carry: (tab: Duplex) => Promise<void>): Promise<void> {
  const tab = createWebSocketStream(socket, { highWaterMark });
  // Heard by the pipelines where there are some; without a listener an error would end the process.
  tab.on('error', () => undefined);
  // What was sent last has that time to arrive; who then still holds its half of the connection is hung up on.
  const hangUp = (): void => void setTimeout(() => [far.destroy(), socket.terminate()], closingMs).unref();
  far.once('close', hangUp);
  socket.once('close', hangUp);
  try {
    await carry(tab);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  } finally {
    far.destroy();
    tab.destroy();
  }
}

/** Until the one ends. Whatever streams and sockets say of the other end's going, in whatever words, it is that. */
async function pass(from: Readable, to: Writable): Promise<void> {
  try {
    await pipeline(from, to);
  } catch (error) {
    throw new Refusal('unreachable', String(error));
  }
}
