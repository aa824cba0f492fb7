/**
 * A link over a WebSocket of `ws`, whichever side opened it (core/link.ts).
 *
 * Binary messages of at most 64 KiB, uncompressed: what they carry is ciphertext. `drained` tells what has gone into
 * the system's own buffer. A side for which 16 MiB wait is cut off when it is to be sent more (one frame may be larger
 * than that, and goes whole), and one that does not answer the closing within two seconds is hung up on.
 */
import type { WebSocket } from 'ws';
import { Inbox } from '../../core/inbox.ts';
import type { Link, LinkEvents } from '../../core/link.ts';

const cutBytes = 64 * 1024;
/** Accepted in one message: a block of 1 MiB in its frame, from a sender that does not cut. */
const mostMessageBytes = 2 * 1024 * 1024;
const mostBufferedBytes = 16 * 1024 * 1024;
const closingMs = 2_000;
/** A close frame carries at most 123 bytes of reason (RFC 6455, 5.5). */
const mostReasonBytes = 123;
const closeCodes = { normal: 1000, unsupported: 1003, policy: 1008 } as const;

/**
 * For servers and dials alike. The greatest message comes in 4,000 pieces on the line with the smallest; what trickles in
 * byte by byte takes a hundred times its length until it is whole.
 */
export const webSocketOptions = {
  perMessageDeflate: false,
  maxPayload: mostMessageBytes,
  maxBufferedChunks: 4_096,
  maxFragments: 256,
} as const;

export class WebSocketLink implements Link {
  readonly carrier = 'websocket';
  readonly remote = undefined;
  readonly address: string;
  readonly dialled: boolean;
  readonly #socket: WebSocket;
  readonly #inbox = new Inbox(setImmediate);

  /** @param socket open; nothing it received was read yet */
  constructor(socket: WebSocket, address: string, dialled: boolean) {
    this.#socket = socket;
    this.address = address;
    this.dialled = dialled;
    socket.on('message', (data, isBinary) => this.#received(data as Buffer, isBinary));
    socket.on('close', (code, reason) => this.#inbox.end(reason.toString() || `the connection ended (${code})`));
    // What it is about follows as `close`.
    socket.on('error', () => undefined);
  }

  attach(events: LinkEvents): void {
    this.#inbox.attach(events);
  }

  send(bytes: Uint8Array): void {
    if (this.#inbox.ended) return;
    if (this.#socket.bufferedAmount > mostBufferedBytes) {
      this.#socket.terminate();
      this.#inbox.close('it does not read what it is sent');
      return;
    }
    for (let start = 0; start < bytes.length; start += cutBytes) {
      const piece = bytes.subarray(start, start + cutBytes);
      this.#socket.send(piece, { binary: true }, (error) => {
        if (!error) this.#inbox.drained(piece.length);
      });
    }
  }

  close(reason: string): void {
    this.#close(closeCodes.normal, reason);
  }

  #received(data: Buffer, isBinary: boolean): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (!isBinary) this.#close(closeCodes.unsupported, 'a link carries binary messages');
    else if (!this.#inbox.received(bytes)) this.#close(closeCodes.policy, 'too much before anybody listened');
  }

  #close(code: number, reason: string): void {
    if (this.#inbox.ended) return;
    this.#socket.close(code, cutText(reason, mostReasonBytes));
    const hangUp = setTimeout(() => this.#socket.terminate(), closingMs).unref();
    this.#socket.once('close', () => clearTimeout(hangUp));
    this.#inbox.close(reason);
  }
}

/** As much of it as fits. */
function cutText(text: string, mostBytes: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > mostBytes) cut = cut.slice(0, -1);
  return cut;
}
