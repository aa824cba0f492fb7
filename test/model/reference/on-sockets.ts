/**
 * A reference peer of either era on real TCP sockets: the same rules and faults as in the simulator (process.ts).
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { holds, nodeCurve } from '../../../relay/curve.ts';
import type { SecondBlock, SecondData, SecondDialect } from '../second-decoder.ts';
import { Seeded } from '../seeded.ts';
import { hexOf } from './encoder.ts';
import { ReferenceProcess } from './process.ts';

export class ReferenceOnSockets {
  readonly era: SecondDialect;
  /** `host:port` */
  readonly address: string;
  /** The key in hex. */
  readonly hex: string;
  readonly #server: Server;
  readonly #process: ReferenceProcess;
  readonly #blocks: SecondBlock[] = [];
  readonly #sockets = new Map<number, Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #lastLink = 0;
  #isClosed = false;

  private constructor(era: SecondDialect, seed: number, server: Server) {
    this.era = era;
    this.#server = server;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const seeded = new Seeded(seed);
    const secret = seeded.bytes(32) as Parameters<typeof nodeCurve.publicKey>[0];
    this.hex = hexOf(nodeCurve.publicKey(secret));
    const settings = { listen: this.address, thin: false, forcedRestart: true };
    const machine = {
      crypto: { curve: nodeCurve, verify: holds },
      seeded,
      now: Date.now,
      after: (delayMs: number, action: () => void) => this.#after(delayMs, action),
      dial: (address: string, dial: number) => this.#dial(address, dial),
      send: (link: number, bytes: Uint8Array) => void this.#sockets.get(link)?.write(bytes),
      close: (link: number) => void this.#sockets.get(link)?.end(),
      crashed: () => this.#end(),
    };
    this.#process = new ReferenceProcess(era, settings, machine, { secret, blocks: this.#blocks });
    server.on('connection', (socket) => this.#opened(socket, undefined));
  }

  /** @param seed chooses the key */
  static async open(era: SecondDialect, seed: number): Promise<ReferenceOnSockets> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ReferenceOnSockets(era, seed, server);
  }

  /** What its blocks say, oldest first. */
  get texts(): string[] {
    return this.#blocks.flatMap(({ data }) => data.map((item) => Buffer.from(item.data, 'hex').toString()));
  }

  get tip(): string | undefined {
    return this.#blocks.at(-1)?.hash;
  }

  /** Keys of its neighbours, in hex. */
  get connected(): readonly string[] {
    return this.#process.connections.neighbours.map(({ greeting }) => greeting.pubkey);
  }

  connect(address: string): void {
    this.#process.connections.connect(address);
  }

  share(text: string): SecondData {
    return this.#process.share(Buffer.from(text).toString('hex'));
  }

  async close(): Promise<void> {
    this.#end();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #opened(socket: Socket, dial: number | undefined): void {
    const link = ++this.#lastLink;
    this.#sockets.set(link, socket);
    socket.setNoDelay(true);
    const { connections } = this.#process;
    socket.on('data', (data) => {
      if (!this.#isClosed) connections.received(link, new Uint8Array(data));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(link);
      if (!this.#isClosed) connections.ended(link);
    });
    connections.opened(link, dial);
  }

  #dial(address: string, dial: number): void {
    const [host = '', port] = address.split(':');
    const socket = connect(Number(port), host);
    const failed = (): void => this.#process.connections.dialFailed(dial);
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      if (this.#isClosed) socket.destroy();
      else this.#opened(socket, dial);
    });
  }

  #after(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#isClosed) action();
    }, delayMs);
    this.#timers.add(timer);
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#process.end();
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets.values()) socket.destroy();
  }
}
