/**
 * Neighbours that hold the same branches and yet take another one: what each lacks to see it as the other does.
 *
 * Support counts blocks beside the main chain too (spec/safety.md, Fork choice), and nobody is asked for those. So when a
 * neighbour of ours shows that it takes a block for its newest that we hold and do not, it is told of the side blocks on
 * which our walk rests, each once, and then of our tip. It does the same, and both come to the same answer.
 */
import type { TreeBlock } from './chain/tree.ts';
import type { Milliseconds } from './config.ts';
import type { HashHex } from './crypto/keys.ts';
import type { LinkId } from './events.ts';
import type { Machines } from './machines.ts';
import type { GreetedLink } from './network/open-link.ts';

/** Looking for what counts takes milliseconds when there are thousands of side blocks. */
const restMs = 200;
/** Remembered for each link; the one told first is forgotten first. */
const mostTold = 1_024;

interface Told {
  readonly ids: Set<HashHex>;
  /** When it was told last. */
  at: Milliseconds;
  isDue: boolean;
}

export class Differences {
  readonly #machines: Machines;
  readonly #told = new Map<LinkId, Told>();

  constructor(machines: Machines) {
    this.#machines = machines;
  }

  /** When a neighbour is to be told that had to wait. */
  get deadline(): Milliseconds | undefined {
    if (this.#machines.chain.isMoving) return undefined;
    let earliest: Milliseconds | undefined;
    for (const { at, isDue } of this.#told.values()) {
      if (isDue && (earliest === undefined || at + restMs < earliest)) earliest = at + restMs;
    }
    return earliest;
  }

  /** The neighbour takes a branch that we hold and do not take. */
  found(link: LinkId): void {
    this.#of(link).isDue = true;
  }

  /** The neighbour holds this block. */
  holds(link: LinkId, id: HashHex): void {
    const { ids } = this.#of(link);
    ids.add(id);
    for (const oldest of ids) {
      if (ids.size <= mostTold) return;
      ids.delete(oldest);
    }
  }

  ended(link: LinkId): void {
    this.#told.delete(link);
  }

  /** Called at the end of every event. */
  advance(now: Milliseconds): void {
    const { links, chain } = this.#machines;
    for (const [id, told] of this.#told) {
      const link = links.greetedLink(id);
      if (!told.isDue || now < told.at + restMs || link === undefined || chain.isMoving) continue;
      told.isDue = false;
      told.at = now;
      if (link.phase.ours) for (const block of chain.decisive()) this.#tell(link, block);
      const { shown } = chain;
      if (shown !== undefined && shown === chain.tree.tip) this.#tell(link, shown);
    }
  }

  #tell(link: GreetedLink, { id, bytes }: TreeBlock): void {
    if (this.#of(link.id).ids.has(id)) return;
    this.holds(link.id, id);
    this.#machines.links.send(link, { kind: 'shareBlock', bytes }, 'block');
  }

  #of(link: LinkId): Told {
    const told = this.#told.get(link) ?? { ids: new Set(), at: 0, isDue: false };
    this.#told.set(link, told);
    return told;
  }
}
