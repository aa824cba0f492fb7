/**
 * Joins the two WebSockets that ask for the same path: what one sends, the other receives.
 */
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface PairServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function servePairs(): Promise<PairServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const waiting = new Map<string, WebSocket>();
  server.on('connection', (socket, { url = '' }) => {
    const other = waiting.get(url);
    if (other === undefined) {
      waiting.set(url, socket);
      keepUntilJoined(socket);
    } else {
      waiting.delete(url);
      join(socket, other);
    }
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What comes before the other end is there stays in the socket. */
function keepUntilJoined(socket: WebSocket): void {
  socket.pause();
}

function join(one: WebSocket, other: WebSocket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('message', (data) => to.send(data, { binary: true }));
    from.on('close', () => to.close());
  }
  other.resume();
}
