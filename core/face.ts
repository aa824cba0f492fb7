/**
 * What an application sees: values of the public face (design.md, Public face).
 *
 * Keys, hashes and signatures are branded lower-case hex here, data are bytes; `host.ts` turns the core's bytes into
 * these at one place. The `Peer` class itself is host.ts's; this file is its vocabulary, free of behaviour.
 */
import type { HashHex, ItemIdHex, PublicKeyHex, SignatureHex } from './crypto/keys.ts';
import type { Carrier } from './link.ts';
import type { StorageKind } from './storage/store.ts';

/** An item of a block, or one that waits for its block. */
export interface Item {
  readonly id: ItemIdHex;
  readonly data: Uint8Array;
  readonly author: PublicKeyHex;
  readonly signature: SignatureHex;
  /** False when the author's signature does not hold: it is then nobody's word (spec/safety.md, Blocks 4). */
  readonly verified: boolean;
  /** The same item stands earlier in the block. */
  readonly repeated: boolean;
}

export interface BlockView {
  /** 0 for the first block. */
  readonly height: number;
  readonly hash: HashHex;
  readonly parent: HashHex | undefined;
  readonly author: PublicKeyHex;
  readonly nextChoices: readonly PublicKeyHex[];
  readonly items: readonly Item[];
  readonly signature: SignatureHex;
}

/** One link to another peer, as `peers()` tells it. */
export interface PeerView {
  readonly publicKey: PublicKeyHex;
  readonly address: string;
  readonly carrier: Carrier;
  readonly dialled: boolean;
  /** Whether it runs this program (its greeting says so), or the reference. */
  readonly ours: boolean;
  /** Unix milliseconds. */
  readonly since: number;
}

/**
 * How far one shared item has come (spec/safety.md, What a receipt may promise). Each level says what is so now, and a
 * reorganisation leads back from all but the last. What others may be asked for stands in none: there is no time.
 */
export type Progress =
  | {
      readonly level: 'pending';
      readonly waitingFor: WaitingFor | undefined;
      /** The block it stood in, which gave way to a better branch; undefined while it has stood in none. */
      readonly gaveWay: Place | undefined;
    }
  | ({ readonly level: 'included' } & Place)
  | ({ readonly level: 'confirmed' } & Place & Confirmations)
  | ({
      readonly level: 'acknowledged';
      /** So many of the block's next candidates, `of` in all, have signed that they write on no sibling of it. */
      readonly by: number;
      readonly of: number;
    } & Place &
      Confirmations)
  /** No reorganisation undoes it. Only where a committee is configured. */
  | ({ readonly level: 'final' } & Place);

/** The block an item stands in. */
export interface Place {
  readonly height: number;
  readonly block: HashHex;
}

export interface Confirmations {
  /** Blocks on top of the item's; counted up to 64. */
  readonly depth: number;
  /**
   * Keys that have written one of those blocks, not counting the author of the item's own block, nor keys that nobody had
   * heard of before it: whoever wrote it can invent those.
   */
  readonly authors: number;
}

/** Why an item that is pending cannot go on yet. */
export type WaitingFor =
  | 'a second peer'
  | 'the chain of a neighbour'
  | 'the author of the next block'
  /** Of the newest blocks: only where `forcedRestart` is `strict`. */
  | 'more of the authors';

/** What the newest blocks show of who writes this chain, at most 64 of them: whether one key has taken it over. */
export interface ChainHealth {
  /** Blocks looked at. */
  readonly ofBlocks: number;
  /** Distinct keys that wrote them. */
  readonly authors: number;
  /** Part of them that the busiest key wrote: 0 to 1. */
  readonly greatestShare: number;
  /** Distinct keys that they name as next authors. */
  readonly candidates: number;
  /** One key has let nobody write any more but itself and keys it brought in, while others are here who could. */
  readonly captured: boolean;
}

/** Something a user should know. Gone from `status.problems` when it is over. */
export interface Problem {
  /**
   * For programs: `relay-unreachable`, `storage-in-memory`, `no-webrtc`, `other-root`, `too-deep-a-fork`, `captured`,
   * `reference-split`, …
   */
  readonly code: string;
  /** One sentence for people. */
  readonly message: string;
}

export interface Status {
  readonly network: string;
  /** Where others are told that this peer is reached: `host:port`; undefined when nobody can dial it. */
  readonly listen: string | undefined;
  /** Number of blocks held. */
  readonly height: number;
  readonly root: HashHex | undefined;
  readonly tip: HashHex | undefined;
  readonly storage: StorageKind;
  /** Blocks held, and as many as the neighbour says there are; undefined when not catching up. */
  readonly syncing: { readonly held: number; readonly of: number } | undefined;
  readonly waitingFor: WaitingFor | undefined;
  /** Height of the highest block that the committee has made final; undefined: none, or there is no committee. */
  readonly final: number | undefined;
  readonly chainHealth: ChainHealth;
  readonly problems: readonly Problem[];
  readonly closed: boolean;
}

/** Returned by `share`. */
export interface Receipt {
  readonly item: Item;
  readonly progress: Progress;
  /** Resolves when the item first stands in a block. Rejects when the peer closes, or `not-followed` past 65,536 pending. */
  readonly included: Promise<Place>;
  /** Called at every step; a reorganisation may lead back to `pending`. Returns what ends the calls. */
  onProgress(callback: (progress: Progress) => void): () => void;
}

/** What the creation callback gets and returns: the items of the block this peer is about to write. */
export type BlockCreation = (items: readonly Item[]) => readonly CreatedItem[] | Promise<readonly CreatedItem[]>;

/** An item to keep, named by its id, or bytes to sign and add as this peer's own, or an item of `createItem` to add. */
export type CreatedItem = Pick<Item, 'id'> | { readonly add: Uint8Array | Item };

export interface PeerEvents {
  /** `known`, `connected`, `pending` or `status` is another than before. */
  readonly change: undefined;
  /** A block of the main chain, in order. */
  readonly block: BlockView;
  /** The main chain left these blocks, newest first; what they held is pending again. */
  readonly revert: readonly BlockView[];
}

/**
 * A peer, as scripts on a site and in Node use it. `host.ts` implements it.
 */
export interface PeerFace {
  readonly publicKey: PublicKeyHex;
  /** Keys online now, without one's own. Live: the same Set, changed in place, with a `change` event. */
  readonly known: ReadonlySet<PublicKeyHex>;
  /** Keys this peer has a link to. Live. */
  readonly connected: ReadonlySet<PublicKeyHex>;
  /** Verified items that wait for a block, by id, oldest first. Live. */
  readonly pending: ReadonlyMap<ItemIdHex, Item>;
  readonly status: Status;
  peers(): readonly PeerView[];
  /** Makes and signs an item, and shares nothing. @throws PeerError `too-large` past 512 KiB */
  createItem(data: Uint8Array): Item;
  /**
   * Bytes, which are signed now, or an item of `createItem`.
   * @throws PeerError `too-large` past 512 KiB, `not-own` for an item that this peer did not make lately, `closed`
   */
  share(data: Uint8Array | Item): Receipt;
  /**
   * Of an item of one's own: shared since the peer opened, or found then to be pending or to stand in one of the newest
   * blocks. Undefined for others, and once it is followed no more.
   */
  progressOf(item: ItemIdHex): Progress | undefined;
  /** Whether the item's author has signed it, whatever it says of itself. */
  verifyItem(item: Item): Promise<boolean>;
  /** Whether the hash is the block's, its author has signed it, and the author of each item that. */
  verifyBlock(block: BlockView): Promise<boolean>;
  /** Dials; the peer goes on dialling this address whenever it is not linked. @throws PeerError `bad-address`, `closed` */
  connect(address: string): void;
  /** Blocks of the main chain as they are held now, oldest first, from height `from` (0). */
  blocks(options?: { readonly from?: number; readonly to?: number }): AsyncIterable<BlockView>;
  /** Each block that becomes the newest one from now on. */
  newBlocks(): AsyncIterable<BlockView>;
  /**
   * Takes over a chain that was exported: Borsh of its blocks, oldest first, some at a time. Each is verified like one of
   * a neighbour; no block is written meanwhile. Our own chain must be its beginning, or empty.
   * @returns how many blocks followed those held when it began
   * @throws TransferError `other-chain`, `shorter`, `bad-block`, `busy` while another is taken over; PeerError `closed`
   */
  importBlocks(parts: AsyncIterable<readonly Uint8Array[]>): Promise<number>;
  /** Runs on the one peer that writes a block, just before it is signed. One callback at a time; undefined removes it. */
  onBlockCreation(callback: BlockCreation | undefined): void;
  on<K extends keyof PeerEvents>(event: K, callback: (value: PeerEvents[K]) => void): () => void;
  /** Says goodbye, ends every link and the store. Idempotent. */
  close(): Promise<void>;
}
