/**
 * Riddle: a block names the keys that may write the next one; the first of them that is there does.
 *
 * The reference's rule (spec/wire.md, Who writes the next block) with our times (spec/safety.md, Writing): the gather
 * time is the least distance between two blocks; each later candidate waits D for every one before it, whether or not
 * that one seems to be there, and longer for a reference peer that is; when none of them is there, the lowest key online restarts the chain. A peer that knows
 * nobody else waits for a second one even when it is named: a block written alone is the beginning of a fork.
 */
import { compareBytes } from '../codec/bytes.ts';
import type { ForcedRestart, Milliseconds } from '../config.ts';
import { type Holder, holderOf, type PublicKey } from '../crypto/keys.ts';
import { type Random, sample } from '../random.ts';
import type { Authoring, AuthoringView, Turn } from './authoring.ts';

/** Items that come within this time of the first share its block (spec/safety.md, Writing). */
export const coalesceMs = 25;
/**
 * The least D where reference peers are about: they keep whichever of two siblings came first for ever. In the simulator, beside
 * one or three of them, 60 of 60 networks stayed one with this, and 93 to 100 of 100 with the usual D.
 */
export const nearReferenceDelayMs = 1_500;
/**
 * When data has waited so long and nobody who was named has written, anybody may (spec/safety.md, Mute candidates), and
 * without the majority too, for tabs close for ever and the walk heals a fork (Writing).
 */
export const muteMs = 15_000;
/**
 * A first block waits for unchanged membership, but not for ever (spec/safety.md, Roots, which says 2 s: of 300 simulated
 * networks with delays of the internet the same three parted with either, and a line of 20 is ahead of the reference).
 */
const firstBlockCalmMs = 1_500;
const firstBlockMostMs = 6_000;
/** Candidates, and the smaller keys a forced block waits for, come from this many (spec/safety.md, Writing). */
export const freshestKeys = 64;
/** With fewer authors than these half of them are enough (spec/safety.md, Writing). */
const fewAuthors = 5;

export interface RiddleSettings {
  readonly nextCandidates: number;
  readonly forcedRestart: ForcedRestart;
  readonly dataGatherTimeMs: Milliseconds;
}

export class Riddle implements Authoring {
  readonly #settings: RiddleSettings;

  constructor(settings: RiddleSettings) {
    this.#settings = settings;
  }

  turn(now: Milliseconds, view: AuthoringView): Turn {
    if (view.online.length === 0) return { kind: 'wait', waitingFor: 'a second peer', until: undefined };
    if (view.tip === undefined) return this.#firstBlock(view);
    const { nextChoices, arrivedAt } = view.tip;
    const open = Math.max(view.pendingSince + coalesceMs, arrivedAt + this.#settings.dataGatherTimeMs);
    const choices = distinctHolders(nextChoices);
    const own = holderOf(view.own);
    const place = choices.findIndex((choice) => holderOf(choice) === own);
    if (place >= 0) return { kind: 'write', at: open + waitFor(now, view, choices.slice(0, place)) };
    return this.#forced(now, view, choices, open);
  }

  nextChoices(random: Random, live: readonly PublicKey[]): PublicKey[] {
    return sample(random, live.slice(0, freshestKeys), this.#settings.nextCandidates);
  }

  accepts(
    author: PublicKey,
    nextChoices: readonly PublicKey[],
    onlineForAccepting: (key: PublicKey) => boolean,
  ): boolean {
    const holder = holderOf(author);
    if (nextChoices.some((choice) => holderOf(choice) === holder)) return true;
    return this.#settings.forcedRestart !== 'never' && !nextChoices.some(onlineForAccepting);
  }

  #firstBlock(view: AuthoringView): Turn {
    const calm = Math.min(view.membershipChangedAt + firstBlockCalmMs, view.pendingSince + firstBlockMostMs);
    const soonest = Math.max(calm, view.pendingSince + delayOf(view));
    // The order counts from the calm, which comes to all at about the same time; or two peers write a root at once.
    return { kind: 'write', at: soonest + waitForSmaller(view) };
  }

  #forced(now: Milliseconds, view: AuthoringView, choices: readonly PublicKey[], open: Milliseconds): Turn {
    const since = Math.max(view.pendingSince, view.tip?.arrivedAt ?? 0);
    let goneSince = since;
    for (const choice of choices) {
      const until = Math.min(view.onlineUntil(choice), since + muteMs);
      if (until > now) return { kind: 'wait', waitingFor: 'the author of the next block', until };
      goneSince = Math.max(goneSince, until);
    }
    const { forcedRestart } = this.#settings;
    if (forcedRestart === 'never') {
      return { kind: 'wait', waitingFor: 'the author of the next block', until: undefined };
    }
    if (forcedRestart !== 'reference') {
      const majoritySince = majorityOnlineSince(view);
      if (forcedRestart === 'strict' && majoritySince === undefined) {
        return { kind: 'wait', waitingFor: 'more of the authors', until: undefined };
      }
      const withoutIt = forcedRestart === 'strict' ? Number.POSITIVE_INFINITY : since + muteMs;
      goneSince = Math.max(goneSince, Math.min(majoritySince ?? withoutIt, withoutIt));
    }
    // However long the gather time is, two that force are D apart.
    const soonest = Math.max(open, goneSince + (choices.length + 1) * delayOf(view));
    return { kind: 'write', at: soonest + waitForSmaller(view) };
  }
}

function delayOf({ referencesAreNear, rankDelayMs }: AuthoringView): Milliseconds {
  return referencesAreNear ? Math.max(nearReferenceDelayMs, rankDelayMs) : rankDelayMs;
}

/**
 * Since when enough of those who wrote the newest blocks are there, ourselves among them; undefined when they are not.
 * Two that see it come at one moment count from the same one, and so write D apart.
 */
function majorityOnlineSince({ own, recentAuthors, onlineSince }: AuthoringView): Milliseconds | undefined {
  const others = recentAuthors.filter((author) => holderOf(author) !== holderOf(own));
  const authors = others.length + 1;
  const enough = authors < fewAuthors ? Math.ceil(authors / 2) : Math.floor(authors / 2) + 1;
  if (enough === 1) return 0;
  const since = others.map(onlineSince).filter((at) => at !== undefined);
  return since.sort((a, b) => a - b)[enough - 2];
}

/** How long those before us in the order of precedence are waited for. */
function waitFor(now: Milliseconds, view: AuthoringView, before: readonly PublicKey[]): Milliseconds {
  let waitMs = 0;
  for (const key of before) {
    waitMs += view.isReference(key) && view.onlineUntil(key) > now ? view.referenceDelayMs(key) : delayOf(view);
  }
  return waitMs;
}

/**
 * D for each smaller key that is online, and for each of the reference's among them its time besides. Who is not among the
 * freshest goes after all of those: of thousands of peers hundreds have a key smaller than all of the 64 freshest, and
 * would write at once.
 */
function waitForSmaller(view: AuthoringView): Milliseconds {
  const smaller = view.online.slice(0, freshestKeys).filter((key) => compareBytes(key, view.own) < 0);
  const ofReference = smaller.filter((key) => view.isReference(key));
  const besides = ofReference.reduce((sum, key) => sum + view.referenceDelayMs(key), 0);
  const before = smaller.length + (view.isAmongFreshest ? 0 : freshestKeys);
  return before * delayOf(view) + besides;
}

/** A candidate list may name one holder twice; the first place counts (spec/safety.md, Blocks 3). */
function distinctHolders(keys: readonly PublicKey[]): PublicKey[] {
  const seen = new Set<Holder>();
  return keys.filter((key) => {
    const holder = holderOf(key);
    if (seen.has(holder)) return false;
    seen.add(holder);
    return true;
  });
}
