/**
 * Items that a left branch gave back, until the store has said which of them stand on the chain all the same.
 *
 * The newest items are known in memory; a repeated one may also stand in an old block, and the store answers for those
 * (spec/safety.md, Blocks 6). It is asked when it has been told of the cut, or it would find what was cut away.
 */
import { type ItemId, type ItemIdHex, itemIdHex } from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import type { ChainBlock, Loaded, RequestId } from '../events.ts';
import type { Data } from './data.ts';

/** What reverted blocks (newest first) hold, in its old order. Unverified items were nobody's word and stay away. */
export function verifiedItems(reverted: readonly ChainBlock[]): { readonly id: ItemId; readonly data: Data }[] {
  return [...reverted].reverse().flatMap(({ block, ids, verified }) =>
    block.data.flatMap((data, place) => {
      const id = ids[place];
      return id === undefined || verified[place] !== true ? [] : [{ id, data }];
    }),
  );
}

/** Asked at one time. */
const mostAsked = 4_096;

export class GivenBack {
  readonly #effects: Effects;
  readonly #ids = new Map<ItemIdHex, ItemId>();
  #asked: { readonly request: RequestId; readonly ids: readonly ItemId[] } | undefined;

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  /** The main chain was cut: what the store is just saying may be of before. */
  cut(): void {
    for (const id of this.#asked?.ids ?? []) this.#ids.set(itemIdHex(id), id);
    this.#asked = undefined;
  }

  add(id: ItemId): void {
    this.#ids.set(itemIdHex(id), id);
  }

  /** The store has been told all. */
  ask(): void {
    if (this.#asked !== undefined || this.#ids.size === 0) return;
    const ids = [...this.#ids.values()].slice(0, mostAsked);
    for (const id of ids) this.#ids.delete(itemIdHex(id));
    const request = this.#effects.nextRequest();
    this.#asked = { request, ids };
    this.#effects.put({ kind: 'load', request, query: { kind: 'containsItems', ids } });
  }

  /** @returns the items that stand on the chain; undefined when this was not asked for here */
  loaded(request: RequestId, result: Loaded): ItemIdHex[] | undefined {
    if (this.#asked?.request !== request) return undefined;
    const { ids } = this.#asked;
    this.#asked = undefined;
    if (result.kind !== 'containsItems') return [];
    return ids.filter((_, place) => result.contained[place] === true).map(itemIdHex);
  }
}
