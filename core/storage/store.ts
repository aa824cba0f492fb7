/**
 * The seam between a peer and what keeps its chain: IndexedDB in a tab, files in Node, a Map in tests.
 *
 * A store keeps the main chain by height from 0, with what is needed to open in time that does not grow with it, and
 * beside it the blocks of other branches that it is told to keep. It judges nothing: what it is given was verified, and
 * which branches are worth keeping is decided by whoever asks. Changes are applied in the order of the calls, each whole
 * or not at all. test/contract/store.ts is what every store must pass.
 */
import type { Hash, ItemId } from '../crypto/keys.ts';

/** A block of the main chain as a store holds it. */
export interface StoredBlock {
  /** 0 for the first block. */
  readonly height: number;
  readonly hash: Hash;
  /** Ids of the block's items, for `containsItems`. */
  readonly items: readonly ItemId[];
  /** Borsh of the Block (spec/wire.md, Data and Block). How it is compressed is the store's affair. */
  readonly bytes: Uint8Array;
  /**
   * Places of the items whose author's signature did not hold, ascending; nearly always empty. Kept, so that an item
   * read again later is never shown as its author's word (spec/safety.md, Blocks 4).
   */
  readonly unverified: readonly number[];
}

/** What a store gives back of a block. */
export type KeptBlock = Pick<StoredBlock, 'bytes' | 'unverified'>;

/** A valid block that does not stand on the main chain. */
export interface SideBlock {
  readonly hash: Hash;
  readonly parent: Hash;
  /** 0 for the first block of its branch's chain. */
  readonly height: number;
  /** Borsh of the Block. */
  readonly bytes: Uint8Array;
  /** As of a block of the main chain. */
  readonly unverified: readonly number[];
}

/** A small value that is kept under a fixed name; only its newest bytes stay. At most `mostNoteBytes`. */
export interface Note {
  readonly name: NoteName;
  readonly bytes: Uint8Array;
}

/** `addresses`: whom to dial after a restart. `votes`: what this identity has voted for (spec/safety.md, Receipts). */
export type NoteName = (typeof noteNames)[number];

/** One of our own items that is not in a block yet, kept so that it survives a restart. */
export interface PendingItem {
  readonly id: ItemId;
  /** Borsh of the Data. */
  readonly bytes: Uint8Array;
}

/** An entry of the signing journal: this identity signed `hash` as the child of `parent` (design.md, Identity). */
export interface SignedBlock {
  readonly parent: Hash | undefined;
  readonly hash: Hash;
  /** Borsh of the whole block, so that one signed but not yet sent can be sent after a crash. */
  readonly bytes: Uint8Array;
}

/**
 * One atomic change. Steps happen in this order; those not wanted are empty. A hash in both `sideAdded` and
 * `sideRemoved` is not kept. A block may stand on both sides for a while, since whoever moves a long way moves it in
 * several changes; it then counts as one of the main chain.
 */
export interface Change {
  /** Waits until the bytes are on the disk (IndexedDB `strict`; fsync). */
  readonly durable: boolean;
  readonly signed: SignedBlock | undefined;
  /** One whose hash is held already takes its place. */
  readonly sideAdded: readonly SideBlock[];
  readonly notes: readonly Note[];
  /** The number of blocks of the main chain that stay; undefined cuts nothing. */
  readonly cutTo: number | undefined;
  /** Contiguous, beginning at the height the cut leaves. */
  readonly append: readonly StoredBlock[];
  readonly sideRemoved: readonly Hash[];
  readonly pendingAdded: readonly PendingItem[];
  readonly pendingRemoved: readonly ItemId[];
}

/** To be filled in. */
export const noChange: Change = {
  durable: false,
  signed: undefined,
  sideAdded: [],
  notes: [],
  cutTo: undefined,
  append: [],
  sideRemoved: [],
  pendingAdded: [],
  pendingRemoved: [],
};

/** What a peer needs before it can answer anybody. */
export interface Opened {
  /** Number of blocks of the main chain. */
  readonly count: number;
  readonly root: Hash | undefined;
  /** The newest blocks (`recentBlocks` of them, or all), oldest first. */
  readonly recent: readonly KeptBlock[];
  readonly pending: readonly PendingItem[];
  /** The newest `journalEntries` of the journal, and always the one without parent; oldest first. */
  readonly journal: readonly { readonly parent: Hash | undefined; readonly hash: Hash }[];
  /** Borsh of the newest block in the journal. */
  readonly lastSigned: Uint8Array | undefined;
  /** At most one of each name. */
  readonly notes: readonly Note[];
}

/** The walk of fork choice looks at the last 8 ancestors (issue 3); their parent tells who might write the oldest. */
export const recentBlocks = 10;
/** As deep as a reorganisation can go without an operator (spec/safety.md, Fork choice). */
export const journalEntries = 4_096;
export const noteNames = ['addresses', 'votes'] as const;
export const mostNoteBytes = 1024 * 1024;

/** How well what is stored is kept; shown to the user. */
export type StorageKind = 'disk' | 'persistent' | 'best-effort' | 'memory';

export interface Store {
  readonly kind: StorageKind;
  /** Called once, before anything else. @throws StoreError `unavailable`, `held`, `corrupt` */
  open(): Promise<Opened>;
  /** @throws StoreError `full`, `failed`, `closed`; the change is then not applied. */
  change(change: Change): Promise<void>;
  /** The blocks from height `from`: at most `count`, at most `maxBytes` of Borsh in all, but at least one if there is one. */
  blocks(from: number, count: number, maxBytes: number): Promise<KeptBlock[]>;
  heightOf(hash: Hash): Promise<number | undefined>;
  /** One answer for each id: whether an item of the main chain has it. */
  containsItems(ids: readonly ItemId[]): Promise<boolean[]>;
  /**
   * Blocks beside the main chain in order of height, then hash, from the `from`-th on: at most `count`, at most `maxBytes`
   * of Borsh in all, but at least one if there is one.
   */
  sideBlocks(from: number, count: number, maxBytes: number): Promise<SideBlock[]>;
  sideBlock(hash: Hash): Promise<SideBlock | undefined>;
  /** Ends after the changes already asked for. Idempotent. */
  close(): Promise<void>;
}
