/**
 * Every TCP connection that this process tries, every one that it accepts, and every name that it looks up, while a
 * watch is on: what shows that a peer behind a proxy dials nothing past it.
 *
 * It sees what goes through `node:net` and `node:dns`, which is all that a Node program has; names that a proxy is asked
 * for are not among them.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import dns from 'node:dns';
import { isIP, Socket } from 'node:net';

export class SocketWatch {
  /** `ip:port` of each connection that was tried, whether it came to stand or not. */
  readonly dialled: string[] = [];
  /** The port of this process at which each connection was accepted. */
  readonly accepted: number[] = [];
  /** Names, never addresses. */
  readonly lookedUp: string[] = [];
  readonly #accept = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    if (socket.localPort !== undefined) this.accepted.push(socket.localPort);
  };
  readonly #connect = Socket.prototype.connect;
  readonly #lookup = dns.lookup;

  /** Until `stop`. One at a time. */
  static start(): SocketWatch {
    const watch = new SocketWatch();
    const { dialled, lookedUp } = watch;
    const [connect, lookup] = [watch.#connect, watch.#lookup];
    subscribe('net.server.socket', watch.#accept);
    Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
      this.on('connectionAttempt', (ip: string, port: number) => dialled.push(`${ip}:${port}`));
      return Reflect.apply(connect, this, args);
    };
    const watched = (...args: unknown[]): void => {
      const name = String(args[0]);
      // Node passes addresses through there too.
      if (isIP(name) === 0) lookedUp.push(name);
      Reflect.apply(lookup, dns, args);
    };
    dns.lookup = Object.assign(watched, { __promisify__: lookup.__promisify__ });
    return watch;
  }

  stop(): void {
    unsubscribe('net.server.socket', this.#accept);
    Socket.prototype.connect = this.#connect;
    dns.lookup = this.#lookup;
  }

  acceptedAt(port: number): number {
    return this.accepted.filter((at) => at === port).length;
  }
}
