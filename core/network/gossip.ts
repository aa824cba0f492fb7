/**
 * Shared data on its way in: checked for its author's signature and for standing on the chain already.
 *
 * Both questions are asked at once, and both answers are needed before an item is kept or passed on (spec/safety.md,
 * Blocks 6); while the whole chain's items are remembered, the second is answered here. Whoever has sent the item
 * meanwhile has it, and is not sent it. What came from its author's own link is passed on a moment later: the author's
 * other neighbours are getting it from the author just then, and in a dense mesh most copies would be in their way. It is shown as soon as its signature held (What a receipt may promise): the store answers a few ms later,
 * and only an old item sent again is taken back. A dropped item is no loss: whoever shared it keeps it.
 */
import type { Chain } from '../chain/chain.ts';
import { type Data, dataCheck, itemIdOf } from '../chain/data.ts';
import type { Milliseconds } from '../config.ts';
import { type ItemId, type ItemIdHex, itemIdHex } from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import type { LinkId, RequestId } from '../events.ts';
import { type Random, randomBelow } from '../random.ts';

/** A newcomer among items: who brought it, undefined when it was left over from an earlier identity of this user. */
export interface Gossiped {
  readonly id: ItemId;
  readonly data: Data;
  readonly link: LinkId | undefined;
}

/** One that may be taken, and links whose other end has it. */
export interface Accepted extends Gossiped {
  readonly holders: Set<LinkId>;
}

type Answer = 'unknown' | 'good';

interface Asked {
  readonly item: Gossiped;
  readonly bytes: number;
  readonly holders: Set<LinkId>;
  signature: Answer;
  absence: Answer;
  isShown: boolean;
}

const mostAsked = 16_384;
const mostBytes = 64 * 1024 * 1024;

/** When an item of its author's own link is passed on. Only this first hop waits, however far the item goes. */
const restMs = { least: 10, most: 30 };
const mostResting = 1_024;

export class Gossip {
  readonly #chain: Chain;
  readonly #effects: Effects;
  readonly #asked = new Map<ItemIdHex, Asked>();
  readonly #requests = new Map<RequestId, ItemIdHex>();
  readonly #resting = new Map<ItemIdHex, { readonly item: Accepted; readonly until: Milliseconds }>();
  readonly #random: Random;
  #bytes = 0;

  constructor(chain: Chain, random: Random, effects: Effects) {
    this.#chain = chain;
    this.#random = random;
    this.#effects = effects;
  }

  offer(data: Data, link: LinkId | undefined): void {
    const id = itemIdOf(data);
    const hex = itemIdHex(id);
    const asked = this.#asked.get(hex);
    if (link !== undefined) (asked ?? this.#resting.get(hex)?.item)?.holders.add(link);
    if (asked !== undefined || this.#chain.pool.has(hex) || this.#chain.heldRecently(hex)) return;
    if (this.#asked.size >= mostAsked || this.#bytes + data.data.length > mostBytes) return;
    const isLacking = this.#chain.surelyLacks(hex);
    this.#asked.set(hex, {
      item: { id, data, link },
      bytes: data.data.length,
      holders: new Set(link === undefined ? [] : [link]),
      signature: 'unknown',
      absence: isLacking ? 'good' : 'unknown',
      isShown: false,
    });
    this.#bytes += data.data.length;
    const verify = this.#request(hex);
    this.#effects.put({ kind: 'verify', request: verify, checks: [dataCheck(data)] });
    if (isLacking) return;
    const load = this.#request(hex);
    this.#effects.put({ kind: 'load', request: load, query: { kind: 'containsItems', ids: [id] } });
  }

  /** The signature's answer. @returns the item when nothing is asked about it any more and it may be taken */
  verified(request: RequestId, held: boolean): Accepted | undefined {
    return this.#answered(request, 'signature', held);
  }

  /** The store's answer. */
  looked(request: RequestId, contained: boolean): Accepted | undefined {
    return this.#answered(request, 'absence', !contained);
  }

  /** Which link brought what this request asks about first. */
  bringer(request: RequestId): LinkId | undefined {
    const hex = this.#requests.get(request);
    return hex === undefined ? undefined : this.#asked.get(hex)?.item.link;
  }

  asked(request: RequestId): boolean {
    return this.#requests.has(request);
  }

  /** An accepted item of its author's own link. @returns false when there is no room, and it is to be passed on at once */
  rest(item: Accepted, now: Milliseconds): boolean {
    if (this.#resting.size >= mostResting) return false;
    const until = now + restMs.least + randomBelow(this.#random, restMs.most - restMs.least);
    this.#resting.set(itemIdHex(item.id), { item, until });
    return true;
  }

  /** Items to pass on now, those that no block has taken meanwhile. */
  due(now: Milliseconds): Accepted[] {
    const due: Accepted[] = [];
    for (const [hex, { item, until }] of this.#resting) {
      if (until > now) continue;
      this.#resting.delete(hex);
      if (this.#chain.pool.has(hex)) due.push(item);
    }
    return due;
  }

  get deadline(): Milliseconds | undefined {
    let earliest: Milliseconds | undefined;
    for (const { until } of this.#resting.values()) if (earliest === undefined || until < earliest) earliest = until;
    return earliest;
  }

  /** An item that was shown is not kept, unless it has come to be pending by another way. */
  hide({ id }: Gossiped): void {
    if (this.#chain.pool.has(itemIdHex(id))) return;
    this.#effects.put({ kind: 'deliver', delivery: { kind: 'pendingRemoved', id } });
  }

  #request(hex: ItemIdHex): RequestId {
    const request = this.#effects.nextRequest();
    this.#requests.set(request, hex);
    return request;
  }

  #answered(request: RequestId, question: 'signature' | 'absence', good: boolean): Accepted | undefined {
    const hex = this.#requests.get(request);
    this.#requests.delete(request);
    const asked = hex === undefined ? undefined : this.#asked.get(hex);
    if (hex === undefined || asked === undefined) return undefined;
    if (good) asked[question] = 'good';
    // A block may have taken it while the questions were open.
    const isTaken = this.#chain.heldRecently(hex);
    if (good && (asked.signature === 'unknown' || asked.absence === 'unknown')) {
      if (question === 'signature' && !isTaken) this.#show(asked);
      return undefined;
    }
    this.#asked.delete(hex);
    this.#bytes -= asked.bytes;
    if (good && !isTaken) return { ...asked.item, holders: asked.holders };
    if (asked.isShown) this.hide(asked.item);
    return undefined;
  }

  #show(asked: Asked): void {
    const { id, data } = asked.item;
    asked.isShown = true;
    this.#effects.put({ kind: 'deliver', delivery: { kind: 'pendingAdded', item: { id, data } } });
  }
}
