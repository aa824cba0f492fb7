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
  /** Up to this height it was told that nothing is reverted any more; -1: nothing. */
  final = -1;
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
      case 'pendingAdded':
        // Twice for one that is shown before the store has said that it is new (core/network/gossip.ts).
        this.pending.add(itemIdHex(delivery.item.id));
        return;
      case 'pendingRemoved':
        if (!this.pending.delete(itemIdHex(delivery.id))) this.#violated('removed from pending what was not there');
        return;
      case 'settled':
        if (delivery.height <= this.final) this.#violated('told of what is final again');
        if (delivery.height >= this.chain.length) this.#violated('told that a block is final before it was applied');
        this.final = delivery.height;
        return;
      case 'acknowledged':
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
    this.chain.push(block);
  }

  #reverted(block: ChainBlock): void {
    const last = this.chain.pop();
    this.reverted++;
    if (block.height <= this.final) this.#violated(`reverted the final block of height ${block.height}`);
    if (last === undefined || last.height !== block.height || hashHex(last.block.hash) !== hashHex(block.block.hash)) {
      this.#violated(`reverted a block of height ${block.height} that is not the newest`);
    }
  }
}
