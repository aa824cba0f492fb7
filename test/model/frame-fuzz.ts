/**
 * Spoilt frames against sessions, fast: what a session lets through must be canonical, and nothing but a SessionError
 * may come out of it. It knows what each frame opens to by the second decoder.
 *
 * The slow twin (slow-session.ts) judges more, a hundred times slower: test/unit/core/wire/session.fuzz.test.ts.
 */
import { equalBytes } from '../../core/codec/bytes.ts';
import { encode } from '../../core/codec/codec.ts';
import { SessionError } from '../../core/errors.ts';
import { type DialectName, dialects } from '../../core/wire/dialect.ts';
import type { Arrived, Session } from '../../core/wire/session.ts';
import { flippedBits, lengthEdited, spliced, spoilt, truncated } from './mutations.ts';
import { messageKinds, randomMessage } from './random-values.ts';
import { ivBytes } from './reference/encoder.ts';
import { secondOpen } from './second-decoder.ts';
import { Seeded } from './seeded.ts';
import { framesFrom, greetingOf, identity, keyBetween, sessionOf } from './session-parts.ts';

export interface FrameFuzzResult {
  readonly frames: number;
  /** Mutants that a session let through: another message, but a whole one. */
  readonly accepted: number;
  readonly crashes: readonly string[];
  readonly notCanonical: number;
}

const [alice, bob] = [identity(0), identity(1)];
const firstNonce = { cbc: 2, 'gcm-siv': 1 } as const;
const goodOnes = 64;

export function fuzzFrames(dialect: DialectName, seed: number, frames: number): FrameFuzzResult {
  const seeded = new Seeded(seed);
  const from = framesFrom(bob, alice, dialect);
  const greeting = from.greeting({ listen: 'host.example:29092' });
  const kinds = messageKinds[dialect];
  const good = Array.from({ length: goodOnes }, (_, i) =>
    from.payload(randomMessage(new Seeded(1_000 + i), dialect, kinds[i % kinds.length])),
  );
  const key = keyBetween(alice, bob.publicKey);
  const crashes: string[] = [];
  let [accepted, notCanonical] = [0, 0];
  const sealed = (payload: Uint8Array) => from.sealed(firstNonce[dialect], payload, seeded.bytes(ivBytes[dialect]));
  const goodFrames = good.map(sealed);
  for (let i = 0; i < frames; i++) {
    const frame = mutantOf(seeded, good, goodFrames, sealed);
    try {
      for (const arrived of received(sessionOf(alice), greeting, frame)) {
        if (arrived.kind !== 'message') continue;
        accepted++;
        const { payload } = secondOpen(key, frame.subarray(0, arrived.bytes), dialect);
        if (!equalBytes(payload, encode(dialects[dialect].messages, arrived.message))) notCanonical++;
      }
    } catch (error) {
      crashes.push(`seed ${seed}, frame ${i}: ${String(error)}`);
    }
  }
  return { frames, accepted, crashes, notCanonical };
}

function mutantOf(
  seeded: Seeded,
  payloads: readonly Uint8Array[],
  frames: readonly Uint8Array[],
  sealed: (payload: Uint8Array) => Uint8Array,
): Uint8Array {
  const frame = () => seeded.pick(frames);
  switch (seeded.below(6)) {
    case 0:
      return flippedBits(seeded, frame());
    case 1:
      return truncated(seeded, frame());
    case 2:
      return spliced(seeded, frame(), frame());
    case 3:
      return lengthEdited(seeded, frame(), 0);
    default:
      return sealed(spoilt(seeded, seeded.pick(payloads), seeded.pick(payloads)));
  }
}

function received(session: Session, greeting: Uint8Array, frame: Uint8Array): Arrived[] {
  const arrived: Arrived[] = [];
  try {
    session.receive(greeting);
    arrived.push(...session.receive(frame));
  } catch (error) {
    if (!(error instanceof SessionError)) throw error;
  }
  return arrived;
}

export interface ReplayResult {
  readonly frames: number;
  readonly accepted: number;
}

/** Frames of both sides that were sent before, to a session that has gone on: none may come through. */
export function replayFrames(dialect: DialectName, seed: number, frames: number): ReplayResult {
  const seeded = new Seeded(seed);
  const kinds = messageKinds[dialect];
  let accepted = 0;
  let said = conversation(seeded, dialect, kinds);
  for (let i = 0; i < frames; i++) {
    if (said.session.failure !== undefined || i % againAfter === againAfter - 1)
      said = conversation(seeded, dialect, kinds);
    try {
      const { session, sent, heard } = said;
      accepted += session.receive(seeded.pick(seeded.chance(0.5) ? sent : heard)).filter(isMessage).length;
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
    }
  }
  return { frames, accepted };
}

/** A session is used for so many replays, unless it ends. */
const againAfter = 1_000;
/** From each side before it is tried. In `gcm-siv` the first replay ends a session, and the next one takes its place. */
const framesEach = { cbc: 16, 'gcm-siv': 2 } as const;

/** Two sessions that have spoken: Alice's, with the frames that she has sent and taken. */
function conversation(seeded: Seeded, dialect: DialectName, kinds: (typeof messageKinds)[DialectName]) {
  const [session, far] = [sessionOf(alice), sessionOf(bob)];
  const [hers, his] = [session.greet(greetingOf(alice), dialect), far.greet(greetingOf(bob), dialect)];
  session.receive(his);
  far.receive(hers);
  const { messages } = dialects[dialect];
  const requests = kinds.filter((kind) => kind !== 'greeting');
  const payload = () => encode(messages, randomMessage(seeded, dialect, seeded.pick(requests)));
  const sent = Array.from({ length: framesEach[dialect] }, () => session.seal(payload()));
  const heard = Array.from({ length: framesEach[dialect] }, () => far.seal(payload()));
  for (const frame of heard) session.receive(frame);
  return { session, sent, heard };
}

function isMessage({ kind }: Arrived): boolean {
  return kind === 'message';
}
