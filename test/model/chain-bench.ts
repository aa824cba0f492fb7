/**
 * A chain with its recorder and a store that keeps up: what the tests of the chain's parts stand on.
 */
import type { Block } from '../../core/chain/block.ts';
import { Chain } from '../../core/chain/chain.ts';
import { keptCandidate } from '../../core/chain/tree.ts';
import { type HashHex, hashHex, type ItemIdHex, itemIdHex } from '../../core/crypto/keys.ts';
import { Effects } from '../../core/effects.ts';
import type { Delivery, Effect } from '../../core/events.ts';
import { Recorder } from '../../core/storage/recorder.ts';
import { Author, candidateOf } from './author.ts';
import { Seeded } from './seeded.ts';
import { SlowStore } from './slow-store.ts';

export class ChainBench {
  readonly self: Author;
  readonly store: SlowStore;
  readonly effects = new Effects();
  readonly recorder = new Recorder(this.effects);
  readonly chain: Chain;
  readonly deliveries: Delivery[] = [];
  /** All else that was put, oldest first. */
  readonly asked: Exclude<Effect, { kind: 'deliver' | 'store' }>[] = [];

  constructor({
    self = new Author(1),
    store = new SlowStore(),
  }: { readonly self?: Author; readonly store?: SlowStore } = {}) {
    this.self = self;
    this.store = store;
    const { count, root, recent } = store.opened();
    const state = { count, root, recent: recent.map(keptCandidate) };
    this.chain = new Chain(state, self.key, new Seeded(5).random, this.effects, this.recorder);
  }

  add(...blocks: readonly Block[]): void {
    for (const block of blocks) this.chain.add(candidateOf(block), 1);
    this.settle();
  }

  /** Stores all that is gathered and keeps what was put. */
  settle(): void {
    for (;;) {
      this.recorder.flush();
      const effects = this.effects.take();
      if (effects.length === 0) return;
      for (const effect of effects) this.#take(effect);
    }
  }

  get mainHashes(): HashHex[] {
    return this.chain.tree.main.map(({ id }) => id);
  }

  get poolIds(): ItemIdHex[] {
    return [...this.chain.pool.items()].map(({ id }) => itemIdHex(id));
  }

  #take(effect: Effect): void {
    if (effect.kind === 'deliver') this.deliveries.push(effect.delivery);
    else if (effect.kind === 'store') {
      this.store.apply(effect.change);
      this.recorder.stored(effect.request);
    } else this.asked.push(effect);
  }
}

/** What an application knows that has only what was delivered. */
export class Audience {
  readonly chain: HashHex[] = [];
  readonly pending: ItemIdHex[] = [];

  see(delivery: Delivery): void {
    switch (delivery.kind) {
      case 'applied':
        if (this.chain.push(hashHex(delivery.block.block.hash)) !== delivery.block.height + 1) throw new Error('a gap');
        return;
      case 'reverted':
        for (const { block } of delivery.blocks) {
          if (this.chain.pop() !== hashHex(block.hash)) throw new Error('reverted is not newest first');
        }
        return;
      case 'pendingAdded': {
        const id = itemIdHex(delivery.item.id);
        if (this.pending.includes(id)) throw new Error('pending already');
        this.pending.push(id);
        return;
      }
      case 'pendingRemoved': {
        const place = this.pending.indexOf(itemIdHex(delivery.id));
        if (place < 0) throw new Error('was not pending');
        this.pending.splice(place, 1);
        return;
      }
      case 'acknowledged':
      case 'settled':
      case 'changed':
        return;
    }
  }
}
