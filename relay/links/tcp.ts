/**
 * A link over a TCP socket, whichever side opened it (core/link.ts), and opening the socket for one.
 *
 * Each send is one write, without Nagle's delay, but those over 64 KiB: they are cut, for a write is told of only when
 * all of it has gone, and a large block on a slow line would count as standing still. `drained` tells what has gone into
 * the system's own buffer. A side for which 16 MiB wait is cut off when it is to be sent more (one frame may be larger
 * than that, and goes whole), and one that does not take the end within two seconds is hung up on. Who ends one
 * direction ends the link. TCP has no place for a reason: the other side is not told why.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Milliseconds } from '../../core/config.ts';
import { LinkError } from '../../core/errors.ts';
import { Inbox } from '../../core/inbox.ts';
import type { Link, LinkEvents } from '../../core/link.ts';
import type { HostAndPort } from '../../core/network/addresses.ts';

/** The largest write, and how much may be under way before another waits. */
const cutBytes = 64 * 1024;
const mostBufferedBytes = 16 * 1024 * 1024;
/** No more is read before somebody is attached. */
const keptBytes = 64 * 1024;
const closingMs = 2_000;
/** A side that is gone without a word is noticed so long after the last byte, and ten seconds of asking. */
const keepAliveMs = 30_000;
/** The part of a dial's time that one of several addresses of a name gets. */
const attemptPart = 1 / 4;
/** The least that Node takes. */
const leastAttemptMs = 10;

export class TcpLink implements Link {
  readonly carrier = 'tcp';
  readonly remote = undefined;
  readonly address: string;
  readonly dialled: boolean;
  readonly #socket: Socket;
  /** Not yet handed to the socket. */
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Written, and not told of yet. */
  #goneBytes = 0;
  readonly #inbox = new Inbox(setImmediate);

  /** @param socket open; nothing it received was read yet */
  constructor(socket: Socket, address: string, dialled: boolean) {
    this.#socket = socket;
    this.address = address;
    this.dialled = dialled;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveMs);
    socket.on('data', (data) => this.#received(data));
    socket.on('end', () => this.#endedByOther('the other side ended the connection'));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#endedByOther(`the connection broke (${error.code})`));
    socket.on('close', () => this.#endedByOther('the connection ended'));
  }

  attach(events: LinkEvents): void {
    this.#inbox.attach(events);
    // After what was kept has been told.
    setImmediate(() => this.#socket.resume());
  }

  send(bytes: Uint8Array): void {
    if (this.#inbox.ended) return;
    if (this.#waitingBytes + this.#socket.writableLength > mostBufferedBytes) {
      this.#socket.destroy();
      this.#endByUs('it does not read what it is sent');
      return;
    }
    for (let start = 0; start < bytes.length; start += cutBytes) {
      this.#waiting.push(bytes.subarray(start, start + cutBytes));
    }
    this.#waitingBytes += bytes.length;
    this.#gather();
    this.#write();
  }

  close(reason: string): void {
    if (this.#inbox.ended) return;
    for (const piece of this.#waiting) this.#socket.write(piece);
    this.#socket.end();
    // What still comes is passed over, up to the other side's end.
    this.#socket.resume();
    this.#hangUpLater();
    this.#endByUs(reason);
  }

  #write(): void {
    while (this.#socket.writableLength < cutBytes) {
      const piece = this.#waiting.shift();
      if (piece === undefined) return;
      this.#waitingBytes -= piece.length;
      this.#socket.write(piece, (error) => {
        if (!error && !this.#inbox.ended) this.#gone(piece.length);
      });
    }
  }

  /** What is sent in one turn of the event loop goes together: a peer with many links often sends each of them a little. */
  #gather(): void {
    if (this.#socket.writableCorked > 0) return;
    this.#socket.cork();
    setImmediate(() => this.#socket.uncork());
  }

  /** Of what went together is told at once. */
  #gone(bytes: number): void {
    this.#goneBytes += bytes;
    if (this.#goneBytes > bytes) return;
    queueMicrotask(() => {
      const gone = this.#goneBytes;
      this.#goneBytes = 0;
      if (this.#inbox.ended) return;
      this.#inbox.drained(gone);
      this.#write();
    });
  }

  #received(data: Buffer): void {
    this.#inbox.received(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    if (this.#inbox.keptBytes >= keptBytes) this.#socket.pause();
  }

  #hangUpLater(): void {
    const hangUp = setTimeout(() => this.#socket.destroy(), closingMs).unref();
    this.#socket.once('close', () => clearTimeout(hangUp));
  }

  #endByUs(reason: string): void {
    this.#waiting.length = 0;
    this.#inbox.close(reason);
  }

  /** What was handed to the socket may still go, to a side that ended its own direction only. */
  #endedByOther(reason: string): void {
    if (this.#inbox.ended) return;
    this.#waiting.length = 0;
    if (!this.#socket.destroyed) this.#hangUpLater();
    this.#inbox.end(reason);
  }
}

/**
 * Dials; the addresses of a name one after the other, whatever their family.
 *
 * Node breaks an attempt off when the next begins, after 250 ms if not told otherwise, which fails where no handshake
 * is that fast (nodejs/node#54359).
 * @throws LinkError `refused`, `timed-out`, `unreachable`
 */
export async function openSocket(
  { host, port }: HostAndPort,
  timeoutMs: Milliseconds,
  signal: AbortSignal,
): Promise<Socket> {
  const autoSelectFamilyAttemptTimeout = Math.max(leastAttemptMs, Math.floor(timeoutMs * attemptPart));
  const socket = connect({ host, port, autoSelectFamilyAttemptTimeout });
  // An error that nobody hears would end the process; who waits for the socket hears of it as well.
  socket.on('error', () => undefined);
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw dialError(error as NodeJS.ErrnoException);
  }
}

function dialError(error: NodeJS.ErrnoException): LinkError {
  // Of several addresses each has failed in its own way, and together they have no message.
  const causes = error instanceof AggregateError ? error.errors.map(({ message }: Error) => message) : [error.message];
  const code = error.code === 'ECONNREFUSED' ? 'refused' : error.code === 'ETIMEDOUT' ? 'timed-out' : 'unreachable';
  return new LinkError(code, causes.join('; '), { cause: error });
}
