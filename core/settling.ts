/**
 * Joins the committee's votes with the chain and the links: what the walk begins at, what is told to the application, and
 * to whom votes go (finality/; docs/protocol.md, Finality).
 *
 * Without a configured committee it does nothing. Only ours are sent votes, and each vote goes over each link once.
 */
import { type Hash, hashHex } from './crypto/keys.ts';
import { extensionSaying } from './extension.ts';
import type { FinalityView } from './finality/finality.ts';
import type { Checkpoint, Vote } from './finality/votes.ts';
import type { Machines } from './machines.ts';
import type { GreetedLink } from './network/links.ts';

const contradictedMessage =
  'More than two thirds of the committee have settled two branches: some of them break their word. What was final here stays.';

export class Settling {
  readonly #machines: Machines;
  readonly #view: FinalityView;
  #settled = -1;
  #isContradicted = false;

  constructor(machines: Machines) {
    this.#machines = machines;
    this.#view = {
      get tip() {
        return shownTip(machines);
      },
      isAncestor: (ancestor, of) => isAncestor(machines, ancestor, of),
    };
  }

  /** A new neighbour of ours hears which votes were cast last. */
  greeted(link: GreetedLink): void {
    if (!link.phase.ours) return;
    for (const vote of this.#machines.finality.newest()) this.#say(link, vote);
  }

  /** Called at the end of every event. */
  advance(): void {
    const { finality, chain, links } = this.#machines;
    if (finality.advance(this.#view) && finality.floor !== undefined) chain.beginWalkAt(finality.floor.hash);
    this.#tell();
    for (const { vote, link: by } of finality.takeCast()) {
      for (const link of links.greeted()) if (link.phase.ours && link.id !== by) this.#say(link, vote);
    }
  }

  /** What is final is told once it stands on the main chain, which may have to come to it first. */
  #tell(): void {
    const { finality, chain, effects } = this.#machines;
    const { final, contradiction } = finality;
    if (final !== undefined && final.height > this.#settled && chain.tree.onMain(hashHex(final.hash))) {
      this.#settled = final.height;
      effects.put({ kind: 'deliver', delivery: { kind: 'settled', height: final.height } });
    }
    if (contradiction === undefined || this.#isContradicted) return;
    this.#isContradicted = true;
    effects.put({ kind: 'report', code: 'committee-contradicts-itself', message: contradictedMessage });
  }

  #say(link: GreetedLink, vote: Vote): void {
    this.#machines.links.send(link, extensionSaying({ kind: 'vote', vote }), 'kept');
  }
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
  while (at !== undefined && at.height > wanted.height)
    at = at.parentId === undefined ? undefined : tree.header(at.parentId);
  return at?.id === wanted.id;
}
