/**
 * 100,000 spoilt frames against sessions, held to the slow twin (test/model/slow-session.ts), which shares no code with
 * the core: what it lets through the session must let through, byte for byte, and nothing else.
 *
 * `FUZZ_SEED` and `FUZZ_FRAMES` choose another run; a failure names the seed and the round to look at.
 */
import { expect, it } from 'vitest';
import { bytesToHex, concatBytes, equalBytes } from '../../../../core/codec/bytes.ts';
import { encode } from '../../../../core/codec/codec.ts';
import { SessionError } from '../../../../core/errors.ts';
import { cbcMessages } from '../../../../core/wire/dialect.ts';
import { greetingFrame, sealedFrame } from '../../../../core/wire/frame.ts';
import type { Arrived, Session } from '../../../../core/wire/session.ts';
import { flippedBits, lengthEdited, spliced, spoilt, truncated } from '../../../model/mutations.ts';
import { messageKinds, randomMessage } from '../../../model/random-values.ts';
import { Seeded } from '../../../model/seeded.ts';
import { greetingOf, identity, keyBetween, seedOf, sessionOf } from '../../../model/session-parts.ts';
import { type SlowOutcome, slowSession } from '../../../model/slow-session.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_121);
const wantedFrames = Number(process.env['FUZZ_FRAMES'] ?? 100_000);
const [alice, bob] = [identity(0), identity(1)];
const key = keyBetween(alice, bob.publicKey);
const capBytes = 64 * 1024 * 1024 + 16;

/** What Bob's side of a connection sends in one round, and how many of its frames are not as Bob made them. */
interface Round {
  readonly frames: readonly Uint8Array[];
  readonly spoilt: number;
}

const greetingPayload = encode(cbcMessages, { kind: 'greeting', ...greetingOf(bob, { listen: 'host.example:29092' }) });
/** 64 messages of every kind. */
const payloads = Array.from({ length: 64 }, (_, i) =>
  encode(cbcMessages, randomMessage(new Seeded(1_000 + i), messageKinds[i % messageKinds.length])),
);
const withNonce = (seeded: Seeded, nonce: number, payload = seeded.pick(payloads)) =>
  sealedFrame(key, seeded.bytes(16), BigInt(nonce), payload);

/** Each makes one frame out of the one that would come with this nonce. */
const spoilers: readonly ((seeded: Seeded, nonce: number) => Uint8Array)[] = [
  (seeded, nonce) => flippedBits(seeded, withNonce(seeded, nonce)),
  (seeded, nonce) => truncated(seeded, withNonce(seeded, nonce)),
  (seeded, nonce) => spliced(seeded, withNonce(seeded, nonce), withNonce(seeded, nonce + 1)),
  (seeded, nonce) => lengthEdited(seeded, withNonce(seeded, nonce), 0),
  (seeded, nonce) => withNonce(seeded, seeded.below(nonce + 2)),
  (seeded, nonce) => withNonce(seeded, nonce, spoilt(seeded, seeded.pick(payloads), seeded.pick(payloads))),
  (seeded, nonce) => withNonce(seeded, nonce, spoilt(seeded, seeded.pick(payloads), seeded.pick(payloads))),
  (seeded, nonce) => withNonce(seeded, nonce, seeded.bytes(seeded.below(200))),
  () => reflecting.seal(payloads[0] as Uint8Array),
  (seeded) => seeded.bytes(seeded.below(300)),
];

function spoiltGreeting(seeded: Seeded): Uint8Array {
  const frame = greetingFrame(greetingPayload);
  if (seeded.chance(0.5)) return greetingFrame(spoilt(seeded, greetingPayload, seeded.pick(payloads)));
  return seeded.chance(0.3) ? lengthEdited(seeded, frame, 0) : spoilt(seeded, frame, greetingPayload);
}

/** Alice's other session with the same seed: its frames are what a neighbour would reflect. */
const reflecting = (() => {
  const session = sessionOf(alice);
  session.greet(greetingOf(alice));
  session.receive(greetingFrame(greetingPayload));
  return session;
})();

/** Good frames before the spoilt one and after it: a session must not be fooled by either. */
function roundOf(seeded: Seeded): Round {
  if (seeded.chance(0.04)) {
    return { frames: [spoiltGreeting(seeded), withNonce(seeded, 2), withNonce(seeded, 3)], spoilt: 1 };
  }
  const frames = [greetingFrame(greetingPayload)];
  let nonce = 2;
  for (let good = seeded.below(3); good > 0; good--) frames.push(withNonce(seeded, nonce++));
  if (seeded.chance(0.05)) {
    const reordered = Array.from({ length: 5 }, () => withNonce(seeded, nonce++));
    return { frames: [...frames, ...seeded.shuffled(reordered)], spoilt: reordered.length };
  }
  frames.push(seeded.pick(spoilers)(seeded, nonce), withNonce(seeded, nonce + 1));
  return { frames, spoilt: 1 };
}

/** Feeds the stream in pieces and holds the session to its promises at every one. */
function fed(session: Session, pieces: readonly Uint8Array[]): { arrived: Arrived[]; failure: string | undefined } {
  const arrived: Arrived[] = [];
  let came = 0;
  for (const piece of pieces) {
    came += piece.length;
    const ended = session.failure !== undefined;
    try {
      const more = session.receive(piece);
      if (ended) expect.fail('goes on after its end');
      arrived.push(...more);
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      if (session.failure !== error) expect.fail('throws another error than it keeps');
    }
    if (session.heldBytes > Math.min(capBytes, 2 * came)) expect.fail(`holds ${session.heldBytes} of ${came} bytes`);
  }
  return { arrived, failure: session.failure?.code };
}

/** The bytes of what arrived, as the slow twin gives them: encoded again, so they are equal only if canonical. */
function reencoded(arrived: Arrived): Uint8Array | 'dropped' {
  if (arrived.kind === 'dropped') return 'dropped';
  if (arrived.kind === 'message') return encode(cbcMessages, arrived.message);
  return encode(cbcMessages, { kind: 'greeting', ...arrived.greeting });
}

function sameAs(expected: SlowOutcome, { arrived, failure }: ReturnType<typeof fed>): boolean {
  if (expected.failure !== failure || expected.accepted.length !== arrived.length) return false;
  return expected.accepted.every((accepted, index) => {
    const again = reencoded(arrived[index] as Arrived);
    return accepted === 'dropped' || again === 'dropped' ? accepted === again : equalBytes(accepted, again);
  });
}

const name = `lets through what the slow twin lets through: ${wantedFrames} spoilt frames, seed ${seed}`;

// Some 20 s on a core of its own, and the whole run has two of them for everything.
it(name, { timeout: 300_000 }, () => {
  const seeded = new Seeded(seed);
  const twinOptions = {
    keyWith: (pubkey: string) => keyBetween(alice, Uint8Array.from(Buffer.from(pubkey, 'hex')) as typeof bob.publicKey),
    publicKey: bytesToHex(alice.publicKey),
    network: 'main',
    expected: undefined,
    seed: seedOf(alice),
  };
  const endings = new Map<string | undefined, number>();
  let spoiltFrames = 0;
  let accepted = 0;
  for (let round = 0; spoiltFrames < wantedFrames; round++) {
    const { frames, spoilt: spoiltHere } = roundOf(seeded);
    spoiltFrames += spoiltHere;
    const stream = concatBytes(...frames);
    const pieces = seeded.chance(0.5) ? [stream] : seeded.cut(stream, seeded.pick([3, 40, 400]));
    const outcome = fed(sessionOf(alice), pieces);
    const expected = slowSession(stream, twinOptions);
    if (!sameAs(expected, outcome)) {
      const said = `${outcome.arrived.length} arrivals, then ${outcome.failure}`;
      const wanted = `${expected.accepted.length}, then ${expected.failure}`;
      expect.fail(`seed ${seed}, round ${round}: ${said}; the twin: ${wanted}; stream ${bytesToHex(stream)}`);
    }
    endings.set(outcome.failure, (endings.get(outcome.failure) ?? 0) + 1);
    accepted += outcome.arrived.length;
  }
  console.log(
    `seed ${seed}: ${spoiltFrames} spoilt frames, ${accepted} arrivals, endings`,
    Object.fromEntries(endings),
  );
  // The fuzz is worth nothing if it only ever meets one door.
  const doors = ['frame-too-long', 'bad-greeting', 'bad-version', 'bad-frame', 'bad-message', 'reflected', undefined];
  for (const door of doors) expect(endings.get(door), `ended by ${door}`).toBeGreaterThan(0);
});
