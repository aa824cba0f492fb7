/**
 * Writes in its turn blocks of one large item, of thousands of items, without any, without candidates, or with thousands
 * of them. All are right in form, and only the last is suspect.
 */
import type { Block } from '../../../core/chain/block.ts';
import { HostileAuthor } from './author.ts';
import { keysOfNobody } from './forging.ts';

const largeBytes = 1_500_000;
const manyItems = 2_000;
const manyCandidates = 5_000;

export class ExtremeBlocks extends HostileAuthor {
  protected override write(parent: Block): void {
    this.show(this.#block(parent));
  }

  #block(parent: Block): Block {
    const others = this.drawOthers();
    switch (this.world.seeded.below(5)) {
      case 0:
        return this.sign(parent, [this.item(largeBytes)], others);
      case 1: {
        const items = Array.from({ length: manyItems }, () => this.item(8));
        return this.sign(parent, items, others);
      }
      case 2:
        return this.sign(parent, [], others);
      case 3:
        return this.sign(parent, [this.item()], []);
      default:
        return this.sign(parent, [this.item()], [...others, ...keysOfNobody(this.world, manyCandidates)]);
    }
  }
}
