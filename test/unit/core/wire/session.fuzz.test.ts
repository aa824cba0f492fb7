/**
 * 100,000 spoilt frames against sessions, half of them in each dialect, held to the slow twin
 * (test/model/slow-session.ts), which shares no code with the core: what it lets through the session must let through,
 * byte for byte, and nothing else.
 *
 * `FUZZ_SEED` and `FUZZ_FRAMES` choose another run; a failure names the seed and the round to look at.
 */
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, equalBytes } from '../../../../core/codec/bytes.ts';
import { encode } from '../../../../core/codec/codec.ts';
import { SessionError } from '../../../../core/errors.ts';
import { type DialectName, dialects } from '../../../../core/wire/dialect.ts';
import { oursCommit } from '../../../../core/wire/messages.ts';
import type { Arrived, Session } from '../../../../core/wire/session.ts';
import { flippedBits, lengthEdited, spliced, spoilt, truncated } from '../../../model/mutations.ts';
import { messageKinds, randomMessage } from '../../../model/random-values.ts';
import { ivBytes } from '../../../model/reference/encoder.ts';
import { Seeded } from '../../../model/seeded.ts';
import { framesFrom, greetingOf, identity, keyBetween, seedOf, sessionOf } from '../../../model/session-parts.ts';
import { type SlowOutcome, slowSession } from '../../../model/slow-session.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_121);
const wantedFrames = Number(process.env['FUZZ_FRAMES'] ?? 100_000) / 2;
const [alice, bob] = [identity(0), identity(1)];
const capBytes = 64 * 1024 * 1024 + 17;
const both = ['cbc', 'gcm-siv'] as const;
const other = { cbc: 'gcm-siv', 'gcm-siv': 'cbc' } as const;
/** What a session has sealed at most before the first frame of the other comes. */
const mostSealed = 3;

/** What Bob's side of a connection sends in one round, and how many of its frames are not as Bob made them. */
interface Round {
  readonly frames: readonly Uint8Array[];
  readonly spoilt: number;
  /** Of Alice's session. */
  readonly accepts: readonly DialectName[];
  readonly greetedIn: DialectName | undefined;
  readonly sealed: number;
}

/** What Bob says in one dialect, and what of it is spoilt. */
class Bob {
  readonly #dialect: DialectName;
  readonly #greeting: Uint8Array;
  readonly #greetingPayload: Uint8Array;
  readonly #oursPayload: Uint8Array;
  readonly #payloads: readonly Uint8Array[];
  /** By nonce, each payload sealed: most frames are good ones, and sealing takes time. */
  readonly #good = new Map<number, readonly Uint8Array[]>();
  readonly #frames: ReturnType<typeof framesFrom>;
  /** Alice's, from another session with the same seed: what a neighbour would reflect. */
  readonly #reflections: readonly Uint8Array[];

  constructor(dialect: DialectName) {
    this.#dialect = dialect;
    this.#frames = framesFrom(bob, alice, dialect);
    this.#greeting = this.#frames.greeting({ listen: 'host.example:29092' });
    this.#greetingPayload = this.#frames.greetingPayload({ listen: 'host.example:29092' });
    const version = { ...greetingOf(bob).version, commit: oursCommit };
    this.#oursPayload = this.#frames.greetingPayload({ version });
    const kinds = messageKinds[dialect];
    // 64 messages of every kind.
    this.#payloads = Array.from({ length: 64 }, (_, i) =>
      this.#frames.payload(randomMessage(new Seeded(1_000 + i), dialect, kinds[i % kinds.length])),
    );
    const session = sessionOf(alice);
    session.receive(this.#greeting);
    session.greet(greetingOf(alice), dialect);
    this.#reflections = Array.from({ length: mostSealed + 1 }, () => session.seal(this.#payloads[0] as Uint8Array));
  }

  /** Good frames before the spoilt one and after it: a session must not be fooled by either. */
  round(seeded: Seeded): Round {
    const accepts = seeded.chance(0.01) ? [seeded.pick(both)] : both;
    const greetedIn = seeded.chance(0.1) ? this.#dialect : seeded.chance(0.01) ? other[this.#dialect] : undefined;
    const begun = { accepts, greetedIn, sealed: 0 };
    if (seeded.chance(0.04)) {
      const frames = [this.#spoiltGreeting(seeded), this.#goodOne(seeded, 2), this.#goodOne(seeded, 3)];
      return { ...begun, frames, spoilt: 1 };
    }
    const frames = [this.#greeting];
    let nonce = this.#dialect === 'cbc' ? 2 : 1;
    for (let good = seeded.below(3); good > 0; good--) frames.push(this.#goodOne(seeded, nonce++));
    if (seeded.chance(0.05)) {
      const reordered = Array.from({ length: 5 }, () => this.#goodOne(seeded, nonce++));
      return { ...begun, frames: [...frames, ...seeded.shuffled(reordered)], spoilt: reordered.length };
    }
    frames.push(this.#spoilt(seeded, nonce, frames), this.#goodOne(seeded, nonce + 1));
    const sealed = seeded.chance(0.2) ? seeded.between(1, mostSealed) : 0;
    return { ...begun, frames, spoilt: 1, sealed };
  }

  #goodOne(seeded: Seeded, nonce: number): Uint8Array {
    const known = this.#good.get(nonce) ?? this.#payloads.map((payload) => this.#sealed(seeded, nonce, payload));
    this.#good.set(nonce, known);
    return seeded.pick(known);
  }

  #sealed(seeded: Seeded, nonce: number, payload: Uint8Array): Uint8Array {
    return this.#frames.sealed(nonce, payload, seeded.bytes(ivBytes[this.#dialect]));
  }

  /** Another frame than the one that would come with this nonce. */
  #spoilt(seeded: Seeded, nonce: number, before: readonly Uint8Array[]): Uint8Array {
    const good = () => this.#goodOne(seeded, nonce);
    const payload = () => seeded.pick(this.#payloads);
    const ways = [
      () => flippedBits(seeded, good()),
      () => truncated(seeded, good()),
      () => spliced(seeded, good(), this.#goodOne(seeded, nonce + 1)),
      () => lengthEdited(seeded, good(), 0),
      () => this.#goodOne(seeded, seeded.below(nonce + 2)),
      () => this.#sealed(seeded, nonce, spoilt(seeded, payload(), payload())),
      () => this.#sealed(seeded, nonce, spoilt(seeded, payload(), payload())),
      () => this.#sealed(seeded, nonce, seeded.bytes(seeded.below(200))),
      () => this.#renumbered(seeded, seeded.pick(this.#reflections)),
      () => this.#renumbered(seeded, seeded.pick(before)),
      () => seeded.bytes(seeded.below(300)),
    ];
    return seeded.pick(ways)();
  }

  /** A frame that was sent before, perhaps with another of the nonces that stand in plain. */
  #renumbered(seeded: Seeded, frame: Uint8Array): Uint8Array {
    const copy = frame.slice();
    if (this.#dialect === 'gcm-siv' && seeded.chance(0.7)) copy[16] = seeded.below(256);
    return copy;
  }

  #spoiltGreeting(seeded: Seeded): Uint8Array {
    const [frame, payload] = [this.#greeting, seeded.pick([this.#greetingPayload, this.#oursPayload])];
    if (seeded.chance(0.5)) {
      return dialects[this.#dialect].framing.greetingFrame(spoilt(seeded, payload, seeded.pick(this.#payloads)));
    }
    return seeded.chance(0.3) ? lengthEdited(seeded, frame, 0) : spoilt(seeded, frame, payload);
  }
}

/** Feeds the stream in pieces and holds the session to its promises at every one. */
function fed(session: Session, pieces: readonly Uint8Array[], round: Round) {
  const arrived: Arrived[] = [];
  let came = 0;
  if (round.greetedIn !== undefined) session.greet(greetingOf(alice), round.greetedIn);
  for (const piece of pieces) {
    came += piece.length;
    const ended = session.failure !== undefined;
    try {
      const more = session.receive(piece);
      if (ended) expect.fail('goes on after its end');
      arrived.push(...more);
      if (more[0]?.kind === 'greeted') sealSome(session, round.sealed);
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      if (session.failure !== error) expect.fail('throws another error than it keeps');
    }
    if (session.heldBytes > Math.min(capBytes, 2 * came)) expect.fail(`holds ${session.heldBytes} of ${came} bytes`);
  }
  return { arrived, failure: session.failure?.code };
}

function sealSome(session: Session, frames: number): void {
  if (frames > 0 && !session.hasGreeted) session.greet(greetingOf(alice), 'cbc');
  for (let sealed = 0; sealed < frames; sealed++) session.seal(Uint8Array.of(0));
}

/** What is sealed before the first sealed frame comes cannot be when that comes together with the greeting. */
function piecesOf(seeded: Seeded, { frames, sealed }: Round): Uint8Array[] {
  const [greeting = new Uint8Array(0), ...rest] = frames;
  const parts = sealed > 0 ? [greeting, concatBytes(...rest)] : [concatBytes(...frames)];
  if (seeded.chance(0.5)) return parts;
  const mostPieceBytes = seeded.pick([3, 40, 400]);
  return parts.flatMap((part) => seeded.cut(part, mostPieceBytes));
}

/** The bytes of what arrived, as the slow twin gives them: encoded again, so they are equal only if canonical. */
function reencoded(arrived: Arrived, dialect: DialectName): Uint8Array | 'dropped' {
  if (arrived.kind === 'dropped') return 'dropped';
  const { messages } = dialects[dialect];
  if (arrived.kind === 'upgraded') throw new Error('a session of a reference peer is not upgraded');
  return arrived.kind === 'message'
    ? encode(messages, arrived.message)
    : encode(messages, { kind: 'greeting', ...arrived.greeting });
}

function sameAs(expected: SlowOutcome, { arrived, failure }: ReturnType<typeof fed>, dialect: DialectName): boolean {
  if (expected.failure !== failure || expected.accepted.length !== arrived.length) return false;
  return expected.accepted.every((accepted, index) => {
    const again = reencoded(arrived[index] as Arrived, dialect);
    return accepted === 'dropped' || again === 'dropped' ? accepted === again : equalBytes(accepted, again);
  });
}

const twinOptions = {
  keyWith: (pubkey: string) => keyBetween(alice, Uint8Array.from(Buffer.from(pubkey, 'hex')) as typeof bob.publicKey),
  publicKey: bytesToHex(alice.publicKey),
  network: 'main',
  expected: undefined,
  seed: seedOf(alice),
};

/** The fuzz is worth nothing if it only ever meets one door. */
const doors = {
  cbc: [
    'frame-too-long',
    'bad-greeting',
    'bad-version',
    'other-network',
    'bad-hello',
    'bad-frame',
    'bad-message',
    'reflected',
  ],
  'gcm-siv': ['frame-too-long', 'bad-greeting', 'bad-version', 'bad-frame', 'bad-message', 'reflected'],
};

describe.each(both)('a session that is spoken to in %s', (dialect) => {
  const name = `lets through what the slow twin lets through: ${wantedFrames} spoilt frames, seed ${seed}`;

  // Some 20 s on a core of its own, and the whole run has two of them for everything.
  it(name, { timeout: 300_000 }, () => {
    const seeded = new Seeded(seed);
    const speaker = new Bob(dialect);
    const endings = new Map<string | undefined, number>();
    let spoiltFrames = 0;
    let accepted = 0;
    for (let number = 0; spoiltFrames < wantedFrames; number++) {
      const round = speaker.round(seeded);
      spoiltFrames += round.spoilt;
      const pieces = piecesOf(seeded, round);
      const outcome = fed(sessionOf(alice, { accepts: round.accepts }), pieces, round);
      const stream = concatBytes(...round.frames);
      const expected = slowSession(stream, { ...twinOptions, ...round });
      // A spoilt greeting may have begun the other dialect; its payload is encoded again in that.
      const heard = stream[4] === 1 ? 'cbc' : 'gcm-siv';
      if (!sameAs(expected, outcome, heard)) {
        const said = `${outcome.arrived.length} arrivals, then ${outcome.failure}`;
        const wanted = `${expected.accepted.length}, then ${expected.failure}`;
        expect.fail(`seed ${seed}, round ${number}: ${said}; the twin: ${wanted}; stream ${bytesToHex(stream)}`);
      }
      endings.set(outcome.failure, (endings.get(outcome.failure) ?? 0) + 1);
      accepted += outcome.arrived.length;
    }
    console.log(
      `${dialect}, seed ${seed}: ${spoiltFrames} spoilt frames, ${accepted} arrivals, endings`,
      Object.fromEntries(endings),
    );
    for (const door of [...doors[dialect], 'other-dialect', undefined]) {
      expect(endings.get(door), `ended by ${door}`).toBeGreaterThan(0);
    }
  });
});
