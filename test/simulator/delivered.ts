/**
 * What one peer's application was told, kept as an application would keep it: a chain and what is pending.
 *
 * Every delivery must fit onto the one before (spec/safety.md, Fork choice: well-nested `revert` and `apply`), and what
 * was said to be final stays. What it promised outlives the peer's restarts.
 */
import { type HashHex, hashHex, type ItemIdHex, itemIdHex } from '../../core/crypto/keys.ts';
import type { ChainBlock, Delivery } from '../../core/events.ts';

/** What an application may go on believing after a restart. */
export interface Promised {
  /** Items of a block that a next candidate had promised to write on no sibling of. */
  readonly acknowledged: Set<ItemIdHex>;
  /** The main chain as far as it was final, the first block first. */
  readonly final: HashHex[];
}

export class Delivered {
  readonly chain: ChainBlock[] = [];
  readonly pending = new Set<ItemIdHex>();
  /** Reverted blocks in all, for those who want to know how often forks were. */
  reverted = 0;
  readonly #promised: Promised;
  /** Up to this height it was told that nothing is reverted any more; -1: nothing. */
  final = -1;
  readonly #violated: (what: string) => void;

  constructor(promised: Promised, violated: (what: string) => void) {
    this.#promised = promised;
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
      case 'acknowledged':
        return this.#acknowledged(hashHex(delivery.block), delivery.by);
      case 'settled':
        if (delivery.height <= this.final) this.#violated('told of what is final again');
        this.final = delivery.height;
        return this.#settled(delivery.height);
      case 'changed':
        return;
    }
  }

  /** Whether an item stands on the chain. */
  holds(id: ItemIdHex): boolean {
    return this.chain.some(({ ids }) => ids.some((held) => itemIdHex(held) === id));
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
    const final = this.#promised.final[block.height];
    if (final !== undefined && final !== hashHex(block.block.hash))
      this.#violated('applied another block than the final one');
    this.chain.push(block);
  }

  #acknowledged(hash: HashHex, by: number): void {
    const stands = this.chain.findLast(({ block }) => hashHex(block.hash) === hash);
    if (stands === undefined) this.#violated('told of a promise for a block that is not on the chain');
    else if (by > 0) for (const id of stands.ids) this.#promised.acknowledged.add(itemIdHex(id));
  }

  #settled(height: number): void {
    const { final } = this.#promised;
    for (let place = final.length; place <= height; place++) {
      const stands = this.chain[place];
      if (stands === undefined) return this.#violated('said that a block is final which is not there');
      final.push(hashHex(stands.block.hash));
    }
  }

  #reverted(block: ChainBlock): void {
    const last = this.chain.pop();
    this.reverted++;
    if (block.height < this.#promised.final.length) this.#violated(`reverted the final block ${block.height}`);
    if (last === undefined || last.height !== block.height || hashHex(last.block.hash) !== hashHex(block.block.hash)) {
      this.#violated(`reverted a block of height ${block.height} that is not the newest`);
    }
  }
}
