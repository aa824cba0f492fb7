/**
 * Whether a neighbour of the reference program stands on another branch than we do (spec/safety.md, Fork choice).
 *
 * Reference peers never reorganise, so such a split stays until an operator ends it: it is reported, with who it is. A
 * neighbour's branch is known by what it shows itself: the newest block of its greeting, each block it sends. When that
 * has been off our main chain for 10 s, although we hold it or have gone on without it, the two are apart; they are not
 * any more when it shows a block that is ours. Nothing is decided by it, for anybody may show any hash.
 */
import type { Chain } from './chain/chain.ts';
import type { Milliseconds } from './config.ts';
import { type Hash, type HashHex, hashHex, type PublicKeyHex } from './crypto/keys.ts';
import type { Effects } from './effects.ts';
import type { LinkId, Loaded, RequestId } from './events.ts';
import type { Links } from './network/links.ts';
import type { GreetedLink } from './network/open-link.ts';

/** What a neighbour has shown last. */
interface Shown {
  readonly hash: Hash;
  readonly id: HashHex;
  /** Where it stood on our main chain when it was last seen there. */
  height: number | undefined;
}

interface Watched {
  shown: Shown;
  /** Since when what it shows has been off our main chain, and what our tip was then. */
  apart: { readonly since: Milliseconds; readonly tip: HashHex | undefined } | undefined;
  /** Asked of the store, which alone knows our older blocks. */
  lookup: RequestId | undefined;
  isSplit: boolean;
}

/** A block on its way, and a walk that goes to and fro, are over by then. */
const patienceMs = 10_000;
const mostNamed = 3;

export class ReferenceSplit {
  readonly #chain: Chain;
  readonly #links: Links;
  readonly #effects: Effects;
  /** One for each link of a reference peer, so as many as there may be links. */
  readonly #watched = new Map<LinkId, Watched>();
  #deadline: Milliseconds | undefined;
  #reported: string | undefined;

  constructor(chain: Chain, links: Links, effects: Effects) {
    this.#chain = chain;
    this.#links = links;
    this.#effects = effects;
  }

  get deadline(): Milliseconds | undefined {
    return this.#deadline;
  }

  /** The neighbour holds this block, and holds it for its newest. */
  shown(link: GreetedLink, hash: Hash | undefined): void {
    if (hash === undefined || link.phase.ours) return;
    const shown: Shown = { hash, id: hashHex(hash), height: undefined };
    const watched = this.#watched.get(link.id);
    if (watched === undefined) {
      this.#watched.set(link.id, { shown, apart: undefined, lookup: undefined, isSplit: false });
    } else if (watched.shown.id !== shown.id) {
      watched.shown = shown;
      watched.lookup = undefined;
    }
  }

  ended(link: LinkId): void {
    this.#watched.delete(link);
  }

  /** @param isBusy neighbours hold what we are about to read: it is too early to tell */
  look(now: Milliseconds, isBusy: boolean): void {
    this.#deadline = undefined;
    for (const [id, watched] of this.#watched) this.#lookAt(this.#links.greetedLink(id), watched, now, isBusy);
    const split = [...this.#watched].filter(([, { isSplit }]) => isSplit);
    const keys = split.flatMap(([id]) => this.#links.greetedLink(id)?.phase.hex ?? []);
    this.#report([...new Set(keys)].sort());
  }

  /** @returns whether this request was one of ours */
  loaded(request: RequestId, result: Loaded): boolean {
    for (const watched of this.#watched.values()) {
      if (watched.lookup !== request) continue;
      watched.lookup = undefined;
      if (result.kind === 'heightOf') watched.shown.height = result.height;
      watched.isSplit = !this.#isOurs(watched.shown);
      return true;
    }
    return false;
  }

  #lookAt(link: GreetedLink | undefined, watched: Watched, now: Milliseconds, isBusy: boolean): void {
    const { tree, root } = this.#chain;
    // Of another root more is said elsewhere (root-contest.ts).
    const isForeign = link?.root !== undefined && root !== undefined && link.root !== root;
    if (isForeign || this.#isOurs(watched.shown)) {
      watched.apart = undefined;
      watched.isSplit = false;
      return;
    }
    if (watched.isSplit || watched.lookup !== undefined) return;
    if (isBusy) {
      watched.apart = undefined;
      return;
    }
    watched.apart ??= { since: now, tip: tree.tip?.id };
    const { since, tip } = watched.apart;
    const isHeld = tree.holds(watched.shown.id);
    if (now < since + patienceMs) {
      this.#deadline = Math.min(this.#deadline ?? Number.POSITIVE_INFINITY, since + patienceMs);
    } else if (isHeld) watched.isSplit = true;
    else if (tip !== tree.tip?.id) {
      watched.lookup = this.#effects.nextRequest();
      const query = { kind: 'heightOf', hash: watched.shown.hash } as const;
      this.#effects.put({ kind: 'load', request: watched.lookup, query });
    }
  }

  /** On our main chain, whether in the tree or so far down that nothing moves there. */
  #isOurs(shown: Shown): boolean {
    const { tree } = this.#chain;
    if (tree.onMain(shown.id)) {
      shown.height = tree.header(shown.id)?.height;
      return true;
    }
    return shown.height !== undefined && shown.height < tree.lowest;
  }

  #report(keys: readonly PublicKeyHex[]): void {
    const message = keys.length === 0 ? undefined : splitMessage(keys);
    if (message === this.#reported) return;
    this.#reported = message;
    this.#effects.put({ kind: 'report', code: 'reference-split', message });
  }
}

/** @param keys of the neighbours, at least one */
export function splitMessage(keys: readonly PublicKeyHex[]): string {
  const named = keys.slice(0, mostNamed).map((key) => `${key.slice(0, 6)}…${key.slice(-4)}`);
  const further = keys.length - named.length;
  const who = further === 0 ? named.join(', ') : `${named.join(', ')} and ${further} more`;
  return (
    `Neighbours of the reference program on another branch than this peer: ${who}. They never leave theirs, so what is ` +
    'shared here may not be seen there.'
  );
}
