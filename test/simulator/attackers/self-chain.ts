/**
 * Names only itself and goes on alone, one block after the other, with the items of all. Signing is free: its chain is
 * soon longer than any other, and nobody else ever has a turn on it.
 */
import type { Block } from '../../../core/chain/block.ts';
import { HostileAuthor } from './author.ts';

export class SelfChain extends HostileAuthor {
  protected override write(parent: Block): void {
    const items = this.overheard.items;
    this.show(this.sign(parent, items.length > 0 ? items : [this.item()], [this.key]));
  }
}
