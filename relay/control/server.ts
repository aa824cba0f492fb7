/**
 * The control socket of a running peer: what the commands `share`, `blocks` and `status` talk to.
 *
 * Each connection brings one request and takes its answers (docs/protocol.md, The control socket). Whoever may connect
 * may share in the peer's name, so only the folder's owner may; even so nothing that is sent here can do more than be
 * refused. A reader that is slow is waited for, one block at a time.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { PeerError, StoreError } from '../../core/errors.ts';
import type { PeerFace } from '../../core/face.ts';
import { answersTo } from './answers.ts';
import { ControlError } from './errors.ts';
import { Lines } from './lines.ts';
import { type Answer, encodeAnswer, parseRequest, type Request, requestBytes } from './messages.ts';
import { listenIn, removeSocket } from './socket.ts';

export interface Control {
  /** Takes the socket away and ends every conversation. Before the folder is let go. Idempotent. */
  close(): Promise<void>;
}

/** Conversations at a time; each keeps at most a request and a block. */
export const mostClients = 32;
/** A request is written at once by whoever has one. */
export const requestWithinMs = 10_000;
/** What a client has at the end to read its last line in. */
const leaveMs = 300;
/** More than are served, so that some can be told that there are too many. */
const mostConnections = 2 * mostClients;

/**
 * @param folder held by this process
 * @param crashed where a bug is reported; whoever asked is told that it failed
 * @throws ControlError, and what Node throws, when there can be no socket
 */
export async function openControl(folder: string, peer: PeerFace, crashed: (error: unknown) => void): Promise<Control> {
  const conversations = new Set<Conversation>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const conversation = new Conversation(socket, peer, crashed);
    conversations.add(conversation);
    socket.once('close', () => conversations.delete(conversation));
    // What it is about follows as `close`.
    socket.on('error', () => undefined);
    void (conversations.size > mostClients ? conversation.refuse(busy) : conversation.hold());
  });
  server.maxConnections = mostConnections;
  // A process that is short of files takes nobody for a while, and goes on.
  server.on('error', () => undefined);
  await listenIn(folder, server);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await removeSocket(folder);
    const closed = closedOf(server);
    for (const conversation of conversations) conversation.end();
    const hangUp = setTimeout(() => {
      for (const conversation of conversations) conversation.hangUp();
    }, leaveMs);
    // Every connection is closed by then.
    await closed;
    clearTimeout(hangUp);
  };
  return {
    close() {
      closing ??= close();
      return closing;
    },
  };
}

const busy = new ControlError('refused', `the peer answers ${mostClients} others already; try again`);
const ended = new ControlError('refused', 'the peer has ended');
const tooLate = new ControlError('refused', `no request within ${requestWithinMs / 1_000} seconds`);

class Conversation {
  readonly #socket: Socket;
  readonly #peer: PeerFace;
  readonly #crashed: (error: unknown) => void;
  /** Aborts when nobody waits for more: the client left, or the peer ends. */
  readonly #gone = new AbortController();
  #isEnded = false;

  constructor(socket: Socket, peer: PeerFace, crashed: (error: unknown) => void) {
    this.#socket = socket;
    this.#peer = peer;
    this.#crashed = crashed;
  }

  /** The peer ends, and says so. */
  end(): void {
    this.#isEnded = true;
    this.#gone.abort();
  }

  hangUp(): void {
    this.#socket.destroy();
  }

  /** From the request to the last answer. Never rejects. */
  async hold(): Promise<void> {
    const leave = () => this.#gone.abort();
    this.#socket.once('close', leave);
    try {
      const request = parseRequest(await this.#request());
      // Who has nothing more to say may still listen, but is not waited for.
      if (goesOn(request)) this.#socket.once('end', leave);
      if (goesOn(request) && this.#socket.readableEnded) leave();
      for await (const answer of answersTo(this.#peer, request, this.#gone.signal)) await this.#tell(answer);
      if (this.#isEnded) throw ended;
      await this.#tell({ kind: 'done' });
      this.#leave();
    } catch (error) {
      await this.refuse(error);
    }
  }

  /** Says why not, and ends. Never rejects. */
  async refuse(error: unknown): Promise<void> {
    await this.#tell(this.#isEnded ? refusal(ended) : this.#refusalOf(error));
    this.#leave();
  }

  /** The first line. What follows it is not looked at. @throws ControlError */
  async #request(): Promise<Uint8Array> {
    const socket = this.#socket;
    const lines = new Lines(requestBytes);
    let late: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        late = setTimeout(() => reject(tooLate), requestWithinMs);
        this.#gone.signal.addEventListener('abort', () => reject(ended), { once: true });
        socket.once('end', () => reject(new ControlError('bad-message', 'a request is a line; none came whole')));
        socket.on('data', (piece) => {
          try {
            const [line] = lines.push(piece);
            if (line !== undefined) resolve(line);
          } catch (error) {
            reject(error);
          }
        });
      });
    } finally {
      clearTimeout(late);
      socket.removeAllListeners('data').resume();
    }
  }

  /** Waits until there is room for more. */
  async #tell(answer: Answer): Promise<void> {
    const socket = this.#socket;
    if (!socket.writable || socket.write(encodeAnswer(answer))) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        socket.off('drain', go).off('close', go);
        resolve();
      };
      socket.once('drain', go).once('close', go);
    });
  }

  /** When all is written the client has a moment to read it and to leave by itself. */
  #leave(): void {
    this.#socket.end(() => setTimeout(() => this.#socket.destroy(), leaveMs).unref());
    // Nothing more is read, but its end must be noticed.
    this.#socket.resume();
  }

  #refusalOf(error: unknown): Answer {
    if (error instanceof ControlError) return refusal(error);
    if (error instanceof PeerError || error instanceof StoreError) return refusal(error);
    this.#crashed(error);
    return { kind: 'refused', code: 'failed', message: 'the peer failed at this; its log says more' };
  }
}

/** Whether the answer has no end of its own. */
function goesOn(request: Request): boolean {
  return (request.kind === 'share' && request.wait) || (request.kind === 'blocks' && request.follow);
}

function refusal({ code, message }: ControlError | PeerError | StoreError): Answer {
  return { kind: 'refused', code, message };
}

function closedOf(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
