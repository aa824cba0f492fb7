import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../../../core/codec/bytes.ts';
import { type Hash, hashHex } from '../../../../core/crypto/keys.ts';
import type { JournalEntry } from '../../../../core/storage/journal.ts';
import { journalEntries } from '../../../../core/storage/store.ts';
import { JournalFile } from '../../../../relay/store/journal-file.ts';
import { encodeRecords } from '../../../../relay/store/record-log.ts';
import { ChainMaker } from '../../../contract/material.ts';
import { RecordedDisk } from '../../../model/recorded-disk.ts';

const maker = new ChainMaker(1);
const child = (bytes = 10) => ({ ...maker.signed(maker.bytes(32) as Hash), bytes: new Uint8Array(bytes).fill(7) });
const hexOf = (entries: readonly JournalEntry[]) =>
  entries.map(({ parent, hash }) => [parent && hashHex(parent), hashHex(hash)]);
const entryOf = ({ parent, hash }: ReturnType<typeof child>) => ({ parent, hash });

describe('JournalFile', () => {
  it('holds what was signed and the newest whole, across openings', async () => {
    const disk = new RecordedDisk();
    const file = await JournalFile.open(disk);
    expect([file.entries(), file.lastSigned]).toEqual([[], undefined]);
    const [root, next] = [maker.signed(undefined), child()];
    await file.append(root, true);
    await file.append(next, true);
    for (const journal of [file, await JournalFile.open(disk)]) {
      expect(journal.entries()).toEqual([{ parent: undefined, hash: root.hash }, entryOf(next)]);
      expect(journal.lastSigned).toEqual(next.bytes);
    }
    expect(disk.operations.map(({ kind }) => kind)).toEqual(['append', 'sync', 'append', 'sync']);
  });

  it('keeps the root and the newest, however many there were', async () => {
    const disk = new RecordedDisk();
    const root = maker.signed(undefined);
    const later = Array.from({ length: 2 * journalEntries + 50 }, () => child());
    const file = await JournalFile.open(disk);
    for (const signed of [root, ...later]) await file.append(signed, false);
    const expected = [{ parent: undefined, hash: root.hash }, ...later.slice(-journalEntries).map(entryOf)];
    expect(hexOf(file.entries())).toEqual(hexOf(expected));
    expect(hexOf((await JournalFile.open(disk)).entries())).toEqual(hexOf(expected));
  });

  it('is written anew when it is large, with the newest block whole', async () => {
    const disk = new RecordedDisk();
    const file = await JournalFile.open(disk);
    const signed = Array.from({ length: 5 }, () => child(4_000_000));
    for (const entry of signed.slice(0, 4)) await file.append(entry, false);
    await file.tidy();
    expect(disk.contents.get('journal.db')?.length).toBeGreaterThan(16_000_000);
    await file.append(signed[4] as (typeof signed)[number], false);
    await file.tidy();
    expect(disk.contents.get('journal.db')?.length).toBeLessThan(4_001_000);
    const again = await JournalFile.open(disk);
    expect(again.entries()).toEqual(signed.map(entryOf));
    const [newest, expected] = [again.lastSigned, signed.at(-1)?.bytes] as [Uint8Array, Uint8Array];
    expect(equalBytes(newest, expected)).toBe(true);
  });

  it('passes over records it does not know', async () => {
    const disk = new RecordedDisk(new Map([['journal.db', encodeRecords([Uint8Array.of(9, 9)])]]));
    expect((await JournalFile.open(disk)).entries()).toEqual([]);
  });
});
