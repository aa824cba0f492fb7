/**
 * WebSockets as ways to reach others: one that dials `ws://` and `wss://` addresses, one that takes what a server accepts.
 */
import { WebSocket } from 'ws';
import { LinkError } from '../../core/errors.ts';
import type { Link, Transport, TransportEvents } from '../../core/link.ts';
import { WebSocketLink, webSocketOptions } from './websocket.ts';

export class WebSocketDialler implements Transport {
  readonly #dialling = new Set<WebSocket>();
  #closed = false;

  reaches(address: string): boolean {
    return URL.canParse(address) && ['ws:', 'wss:'].includes(new URL(address).protocol);
  }

  start(): void {}

  async dial(address: string, timeoutMs: number): Promise<Link> {
    if (this.#closed) throw new LinkError('closed', 'this peer is closed');
    if (!this.reaches(address)) throw new LinkError('unsupported', `${address} is no address of a WebSocket`);
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(address, { ...webSocketOptions, handshakeTimeout: timeoutMs });
      this.#dialling.add(socket);
      socket.once('open', () => {
        this.#dialling.delete(socket);
        resolve(new WebSocketLink(socket, address, true));
      });
      socket.once('unexpected-response', (_request, response) => {
        reject(new LinkError('refused', `${address} answered ${response.statusCode} ${response.statusMessage}`));
        socket.terminate();
      });
      socket.on('error', (error) => {
        this.#dialling.delete(socket);
        reject(dialError(address, error));
      });
    });
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#dialling) socket.terminate();
  }
}

export class WebSocketAcceptor implements Transport {
  #events: TransportEvents | undefined;

  /** @param address where the other end is, for people */
  accept(socket: WebSocket, address: string): void {
    const link = new WebSocketLink(socket, address, false);
    if (this.#events === undefined) link.close('this peer is not listening');
    else this.#events.accepted(link);
  }

  reaches(): boolean {
    return false;
  }

  start(events: TransportEvents): void {
    this.#events = events;
  }

  dial(address: string): Promise<Link> {
    return Promise.reject(new LinkError('unsupported', `nothing here dials ${address}`));
  }

  close(): void {
    this.#events = undefined;
  }
}

function dialError(address: string, error: Error): LinkError {
  const isLate = error.message === 'Opening handshake has timed out';
  return new LinkError(isLate ? 'timed-out' : 'unreachable', `${address}: ${error.message}`, { cause: error });
}
