/**
 * Links between simulated endpoints: dialled, carried by the network, broken, ended (core/link.ts is what they imitate).
 *
 * Bytes that arrive in the same millisecond arrive as one, and now and then a piece is cut in two: a stream has no
 * edges. Credit comes back in lumps, as a socket's does. Endpoints are peers and attackers alike.
 */
import { concatBytes } from '../../core/codec/bytes.ts';
import type { Milliseconds } from '../../core/config.ts';
import type { PublicKey } from '../../core/crypto/keys.ts';
import { invariant } from '../../core/errors.ts';
import type { Event, LinkId, RequestId } from '../../core/events.ts';
import { hostAndPort, signaledKey } from '../../core/network/addresses.ts';
import type { Seeded } from '../model/seeded.ts';
import type { Agenda } from './agenda.ts';
import { type Conditions, drawDelayMs, Lane, Partition } from './network.ts';

export interface Endpoint {
  readonly key: PublicKey;
  /** Where it is dialled. */
  readonly address: string;
  /** Another one after every start; undefined while it does not run. */
  readonly incarnation: number | undefined;
  handle(event: Event): void;
}

/** One side of a link. */
export interface End {
  readonly link: LinkId;
  readonly owner: Endpoint;
  readonly dialled: boolean;
  readonly lane: Lane;
  /** The other side. */
  readonly other: End;
  /** `silent`: its owner is gone without a word. */
  state: 'opening' | 'open' | 'silent' | 'ended';
  /** What is on its way to this side, oldest first; `ended` when the other side has closed. */
  readonly arriving: { readonly at: Milliseconds; readonly chunk: Uint8Array | 'ended' }[];
  /** Its first two frames, if its owner hands over one at a time or one for each chunk: greeting and hello. */
  readonly begun: Uint8Array[];
  /** What a partition holds up on its way from this side. */
  readonly heldUp: (Uint8Array | 'ended')[];
  /** Bytes that have arrived and were not reported as drained yet. */
  drained: number;
  isReporting: boolean;
}

const creditBytes = 64 * 1024;
const creditMs = 50;
const cutsInTwo = 0.01;
/** How long each side goes on without noticing that its link broke, at most. */
const unnoticedMs = 2_000;

export class Wires {
  conditions: Conditions;
  readonly #agenda: Agenda;
  readonly #seeded: Seeded;
  readonly #partition = new Partition();
  readonly #ends = new Map<LinkId, End>();
  readonly #endpoints = new Map<string, Endpoint>();
  #lastLink: LinkId = 0;

  constructor(agenda: Agenda, seeded: Seeded, conditions: Conditions) {
    this.#agenda = agenda;
    this.#seeded = seeded;
    this.conditions = conditions;
  }

  register(endpoint: Endpoint): void {
    this.#endpoints.set(endpoint.address, endpoint);
  }

  end(link: LinkId): End | undefined {
    return this.#ends.get(link);
  }

  /** Ends that their owners hold open. */
  get open(): End[] {
    return [...this.#ends.values()].filter(({ state }) => state === 'open');
  }

  dial(from: Endpoint, address: string, dial: RequestId, timeoutMs: Milliseconds): void {
    const { incarnation } = from;
    const delayMs = drawDelayMs(this.conditions, this.#seeded);
    const to = this.#endpoints.get(address);
    const fails = this.#seeded.chance(this.conditions.dialFailure);
    const refusedMs = this.#seeded.between(2 * delayMs, timeoutMs);
    this.#agenda.after(2 * delayMs, () => {
      if (from.incarnation !== incarnation) return;
      const isCutOff = to !== undefined && this.#partition.separates(from, to);
      if (to !== undefined && to !== from && to.incarnation !== undefined && !fails && !isCutOff) {
        this.#open(from, to, dial, delayMs);
        return;
      }
      this.#agenda.after(isCutOff || fails ? refusedMs : 0, () => {
        if (from.incarnation === incarnation) from.handle({ kind: 'dialFailed', dial, reason: 'unreachable' });
      });
    });
  }

  /** Hands bytes over, in order. */
  send(from: End, chunks: readonly Uint8Array[]): void {
    if (from.state !== 'open') return;
    from.begun.push(...chunks.slice(0, 2 - from.begun.length));
    const [only] = chunks;
    this.#carry(from, only !== undefined && chunks.length === 1 ? only : concatBytes(...chunks));
    if (this.#seeded.chance(this.conditions.breakage)) this.break(from);
  }

  /** Its owner ends it; what it sent before still arrives. */
  close(end: End): void {
    if (end.state !== 'open') return;
    this.#forget(end, 'ended');
    this.#agenda.after(0, () => end.owner.handle({ kind: 'closed', link: end.link, reason: 'closed here' }));
    this.#carry(end, 'ended');
  }

  /** Neither side has closed it, and nothing passes any more. */
  break({ link, other }: Pick<End, 'link' | 'other'>): void {
    for (const id of [link, other.link]) {
      const end = this.#ends.get(id);
      if (end?.state !== 'open') continue;
      end.state = 'silent';
      this.#agenda.after(this.#seeded.between(1, unnoticedMs), () => this.#endedByOther(end));
    }
  }

  /** Their owner is gone; a process that was killed closes its sockets, a machine without power does not. */
  abandon(owner: Endpoint, silently: boolean): void {
    for (const end of [...this.#ends.values()]) {
      if (end.owner !== owner || end.state === 'ended') continue;
      this.#forget(end, silently ? 'silent' : 'ended');
      if (!silently) this.#carry(end, 'ended');
    }
  }

  partition(...groups: readonly (readonly Endpoint[])[]): void {
    this.#partition.separate(...groups);
  }

  heal(): void {
    this.#partition.heal();
    for (const end of this.#ends.values()) {
      for (const side of [end, end.other]) for (const chunk of side.heldUp.splice(0)) this.#carry(side, chunk);
    }
  }

  #open(dialler: Endpoint, acceptor: Endpoint, dial: RequestId, delayMs: Milliseconds): void {
    const ends = { dialler: this.#newEnd(dialler, true, delayMs), acceptor: this.#newEnd(acceptor, false, delayMs) };
    Object.assign(ends.dialler, { other: ends.acceptor });
    Object.assign(ends.acceptor, { other: ends.dialler });
    const { incarnation } = dialler;
    const isProven = signaledKey(acceptor.address) !== undefined;
    const told = { kind: 'linkOpened', carrier: isProven ? 'webrtc' : 'tcp' } as const;
    // A tab's TCP is a relay's; others come from where they listen.
    const host = signaledKey(dialler.address) === undefined ? hostAndPort(dialler.address)?.host : '198.51.100.7';
    const seenAs = isProven ? dialler.address : `${host}:${1_024 + (ends.dialler.link % 60_000)}`;
    ends.acceptor.state = 'open';
    this.#agenda.after(delayMs, () => {
      if (dialler.incarnation !== incarnation) return this.#endedByOther(ends.acceptor);
      ends.dialler.state = 'open';
      const remote = isProven ? acceptor.key : undefined;
      dialler.handle({ ...told, link: ends.dialler.link, address: acceptor.address, dial, dialled: true, remote });
    });
    const remote = isProven ? dialler.key : undefined;
    acceptor.handle({ ...told, link: ends.acceptor.link, address: seenAs, dial: undefined, dialled: false, remote });
  }

  #newEnd(owner: Endpoint, dialled: boolean, delayMs: Milliseconds): End {
    const link = ++this.#lastLink;
    const end = {
      link,
      owner,
      dialled,
      lane: new Lane(delayMs),
      state: 'opening',
      arriving: [],
      heldUp: [],
      begun: [],
    };
    const whole = { ...end, drained: 0, isReporting: false } as unknown as End;
    this.#ends.set(link, whole);
    return whole;
  }

  #carry(from: End, chunk: Uint8Array | 'ended'): void {
    const { other } = from;
    if (this.#partition.separates(from.owner, other.owner)) {
      from.heldUp.push(chunk);
      return;
    }
    const bytes = chunk === 'ended' ? 1 : chunk.length;
    const at = from.lane.arrivalOf(bytes, this.#agenda.now, this.conditions, this.#seeded);
    const isFirst = other.arriving.at(-1)?.at !== at;
    other.arriving.push({ at, chunk });
    if (isFirst) this.#agenda.at(at, () => this.#arrive(other));
  }

  #arrive(end: End): void {
    const chunks: Uint8Array[] = [];
    let hasEnded = false;
    for (let next = end.arriving[0]; next !== undefined && next.at <= this.#agenda.now; next = end.arriving[0]) {
      end.arriving.shift();
      if (next.chunk === 'ended') hasEnded = true;
      else chunks.push(next.chunk);
    }
    if (end.state === 'silent' || (end.state === 'ended' && chunks.length === 0)) return;
    const bytes = chunks.length === 1 ? (chunks[0] as Uint8Array) : concatBytes(...chunks);
    if (bytes.length > 0) {
      this.#acknowledge(end.other, bytes.length);
      this.#receive(end, bytes);
    }
    if (hasEnded) this.#endedByOther(end);
  }

  #receive(end: End, bytes: Uint8Array): void {
    const cut = this.#seeded.chance(cutsInTwo) ? this.#seeded.below(bytes.length) : 0;
    for (const part of cut === 0 ? [bytes] : [bytes.slice(0, cut), bytes.slice(cut)]) {
      if (end.state === 'open') end.owner.handle({ kind: 'received', link: end.link, bytes: part });
    }
  }

  #acknowledge(sender: End, bytes: number): void {
    sender.drained += bytes;
    const report = (): void => {
      sender.isReporting = false;
      const { drained } = sender;
      sender.drained = 0;
      if (drained > 0 && sender.state === 'open') {
        sender.owner.handle({ kind: 'drained', link: sender.link, bytes: drained });
      }
    };
    if (sender.drained >= creditBytes) this.#agenda.after(0, report);
    else if (!sender.isReporting) {
      sender.isReporting = true;
      this.#agenda.after(creditMs, report);
    }
  }

  #endedByOther(end: End): void {
    if (!this.#ends.has(end.link)) return;
    this.#forget(end, 'ended');
    end.owner.handle({ kind: 'closed', link: end.link, reason: 'closed by the other side' });
  }

  #forget(end: End, state: 'silent' | 'ended'): void {
    invariant(end.state !== 'ended', 'a link ends once');
    end.state = state;
    this.#ends.delete(end.link);
  }
}
