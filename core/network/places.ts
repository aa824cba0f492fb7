/**
 * How many links there may be, and whose place another peer may have when all are taken: one of those that dialled us, by
 * lot, and of the network most of them come from.
 *
 * Whoever has many keys could take every place, and whoever comes first could keep it, if the newest or the oldest always
 * went. So some are protected by each of several merits that are hard to have all at once (Bitcoin does likewise): blocks
 * and items first heard from them, a network that few come from, and for half of the others how long they have lasted.
 * Links that we dialled are never up for it, and some places are kept for them. Decides; `links.ts` closes.
 */
import type { Milliseconds } from '../config.ts';
import type { Carrier } from '../link.ts';
import { type Random, randomBelow } from '../random.ts';
import { groupOf } from './addresses.ts';

export interface Limits {
  readonly maxLinks: number;
  /** Kept for links that we dial, though never more than half of all. */
  readonly count: number;
}

export interface Newcomer {
  readonly dialled: boolean;
  readonly address: string;
  readonly carrier: Carrier;
}

/** What counts of a link that has greeted. */
export interface Placed extends Newcomer {
  readonly phase: { readonly kind: 'greeted' | 'proven'; readonly since: Milliseconds };
  readonly gave: { readonly blockAt: Milliseconds | undefined; readonly itemAt: Milliseconds | undefined };
}

/** When all places are taken, so many more may come as far as their first frame, for which another may have to go. */
export const mostWaiting = 8;
/** So often one goes for another that dials us, or peers that are one too many would take turns without end. */
const evictionMs = 10_000;
/** Whoever has greeted and said nothing for so long has shown no key. */
const unprovenMs = 5_000;
/** One in so many places is protected by each merit but the last. */
const placesForOneMerit = 16;

export class Places {
  readonly maxLinks: number;
  readonly #mostInbound: number;
  readonly #mostOfOneGroup: number;
  readonly #random: Random;
  #evictedAt: Milliseconds = Number.NEGATIVE_INFINITY;

  constructor({ maxLinks, count }: Limits, random: Random) {
    this.maxLinks = maxLinks;
    this.#mostInbound = Math.max(Math.ceil(maxLinks / 2), maxLinks - count);
    this.#mostOfOneGroup = Math.ceil(maxLinks / 2);
    this.#random = random;
  }

  /** Whether as many have dialled us from its network (an IPv4 /16, say) as may. */
  isCrowded(newcomer: Newcomer, links: readonly Placed[]): boolean {
    const network = newcomer.dialled ? undefined : networkOf(newcomer);
    if (network === undefined) return false;
    return links.filter((link) => !link.dialled && networkOf(link) === network).length >= this.#mostOfOneGroup;
  }

  /** Whether one of these must go for another one. */
  isFull({ dialled }: Pick<Newcomer, 'dialled'>, links: readonly Placed[]): boolean {
    const inbound = links.filter((link) => !link.dialled).length;
    return links.length >= this.maxLinks || (!dialled && inbound >= this.#mostInbound);
  }

  /** Who may have to go for it; undefined when all of them stay, or it is too soon. */
  evictable<L extends Placed>(
    { dialled }: Pick<Newcomer, 'dialled'>,
    links: readonly L[],
    now: Milliseconds,
  ): L | undefined {
    const inbound = links.filter((link) => !link.dialled);
    const silent = inbound.find(({ phase }) => phase.kind === 'greeted' && phase.since <= now - unprovenMs);
    if (silent !== undefined || (!dialled && now < this.#evictedAt + evictionMs)) return silent;
    const proven = inbound.filter(({ phase }) => phase.kind === 'proven');
    const [crowd] = [...byGroup(this.#unprotected(proven)).values()].sort((a, b) => b.length - a.length);
    return crowd?.[randomBelow(this.#random, crowd.length)];
  }

  evicted(now: Milliseconds): void {
    this.#evictedAt = now;
  }

  #unprotected<L extends Placed>(links: readonly L[]): readonly L[] {
    const each = Math.ceil(this.maxLinks / placesForOneMerit);
    let left = without(
      links,
      best(links, ({ gave }) => gave.blockAt, each),
    );
    left = without(
      left,
      best(left, ({ gave }) => gave.itemAt, each),
    );
    left = without(left, rare(left, each));
    return without(left, best(left, lasting, Math.ceil(left.length / 2)));
  }
}

/** Where somebody dialled us from: that of a WebSocket may be of a server in front of the relay, one for all tabs. */
function networkOf({ carrier, address }: Newcomer): string | undefined {
  return carrier === 'tcp' || carrier === 'bridge' ? groupOf(address) : undefined;
}

/** The newer it is, the less. */
function lasting({ phase }: Placed): number {
  return -phase.since;
}

function best<L extends Placed>(
  links: readonly L[],
  merit: (link: L) => number | undefined,
  count: number,
): readonly L[] {
  return links
    .filter((link) => merit(link) !== undefined)
    .sort((a, b) => (merit(b) ?? 0) - (merit(a) ?? 0))
    .slice(0, count);
}

/** The oldest of each of the networks that fewest come from. */
function rare<L extends Placed>(links: readonly L[], count: number): readonly L[] {
  const known = [...byGroup(links)].filter(([group]) => group !== undefined).map(([, members]) => members);
  return known
    .sort((a, b) => a.length - b.length)
    .slice(0, count)
    .flatMap((members) => best(members, lasting, 1));
}

/** Those whose network is not known are one group: their keys are free to make. */
function byGroup<L extends Placed>(links: readonly L[]): Map<string | undefined, L[]> {
  const groups = new Map<string | undefined, L[]>();
  for (const link of links) {
    const network = networkOf(link);
    const members = groups.get(network);
    if (members === undefined) groups.set(network, [link]);
    else members.push(link);
  }
  return groups;
}

function without<L>(links: readonly L[], others: readonly L[]): readonly L[] {
  return links.filter((link) => !others.includes(link));
}
