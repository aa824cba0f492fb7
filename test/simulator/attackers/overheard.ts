/**
 * What an attacker has heard: keys, blocks by height, items that no block holds yet. It believes everything.
 */
import type { Block } from '../../../core/chain/block.ts';
import { type Data, itemIdOf } from '../../../core/chain/data.ts';
import {
  type HashHex,
  hashHex,
  holderOf,
  type ItemIdHex,
  itemIdHex,
  keyHex,
  type PublicKey,
  type PublicKeyHex,
} from '../../../core/crypto/keys.ts';
import type { Message } from '../../../core/wire/messages.ts';

interface Heard {
  readonly block: Block;
  readonly height: number;
}

export class Overheard {
  readonly #keys = new Map<PublicKeyHex, PublicKey>();
  readonly #blocks = new Map<HashHex, Heard>();
  readonly #items = new Map<ItemIdHex, Data>();
  #newest: Heard | undefined;

  get keys(): PublicKey[] {
    return [...this.#keys.values()];
  }

  get blocks(): Block[] {
    return [...this.#blocks.values()].map(({ block }) => block);
  }

  /** The first that was heard of the greatest height. */
  get newest(): Block | undefined {
    return this.#newest?.block;
  }

  /** Items that were in none of the blocks heard so far. */
  get items(): Data[] {
    return [...this.#items.values()];
  }

  met(key: PublicKey): void {
    this.#keys.set(keyHex(key), key);
  }

  /** @returns whether the longest chain became longer */
  hear(message: Message): boolean {
    if (message.kind === 'keepAlive' || message.kind === 'announce') this.met(message.pubkey);
    if (message.kind === 'shareData') this.#items.set(itemIdHex(itemIdOf(message.data)), message.data);
    return message.kind === 'shareBlock' || message.kind === 'requestedBlock' ? this.add(message.block) : false;
  }

  /** @returns whether the longest chain became longer */
  add(block: Block): boolean {
    const id = hashHex(block.hash);
    if (this.#blocks.has(id)) return false;
    const below = block.parent === undefined ? -1 : this.#blocks.get(hashHex(block.parent))?.height;
    // A peer that comes late asks for all blocks; what has no parent then is nobody's.
    if (below === undefined) return false;
    const heard = { block, height: below + 1 };
    this.#blocks.set(id, heard);
    for (const item of block.data) this.#items.delete(itemIdHex(itemIdOf(item)));
    if (this.#newest !== undefined && heard.height <= this.#newest.height) return false;
    this.#newest = heard;
    return true;
  }

  /** The blocks on the way from the first one to the newest. */
  get chain(): Block[] {
    const chain: Block[] = [];
    for (let at: Block | undefined = this.newest; at !== undefined; ) {
      chain.push(at);
      at = at.parent === undefined ? undefined : this.#blocks.get(hashHex(at.parent))?.block;
    }
    return chain.reverse();
  }

  /** Whether the newest block names this key. */
  names(key: PublicKey): boolean {
    return this.newest?.nextChoices.some((choice) => holderOf(choice) === holderOf(key)) ?? false;
  }
}
