/**
 * A SOCKS5 proxy for tests (RFC 1928 and 1929): it notes what it was asked, and answers as it is told to.
 *
 * It takes user names and passwords, any of them, and the command CONNECT.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { HostAndPort } from '../../core/network/addresses.ts';

export interface Asked extends HostAndPort {
  /** How the host stood in the request. */
  readonly kind: 'ipv4' | 'ipv6' | 'name';
  readonly user: string;
  readonly password: string;
}

export type Answer =
  /** Leads there, whatever was asked for. */
  | { readonly kind: 'lead'; readonly to: HostAndPort }
  /** The same, the answer and the first bytes from there in one piece. */
  | { readonly kind: 'lead-when-it-speaks'; readonly to: HostAndPort }
  /** RFC 1928, 6: the field REP. */
  | { readonly kind: 'refuse'; readonly reply: number }
  | { readonly kind: 'refuse-credentials' }
  | { readonly kind: 'hang-up' }
  | { readonly kind: 'silence' };

const hosts = {
  1: { kind: 'ipv4', bytes: 4 },
  4: { kind: 'ipv6', bytes: 16 },
} as const;

export class SocksServer {
  readonly asked: Asked[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** @param answer to each request in turn; the last one to all that follow */
  static async listen(...answers: Answer[]): Promise<SocksServer> {
    const server = new SocksServer(answers);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  private constructor(answers: Answer[]) {
    this.#server = createServer((socket) => {
      this.#hold(socket);
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) as Answer;
      // Who hangs up in between has no more questions.
      this.#serve(socket, answer).catch(() => socket.destroy());
    });
  }

  get address(): HostAndPort {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  /** Connections to it that are open. */
  get open(): number {
    return [...this.#sockets].filter(({ destroyed }) => !destroyed).length;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(socket: Socket, answer: Answer): Promise<void> {
    if (answer.kind === 'silence') return void socket.resume();
    const [, methods = 0] = await take(socket, 2);
    const offered = await take(socket, methods);
    if (!offered.includes(2)) return void socket.end(Uint8Array.of(5, 0xff));
    socket.write(Uint8Array.of(5, 2));
    const user = await takeText(socket, (await take(socket, 2))[1] ?? 0);
    const password = await takeText(socket, (await take(socket, 1))[0] ?? 0);
    if (answer.kind === 'refuse-credentials') return void socket.end(Uint8Array.of(1, 1));
    socket.write(Uint8Array.of(1, 0));
    this.asked.push({ ...(await takeTarget(socket)), user, password });
    if (answer.kind === 'lead') return this.#lead(socket, answer.to, false);
    if (answer.kind === 'lead-when-it-speaks') return this.#lead(socket, answer.to, true);
    if (answer.kind === 'hang-up') socket.destroy();
    else socket.end(replied(answer.reply));
  }

  async #lead(socket: Socket, { host, port }: HostAndPort, whenItSpeaks: boolean): Promise<void> {
    const far = this.#hold(connect(port, host));
    await once(far, 'connect');
    const [first] = (whenItSpeaks ? await once(far, 'data') : [new Uint8Array()]) as [Uint8Array];
    socket.write(Buffer.concat([replied(0), first]));
    far.pipe(socket).pipe(far);
  }

  #hold(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on('error', () => undefined);
  }
}

async function takeTarget(socket: Socket): Promise<HostAndPort & Pick<Asked, 'kind'>> {
  const type = (await take(socket, 4))[3];
  if (type === 1 || type === 4) {
    const { kind, bytes } = hosts[type];
    const ip = await take(socket, bytes);
    const host = kind === 'ipv4' ? ip.join('.') : (ip.toString('hex').match(/.{4}/g) ?? []).join(':');
    return { kind, host, port: (await take(socket, 2)).readUInt16BE() };
  }
  const host = await takeText(socket, (await take(socket, 1))[0] ?? 0);
  return { kind: 'name', host, port: (await take(socket, 2)).readUInt16BE() };
}

/** The bound address is of no use to anybody. */
function replied(reply: number): Uint8Array {
  return Uint8Array.of(5, reply, 0, 1, 0, 0, 0, 0, 0, 0);
}

async function takeText(socket: Socket, length: number): Promise<string> {
  return (await take(socket, length)).toString();
}

async function take(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(length) as Buffer | null;
    if (bytes?.length === length) return bytes;
    if (bytes !== null) throw new Error('the other side hung up');
    await once(socket, 'readable');
  }
}
