/**
 * Answers to RequestBlocks: one cursor for each link, reading from the store as the link drains.
 *
 * Nothing is queued ahead: a batch is read when the link has sent the one before, so a slow reader costs one batch
 * (spec/safety.md, Frames and sessions). A start that is not on our main chain is not answered, as in the reference.
 */

import type { Chain } from '../chain/chain.ts';
import { type Hash, hashHex } from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import type { LinkId, Loaded, RequestId } from '../events.ts';
import { payloadOf } from '../wire/saying.ts';
import type { GreetedLink } from './open-link.ts';
import { windowBytes } from './outbox.ts';

type Cursor =
  | { readonly kind: 'finding'; readonly request: RequestId }
  | { readonly kind: 'reading'; readonly next: number; readonly request: RequestId }
  /** Waits for the link to drain, or for blocks on their way to the store. */
  | { readonly kind: 'paused'; readonly next: number };

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
    if (start === undefined) {
      this.#cursors.set(link, { kind: 'paused', next: 0 });
      return;
    }
    const held = this.#chain.tree.header(hashHex(start));
    if (held !== undefined) {
      if (held.onMain) this.#cursors.set(link, { kind: 'paused', next: held.height + 1 });
      return;
    }
    const request = this.#effects.nextRequest();
    this.#cursors.set(link, { kind: 'finding', request });
    this.#effects.put({ kind: 'load', request, query: { kind: 'heightOf', hash: start } });
  }

  ended(link: LinkId): void {
    this.#cursors.delete(link);
    this.#starved.delete(link);
  }

  /** @returns whether the result was for a link being served; the blocks to send then go out by `advance` */
  loaded(request: RequestId, result: Loaded, links: (id: LinkId) => GreetedLink | undefined): boolean {
    for (const [id, cursor] of this.#cursors) {
      if (cursor.kind === 'paused' || cursor.request !== request) continue;
      if (cursor.kind === 'finding') {
        if (result.kind === 'heightOf' && result.height !== undefined)
          this.#cursors.set(id, { kind: 'paused', next: result.height + 1 });
        else this.#cursors.delete(id);
        return true;
      }
      const link = links(id);
      const blocks = result.kind === 'blocks' ? result.blocks.map(({ bytes }) => bytes) : [];
      if (link === undefined) this.#cursors.delete(id);
      else this.#send(link, cursor.next, blocks);
      return true;
    }
    return false;
  }

  /** Goes on with every link that has room. Called at the end of every event. */
  advance(links: (id: LinkId) => GreetedLink | undefined, storeChanged: boolean): void {
    for (const [id, cursor] of this.#cursors) {
      const link = links(id);
      if (cursor.kind !== 'paused' || link?.outbox.idle !== true) continue;
      const { shown } = this.#chain;
      if (shown === undefined || cursor.next > shown.height) {
        this.#cursors.delete(id);
        continue;
      }
      if (this.#chain.tree.mainAt(cursor.next) !== undefined) {
        const recent = this.#chain.tree.main.filter(({ height }) => height >= cursor.next && height <= shown.height);
        this.#send(
          link,
          cursor.next,
          recent.map((block) => block.bytes),
        );
        continue;
      }
      if (this.#starved.has(id) && !storeChanged) continue;
      this.#starved.delete(id);
      const request = this.#effects.nextRequest();
      this.#cursors.set(id, { kind: 'reading', next: cursor.next, request });
      const query = { kind: 'blocks', from: cursor.next, count: batchBlocks, maxBytes: windowBytes } as const;
      this.#effects.put({ kind: 'load', request, query });
    }
  }

  #send(link: GreetedLink, from: number, blocks: readonly Uint8Array[]): void {
    for (const bytes of blocks) {
      const payload = payloadOf({ kind: 'requestedBlock', bytes }, link.phase.dialect);
      if (payload !== undefined) link.outbox.push(payload, 'kept');
    }
    if (blocks.length === 0) this.#starved.add(link.id);
    this.#cursors.set(link.id, { kind: 'paused', next: from + blocks.length });
  }
}
