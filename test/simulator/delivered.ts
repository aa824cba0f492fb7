/**
 * What one peer's application was told, kept as an application would keep it: a chain and what is pending.
 *
 * Every delivery must fit onto the one before (spec/safety.md, Fork choice: well-nested `revert` and `apply`).
 */
import { type HashHex, hashHex, type ItemIdHex, itemIdHex } from '../../core/crypto/keys.ts';
import type { ChainBlock, Delivery } from '../../core/events.ts';

export class Delivered {
  readonly chain: ChainBlock[] = [];
  readonly pending = new Set<ItemIdHex>();
  /** Reverted blocks in all, for those who want to know how often forks were. */
  reverted = 0;
  readonly #violated: (what: string) => void;

  constructor(violated: (what: string) => void) {
    this.#violated = violated;
  }

  take(delivery: Delivery): void {
    switch (delivery.kind) {
      case 'applied':
        return this.#applied(delivery.block);
      case 'reverted':
        for (const block of delivery.blocks) this.#reverted(block);
        return;
      case 'pendingAdded': {
        const id = itemIdHex(delivery.item.id);
        if (this.pending.has(id)) this.#violated(`pending twice: ${id.slice(0, 8)}`);
        this.pending.add(id);
        return;
      }
      case 'pendingRemoved':
        if (!this.pending.delete(itemIdHex(delivery.id))) this.#violated('removed from pending what was not there');
        return;
      case 'changed':
        return;
    }
  }

  get tip(): HashHex | undefined {
    const last = this.chain.at(-1);
    return last === undefined ? undefined : hashHex(last.block.hash);
  }

  #applied(block: ChainBlock): void {
    const parent = block.block.parent === undefined ? undefined : hashHex(block.block.parent);
    if (block.height !== this.chain.length) {
      this.#violated(`applied height ${block.height} onto ${this.chain.length} blocks`);
    }
    if (parent !== this.tip) this.#violated(`applied a block at ${block.height} whose parent is not the newest`);
    for (const id of block.ids)
      if (this.pending.has(itemIdHex(id))) this.#violated('an item is applied and still pending');
    this.chain.push(block);
  }

  #reverted(block: ChainBlock): void {
    const last = this.chain.pop();
    this.reverted++;
    if (last === undefined || last.height !== block.height || hashHex(last.block.hash) !== hashHex(block.block.hash)) {
      this.#violated(`reverted a block of height ${block.height} that is not the newest`);
    }
  }
}
