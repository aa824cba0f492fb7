/**
 * Signs another child of one block for each neighbour, whenever it is named, and names honest peers after it.
 */
import type { Block } from '../../../core/chain/block.ts';
import { HostileAuthor } from './author.ts';

export class Equivocator extends HostileAuthor {
  protected override write(parent: Block): void {
    for (const link of this.sessions.keys()) {
      const block = this.sign(parent, [this.item()], this.drawOthers());
      this.send(link, { kind: 'shareBlock', block });
    }
  }
}
