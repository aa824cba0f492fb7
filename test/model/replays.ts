/**
 * Upgraded links whose carrier is hostile: frames played again, sent back, brought in another order, left out, taken from
 * another link of the same two, cut or changed (spec/safety.md, Secure upgrade). None may be let through.
 *
 * Each round is a new link of two real sessions that talk for a while; then the carrier does one thing, and what came of
 * it is counted. Whatever is random is the seed's.
 */
import { concatBytes, equalBytes } from '../../core/codec/bytes.ts';
import { encode } from '../../core/codec/codec.ts';
import { sessionKey } from '../../core/crypto/agreement.ts';
import { SessionError } from '../../core/errors.ts';
import { cbcFraming } from '../../core/wire/cbc-framing.ts';
import { cbcMessages } from '../../core/wire/dialect.ts';
import { type Message, oursCommit, wireVersion } from '../../core/wire/messages.ts';
import { type Arrived, Session } from '../../core/wire/session.ts';
import { Author } from './author.ts';
import { fakeCurve } from './fake-curve.ts';
import { flippedBits, truncated } from './mutations.ts';
import { randomMessage } from './random-values.ts';
import type { Seeded } from './seeded.ts';

export interface ReplayCount {
  readonly tried: number;
  /** Hostile frames of which something was let through. */
  readonly accepted: number;
  /** How often each way was tried. */
  readonly ways: ReadonlyMap<string, number>;
  /** Why links ended, by code; `waits` for a frame that is not whole, or that announces more than it has. */
  readonly endings: ReadonlyMap<string, number>;
}

/** @param count of hostile frames */
export function replays(count: number, seeded: Seeded): ReplayCount {
  const ways = new Map<string, number>();
  const endings = new Map<string, number>();
  let accepted = 0;
  let before = new HostileLink(seeded);
  for (let tried = 0; tried < count; tried++) {
    const link = new HostileLink(seeded);
    const { way, frame } = hostile(seeded, link, before);
    // The one that comes next is behind it: nor may that be let through any more.
    const { arrived, ending } = link.victimReceives(concatBytes(frame, link.ahead[0] as Uint8Array));
    if (arrived.length > 0) accepted++;
    ways.set(way, (ways.get(way) ?? 0) + 1);
    endings.set(ending, (endings.get(ending) ?? 0) + 1);
    before = link;
  }
  return { tried: count, accepted, ways, endings };
}

const [alice, bob] = [new Author(1), new Author(2)];
/** The reference's, the same on every link of the two. */
const key = sessionKey(fakeCurve.sharedX(alice.secret, bob.key));
const mostFrames = 5;

/** One link between the two; the victim is either, and so is who dialled. */
class HostileLink {
  /** What each has sent, its greeting and its hello first. */
  readonly toVictim: Uint8Array[] = [];
  readonly fromVictim: Uint8Array[] = [];
  /** Made and not delivered: the first is the one that comes next. */
  readonly ahead: Uint8Array[] = [];
  readonly victim: Session;
  readonly other: Session;

  constructor(seeded: Seeded) {
    const isAlice = seeded.chance(0.5);
    const dialled = seeded.chance(0.5);
    this.victim = session(isAlice ? alice : bob, dialled, seeded);
    this.other = session(isAlice ? bob : alice, !dialled, seeded);
    this.toVictim.push(greeting(this.other, isAlice ? bob : alice));
    this.fromVictim.push(greeting(this.victim, isAlice ? alice : bob));
    this.victim.receive(this.toVictim[0] as Uint8Array);
    this.other.receive(this.fromVictim[0] as Uint8Array);
    this.toVictim.push(this.other.hello());
    this.fromVictim.push(this.victim.hello());
    this.victim.receive(this.toVictim[1] as Uint8Array);
    this.other.receive(this.fromVictim[1] as Uint8Array);
    for (let frames = seeded.below(mostFrames); frames > 0; frames--) this.toVictim.push(this.#said(seeded, true));
    for (let frames = seeded.below(mostFrames); frames > 0; frames--) this.fromVictim.push(this.#said(seeded, false));
    while (this.ahead.length < 3) this.ahead.push(this.other.seal(payload(seeded)));
  }

  /** @returns what was let through, and how it ended */
  victimReceives(frame: Uint8Array): { readonly arrived: readonly Arrived[]; readonly ending: string } {
    try {
      return { arrived: this.victim.receive(frame), ending: this.victim.failure?.code ?? 'waits' };
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      return { arrived: [], ending: error.code };
    }
  }

  #said(seeded: Seeded, toVictim: boolean): Uint8Array {
    const [from, to] = toVictim ? [this.other, this.victim] : [this.victim, this.other];
    const frame = from.seal(payload(seeded));
    if (to.receive(frame).length !== 1) throw new Error('an honest frame is let through');
    return frame;
  }
}

function session({ secret, key: publicKey }: Author, dialled: boolean, { random }: Seeded): Session {
  const identity = { curve: fakeCurve, random, secret, publicKey, network: 'main' };
  return new Session({ ...identity, dialled, expected: undefined, accepts: ['cbc'] });
}

function greeting(of: Session, { key: pubkey }: Author): Uint8Array {
  const version = { ...wireVersion, target: '', branch: 'main', commit: oursCommit };
  const nothing = { root: undefined, last: undefined, count: 0n, thin: false, known: [] };
  return of.greet({ pubkey, listen: '127.0.0.1:1', ...nothing, version }, 'cbc');
}

function payload(seeded: Seeded): Uint8Array {
  const kinds: readonly Message['kind'][] = ['keepAlive', 'requestBlocks', 'shareData', 'requestNeighbours'];
  return encode(cbcMessages, randomMessage(seeded, 'cbc', seeded.pick(kinds)));
}

/** What the carrier does: something that is not the next frame of this link. */
function hostile(seeded: Seeded, link: HostileLink, before: HostileLink): { way: string; frame: Uint8Array } {
  const { toVictim, fromVictim, ahead } = link;
  const [next, ...later] = ahead as [Uint8Array, ...Uint8Array[]];
  const upgraded = (frames: readonly Uint8Array[]) => frames.slice(2);
  const ways: Record<string, () => Uint8Array> = {
    'played again': () => seeded.pick(toVictim),
    'sent back': () => seeded.pick(fromVictim),
    'one left out': () => seeded.pick(later),
    'the order changed': () => concatBytes(...later, next),
    'of another link': () =>
      seeded.pick([...upgraded(before.toVictim), ...upgraded(before.fromVictim), ...before.ahead]),
    'a hello of another link': () => seeded.pick([before.toVictim[1], before.fromVictim[1]] as Uint8Array[]),
    changed: () => other(next, () => flippedBits(seeded, next)),
    cut: () => other(next, () => concatBytes(truncated(seeded, next), ...later)),
    'under the key of the session': () => cbcFraming.sealedFrame(key, seeded.bytes(16), 9n, payload(seeded)),
    invented: () => seeded.bytes(seeded.between(1, 300)),
  };
  const way = seeded.pick(Object.keys(ways));
  return { way, frame: (ways[way] as () => Uint8Array)() };
}

/** Two flipped bits may be the same one, and where the last byte is cut the next frame may begin with the same. */
function other(next: Uint8Array, make: () => Uint8Array): Uint8Array {
  const made = make();
  return equalBytes(made.subarray(0, next.length), next) ? other(next, make) : made;
}
