/**
 * A port that is listened on by somebody who accepts nobody: whoever dials it waits.
 *
 * A worker listens and then stands still; what the system itself takes for it is used up before it is handed over.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { HostAndPort } from '../../core/network/addresses.ts';

const script = `
  const { workerData, parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer().listen({ host: workerData, port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;
/** On loopback a connection stands sooner, if it stands at all. */
const connectsWithinMs = 250;
const mostTaken = 32;

export interface FullListener extends HostAndPort {
  close(): Promise<void>;
}

export async function fullListener(host: string): Promise<FullListener> {
  const worker = new Worker(script, { eval: true, workerData: host });
  const [port] = (await once(worker, 'message')) as [number];
  const sockets: Socket[] = [];
  while (sockets.length < mostTaken) {
    const socket = connect(port, host).on('error', () => undefined);
    sockets.push(socket);
    if (!(await connects(socket))) break;
  }
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await worker.terminate();
  };
  return { host, port, close };
}

async function connects(socket: Socket): Promise<boolean> {
  await once(socket, 'connect', { signal: AbortSignal.timeout(connectsWithinMs) }).catch(() => undefined);
  // Where the event loop was held up, what the system has long told is heard of only now.
  await setImmediate();
  return !socket.connecting;
}
