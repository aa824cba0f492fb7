/**
 * Catching up: whom to ask for blocks, from where, and when to stop waiting (spec/safety.md, Blocks 5).
 *
 * A neighbour that holds a block we do not hold is asked for what follows our tip, whatever the counts. When no first
 * block comes within 1 s we ask again from 1, 2, 4 … blocks further back, then from none; a request ends with the
 * block that was wanted, or after 10 s without a further one. While one request makes progress no second one is made,
 * or a peer that joins would be sent the same chain by everybody. What ended without its block is asked for again after
 * a rest, for as long as the neighbour says that it holds it. Knows hashes and links, not blocks.
 */
import type { Milliseconds } from '../config.ts';
import { type Hash, type HashHex, hashHex } from '../crypto/keys.ts';
import type { LinkId } from '../events.ts';

/** What the chain must tell. */
export interface SyncView {
  /** The hash so many blocks below the tip: undefined below what is compared, `unread` while the store is asked. */
  below(blocks: number): Hash | 'unread' | undefined;
  /** As many blocks below the tip as a request goes back at most. */
  readonly deepest: number;
  /** Whether the chain is short enough that another root's could take its place, so that asking from none helps. */
  readonly short: boolean;
  /** Whether the neighbour's chain has another root, so that only all of it can be compared. */
  hasOtherRoot(link: LinkId): boolean;
  /** Whether blocks that this link was asked for are under check. */
  isChecking(link: LinkId): boolean;
}

/** What a neighbour holds and we do not. */
export interface Wanted {
  readonly target: Hash;
  /** As many blocks as the neighbour said it holds, for those who watch. */
  readonly count: number;
}

interface Want extends Wanted {
  readonly id: HashHex;
  /** Requests in a row that ended without the block. */
  failures: number;
  state: WantState;
}

type Asked = {
  readonly kind: 'asked';
  /** Blocks below the tip we asked from; undefined: from none. */
  readonly back: number | undefined;
  /** What came so far: nothing, only blocks that we hold, others too, or others that found their place. */
  answer: 'none' | 'held' | 'new' | 'useful';
  /** When the last block came. */
  heardAt: Milliseconds;
  /** When the last one came that found its place; before one has, when we asked. */
  usefulAt: Milliseconds;
  /** Since when nothing of use has come, over all requests of one search. */
  quietSince: Milliseconds;
  /** The neighbour named another block since. */
  isOutdated: boolean;
};

type WantState =
  | { readonly kind: 'waiting' }
  | Asked
  /** Not asked for until then; when `isFirm`, not even if the neighbour names another block. */
  | { readonly kind: 'resting'; readonly until: Milliseconds; readonly isFirm: boolean };

export interface BlockRequest {
  readonly link: LinkId;
  readonly start: Hash | undefined;
}

export interface GivenUp {
  readonly link: LinkId;
  /** It holds what we hold, and has left the branch of the block that it named. */
  readonly hasMoved: boolean;
}

/** spec/safety.md, Blocks 5. */
const firstBlockMs = 1_000;
const nextBlockMs = 10_000;
/** Until the store is asked again for a hash that it is still reading. */
const readingMs = 100;
/** A request that brings nothing for so long keeps nobody from asking elsewhere, and not from writing. */
const slowMs = 1_500;
const mostRequests = 3;
const restMs = { least: 5_000, most: 60_000 };
/**
 * So many requests in a row that brought nothing, whoever was asked, and we write in spite of what neighbours say they
 * hold. A search for a fork further back than 64 takes more: nothing is lost when we write on our branch meanwhile.
 */
const mostFruitless = 8;

export class Sync {
  readonly #wants = new Map<LinkId, Want>();
  readonly #view: SyncView;
  #fruitless = 0;
  /** When the next open request becomes slow, so that others may ask elsewhere, and write. */
  #slowAt: Milliseconds | undefined;

  constructor(view: SyncView) {
    this.#view = view;
  }

  /** The neighbour holds `target`; the caller has made sure that we do not. */
  want(link: LinkId, wanted: Wanted): void {
    const id = hashHex(wanted.target);
    const before = this.#wants.get(link);
    if (before?.id === id) return;
    const count = Math.max(wanted.count, before?.count ?? 0);
    this.#wants.set(link, { ...wanted, count, id, failures: before?.failures ?? 0, state: renewed(before?.state) });
  }

  /** A block came that is held now; who wanted it has it. */
  held(id: HashHex): void {
    for (const [link, want] of this.#wants) if (want.id === id) this.#wants.delete(link);
  }

  /** A requested block came. @returns whether a request of ours is open there */
  arrived(link: LinkId, isHeld: boolean, now: Milliseconds): boolean {
    const state = this.#wants.get(link)?.state;
    if (state?.kind !== 'asked') return false;
    state.heardAt = now;
    if (state.answer === 'none' || state.answer === 'held') state.answer = isHeld ? 'held' : 'new';
    return true;
  }

  /** A block this link was asked for has found its place. @param moved whether the main chain is another by it */
  useful(link: LinkId, moved: boolean, now: Milliseconds): void {
    const want = this.#wants.get(link);
    if (moved) this.#fruitless = 0;
    if (want?.state.kind !== 'asked') return;
    want.failures = 0;
    want.state.answer = 'useful';
    want.state.usefulAt = now;
    want.state.quietSince = now;
  }

  /** A block this link was asked for is none: what it holds is looked at again only after a while. */
  useless(link: LinkId, now: Milliseconds): void {
    this.#fruitless++;
    this.refuse(link, now + restMs.most);
  }

  /** The link ended. */
  ended(link: LinkId): void {
    const state = this.#wants.get(link)?.state;
    if (state?.kind === 'asked' && state.answer !== 'useful') this.#fruitless++;
    this.#wants.delete(link);
  }

  /** What this neighbour holds is looked at again only after a while. */
  refuse(link: LinkId, until: Milliseconds): void {
    const want = this.#wants.get(link);
    if (want !== undefined) want.state = { kind: 'resting', until, isFirm: true };
  }

  /** The chain has another root now: what was asked for and refused before was asked and refused by that one. */
  rootChanged(): void {
    for (const want of this.#wants.values()) want.state = { kind: 'waiting' };
  }

  /** Whether RequestedBlock of this link counts. */
  isOpen(link: LinkId): boolean {
    return this.#wants.get(link)?.state.kind === 'asked';
  }

  /** Whether a neighbour is to send this block. */
  isWanted(id: HashHex): boolean {
    for (const want of this.#wants.values()) if (want.id === id) return true;
    return false;
  }

  /** The newest block this neighbour has named that we do not hold. */
  targetOf(link: LinkId): Hash | undefined {
    return this.#wants.get(link)?.target;
  }

  /** What is wanted of this neighbour. */
  wanted(link: LinkId): HashHex | undefined {
    return this.#wants.get(link)?.id;
  }

  /** As many blocks as the farthest neighbour holds that we are catching up with; undefined when with none. */
  get target(): number | undefined {
    let most: number | undefined;
    for (const { count, state } of this.#wants.values()) {
      if (state.kind !== 'resting' && (most === undefined || count > most)) most = count;
    }
    return most;
  }

  /**
   * Something a neighbour holds is on its way here: not the time to write a block. Neighbours that name blocks and do
   * not send them keep nobody from writing for long, however many they are and however often they come.
   */
  busy(now: Milliseconds): boolean {
    const isPatient = this.#fruitless < mostFruitless;
    for (const [link, { state }] of this.#wants) {
      if (state.kind === 'waiting' && isPatient) return true;
      if (state.kind !== 'asked' || (state.answer !== 'useful' && !isPatient)) continue;
      if (now < state.usefulAt + slowMs || this.#view.isChecking(link)) return true;
    }
    return false;
  }

  /** Requests to send now, in the order in which they came to be wanted: nobody can push in before the others. */
  next(now: Milliseconds): BlockRequest[] {
    const requests: BlockRequest[] = [];
    let busy = 0;
    let open = 0;
    for (const want of this.#wants.values()) {
      if (want.state.kind === 'resting' && want.state.until <= now) want.state = { kind: 'waiting' };
      if (want.state.kind !== 'asked') continue;
      open++;
      if (now < want.state.quietSince + slowMs) busy++;
    }
    for (const [link, want] of this.#wants) {
      if (want.state.kind !== 'waiting' || busy > 0 || open >= mostRequests) continue;
      busy++;
      open++;
      requests.push(this.#ask(link, want, this.#nearest(link), now));
    }
    this.#slowAt = this.#nextSlow(now);
    return requests;
  }

  /** @returns requests to make again, and who did not send what it said it holds */
  elapse(now: Milliseconds): { readonly again: BlockRequest[]; readonly givenUp: GivenUp[] } {
    const again: BlockRequest[] = [];
    const givenUp: GivenUp[] = [];
    for (const [link, want] of this.#wants) {
      const { state } = want;
      if (state.kind !== 'asked' || now < overAt(state)) continue;
      if (this.#view.isChecking(link) && now < state.usefulAt + nextBlockMs) {
        state.heardAt = now;
        continue;
      }
      if (state.answer === 'useful') {
        again.push(this.#ask(link, want, this.#nearest(link), now));
        continue;
      }
      // It knows where we asked from and has nothing more: it left the branch of the block that it named.
      const further = state.answer === 'held' ? undefined : this.#further(state.back);
      if (further === 'unread') {
        state.heardAt = Math.max(state.heardAt, now - firstBlockMs + readingMs);
        continue;
      }
      if (state.answer !== 'held') this.#fruitless++;
      if (further !== undefined) {
        again.push(this.#ask(link, want, further.back, now));
        continue;
      }
      const rest = Math.min(restMs.most, restMs.least * 2 ** want.failures++);
      if (state.answer === 'held') this.#wants.delete(link);
      else want.state = { kind: 'resting', until: now + rest, isFirm: false };
      givenUp.push({ link, hasMoved: state.answer === 'held' });
    }
    return { again, givenUp };
  }

  get deadline(): Milliseconds | undefined {
    let earliest = this.#slowAt;
    for (const { state } of this.#wants.values()) {
      if (state.kind === 'waiting') continue;
      const at = state.kind === 'asked' ? overAt(state) : state.until;
      if (earliest === undefined || at < earliest) earliest = at;
    }
    return earliest;
  }

  #ask(link: LinkId, want: Want, back: number | undefined, now: Milliseconds): BlockRequest {
    const found = back === undefined ? undefined : this.#view.below(back);
    const start = found === 'unread' ? undefined : found;
    // What the next step needs is read meanwhile.
    const step = back === undefined ? undefined : this.#step(back);
    if (step !== undefined) this.#view.below(step);
    const from = start === undefined ? undefined : back;
    const quietSince = want.state.kind === 'asked' ? want.state.quietSince : now;
    const asked = { back: from, answer: 'none', heardAt: now, usefulAt: now, quietSince, isOutdated: false } as const;
    want.state = { kind: 'asked', ...asked };
    return { link, start };
  }

  #nextSlow(now: Milliseconds): Milliseconds | undefined {
    let earliest: Milliseconds | undefined;
    for (const { state } of this.#wants.values()) {
      if (state.kind !== 'asked') continue;
      for (const at of [state.usefulAt + slowMs, state.quietSince + slowMs]) {
        if (at > now && (earliest === undefined || at < earliest)) earliest = at;
      }
    }
    return earliest;
  }

  /** Where a request begins: after our tip. */
  #nearest(link: LinkId): number | undefined {
    return this.#view.hasOtherRoot(link) ? undefined : 0;
  }

  /** The next step back after no answer; undefined when there is none left. */
  #further(back: number | undefined): { readonly back: number | undefined } | 'unread' | undefined {
    if (back === undefined) return undefined;
    const step = this.#step(back);
    const start = step === undefined ? undefined : this.#view.below(step);
    if (start === 'unread') return start;
    if (start !== undefined) return { back: step };
    return this.#view.short ? { back: undefined } : undefined;
  }

  /** Past the end of a short chain all is asked for; of a long one, from as far back as it is compared. */
  #step(back: number): number | undefined {
    const { deepest, short } = this.#view;
    const step = back === 0 ? 1 : 2 * back;
    if (step <= deepest) return step;
    return short || back >= deepest ? undefined : deepest;
  }
}

/** The neighbour named another block: what was asked for goes on, what was given up is asked for again. */
function renewed(state: WantState | undefined): WantState {
  if (state?.kind === 'asked') return { ...state, isOutdated: true };
  return state?.kind === 'resting' && state.isFirm ? state : { kind: 'waiting' };
}

/**
 * What a neighbour that moved on sends is not the rest of what it was asked for, so its rest is not waited for. Nobody
 * holds a request open by blocks that are of no use.
 */
function overAt({ answer, heardAt, usefulAt, isOutdated }: Asked): Milliseconds {
  const patience = answer === 'useful' && !isOutdated ? nextBlockMs : firstBlockMs;
  return Math.min(heardAt + patience, usefulAt + nextBlockMs);
}
