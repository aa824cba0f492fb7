/**
 * Asks the peer that runs on a folder, over its control socket.
 *
 * Says in one line whom it has not found and why: no peer, another process that takes no commands, another user's peer.
 */
import type { Socket } from 'node:net';
import { resolve } from 'node:path';
import { folderHolder } from '../store/folder-lock.ts';
import { ControlError } from './errors.ts';
import { Lines } from './lines.ts';
import { type Answer, answerBytes, encodeRequest, parseAnswer, type Request } from './messages.ts';
import { connectTo } from './socket.ts';

/** All that a peer says, without what ends the conversation. */
export type Told = Exclude<Answer, { readonly kind: 'done' | 'refused' }>;

/**
 * @param left ends the conversation from this side: the answers end then
 * @throws ControlError `no-peer`, `forbidden`, `unavailable`, `refused`, `cut` when it ended before its end, `bad-message`
 */
export async function* ask(folder: string, request: Request, left?: AbortSignal): AsyncGenerator<Told, void> {
  const socket = await connectTo(folder).catch(async (error: unknown) => {
    throw await whyNot(folder, error);
  });
  const leave = () => socket.destroy();
  left?.addEventListener('abort', leave, { once: true });
  try {
    socket.write(encodeRequest(request));
    if (left?.aborted === true) leave();
    yield* answersFrom(socket);
  } catch (error) {
    if (left?.aborted !== true) throw error instanceof ControlError ? error : cut();
  } finally {
    left?.removeEventListener('abort', leave);
    socket.destroy();
  }
}

async function* answersFrom(socket: Socket): AsyncGenerator<Told, void> {
  const lines = new Lines(answerBytes);
  for await (const piece of socket) {
    for (const line of lines.push(piece as Uint8Array)) {
      const answer = parseAnswer(line);
      if (answer.kind === 'done') return;
      if (answer.kind === 'refused') throw new ControlError('refused', answer.message);
      yield answer;
    }
  }
  throw cut();
}

function cut(): ControlError {
  return new ControlError('cut', 'the peer ended before it had answered');
}

async function whyNot(folder: string, error: unknown): Promise<unknown> {
  if (error instanceof ControlError) return error;
  const path = resolve(folder);
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ECONNREFUSED': {
      const holder = await folderHolder(folder);
      if (holder === undefined) return new ControlError('no-peer', `no peer is running for the folder ${path}`);
      return new ControlError('no-peer', `process ${holder} uses the folder ${path}, but takes no commands`);
    }
    case 'EACCES':
    case 'EPERM':
      return new ControlError('forbidden', `the peer of the folder ${path} takes commands from its own user only`);
    default:
      return new ControlError('unavailable', `the peer of the folder ${path} is not reached: ${String(error)}`, {
        cause: error,
      });
  }
}
