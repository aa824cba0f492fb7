/**
 * What is told of the chain besides its blocks: its health, and whose word counts at a block of it.
 *
 * Puts chain and members together for whoever asks, and decides nothing. It sees as far back as the tree does.
 */
import { eligibleAncestors, eligibleHolders } from './chain/fork-choice.ts';
import { Health } from './chain/health.ts';
import type { TreeHeader } from './chain/tree.ts';
import { type Holder, holderOf, holderOfHex } from './crypto/keys.ts';
import type { ChainBlock } from './events.ts';
import type { ChainHealth } from './face.ts';
import type { Machines } from './machines.ts';

/** What a receipt follows and what was established before it (receipts.ts: 64 blocks; fork-choice.ts: 64). */
const mostWritten = 130;

export class ChainReport {
  readonly #machines: Pick<Machines, 'chain' | 'members' | 'publicKey'>;
  readonly #health = new Health();

  constructor(machines: Pick<Machines, 'chain' | 'members' | 'publicKey'>) {
    this.#machines = machines;
  }

  get health(): ChainHealth {
    const { chain, members, publicKey } = this.#machines;
    return this.#health.look(
      chain.tree.tip?.id,
      () => this.#written,
      (holder) => holder === holderOf(publicKey) || [...members.known].some((key) => holderOfHex(key) === holder),
    );
  }

  /** The newest blocks of the main chain, oldest first. */
  get newest(): readonly ChainBlock[] {
    return this.#machines.chain.tree.main;
  }

  /** Keys established before the block of the main chain at this height; of a first block, those it names. */
  eligibleBefore(height: number): Set<Holder> {
    const written = this.#written;
    const end = height === 0 ? 1 : height - (written[0]?.height ?? 0);
    const before = written.slice(Math.max(0, end - eligibleAncestors), Math.max(0, end));
    return eligibleHolders(
      before.at(-1)?.nextChoices ?? [],
      before.map(({ holder }) => holder),
    );
  }

  /** Who wrote the blocks of the main chain held here and whom they name, oldest first. */
  get #written(): readonly TreeHeader[] {
    return this.#machines.chain.tree.headers.slice(-mostWritten);
  }
}
