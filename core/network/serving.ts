/**
 * Answers to who asks for blocks: one cursor for each link, reading from the store as the link drains.
 *
 * A RequestBlocks is answered block by block, from a start that must be on our main chain, as in the reference. Ours ask
 * by a locator and get batches, from after the newest block of it that is on our main chain (docs/protocol.md, Blocks
 * wanted); a block that is larger than a batch goes between them as it would alone. Nothing is queued ahead: a batch is
 * read when the link has sent the one before, so a slow reader costs one batch (spec/safety.md, Frames and sessions).
 */

import type { Chain } from '../chain/chain.ts';
import { type Hash, hashHex } from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import type { LinkId, Loaded, RequestId } from '../events.ts';
import { extensionSaying } from '../wire/carrier.ts';
import { type BlocksWanted, batchedBlockBytes, filledBytes, rangeEnds } from '../wire/holdings.ts';
import { payloadOf } from '../wire/saying.ts';
import type { GreetedLink } from './open-link.ts';
import { windowBytes } from './outbox.ts';

type Manner =
  | { readonly kind: 'singly' }
  /** The asker's number for it; whether it has been told that no more will come. */
  | { readonly kind: 'batches'; readonly number: number; isOver: boolean };

type Cursor = { readonly manner: Manner } & (
  | {
      readonly kind: 'finding';
      readonly request: RequestId;
      /** Older ones, that are tried when the store does not hold this one. */
      readonly rest: readonly Hash[];
    }
  | { readonly kind: 'reading'; readonly next: number; readonly request: RequestId }
  /** Waits for the link to drain, or for blocks on their way to the store. */
  | { readonly kind: 'paused'; readonly next: number }
  /** Nothing of what was named is on our chain, and the asker is to hear of it. */
  | { readonly kind: 'lost' }
);

/** Read at one time: as much as a link's window takes. */
const batchBlocks = 128;

export class Serving {
  readonly #cursors = new Map<LinkId, Cursor>();
  /** Links whose next block was not in the store yet: they wait for the next change to be stored. */
  readonly #starved = new Set<LinkId>();
  readonly #effects: Effects;
  readonly #chain: Chain;

  constructor(chain: Chain, effects: Effects) {
    this.#chain = chain;
    this.#effects = effects;
  }

  /** The other asked for the blocks after `start`. A newer question takes the place of the one being answered. */
  requested(link: LinkId, start: Hash | undefined): void {
    if (start !== undefined && this.#chain.tree.header(hashHex(start))?.onMain === false) return;
    this.#begin(link, start === undefined ? [] : [start], { kind: 'singly' });
  }

  /** One of ours asked by a locator. */
  wanted(link: LinkId, { request, locator }: BlocksWanted): void {
    this.#begin(link, locator, { kind: 'batches', number: request, isOver: false });
  }

  ended(link: LinkId): void {
    this.#cursors.delete(link);
    this.#starved.delete(link);
  }

  /** @returns whether the result was for a link being served; the blocks to send then go out by `advance` */
  loaded(request: RequestId, result: Loaded, links: (id: LinkId) => GreetedLink | undefined): boolean {
    for (const [id, cursor] of this.#cursors) {
      if (cursor.kind === 'paused' || cursor.kind === 'lost' || cursor.request !== request) continue;
      const { manner } = cursor;
      if (cursor.kind === 'finding') {
        if (result.kind === 'heightOf' && result.height !== undefined)
          this.#cursors.set(id, { kind: 'paused', manner, next: result.height + 1 });
        else this.#find(id, cursor.rest, manner);
        return true;
      }
      const link = links(id);
      const blocks = result.kind === 'blocks' ? result.blocks.map(({ bytes }) => bytes) : [];
      if (link === undefined) this.#cursors.delete(id);
      else this.#send(link, manner, cursor.next, blocks);
      return true;
    }
    return false;
  }

  /** Goes on with every link that has room. Called at the end of every event. */
  advance(links: (id: LinkId) => GreetedLink | undefined, storeChanged: boolean): void {
    for (const [id, cursor] of this.#cursors) {
      const link = links(id);
      if (cursor.kind === 'finding' || cursor.kind === 'reading' || link?.outbox.idle !== true) continue;
      const { shown } = this.#chain;
      const { manner } = cursor;
      if (cursor.kind === 'lost' || shown === undefined || cursor.next > shown.height) {
        this.#finish(link, manner, cursor.kind === 'lost');
        continue;
      }
      if (this.#chain.tree.mainAt(cursor.next) !== undefined) {
        this.#send(link, manner, cursor.next, this.#recent(cursor.next, shown.height));
        continue;
      }
      if (this.#starved.has(id) && !storeChanged) continue;
      this.#starved.delete(id);
      const request = this.#effects.nextRequest();
      this.#cursors.set(id, { kind: 'reading', manner, next: cursor.next, request });
      const query = { kind: 'blocks', from: cursor.next, count: batchBlocks, maxBytes: windowBytes } as const;
      this.#effects.put({ kind: 'load', request, query });
    }
  }

  /** @param hashes none: from the first block on */
  #begin(link: LinkId, hashes: readonly Hash[], manner: Manner): void {
    if (hashes.length === 0) this.#cursors.set(link, { kind: 'paused', manner, next: 0 });
    else this.#find(link, hashes, manner);
  }

  /** The first of these that is on our main chain is where the answer begins. */
  #find(link: LinkId, hashes: readonly Hash[], manner: Manner): void {
    const { tree } = this.#chain;
    for (const [place, hash] of hashes.entries()) {
      const held = tree.header(hashHex(hash));
      if (held === undefined) {
        const request = this.#effects.nextRequest();
        this.#cursors.set(link, { kind: 'finding', manner, request, rest: hashes.slice(place + 1) });
        this.#effects.put({ kind: 'load', request, query: { kind: 'heightOf', hash } });
        return;
      }
      if (!held.onMain) continue;
      this.#cursors.set(link, { kind: 'paused', manner, next: held.height + 1 });
      return;
    }
    if (manner.kind === 'batches') this.#cursors.set(link, { kind: 'lost', manner });
    else this.#cursors.delete(link);
  }

  /** Blocks that are held in memory, as many as a link's window takes. */
  #recent(from: number, to: number): Uint8Array[] {
    const recent: Uint8Array[] = [];
    let bytes = 0;
    for (let height = from; height <= to && bytes < windowBytes; height++) {
      const block = this.#chain.tree.mainAt(height);
      if (block === undefined) break;
      recent.push(block.bytes);
      bytes += block.bytes.length;
    }
    return recent;
  }

  #send(link: GreetedLink, manner: Manner, from: number, blocks: readonly Uint8Array[]): void {
    if (blocks.length === 0) this.#starved.add(link.id);
    const next = from + blocks.length;
    this.#cursors.set(link.id, { kind: 'paused', manner, next });
    if (manner.kind === 'singly') for (const bytes of blocks) this.#alone(link, bytes);
    else if (blocks.length > 0) {
      manner.isOver = next > (this.#chain.shown?.height ?? -1);
      this.#batches(link, manner, blocks);
    }
  }

  #batches(link: GreetedLink, manner: Extract<Manner, { kind: 'batches' }>, blocks: readonly Uint8Array[]): void {
    let batch: Uint8Array[] = [];
    let bytes = 0;
    for (const block of blocks) {
      const isLarge = block.length > batchedBlockBytes;
      if (bytes >= filledBytes || (isLarge && batch.length > 0)) {
        this.#batch(link, manner.number, rangeEnds.more, batch);
        [batch, bytes] = [[], 0];
      }
      if (isLarge) this.#alone(link, block);
      else {
        batch.push(block);
        bytes += block.length;
      }
    }
    if (batch.length > 0 || manner.isOver) {
      this.#batch(link, manner.number, manner.isOver ? rangeEnds.last : rangeEnds.more, batch);
    }
  }

  #finish(link: GreetedLink, manner: Manner, isLost: boolean): void {
    this.#cursors.delete(link.id);
    if (manner.kind === 'singly' || manner.isOver) return;
    this.#batch(link, manner.number, isLost ? rangeEnds.nothingShared : rangeEnds.last, []);
  }

  #batch(link: GreetedLink, request: number, end: number, blocks: readonly Uint8Array[]): void {
    this.#push(link, payloadOf(extensionSaying({ kind: 'blocks', request, end, blocks }), link.phase.dialect));
  }

  #alone(link: GreetedLink, bytes: Uint8Array): void {
    this.#push(link, payloadOf({ kind: 'requestedBlock', bytes }, link.phase.dialect));
  }

  #push(link: GreetedLink, payload: Uint8Array | undefined): void {
    if (payload !== undefined) link.outbox.push(payload, 'kept');
  }
}
