/**
 * Items on their way from one era to the other (spec/safety.md, Both eras).
 *
 * Peers of the two eras do not see the same keys online, so while the lowest key or a key that one era cannot see may
 * write, both could write the item into a block of their own. Where that is so, an item crosses only after it has waited
 * for 4 s, in which one side has written. Blocks cross at once, and are not seen here.
 */
import type { Chain } from '../chain/chain.ts';
import type { PoolItem } from '../chain/pool.ts';
import type { Milliseconds } from '../config.ts';
import { type ItemIdHex, itemIdHex } from '../crypto/keys.ts';
import { type DialectName, otherDialect } from '../wire/dialect.ts';
import type { Links } from './links.ts';
import { crossingMs } from './member.ts';
import type { Members } from './members.ts';

/** Items held back at most; one more is said to all at once. */
export const mostHeldBack = 16_384;

interface Origin {
  readonly dialect: DialectName;
  readonly crossesAt: Milliseconds;
}

export class Crossing {
  readonly #chain: Chain;
  readonly #members: Members;
  readonly #links: Links;
  /** Of items that wait for a block and have not crossed. */
  readonly #origins = new Map<ItemIdHex, Origin>();

  constructor(chain: Chain, members: Members, links: Links) {
    this.#chain = chain;
    this.#members = members;
    this.#links = links;
  }

  get deadline(): Milliseconds | undefined {
    // They come in the order of their time.
    return this.#origins.values().next().value?.crossesAt;
  }

  /**
   * An item that may be passed on now. Our own begin where `cbc` is spoken, if that is.
   * @param dialect of the link that brought it; undefined for our own
   * @returns the dialect in which it may not be said yet; undefined when it may be said to all
   */
  came(id: ItemIdHex, dialect: DialectName | undefined, now: Milliseconds): DialectName | undefined {
    const spoken = new Set(this.#links.greeted().map(({ phase }) => phase.dialect.name));
    // Where one era is here the other may come, and would be told at once.
    if (spoken.size === 0 || !this.#mustWait(now)) return undefined;
    const origin = dialect ?? (spoken.has('cbc') ? 'cbc' : 'gcm-siv');
    this.#origins.delete(id);
    if (this.#origins.size >= mostHeldBack) return undefined;
    this.#origins.set(id, { dialect: origin, crossesAt: now + crossingMs });
    return otherDialect(origin);
  }

  /** Whether a neighbour that has just greeted may be told of an item that waits for its block. */
  allows({ id }: PoolItem, dialect: DialectName): boolean {
    const origin = this.#origins.get(itemIdHex(id));
    return origin === undefined || origin.dialect === dialect;
  }

  /** Items that cross now, with the dialect in which they were not said yet. */
  due(now: Milliseconds): { readonly item: PoolItem; readonly into: DialectName }[] {
    const due: { readonly item: PoolItem; readonly into: DialectName }[] = [];
    for (const [id, { dialect, crossesAt }] of this.#origins) {
      if (crossesAt > now) break;
      this.#origins.delete(id);
      const item = this.#chain.pool.item(id);
      if (item !== undefined) due.push({ item, into: otherDialect(dialect) });
    }
    return due;
  }

  #mustWait(now: Milliseconds): boolean {
    if (!this.#members.hearsReferenceKeepAlives(now)) return false;
    const { tip } = this.#chain.tree;
    return tip === undefined || tip.block.nextChoices.some((key) => this.#members.isStanding(key));
  }
}
