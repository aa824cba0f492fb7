/**
 * Catching up: whom to ask for blocks, from where, and when to stop waiting (spec/safety.md, Blocks 5).
 *
 * A neighbour that holds a block we do not hold is asked for what follows our tip, whatever the counts. When no first
 * block comes within 1 s we ask again from 1, 2, 4 … blocks further back, then from none; a request ends with the
 * block that was wanted, or after 10 s without a further one. While one request makes progress no second one is made,
 * or a peer that joins would be sent the same chain by everybody. Knows hashes and links, not blocks.
 */
import type { Milliseconds } from '../config.ts';
import { type Hash, type HashHex, hashHex } from '../crypto/keys.ts';
import type { LinkId } from '../events.ts';

/** What the chain must tell. */
export interface SyncView {
  /** The hash so many blocks below the tip; undefined below what is held in memory. */
  below(blocks: number): Hash | undefined;
  /** Whether the chain is short enough that another root's could take its place, so that asking from none helps. */
  readonly short: boolean;
}

interface Want {
  readonly target: Hash;
  readonly id: HashHex;
  /** As many blocks as the neighbour said it holds, for those who watch. */
  readonly count: number;
  /** The neighbour's chain has another root, so only all of it can be compared. */
  readonly fromNone: boolean;
  state: WantState;
}

type WantState =
  | { readonly kind: 'waiting' }
  | {
      readonly kind: 'asked';
      /** Blocks below the tip we asked from; undefined: from none. */
      readonly back: number | undefined;
      readonly received: number;
      readonly progressAt: Milliseconds;
    };

export interface BlockRequest {
  readonly link: LinkId;
  readonly start: Hash | undefined;
}

/** spec/safety.md, Blocks 5. */
const firstBlockMs = 1_000;
const nextBlockMs = 10_000;
/** A request that brings nothing for so long does not keep others from asking elsewhere. */
const slowMs = 1_500;
const mostRequests = 3;

export class Sync {
  readonly #wants = new Map<LinkId, Want>();
  readonly #doubted = new Set<LinkId>();
  readonly #view: SyncView;

  constructor(view: SyncView) {
    this.#view = view;
  }

  /** The neighbour holds `target`; the caller has made sure that we do not. */
  want(link: LinkId, target: Hash, count: number, fromNone: boolean): void {
    const id = hashHex(target);
    const held = this.#wants.get(link);
    if (held?.id === id) return;
    const state: WantState = held !== undefined && held.fromNone === fromNone ? held.state : { kind: 'waiting' };
    this.#wants.set(link, { target, id, count: Math.max(count, held?.count ?? 0), fromNone, state });
  }

  /** A block came that is held now; who wanted it has it. */
  held(id: HashHex): void {
    for (const [link, want] of this.#wants) if (want.id === id) this.#wants.delete(link);
  }

  /** A requested block came. @returns whether a request of ours is open there */
  arrived(link: LinkId, now: Milliseconds): boolean {
    const want = this.#wants.get(link);
    if (want?.state.kind !== 'asked') return false;
    want.state = { ...want.state, received: want.state.received + 1, progressAt: now };
    return true;
  }

  /** Whether RequestedBlock of this link counts. */
  isOpen(link: LinkId): boolean {
    return this.#wants.get(link)?.state.kind === 'asked';
  }

  /** The link ended. */
  ended(link: LinkId): void {
    this.#wants.delete(link);
    this.#doubted.delete(link);
  }

  /** What this neighbour holds is not wanted any more. */
  drop(link: LinkId): void {
    this.#wants.delete(link);
  }

  /** What is wanted of this neighbour. */
  wanted(link: LinkId): { readonly target: Hash; readonly id: HashHex; readonly count: number } | undefined {
    return this.#wants.get(link);
  }

  /** As many blocks as the farthest neighbour holds that we are catching up with; undefined when with none. */
  get target(): number | undefined {
    let most: number | undefined;
    for (const { count } of this.#wants.values()) if (most === undefined || count > most) most = count;
    return most;
  }

  /**
   * Something a neighbour holds is on its way here: not the time to write a block. A neighbour that once named blocks
   * it did not send keeps nobody from writing until it sends some.
   */
  get busy(): boolean {
    for (const [link, { state }] of this.#wants) {
      if (!this.#doubted.has(link) || (state.kind === 'asked' && state.received > 0)) return true;
    }
    return false;
  }

  /** Requests to send now. */
  next(now: Milliseconds): BlockRequest[] {
    const requests: BlockRequest[] = [];
    let busy = 0;
    let open = 0;
    for (const { state } of this.#wants.values()) {
      if (state.kind !== 'asked') continue;
      open++;
      if (now < state.progressAt + slowMs) busy++;
    }
    for (const [link, want] of [...this.#wants].sort(([, a], [, b]) => b.count - a.count)) {
      if (want.state.kind !== 'waiting' || busy > 0 || open >= mostRequests) continue;
      busy++;
      open++;
      requests.push(this.#ask(link, want, want.fromNone ? undefined : 0, now));
    }
    return requests;
  }

  /** @returns requests to make again from further back, and links that were given up */
  elapse(now: Milliseconds): { readonly again: BlockRequest[]; readonly givenUp: LinkId[] } {
    const again: BlockRequest[] = [];
    const givenUp: LinkId[] = [];
    for (const [link, want] of this.#wants) {
      if (want.state.kind !== 'asked' || now < overAt(want.state)) continue;
      const { back, received } = want.state;
      const further = received > 0 ? { back: 0 } : this.#further(back);
      if (further === undefined) {
        this.#wants.delete(link);
        this.#doubted.add(link);
        givenUp.push(link);
      } else again.push(this.#ask(link, want, further.back, now));
    }
    return { again, givenUp };
  }

  get deadline(): Milliseconds | undefined {
    let earliest: Milliseconds | undefined;
    for (const { state } of this.#wants.values()) {
      if (state.kind === 'asked' && (earliest === undefined || overAt(state) < earliest)) earliest = overAt(state);
    }
    return earliest;
  }

  #ask(link: LinkId, want: Want, back: number | undefined, now: Milliseconds): BlockRequest {
    want.state = { kind: 'asked', back, received: 0, progressAt: now };
    return { link, start: back === undefined ? undefined : this.#view.below(back) };
  }

  /** The next step back after no answer; undefined when there is none left. */
  #further(back: number | undefined): { readonly back: number | undefined } | undefined {
    if (back === undefined) return undefined;
    const step = back === 0 ? 1 : 2 * back;
    if (this.#view.below(step) !== undefined) return { back: step };
    return this.#view.short ? { back: undefined } : undefined;
  }
}

function overAt(state: Extract<WantState, { kind: 'asked' }>): Milliseconds {
  return state.progressAt + (state.received === 0 ? firstBlockMs : nextBlockMs);
}
