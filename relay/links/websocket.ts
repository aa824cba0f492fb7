/**
 * A link over a WebSocket of `ws`, whichever side opened it (core/link.ts).
 *
 * Binary messages of at most 64 KiB, uncompressed: what they carry is ciphertext. `drained` tells what has gone into
 * the system's own buffer. A side for which 16 MiB wait is cut off when it is to be sent more (one frame may be larger
 * than that, and goes whole), and one that does not answer the closing within two seconds is hung up on.
 */
import type { WebSocket } from 'ws';
import { invariant } from '../../core/errors.ts';
import type { Link, LinkEvents } from '../../core/link.ts';

const cutBytes = 64 * 1024;
/** Accepted in one message: a block of 1 MiB in its frame, from a sender that does not cut. */
const mostMessageBytes = 2 * 1024 * 1024;
const mostBufferedBytes = 16 * 1024 * 1024;
/** A greeting is at most 1 MiB (spec/safety.md, Frames and sessions); a host attaches within a turn. */
const mostKeptBytes = 2 * 1024 * 1024;
const closingMs = 2_000;
/** A close frame carries at most 123 bytes of reason (RFC 6455, 5.5). */
const mostReasonBytes = 123;
const closeCodes = { normal: 1000, unsupported: 1003, policy: 1008 } as const;

/** For servers and dials alike. */
export const webSocketOptions = { perMessageDeflate: false, maxPayload: mostMessageBytes } as const;

export class WebSocketLink implements Link {
  readonly carrier = 'websocket';
  readonly remote = undefined;
  readonly address: string;
  readonly dialled: boolean;
  readonly #socket: WebSocket;
  #attached = false;
  /** Undefined until whoever is attached is told what came before. */
  #events: LinkEvents | undefined;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #keptDrained = 0;
  /** Why it ended: from then on nothing is told but this. */
  #ending: string | undefined;

  /** @param socket open; nothing it received was read yet */
  constructor(socket: WebSocket, address: string, dialled: boolean) {
    this.#socket = socket;
    this.address = address;
    this.dialled = dialled;
    socket.on('message', (data, isBinary) => this.#received(data as Buffer, isBinary));
    socket.on('close', (code, reason) => this.#endedByOther(reason.toString() || `the connection ended (${code})`));
    // What it is about follows as `close`.
    socket.on('error', () => undefined);
  }

  attach(events: LinkEvents): void {
    invariant(!this.#attached, 'a link is attached to once');
    this.#attached = true;
    setImmediate(() => this.#tellKept(events));
  }

  send(bytes: Uint8Array): void {
    if (this.#ending !== undefined) return;
    if (this.#socket.bufferedAmount > mostBufferedBytes) {
      this.#socket.terminate();
      this.#endByUs('it does not read what it is sent');
      return;
    }
    for (let start = 0; start < bytes.length; start += cutBytes) {
      const piece = bytes.subarray(start, start + cutBytes);
      this.#socket.send(piece, { binary: true }, (error) => {
        if (!error) this.#drained(piece.length);
      });
    }
  }

  close(reason: string): void {
    this.#close(closeCodes.normal, reason);
  }

  #received(data: Buffer, isBinary: boolean): void {
    if (this.#ending !== undefined) return;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (!isBinary) this.#close(closeCodes.unsupported, 'a link carries binary messages');
    else if (this.#events !== undefined) this.#events.received(bytes);
    else this.#keep(bytes);
  }

  #keep(bytes: Uint8Array): void {
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
    if (this.#keptBytes > mostKeptBytes) this.#close(closeCodes.policy, 'too much before anybody listened');
  }

  #drained(bytes: number): void {
    if (this.#ending !== undefined) return;
    if (this.#events !== undefined) this.#events.drained(bytes);
    else this.#keptDrained += bytes;
  }

  #close(code: number, reason: string): void {
    if (this.#ending !== undefined) return;
    this.#socket.close(code, cutText(reason, mostReasonBytes));
    const hangUp = setTimeout(() => this.#socket.terminate(), closingMs).unref();
    this.#socket.once('close', () => clearTimeout(hangUp));
    this.#endByUs(reason);
  }

  /** What came before interests nobody any more. The end is told in a later turn: not inside the call that made it. */
  #endByUs(reason: string): void {
    this.#ending = reason;
    this.#kept = [];
    const events = this.#events;
    if (events !== undefined) setImmediate(() => events.closed(reason));
  }

  #endedByOther(reason: string): void {
    if (this.#ending !== undefined) return;
    this.#ending = reason;
    this.#events?.closed(reason);
  }

  #tellKept(events: LinkEvents): void {
    const endedBefore = this.#ending;
    for (let bytes = this.#kept.shift(); bytes !== undefined; bytes = this.#kept.shift()) events.received(bytes);
    this.#events = events;
    if (endedBefore === undefined && this.#keptDrained > 0) events.drained(this.#keptDrained);
    if (this.#ending !== undefined) events.closed(this.#ending);
  }
}

/** As much of it as fits. */
function cutText(text: string, mostBytes: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > mostBytes) cut = cut.slice(0, -1);
  return cut;
}
