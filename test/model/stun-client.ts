/**
 * Asks a STUN server as a browser does, by a real socket.
 */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { mappedAddress, readStun, stunMessage } from './stun-decoder.ts';

export class StunClient {
  /** All that came. */
  readonly heard: Buffer[] = [];
  readonly #socket: Socket;
  readonly #server: { readonly address: string; readonly port: number };

  private constructor(socket: Socket, server: { readonly address: string; readonly port: number }) {
    this.#socket = socket;
    this.#server = server;
    socket.on('message', (datagram) => this.heard.push(datagram));
  }

  /** @param from an address of this machine */
  static async open(from: string, server: { readonly address: string; readonly port: number }): Promise<StunClient> {
    const socket = createSocket(from.includes(':') ? 'udp6' : 'udp4');
    socket.bind(0, from);
    await once(socket, 'listening');
    return new StunClient(socket, server);
  }

  get address(): AddressInfo {
    return this.#socket.address();
  }

  async send(datagram: Uint8Array): Promise<void> {
    const { address, port } = this.#server;
    await new Promise<void>((resolve, reject) => {
      this.#socket.send(datagram, port, address, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  /** Where the server sees it. Asks again when nothing comes, as UDP demands. */
  async ask(): Promise<readonly [address: string, port: number]> {
    const transaction = randomBytes(12);
    for (let attempt = 0; attempt < 20; attempt++) {
      await this.send(stunMessage(0x0001, transaction));
      const answer = await this.#answerTo(transaction, 250);
      if (answer !== undefined) return mappedAddress(readStun(answer));
    }
    throw new Error('there is no answer');
  }

  close(): void {
    this.#socket.close();
  }

  async #answerTo(transaction: Buffer, withinMs: number): Promise<Buffer | undefined> {
    const end = AbortSignal.timeout(withinMs);
    for (;;) {
      const answer = this.heard.find((datagram) => datagram.subarray(8, 20).equals(transaction));
      if (answer !== undefined || end.aborted) return answer;
      await once(this.#socket, 'message', { signal: end }).catch(() => undefined);
    }
  }
}
