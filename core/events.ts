/**
 * What goes into a peer and what comes out: `handle(now, event) → effects` (design.md, The peer is a state machine).
 *
 * Events are past participles, effects imperatives. A result comes back only as an event with the id of its request;
 * a late one is ignored. The machine itself waits for `stored` before it promises what rests on it, so a host may run
 * effects at once and in order, and never has to hold back a `send`.
 */
import type { Block } from './chain/block.ts';
import type { Data } from './chain/data.ts';
import type { VerifiedBlock } from './chain/verification.ts';
import type { Milliseconds } from './config.ts';
import type { SignatureCheck } from './crypto/curve.ts';
import type { Hash, ItemId, PublicKey } from './crypto/keys.ts';
import type { Carrier } from './link.ts';
import type { Change, KeptBlock, SideBlock } from './storage/store.ts';

/** Chosen by the host, never used twice. */
export type LinkId = number;
/** Chosen by the machine, never used twice. */
export type RequestId = number;

export type Event =
  | {
      readonly kind: 'linkOpened';
      readonly link: LinkId;
      readonly carrier: Carrier;
      readonly address: string;
      /** The `dial` this answers; undefined when the other side dialled. */
      readonly dial: RequestId | undefined;
      readonly dialled: boolean;
      /** The key the carrier has proven. */
      readonly remote: PublicKey | undefined;
    }
  | { readonly kind: 'dialFailed'; readonly dial: RequestId; readonly reason: string }
  | { readonly kind: 'received'; readonly link: LinkId; readonly bytes: Uint8Array }
  | { readonly kind: 'drained'; readonly link: LinkId; readonly bytes: number }
  | { readonly kind: 'closed'; readonly link: LinkId; readonly reason: string }
  | { readonly kind: 'discovered'; readonly addresses: readonly string[] }
  /** A transport has got, or lost, an address by which others reach us. */
  | { readonly kind: 'listening'; readonly address: string | undefined }
  | { readonly kind: 'stored'; readonly request: RequestId }
  | { readonly kind: 'loaded'; readonly request: RequestId; readonly result: Loaded }
  | { readonly kind: 'verified'; readonly request: RequestId; readonly results: readonly boolean[] }
  | { readonly kind: 'composed'; readonly request: RequestId; readonly items: readonly Composed[] | undefined }
  | { readonly kind: 'commanded'; readonly command: Command }
  | { readonly kind: 'elapsed' };

export type Command =
  | { readonly kind: 'share'; readonly data: Data; readonly id: ItemId }
  /** An item somebody else made for us to pass on, not verified yet: left over from an earlier identity. */
  | { readonly kind: 'pass'; readonly data: Data }
  | { readonly kind: 'connect'; readonly address: string }
  /**
   * Blocks out of a file, verified, oldest first; those that do not follow the tip are passed over. While there are more
   * to come no block is written: it would stand on one of theirs.
   */
  | { readonly kind: 'take'; readonly blocks: readonly VerifiedBlock[]; readonly more: boolean }
  /** Whether blocks go through `compose` before they are signed. */
  | { readonly kind: 'compose'; readonly wanted: boolean }
  | { readonly kind: 'close' };

/** What the creation callback kept or added. */
export type Composed = { readonly keep: ItemId } | { readonly add: Data };

export type Query =
  | { readonly kind: 'blocks'; readonly from: number; readonly count: number; readonly maxBytes: number }
  | { readonly kind: 'heightOf'; readonly hash: Hash }
  | { readonly kind: 'containsItems'; readonly ids: readonly ItemId[] }
  | { readonly kind: 'sideBlocks'; readonly from: number; readonly count: number; readonly maxBytes: number }
  | { readonly kind: 'sideBlock'; readonly hash: Hash };

export type Loaded =
  | { readonly kind: 'blocks'; readonly blocks: readonly KeptBlock[] }
  | { readonly kind: 'heightOf'; readonly height: number | undefined }
  | { readonly kind: 'containsItems'; readonly contained: readonly boolean[] }
  | { readonly kind: 'sideBlocks'; readonly blocks: readonly SideBlock[] }
  | { readonly kind: 'sideBlock'; readonly block: SideBlock | undefined };

export type Effect =
  | { readonly kind: 'dial'; readonly dial: RequestId; readonly address: string; readonly timeoutMs: Milliseconds }
  | { readonly kind: 'send'; readonly link: LinkId; readonly bytes: Uint8Array }
  | { readonly kind: 'close'; readonly link: LinkId; readonly reason: string }
  | { readonly kind: 'store'; readonly request: RequestId; readonly change: Change }
  | { readonly kind: 'load'; readonly request: RequestId; readonly query: Query }
  | { readonly kind: 'verify'; readonly request: RequestId; readonly checks: readonly SignatureCheck[] }
  /** Hand these to the application's creation callback, on a copy. */
  | { readonly kind: 'compose'; readonly request: RequestId; readonly items: readonly PendingView[] }
  | { readonly kind: 'deliver'; readonly delivery: Delivery }
  /** Something a user should know; `message` undefined when it is over. */
  | { readonly kind: 'report'; readonly code: string; readonly message: string | undefined };

export interface PendingView {
  readonly id: ItemId;
  readonly data: Data;
}

/** A block of the main chain with what was found out about its items. */
export interface ChainBlock {
  readonly height: number;
  readonly block: Block;
  readonly ids: readonly ItemId[];
  /** One for each item: whether its author's signature holds. */
  readonly verified: readonly boolean[];
}

export type Delivery =
  | { readonly kind: 'applied'; readonly block: ChainBlock }
  /** Newest first. */
  | { readonly kind: 'reverted'; readonly blocks: readonly ChainBlock[] }
  | { readonly kind: 'pendingAdded'; readonly item: PendingView }
  | { readonly kind: 'pendingRemoved'; readonly id: ItemId }
  /** So many of the next candidates of this block, `of` in all, promise to write on no sibling of it. */
  | { readonly kind: 'acknowledged'; readonly block: Hash; readonly by: number; readonly of: number }
  /** A committee has settled the main chain up to this height. */
  | { readonly kind: 'settled'; readonly height: number }
  /** `known`, `connected` or `status` may be others than before. */
  | { readonly kind: 'changed' };
