/**
 * Signs in its turn and shows the block only when others have long gone on, to one neighbour: a fork of several blocks
 * that begins in the past.
 */
import type { Block } from '../../../core/chain/block.ts';
import { HostileAuthor } from './author.ts';

const leastMs = 2_000;
const mostMs = 6_000;

export class Withholder extends HostileAuthor {
  protected override write(parent: Block): void {
    const { seeded } = this.world;
    const block = this.sign(parent, [this.item()], this.drawOthers());
    this.after(seeded.between(leastMs, mostMs), () => {
      const links = [...this.sessions.keys()];
      if (links.length > 0) this.send(seeded.pick(links), { kind: 'shareBlock', block });
    });
  }
}
