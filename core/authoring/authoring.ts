/**
 * The seam of block writing: who may write the next block, when, and whom it names.
 *
 * An authoring decides; it keeps nothing and sends nothing. `riddle.ts` is the default; test/contract/authoring.ts is
 * what every one must pass.
 */
import type { Milliseconds } from '../config.ts';
import type { PublicKey } from '../crypto/keys.ts';
import type { WaitingFor } from '../face.ts';
import type { Random } from '../random.ts';

/** What an authoring sees of the peer. Times are absolute. */
export interface AuthoringView {
  readonly own: PublicKey;
  /** The newest block; undefined when there is none. */
  readonly tip: { readonly nextChoices: readonly PublicKey[]; readonly arrivedAt: Milliseconds } | undefined;
  /** Since when something waits for a block. */
  readonly pendingSince: Milliseconds;
  /** Other keys that count as online for writing, freshest first, without our own. */
  readonly online: readonly PublicKey[];
  /**
   * Whether we have shown ourselves as lately as the 64 freshest of those. In a large network each of the others hardly
   * knows whether we are there.
   */
  readonly isAmongFreshest: boolean;
  /** Until when a key counts as online for writing without a further sign of life. */
  onlineUntil(key: PublicKey): Milliseconds;
  /** Whether a key may be a reference peer's that still writes: it writes later than ours and never undoes a fork. */
  isReference(key: PublicKey): boolean;
  /** D: how long each key before us in the order of precedence is waited for. */
  readonly rankDelayMs: Milliseconds;
  /** How long a reference key is waited for that is online. */
  referenceDelayMs(key: PublicKey): Milliseconds;
  /** Whether reference peers are about, for whom a sibling of a block is a fork for ever, whoever wrote the two. */
  readonly referencesAreNear: boolean;
  /** Who wrote the newest 64 blocks, each once. */
  readonly recentAuthors: readonly PublicKey[];
  /** Since when another key has been online for writing; undefined while it is not. */
  onlineSince(key: PublicKey): Milliseconds | undefined;
  /** When a key was last added to or taken from those online. */
  readonly membershipChangedAt: Milliseconds;
}

export type Turn =
  | { readonly kind: 'wait'; readonly waitingFor: WaitingFor; readonly until: Milliseconds | undefined }
  | { readonly kind: 'write'; readonly at: Milliseconds };

export interface Authoring {
  /** Asked whenever something may have changed, and again at the moment of writing. */
  turn(now: Milliseconds, view: AuthoringView): Turn;
  /** The keys the next block names, in order of precedence. @param live keys proven to be there, freshest first */
  nextChoices(random: Random, live: readonly PublicKey[]): PublicKey[];
  /**
   * Whether an author may be believed at once (spec/safety.md, Blocks 4).
   * @param onlineForAccepting whether a key gave a sign of life within the accepting time
   */
  accepts(
    author: PublicKey,
    nextChoices: readonly PublicKey[],
    onlineForAccepting: (key: PublicKey) => boolean,
  ): boolean;
}
