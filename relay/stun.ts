/**
 * The relay's STUN server: tells tabs by UDP from which address and port they come, so that no page needs a third party
 * for it (RFC 8489; binding requests without credentials, by UDP only, which is all that browsers ask by).
 *
 * What is answered says stun-answer.ts. Each source has a quota, and all together have one; what is over is dropped, and
 * so is what comes while answers wait to be sent.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { sourceOf } from '../core/network/addresses.ts';
import { type SourceLimits, SourceQuotas } from './source-quotas.ts';
import { plainAddress, stunAnswer } from './stun-answer.ts';

/**
 * A tab asks once for each connection and each of its networks, then every 10 s to keep the way open: some hundreds of
 * tabs behind one address stay below. An address in whose name others ask is sent 100 answers of 60 bytes a second.
 */
const limits: SourceLimits = {
  each: { burst: 200, perSecond: 100 },
  all: { burst: 4_000, perSecond: 2_000 },
  mostSources: 4_096,
};
/** What the system does not take at once waits in the process. */
const mostWaiting = 64;

export interface StunCounts {
  readonly answered: number;
  /** No request, or over a quota. */
  readonly ignored: number;
}

export class StunServer {
  readonly #socket: Socket;
  readonly #quotas = new SourceQuotas(limits, performance.now());
  #answered = 0;
  #ignored = 0;
  #closing: Promise<unknown> | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (datagram, from) => this.#received(datagram, from));
    // Of one datagram; the next may go.
    socket.on('error', () => undefined);
  }

  /**
   * @param host a name or an address, as for `listen` of a TCP server
   * @param port 0: the system chooses
   * @throws Error with code `EADDRINUSE` and others of Node's `bind`
   */
  static async open(host: string, port: number): Promise<StunServer> {
    const { address, family } = await lookup(host);
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    try {
      socket.bind(port, address);
      await once(socket, 'listening');
    } catch (error) {
      socket.close();
      throw error;
    }
    return new StunServer(socket);
  }

  get address(): AddressInfo {
    return this.#socket.address();
  }

  /** What became of the datagrams that came. */
  get counts(): StunCounts {
    return { answered: this.#answered, ignored: this.#ignored };
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = once(this.#socket, 'close');
      this.#socket.close();
    }
    await this.#closing;
  }

  #received(datagram: Buffer, { address, port }: RemoteInfo): void {
    const isHeard = this.#quotas.take(quotaOf(address), performance.now());
    const hasRoom = this.#socket.getSendQueueCount() < mostWaiting;
    const answer = isHeard && hasRoom ? stunAnswer(datagram, { address, port }) : undefined;
    if (answer === undefined) {
      this.#ignored++;
    } else {
      this.#answered++;
      this.#socket.send(answer, port, address, () => undefined);
    }
  }
}

function quotaOf(address: string): string {
  const plain = plainAddress(address);
  return sourceOf(plain.includes(':') ? `[${plain}]:1` : `${plain}:1`) ?? 'loopback';
}
