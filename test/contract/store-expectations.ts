/**
 * What the contract of stores looks at, in bytes that print as hex when they differ.
 */
import { expect } from 'vitest';
import { bytesToHex } from '../../core/codec/bytes.ts';
import type { Hash, ItemId } from '../../core/crypto/keys.ts';
import type { KeptBlock, Note, SideBlock, Store, StoredBlock } from '../../core/storage/store.ts';

export const unlimited = 64 * 1024 * 1024;

/** The store holds exactly these blocks, their hashes and items, and none of those that are gone. */
export async function expectChain(store: Store, held: readonly StoredBlock[], gone: readonly StoredBlock[] = []) {
  expectKept(await store.blocks(0, held.length + 1, unlimited), kept(held));
  const heights = await Promise.all([...held, ...gone].map((block) => store.heightOf(block.hash)));
  expect(heights).toEqual([...held.map((block) => block.height), ...gone.map(() => undefined)]);
  const ids = (blocks: readonly StoredBlock[]) => blocks.flatMap((block) => block.items);
  const contained = await store.containsItems([...ids(held), ...ids(gone)]);
  expect(contained).toEqual([...ids(held).map(() => true), ...ids(gone).map(() => false)]);
}

/** The store keeps exactly these blocks beside the main chain, in whichever order they are given here. */
export async function expectSide(store: Store, held: readonly SideBlock[], gone: readonly SideBlock[] = []) {
  const expected = plainSide(held).toSorted();
  expect(plainSide(await store.sideBlocks(0, held.length + 1, unlimited))).toEqual(expected);
  const found = await Promise.all([...held, ...gone].map(({ hash }) => store.sideBlock(hash)));
  expect(found.map((block) => block && plainSide([block])[0])).toEqual([
    ...plainSide(held),
    ...gone.map(() => undefined),
  ]);
}

/** Sorted as text they are in order of height, then hash. */
export function plainSide(blocks: readonly SideBlock[]): string[] {
  return blocks.map(({ hash, parent, height, bytes, unverified }) =>
    [String(height).padStart(9, '0'), ...[hash, parent, bytes].map(bytesToHex), unverified.join()].join(' '),
  );
}

export function expectNotes({ notes }: { readonly notes: readonly Note[] }, expected: readonly Note[]): void {
  const plain = (list: readonly Note[]) => list.map(({ name, bytes }) => `${name} ${bytesToHex(bytes)}`).toSorted();
  expect(plain(notes)).toEqual(plain(expected));
}

export function expectPending(
  opened: { readonly pending: readonly { readonly id: ItemId; readonly bytes: Uint8Array }[] },
  items: readonly { readonly id: ItemId; readonly bytes: Uint8Array }[],
): void {
  const hex = (list: typeof items) => list.map(({ id, bytes }) => [bytesToHex(id), bytesToHex(bytes)]);
  expect(hex(opened.pending)).toEqual(hex(items));
}

interface Entry {
  readonly parent: Hash | undefined;
  readonly hash: Hash;
}

export function expectJournal(journal: readonly Entry[], entries: readonly Entry[]): void {
  const hex = (list: readonly Entry[]) =>
    list.map(({ parent, hash }) => [parent && bytesToHex(parent), bytesToHex(hash)]);
  expect(hex(journal)).toEqual(hex(entries));
}

export function expectSame(actual: Uint8Array | undefined, expected: Uint8Array | undefined): void {
  expect(actual && bytesToHex(actual)).toBe(expected && bytesToHex(expected));
}

export function expectKept(actual: readonly KeptBlock[], expected: readonly KeptBlock[]): void {
  const plain = (blocks: readonly KeptBlock[]) =>
    blocks.map(({ bytes, unverified }) => [bytesToHex(bytes), [...unverified]]);
  expect(plain(actual)).toEqual(plain(expected));
}

export function kept(blocks: readonly StoredBlock[]): KeptBlock[] {
  return blocks.map(({ bytes, unverified }) => ({ bytes, unverified }));
}

export function changedAt(id: ItemId, place: number): ItemId {
  const changed = id.slice();
  changed[place] = (changed[place] as number) ^ 1;
  return changed as ItemId;
}
