/**
 * Writes in its turn, names others as it should, and leaves out every item that is not its own. Were it to name itself
 * first each time, nobody could keep it from that (spec/safety.md, What a receipt may promise).
 */
import type { Block } from '../../../core/chain/block.ts';
import { HostileAuthor } from './author.ts';

export class Censor extends HostileAuthor {
  protected override write(parent: Block): void {
    this.show(this.sign(parent, [this.item()], this.drawOthers()));
  }
}
