/**
 * A port of this machine that hands every connection on to another one, and keeps what each side has sent.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { finished } from 'node:stream/promises';

/** All bytes of each side, in order. */
export interface TappedConnection {
  readonly dialer: Uint8Array;
  readonly listener: Uint8Array;
}

export class Wiretap {
  readonly port: number;
  readonly #close: () => Promise<TappedConnection[]>;

  private constructor(port: number, close: () => Promise<TappedConnection[]>) {
    this.port = port;
    this.#close = close;
  }

  static async open(port: number): Promise<Wiretap> {
    const connections: Promise<TappedConnection>[] = [];
    const server = createServer({ allowHalfOpen: true }, (dialer) => connections.push(tapped(dialer, port)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const close = async (): Promise<TappedConnection[]> => {
      server.close();
      return await Promise.all(connections);
    };
    return new Wiretap((server.address() as AddressInfo).port, close);
  }

  /** Once both sides of all connections have ended. @returns what was said on each */
  close(): Promise<TappedConnection[]> {
    return this.#close();
  }
}

async function tapped(dialer: Socket, port: number): Promise<TappedConnection> {
  const listener = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const [fromDialer, fromListener] = [kept(dialer, listener), kept(listener, dialer)];
  // A side that is reset has still said what it has said.
  await Promise.allSettled([finished(dialer), finished(listener)]);
  return { dialer: Buffer.concat(fromDialer), listener: Buffer.concat(fromListener) };
}

function kept(from: Socket, to: Socket): Buffer[] {
  const chunks: Buffer[] = [];
  from.on('data', (chunk) => {
    chunks.push(chunk);
    to.write(chunk);
  });
  from.on('end', () => to.end());
  from.on('close', () => to.destroySoon());
  from.on('error', () => undefined);
  return chunks;
}
