/**
 * Clients that hold a relay's sockets and give nothing for it, each in a way of its own ("slow loris").
 *
 * They do no harm but to be there, as long as they are let.
 */
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { oursCommit, wireVersion } from '../../core/wire/messages.ts';
import { Session } from '../../core/wire/session.ts';
import { sealedBytes } from '../../core/wire/signaling.ts';
import { nodeCurve } from '../../relay/curve.ts';
import { Seeded } from './seeded.ts';
import { SignalingClient } from './signaling-client.ts';

export const slowKinds = [
  'nothing at all',
  'half a request line',
  'headers byte by byte',
  'a body byte by byte',
  'half an upgrade',
  'signaling, and no word',
  'signaling, and nothing is read',
  'a peer, and half a greeting',
] as const;
export type SlowKind = (typeof slowKinds)[number];

export interface SlowClient {
  readonly kind: SlowKind;
  /** When the relay has hung up: how many milliseconds after it was connected. */
  readonly ended: Promise<number>;
  end(): void;
}

const trickleMs = 1_000;
/**
 * @param url of the relay
 * @param seed chooses keys; each needs another
 * @param feedMs how often those that read nothing are sent 32 KiB more
 */
export function slowClient(kind: SlowKind, url: string, seed: number, feedMs = 2_000): SlowClient {
  switch (kind) {
    case 'nothing at all':
      return plain(kind, url, '');
    case 'half a request line':
      return plain(kind, url, 'GET /sig');
    case 'headers byte by byte':
      return plain(kind, url, 'GET / HTTP/1.1\r\nHost: relay\r\nX-Slow: ', 'x');
    case 'a body byte by byte':
      return plain(kind, url, 'POST / HTTP/1.1\r\nHost: relay\r\nContent-Length: 1000\r\n\r\n', 'x');
    case 'half an upgrade':
      return plain(kind, url, 'GET /signal HTTP/1.1\r\nHost: relay\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n');
    case 'signaling, and no word':
      return opened(kind, `${url}/signal`);
    case 'signaling, and nothing is read':
      return deaf(kind, url, seed, feedMs);
    case 'a peer, and half a greeting':
      return opened(kind, `${url}/peer/main`, greeting(seed).subarray(0, 40));
  }
}

/** @param trickle what is sent again and again */
function plain(kind: SlowKind, url: string, first: string, trickle?: string): SlowClient {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const startedAt = performance.now();
  socket.on('error', () => undefined);
  socket.write(first);
  socket.resume();
  const timer = trickle === undefined ? undefined : setInterval(() => socket.write(trickle), trickleMs);
  const ended = new Promise<number>((resolve) => {
    socket.on('close', () => {
      clearInterval(timer);
      resolve(performance.now() - startedAt);
    });
  });
  return { kind, ended, end: () => void socket.destroy() };
}

function opened(kind: SlowKind, url: string, first?: Uint8Array): SlowClient {
  const socket = new WebSocket(url.replace('http', 'ws'));
  const startedAt = performance.now();
  socket.on('error', () => undefined);
  if (first !== undefined) socket.once('open', () => socket.send(first));
  const ended = new Promise<number>((resolve) => {
    socket.on('close', () => resolve(performance.now() - startedAt));
  });
  return { kind, ended, end: () => socket.terminate() };
}

/** It has joined, and another, that does read, sends to it. That one is told when it is not there any more. */
function deaf(kind: SlowKind, url: string, seed: number, feedMs: number): SlowClient {
  const startedAt = performance.now();
  const [slow, feeder] = [new SignalingClient(url, 2 * seed), new SignalingClient(url, 2 * seed + 1)];
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    clearInterval(timer);
    for (const { socket } of [slow, feeder]) socket.terminate();
  };
  const feed = (): void => feeder.send({ kind: 'signal', to: slow.key, sealed: new Uint8Array(sealedBytes) });
  const gone = async (): Promise<void> => {
    const { origin } = new URL(url);
    for (const client of [slow, feeder]) {
      await client.join('main', origin);
      await client.told();
    }
    slow.socket.pause();
    timer = setInterval(feed, feedMs);
    await feeder.next('unroutable');
  };
  // A socket that is closed before all that ends the waiting too.
  const ended = Promise.race([gone().catch(() => undefined), slow.ended, feeder.ended]).then(() => {
    end();
    return performance.now() - startedAt;
  });
  return { kind, ended, end };
}

function greeting(seed: number): Uint8Array {
  const random = new Seeded(seed).random;
  const secret = random(32) as Parameters<typeof nodeCurve.publicKey>[0];
  const publicKey = nodeCurve.publicKey(secret);
  const identity = { curve: nodeCurve, random, secret, publicKey, dialled: true };
  const session = new Session({ ...identity, network: 'main', expected: undefined, accepts: ['cbc'] });
  const version = { ...wireVersion, target: '', branch: 'main', commit: oursCommit };
  const nothing = { root: undefined, last: undefined, count: 0n, thin: false, listen: '127.0.0.1:1', known: [] };
  return session.greet({ pubkey: publicKey, ...nothing, version }, 'cbc');
}
