import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import { AddressBook, mostFresh, mostTried, userSource } from '../../../../core/network/address-book.ts';
import { addressNote, restoreNote } from '../../../../core/network/address-note.ts';
import { mostNoteBytes } from '../../../../core/storage/store.ts';
import { Seeded } from '../../../model/seeded.ts';

const now = 1_770_000_000_000;
const onion = 'abcdefghijklmnop.onion:29092';

function book(): AddressBook {
  return new AddressBook(new Seeded(1).random, 3);
}

function restored(bytes: Uint8Array, byTor = false, at = now): AddressBook {
  const into = book();
  restoreNote(into, bytes, byTor, at);
  return into;
}

function some(): AddressBook {
  const held = book();
  held.reached('198.51.100.7:29092', now);
  held.reached('192.0.2.7:29092', now - 5);
  held.anchor(new Set(['198.51.100.7:29092']));
  held.told('host.example:29092', '203.0.0.0/16', now - 9);
  held.failed('192.0.2.7:29092', now);
  return held;
}

describe('a note', () => {
  it('gives back what was learned, and is the same bytes for the same book', () => {
    const bytes = addressNote(some(), false);
    const again = restored(bytes);
    const parts = (held: AddressBook) =>
      [...held.tried, ...held.fresh]
        .map(({ dueAt: _, claimedBy: __, ...entry }) => entry)
        .sort((a, b) => (a.address < b.address ? -1 : 1));
    expect(parts(again)).toEqual(parts(some()));
    expect(bytesToHex(addressNote(again, false))).toBe(bytesToHex(bytes));
  });

  it('has onion addresses only where links go by Tor', () => {
    const held = book();
    held.reached(onion, now);
    held.told(onion.replace('abc', 'xyz'), 'a', now);
    expect(restored(addressNote(held, false)).tried).toEqual([]);
    expect(restored(addressNote(held, true), true).tried).toHaveLength(1);
  });

  it('has addresses of the user only once they were reached', () => {
    const held = book();
    held.told('192.0.2.7:1', userSource, now);
    expect(restored(addressNote(held, false)).fresh).toEqual([]);
  });

  it('of one who went by Tor is not read by one who does not, nor the other way about', () => {
    for (const byTor of [true, false]) {
      const bytes = addressNote(some(), byTor);
      expect(restored(bytes, !byTor).tried).toEqual([]);
      expect(restored(bytes, byTor).tried).toHaveLength(2);
    }
  });

  it('holds as much as a book can hold, in what a store keeps of one note', () => {
    const held = book();
    const long = `${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(60)}`;
    for (let place = 0; place < 2_000; place++) held.reached(`a${place}.${long}.d${place}.example:29092`, now);
    for (let place = 0; place < 2_000; place++) {
      held.told(`b${place}.${long}.e${place}.example:29092`, `${place}`.padStart(250, 's'), now);
    }
    const bytes = addressNote(held, false);
    expect([held.tried.length, held.fresh.length]).toEqual([mostTried, mostFresh]);
    expect(bytes.length).toBeLessThanOrEqual(mostNoteBytes);
    expect(restored(bytes).fresh).toHaveLength(mostFresh);
  });
});

it('is laid out as docs/protocol.md gives it', () => {
  const page = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8');
  expect(page).toContain(
    '`{ version: u8, byTor: bool, entries: Vec<{ address: String, source: String, toldAt: u64, reachedAt: Option<u64>, failures: u8, isAnchor: bool }> }`',
  );
  const held = book();
  held.told('a.example:1', 'b', 258);
  const told = '01 00 01000000 0b000000 612e6578616d706c653a31 01000000 62 0201000000000000 00 00 00';
  expect(bytesToHex(addressNote(held, false))).toBe(told.replaceAll(' ', ''));
  held.reached('a.example:1', 259);
  held.anchor(new Set(['a.example:1']));
  const reached =
    '01 01 01000000 0b000000 612e6578616d706c653a31 01000000 62 0201000000000000 01 0301000000000000 00 01';
  expect(bytesToHex(addressNote(held, true))).toBe(reached.replaceAll(' ', ''));
});

describe('bytes that are no note', () => {
  const bytes = addressNote(some(), false);

  it('of every cut are dropped', () => {
    for (let length = 0; length < bytes.length; length++) {
      const into = restored(bytes.subarray(0, length));
      expect(into.tried.length + into.fresh.length).toBe(0);
    }
  });

  it('with any byte changed are dropped or make a book within its bounds that can be written again', () => {
    const seeded = new Seeded(5);
    for (let round = 0; round < 3_000; round++) {
      const spoilt = bytes.slice();
      for (let flips = 0; flips <= seeded.below(3); flips++) {
        spoilt[seeded.below(spoilt.length)] = seeded.below(256);
      }
      const into = restored(spoilt);
      expect(into.tried.length + into.fresh.length).toBeLessThanOrEqual(3);
      for (const { toldAt, reachedAt } of [...into.tried, ...into.fresh]) {
        expect(Math.max(toldAt, reachedAt ?? 0)).toBeLessThanOrEqual(now);
      }
      addressNote(into, false);
    }
  });

  it('of another version, or with something behind them, are dropped', () => {
    expect(restored(Uint8Array.of(2, ...bytes.subarray(1))).tried).toEqual([]);
    expect(restored(Uint8Array.of(...bytes, 0)).tried).toEqual([]);
  });
});

it('times of a clock that was ahead are of now', () => {
  const bytes = addressNote(some(), false);
  expect(restored(bytes, false, now - 1_000_000).tried.map(({ reachedAt }) => reachedAt)).toEqual([
    now - 1_000_000,
    now - 1_000_000,
  ]);
});
