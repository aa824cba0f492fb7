/**
 * What `share` returned for each item of ours, kept up to date until nobody can ask any more.
 *
 * A receipt promises what is so now (spec/safety.md, What a receipt may promise): `pending`, `included`, and `pending`
 * again when a reorganisation takes the block away. Later levels come with acknowledgements and committees.
 */
import type { ItemIdHex } from './crypto/keys.ts';
import { PeerError } from './errors.ts';
import type { BlockView, Item, Progress, Receipt, WaitingFor } from './face.ts';

/** Receipts of items that are included are still told of a reorganisation, but only the newest of them. */
const mostIncluded = 1_024;

interface Open {
  readonly callbacks: Set<(progress: Progress) => void>;
  progress: Progress;
  include(included: { readonly height: number; readonly block: BlockView['hash'] }): void;
  fail(error: Error): void;
}

export class Receipts {
  readonly #open = new Map<ItemIdHex, Open>();
  readonly #included = new Set<ItemIdHex>();
  readonly #crashed: (error: unknown) => void;
  #waitingFor: WaitingFor | undefined;

  /** @param crashed where it goes what a listener throws: it must stop nothing but itself */
  constructor(crashed: (error: unknown) => void) {
    this.#crashed = crashed;
  }

  issue(item: Item): Receipt {
    const callbacks = new Set<(progress: Progress) => void>();
    let include: Open['include'] = () => undefined;
    let fail: Open['fail'] = () => undefined;
    const included = new Promise<{ readonly height: number; readonly block: BlockView['hash'] }>((resolve, reject) => {
      include = resolve;
      fail = reject;
    });
    // Who does not ask for it must not be told of an unhandled rejection when the peer closes.
    included.catch(() => undefined);
    const open: Open = { callbacks, progress: { level: 'pending', waitingFor: this.#waitingFor }, include, fail };
    this.#open.set(item.id, open);
    return {
      item,
      get progress() {
        return open.progress;
      },
      included,
      onProgress(callback) {
        callbacks.add(callback);
        return () => callbacks.delete(callback);
      },
    };
  }

  applied(block: BlockView): void {
    // Whoever shared nothing need not look at what others did.
    if (this.#open.size === 0) return;
    const { height, hash } = block;
    for (const { id } of block.items) {
      const open = this.#open.get(id);
      if (open === undefined || open.progress.level === 'included') continue;
      open.include({ height, block: hash });
      this.#included.add(id);
      this.#move(open, { level: 'included', height, block: hash });
    }
    for (const oldest of this.#included) {
      if (this.#included.size <= mostIncluded) break;
      this.#included.delete(oldest);
      this.#open.delete(oldest);
    }
  }

  reverted({ items, hash }: BlockView): void {
    for (const { id } of items) {
      const open = this.#open.get(id);
      // A later block may have repeated the item: it goes, and the item stays where it first stood.
      if (open?.progress.level !== 'included' || open.progress.block !== hash) continue;
      this.#included.delete(id);
      this.#move(open, { level: 'pending', waitingFor: this.#waitingFor });
    }
  }

  /** What pending items wait for, told after every change; most changes change nothing here. */
  waiting(waitingFor: WaitingFor | undefined): void {
    if (waitingFor === this.#waitingFor) return;
    this.#waitingFor = waitingFor;
    for (const open of this.#open.values()) {
      if (open.progress.level !== 'pending' || open.progress.waitingFor === waitingFor) continue;
      this.#move(open, { level: 'pending', waitingFor });
    }
  }

  close(): void {
    for (const open of this.#open.values()) open.fail(new PeerError('closed', 'the peer was closed'));
    this.#open.clear();
    this.#included.clear();
  }

  #move(open: Open, progress: Progress): void {
    open.progress = progress;
    for (const callback of [...open.callbacks]) {
      try {
        callback(progress);
      } catch (error) {
        this.#crashed(error);
      }
    }
  }
}
