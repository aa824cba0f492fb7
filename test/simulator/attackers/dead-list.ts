/**
 * Names keys that never were, so that nobody has the next turn.
 */
import type { Block } from '../../../core/chain/block.ts';
import { HostileAuthor } from './author.ts';
import { keysOfNobody } from './forging.ts';

export class DeadList extends HostileAuthor {
  protected override write(parent: Block): void {
    const items = this.overheard.items;
    this.show(this.sign(parent, items.length > 0 ? items : [this.item()], keysOfNobody(this.world, 3)));
  }
}
