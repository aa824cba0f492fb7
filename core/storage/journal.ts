/**
 * Which entries of the signing journal a store keeps: the newest, and always the one without parent (store.ts).
 *
 * The root's entry stays because a first block may be asked for again at any time, however long ago it was signed.
 */
import type { Hash } from '../crypto/keys.ts';
import { journalEntries } from './store.ts';

export interface JournalEntry {
  readonly parent: Hash | undefined;
  readonly hash: Hash;
}

/** @param entries oldest first; what is returned is too */
export function keptEntries<T extends JournalEntry>(entries: readonly T[]): T[] {
  const start = Math.max(0, entries.length - journalEntries);
  const root = entries.findLastIndex((entry) => entry.parent === undefined);
  const newest = entries.slice(start);
  return root < 0 || root >= start ? newest : [entries[root] as T, ...newest];
}
