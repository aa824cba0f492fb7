/**
 * Waits for the greeting that must be the first thing in a stream, and puts everything back that was read.
 *
 * The one thing a relay looks at: whoever greets is a peer, and of a peer nobody can make a proxy to something else
 * (issue 5, No open proxy). What follows is ciphertext, which it neither reads nor could.
 */
import type { Readable } from 'node:stream';
import type { Milliseconds } from '../../core/config.ts';
import { SessionError } from '../../core/errors.ts';
import { FrameReader } from '../../core/wire/frame.ts';
import { type Identification, identify } from '../../core/wire/identify.ts';
import type { Greeting } from '../../core/wire/messages.ts';
import { Refusal } from './refusal.ts';

/**
 * Whose greeting is taken: `publicKey` is the key it may not show, `expected` the one it must.
 * @throws Refusal `unreachable` when the stream ends, begins otherwise, or says too little in time
 */
export function greetingOf(stream: Readable, who: Identification, withinMs: Milliseconds): Promise<Greeting> {
  return new Promise((resolve, reject) => {
    const reader = new FrameReader();
    const read: Buffer[] = [];
    const settle = (outcome: () => void): void => {
      clearTimeout(timer);
      stream.off('readable', look).off('end', ended).off('close', ended).off('error', ended);
      outcome();
    };
    const fail = (why: string): void => settle(() => reject(new Refusal('unreachable', why)));
    const ended = (): void => fail('it ended without a greeting');
    const look = (): void => {
      try {
        for (let chunk = stream.read() as Buffer | null; chunk !== null; chunk = stream.read() as Buffer | null) {
          read.push(chunk);
          const greeting = greetingIn(reader, chunk, who);
          if (greeting === undefined) continue;
          settle(() => resolve(greeting));
          stream.unshift(Buffer.concat(read));
          return;
        }
      } catch (error) {
        if (!(error instanceof SessionError)) throw error;
        fail(error.message);
      }
    };
    const timer = setTimeout(() => fail('no greeting in time'), withinMs);
    stream.on('readable', look).on('end', ended).on('close', ended).on('error', ended);
    look();
  });
}

/** @throws SessionError */
function greetingIn(reader: FrameReader, chunk: Buffer, who: Identification): Greeting | undefined {
  reader.feed(chunk);
  const frame = reader.next(0);
  const { dialect } = reader;
  if (frame?.kind !== 'greeting' || dialect === undefined) return undefined;
  return identify(frame.payload, dialect, who).greeting;
}
