/**
 * Who writes this chain, as its newest blocks show it, and whether one key has taken it over (spec/safety.md, What a
 * receipt may promise: a capture is visible).
 *
 * Identities are free, and one dishonest author can name all later ones. So: in the newest 16 blocks nobody writes or is
 * named but one key and keys that no block before them knows, or but one key alone. That looks the same where everybody
 * else has gone home, so it counts only while one of those shut out is online. It judges what is seen and forbids
 * nothing. Blocks carry no time, so nothing here is a rate.
 */
import { type HashHex, type Holder, holderOf } from '../crypto/keys.ts';
import type { ChainHealth } from '../face.ts';
import type { Block } from './block.ts';

/** As many as say whose word counts (fork-choice.ts). */
export const healthBlocks = 64;
/** Of 10 others online, 3 drawn for each block, honest authors would all 16 times pass over a given one once in 300. */
export const captureBlocks = 16;

type Written = Pick<Block, 'author' | 'nextChoices'>;

/** What blocks show by themselves, whoever is online. */
export interface Findings extends Omit<ChainHealth, 'captured'> {
  /** One key has named itself alone in the newest blocks and written them. */
  readonly isAlone: boolean;
  /** Keys of the blocks before, when at most one of them writes or is named since. */
  readonly shutOut: ReadonlySet<Holder>;
}

/**
 * @param blocks of the main chain, oldest first
 * @param before keys that were shut out when it was last looked at: the window moves on, and the capture may not
 */
export function findings(blocks: readonly Written[], before: ReadonlySet<Holder>): Findings {
  const window = blocks.slice(-healthBlocks).map(({ author, nextChoices }) => {
    return { author: holderOf(author), named: nextChoices.map(holderOf) };
  });
  const written = new Map<Holder, number>();
  for (const { author } of window) written.set(author, (written.get(author) ?? 0) + 1);
  const newest = window.slice(-captureBlocks);
  const [first] = newest;
  const isLong = newest.length === captureBlocks;
  return {
    ofBlocks: window.length,
    authors: written.size,
    greatestShare: window.length === 0 ? 0 : Math.max(...written.values()) / window.length,
    candidates: new Set(window.flatMap(({ named }) => named)).size,
    isAlone:
      isLong &&
      newest.every(
        ({ author, named }) =>
          author === first?.author && named.length > 0 && named.every((choice) => choice === author),
      ),
    shutOut: isLong ? shutOut(window.slice(0, -captureBlocks), newest, before) : nobody,
  };
}

/** Looks again only when the tip is another, and remembers who was shut out. */
export class Health {
  #tip: HashHex | undefined;
  #findings = findings([], nobody);

  /** @param main newest blocks, oldest first, asked for when the tip is another @param isOnline asked of who is shut out */
  look(tip: HashHex | undefined, main: () => readonly Written[], isOnline: (holder: Holder) => boolean): ChainHealth {
    if (tip !== this.#tip) {
      this.#tip = tip;
      this.#findings = findings(main(), this.#findings.shutOut);
    }
    const { isAlone, shutOut, ...seen } = this.#findings;
    return { ...seen, captured: isAlone || [...shutOut].some(isOnline) };
  }
}

export const capturedMessage =
  'One key has taken over who writes: the newest blocks name only it and keys it brought in, though others are here. ' +
  'What the chain holds is still the word of who signed it; what is shared now may be left out.';

interface Seen {
  readonly author: Holder;
  readonly named: readonly Holder[];
}

function shutOut(older: readonly Seen[], newest: readonly Seen[], before: ReadonlySet<Holder>): ReadonlySet<Holder> {
  const now = keysIn(newest);
  if (before.size > 0) return [...before].some((holder) => now.has(holder)) ? nobody : before;
  const established = [...keysIn(older)];
  const gone = established.filter((holder) => !now.has(holder));
  return established.length - gone.length <= 1 ? new Set(gone) : nobody;
}

function keysIn(blocks: readonly Seen[]): Set<Holder> {
  return new Set(blocks.flatMap(({ author, named }) => [author, ...named]));
}

const nobody: ReadonlySet<Holder> = new Set();
