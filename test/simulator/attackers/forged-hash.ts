/**
 * Passes on every block under the hash of another, or under none that is anybody's, and with another parent: a peer that
 * believed the field would hold a block in another's place, or wait for one that never comes.
 */
import type { LinkId } from '../../../core/events.ts';
import type { Message } from '../../../core/wire/messages.ts';
import { Attacker } from './attacker.ts';

export class ForgedHash extends Attacker {
  protected override hear(link: LinkId, message: Message): void {
    if (message.kind === 'shareBlock') {
      const { block } = message;
      const others = [block, ...this.overheard.blocks].map(({ hash }) => hash);
      for (const hash of [this.randomHash(), block.parent, this.world.seeded.pick(others)]) {
        if (hash !== undefined && hash !== block.hash)
          this.broadcast({ kind: 'shareBlock', block: { ...block, hash } });
      }
      this.broadcast({ kind: 'shareBlock', block: { ...block, parent: this.randomHash() } });
    }
    if (message.kind === 'requestBlocks') {
      const { chain } = this.overheard;
      for (const block of chain)
        this.send(link, { kind: 'requestedBlock', block: { ...block, hash: this.randomHash() } });
    }
  }
}
