import { describe, expect, it } from 'vitest';
import type { Hash } from '../../../../core/crypto/keys.ts';
import { type JournalEntry, keptEntries } from '../../../../core/storage/journal.ts';
import { journalEntries } from '../../../../core/storage/store.ts';
import { Seeded } from '../../../model/seeded.ts';

const seeded = new Seeded(1);
const hash = () => seeded.bytes(32) as Hash;
const child = (): JournalEntry => ({ parent: hash(), hash: hash() });
const root = (): JournalEntry => ({ parent: undefined, hash: hash() });

describe('keptEntries', () => {
  it('keeps a short journal as it is', () => {
    const entries = [root(), child(), child()];
    expect(keptEntries(entries)).toEqual(entries);
    expect(keptEntries([])).toEqual([]);
  });

  it('drops the oldest of a long one', () => {
    const entries = Array.from({ length: journalEntries + 3 }, child);
    expect(keptEntries(entries)).toEqual(entries.slice(3));
  });

  it('keeps the root however old, before the others', () => {
    const entries = [child(), root(), ...Array.from({ length: journalEntries + 3 }, child)];
    const kept = keptEntries(entries);
    expect(kept).toEqual([entries[1], ...entries.slice(5)]);
    expect(keptEntries([...kept, child()])).toHaveLength(journalEntries + 1);
  });

  it('keeps the newest of two roots, and counts one among the newest like any other', () => {
    const entries = [root(), root(), ...Array.from({ length: journalEntries }, child)];
    expect(keptEntries(entries)).toEqual(entries.slice(1));
    const atTheEnd = [...Array.from({ length: journalEntries }, child), root()];
    expect(keptEntries(atTheEnd)).toEqual(atTheEnd.slice(1));
  });
});
