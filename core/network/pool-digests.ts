/**
 * What waits for a block, compared between two of ours: one says short ids of what it holds, the other asks for what it
 * lacks (docs/protocol.md, Pool digest).
 *
 * A new neighbour hears so of what is pending, unless that is so little that it is simply sent; later a link is told
 * every 10 s of what has waited for 5 s, so that an item which a full link has dropped is not lost to it. The ids are
 * salted afresh for each digest: nobody can prepare two items that look the same. What is asked for is sent as the link
 * drains, and only what a digest has named.
 */
import type { Chain } from '../chain/chain.ts';
import { encodedDataBytes } from '../chain/data.ts';
import type { PoolItem } from '../chain/pool.ts';
import { Reader } from '../codec/cursor.ts';
import type { Milliseconds } from '../config.ts';
import { sha256 } from '../crypto/hash.ts';
import { type ItemId, type ItemIdHex, itemIdHex } from '../crypto/keys.ts';
import type { LinkId } from '../events.ts';
import type { Random } from '../random.ts';
import { extensionSaying } from '../wire/carrier.ts';
import { type ItemsWanted, mostDigested, type PoolDigest, saltBytes } from '../wire/holdings.ts';
import type { Crossing } from './crossing.ts';
import type { Links } from './links.ts';
import type { GreetedLink } from './open-link.ts';

/** A question and its answer would take longer than so little. */
const sentAtOnce = { items: 16, bytes: 8 * 1024 };
/** How often a link is told of what still waits. */
export const digestEveryMs = 10_000;
/** Younger items are on their way anyway. */
export const settledMs = 5_000;
/** A neighbour's digests that come faster are passed over: each costs a hash for each item here. */
const leastMs = 3_000;
/** Items that are compared with a digest, the oldest: they go into the next blocks. */
const mostCompared = 4 * mostDigested;
/** Sent at one time. */
const batch = { items: 32, bytes: 64 * 1024 };

interface Exchange {
  /** When it is told again. */
  nextAt: Milliseconds;
  /** Of the digest that has not been answered. */
  salt: Uint8Array | undefined;
  heardAt: Milliseconds;
  /** What it asked for and has not been sent. */
  owed: ItemIdHex[];
}

export class PoolDigests {
  readonly #chain: Chain;
  readonly #links: Links;
  readonly #crossing: Crossing;
  readonly #random: Random;
  readonly #exchanges = new Map<LinkId, Exchange>();

  constructor(chain: Chain, links: Links, crossing: Crossing, random: Random) {
    this.#chain = chain;
    this.#links = links;
    this.#crossing = crossing;
    this.#random = random;
  }

  get deadline(): Milliseconds | undefined {
    const { pendingSince } = this.#chain.pool;
    if (pendingSince === undefined) return undefined;
    let earliest: Milliseconds | undefined;
    for (const { nextAt } of this.#exchanges.values()) {
      if (earliest === undefined || nextAt < earliest) earliest = nextAt;
    }
    return earliest === undefined ? undefined : Math.max(earliest, pendingSince + settledMs);
  }

  /** One of ours has greeted. */
  greeted(link: GreetedLink, now: Milliseconds): void {
    const exchange = { nextAt: now + digestEveryMs, salt: undefined, heardAt: -leastMs, owed: [] };
    this.#exchanges.set(link.id, exchange);
    const items = this.#sayable(link, () => true);
    const bytes = items.reduce((sum, { data }) => sum + encodedDataBytes(data), 0);
    if (items.length > sentAtOnce.items || bytes > sentAtOnce.bytes) this.#tell(link, exchange, items);
    else for (const { data } of items) this.#links.send(link, { kind: 'shareData', data }, 'droppable');
  }

  /** A neighbour says what it holds: it is asked for what is lacking here. */
  told(link: GreetedLink, { salt, ids }: PoolDigest, now: Milliseconds): void {
    const exchange = this.#exchanges.get(link.id);
    if (exchange === undefined || now < exchange.heardAt + leastMs) return;
    exchange.heardAt = now;
    const held = new Set<bigint>();
    for (const { id } of this.#oldest(mostCompared)) held.add(shortId(salt, id));
    const lacking = ids.filter((id) => !held.has(id));
    if (lacking.length > 0) this.#links.send(link, extensionSaying({ kind: 'itemsWanted', ids: lacking }), 'kept');
  }

  /** A neighbour asks for items of our last digest; it is answered once. */
  wanted(link: GreetedLink, { ids }: ItemsWanted): void {
    const exchange = this.#exchanges.get(link.id);
    const salt = exchange?.salt;
    if (exchange === undefined || salt === undefined) return;
    exchange.salt = undefined;
    const wanted = new Set(ids);
    exchange.owed = this.#sayable(link, () => true, mostCompared)
      .filter(({ id }) => wanted.has(shortId(salt, id)))
      .map(({ id }) => itemIdHex(id));
  }

  /** Sends what is owed where there is room, and says what still waits. Called at the end of every event. */
  advance(now: Milliseconds): void {
    const { pendingSince } = this.#chain.pool;
    for (const [id, exchange] of this.#exchanges) {
      const link = this.#links.greetedLink(id);
      if (link === undefined) continue;
      if (exchange.owed.length > 0 && link.outbox.idle) this.#send(link, exchange);
      if (now < exchange.nextAt || pendingSince === undefined || now < pendingSince + settledMs) continue;
      exchange.nextAt = now + digestEveryMs;
      this.#tell(
        link,
        exchange,
        this.#sayable(link, ({ arrivedAt }) => arrivedAt + settledMs <= now),
      );
    }
  }

  ended(link: LinkId): void {
    this.#exchanges.delete(link);
  }

  #tell(link: GreetedLink, exchange: Exchange, items: readonly PoolItem[]): void {
    if (items.length === 0) return;
    const salt = this.#random(saltBytes);
    exchange.salt = salt;
    const ids = items.map(({ id }) => shortId(salt, id));
    this.#links.send(link, extensionSaying({ kind: 'poolDigest', salt, ids }), 'droppable');
  }

  #send(link: GreetedLink, exchange: Exchange): void {
    let bytes = 0;
    for (let sent = 0; sent < batch.items && bytes < batch.bytes; sent++) {
      const next = exchange.owed.shift();
      if (next === undefined) return;
      const item = this.#chain.pool.item(next);
      if (item === undefined) continue;
      bytes += encodedDataBytes(item.data);
      this.#links.send(link, { kind: 'shareData', data: item.data }, 'droppable');
    }
  }

  /** The oldest items that this link may hear of. */
  #sayable(link: GreetedLink, isMeant: (item: PoolItem) => boolean, most = mostDigested): PoolItem[] {
    const { name } = link.phase.dialect;
    return this.#oldest(most).filter((item) => isMeant(item) && this.#crossing.allows(item, name));
  }

  #oldest(most: number): PoolItem[] {
    const oldest: PoolItem[] = [];
    for (const item of this.#chain.pool.items()) {
      if (oldest.length >= most) break;
      oldest.push(item);
    }
    return oldest;
  }
}

/** The first 8 bytes of SHA-256(salt · id), read as a little-endian number. */
export function shortId(salt: Uint8Array, id: ItemId): bigint {
  return new Reader(sha256(salt, id)).u64();
}
