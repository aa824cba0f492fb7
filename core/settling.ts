/**
 * Joins the committee's votes with the chain and the links: what the walk begins at, what is told to the application, and
 * to whom votes go (finality/; docs/protocol.md, Finality).
 *
 * Without a configured committee it does nothing. Only ours are sent votes, and each vote goes over each link once.
 */
import type { Milliseconds } from './config.ts';
import { type Hash, type Holder, hashHex } from './crypto/keys.ts';
import type { LinkId } from './events.ts';
import type { FinalityView } from './finality/finality.ts';
import type { Checkpoint, Vote } from './finality/votes.ts';
import type { Machines } from './machines.ts';
import type { GreetedLink } from './network/open-link.ts';
import { extensionSaying } from './wire/carrier.ts';

/** Of liars; the first digits of their keys. */
const mostNamed = 8;
const namedCharacters = 16;

export class Settling {
  readonly #machines: Machines;
  readonly #view: FinalityView;
  /** Links whose other end has heard which votes were cast last. */
  readonly #told = new Set<LinkId>();
  #settled: number | undefined;
  #treeSize = 0;
  #isBrokenTold = false;

  constructor(machines: Machines) {
    this.#machines = machines;
    this.#view = {
      get tip() {
        return shownTip(machines);
      },
      at(height) {
        const header = machines.chain.tree.headerAt(height);
        return header === undefined ? undefined : { height, hash: header.hash };
      },
      isAncestor: (ancestor, of) => isAncestor(machines, ancestor, of),
    };
  }

  /** The height up to which the application was told that the chain is final. */
  get final(): number | undefined {
    return this.#settled;
  }

  /** Called at the end of every event. */
  advance(now: Milliseconds): void {
    const { finality, chain, config } = this.#machines;
    if (config.committee.length === 0) return;
    this.#tellNewNeighbours();
    if (chain.tree.size !== this.#treeSize) finality.blocksCame();
    this.#treeSize = chain.tree.size;
    finality.advance(this.#view);
    if (finality.floor !== undefined) {
      // Another root's chain may have taken the place of the tree that was told before.
      chain.tree.beginWalkAt(hashHex(finality.floor.hash));
      chain.settle(now);
    }
    this.#settle(now);
    this.#passVotes();
  }

  ended(link: LinkId): void {
    this.#told.delete(link);
  }

  #tellNewNeighbours(): void {
    const { finality, links } = this.#machines;
    for (const link of links.greeted()) {
      if (!link.phase.ours || this.#told.has(link.id)) continue;
      this.#told.add(link.id);
      for (const vote of finality.newest()) this.#say(link, vote);
    }
  }

  /** What is final is told once it stands on the main chain, which may have to come to it first. */
  #settle(now: Milliseconds): void {
    const { finality, chain, effects } = this.#machines;
    const { final } = finality;
    const isNew = final !== undefined && final.height > (this.#settled ?? -1) && chain.tree.onMain(hashHex(final.hash));
    // A vote is for a hash, and does not say which body: what is final stays, so the better one must be there before.
    if (isNew && !chain.isDoubtfulUpTo(final.height, now)) {
      this.#settled = final.height;
      chain.tree.finalise(hashHex(final.hash));
      effects.put({ kind: 'deliver', delivery: { kind: 'settled', height: final.height } });
    }
    if (!finality.isBroken || this.#isBrokenTold) return;
    this.#isBrokenTold = true;
    effects.put({ kind: 'report', code: 'committee-broken', message: brokenMessage(finality.liars) });
  }

  #passVotes(): void {
    const { finality, links } = this.#machines;
    for (const { vote, link: by } of finality.takeCast()) {
      for (const link of links.greeted()) if (link.phase.ours && link.id !== by) this.#say(link, vote);
    }
  }

  #say(link: GreetedLink, vote: Vote): void {
    this.#machines.links.send(link, extensionSaying({ kind: 'vote', vote }), 'kept');
  }
}

function brokenMessage(liars: ReadonlySet<Holder>): string {
  const named = [...liars].slice(0, mostNamed).map((holder) => holder.slice(0, namedCharacters));
  const who = named.length === 0 ? '' : ` (${named.join(', ')})`;
  return `Members of the committee vote against themselves${who}: two branches may be final. What was final here stays.`;
}

/** Votes are for blocks that others may hear of: one of our own that a crash could make us forget is none. */
function shownTip({ chain }: Machines): Checkpoint | undefined {
  const { shown } = chain;
  return shown === undefined ? undefined : { height: shown.height, hash: shown.block.hash };
}

function isAncestor({ chain: { tree } }: Machines, ancestor: Hash, of: Hash): boolean | undefined {
  const wanted = tree.header(hashHex(ancestor));
  let at = tree.header(hashHex(of));
  if (wanted === undefined || at === undefined) return undefined;
  while (at !== undefined && !at.onMain && at.height > wanted.height) {
    at = at.parentId === undefined ? undefined : tree.header(at.parentId);
  }
  // Both on the main chain: the lower one is below the other.
  return at?.id === wanted.id || (at?.onMain === true && wanted.onMain && at.height > wanted.height);
}
