/**
 * What attackers share that abuse their turn: as soon as the newest block names them they do what they do, once for each
 * block, within the time in which an honest author would have written.
 */
import type { Block } from '../../../core/chain/block.ts';
import type { Data } from '../../../core/chain/data.ts';
import { type HashHex, hashHex, type PublicKey } from '../../../core/crypto/keys.ts';
import { Attacker } from './attacker.ts';
import { signedBlock } from './forging.ts';

const leastDelayMs = 100;
const mostDelayMs = 900;

export abstract class HostileAuthor extends Attacker {
  readonly #usedTurns = new Set<HashHex>();

  /** It is named by this block, which was the newest a moment ago. */
  protected abstract write(parent: Block): void;

  protected override grew(): void {
    const parent = this.overheard.newest;
    if (parent === undefined || !this.overheard.names(this.key) || this.#usedTurns.has(hashHex(parent.hash))) return;
    this.#usedTurns.add(hashHex(parent.hash));
    this.after(this.world.seeded.between(leastDelayMs, mostDelayMs), () => this.write(parent));
  }

  /** A block of its own, right in form. */
  protected sign(parent: Block, data: readonly Data[], nextChoices: readonly PublicKey[]): Block {
    return signedBlock(this.world, this.secret, { parent: parent.hash, data, nextChoices });
  }

  /** To all neighbours; it is then the newest it knows. */
  protected show(block: Block): void {
    this.broadcast({ kind: 'shareBlock', block });
    if (this.overheard.add(block)) this.grew();
  }

  /** As an honest author names them. */
  protected drawOthers(): PublicKey[] {
    return this.world.seeded.shuffled(this.overheard.keys).slice(0, 3);
  }
}
