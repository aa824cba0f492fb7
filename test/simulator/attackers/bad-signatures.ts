/**
 * Passes on every block and item with a signature, an author or a content that do not belong together, and in its turn
 * writes a block with an item that its author never signed.
 */
import type { Block } from '../../../core/chain/block.ts';
import type { Signature } from '../../../core/crypto/keys.ts';
import type { LinkId } from '../../../core/events.ts';
import type { Message } from '../../../core/wire/messages.ts';
import { HostileAuthor } from './author.ts';
import { keepAliveOf } from './forging.ts';

export class BadSignatures extends HostileAuthor {
  protected override hear(_link: LinkId, message: Message): void {
    const { seeded } = this.world;
    if (message.kind === 'shareData') {
      const { data } = message;
      this.broadcast({ kind: 'shareData', data: { ...data, data: seeded.bytes(30) } });
      this.broadcast({ kind: 'shareData', data: { ...data, sign: seeded.bytes(64) as Signature } });
      this.broadcast({ kind: 'shareData', data: { ...data, author: this.key } });
    }
    if (message.kind === 'shareBlock') {
      for (const block of this.#spoilt(message.block)) this.broadcast({ kind: 'shareBlock', block });
    }
    if (message.kind === 'keepAlive') this.#speakFor(message);
  }

  protected override write(parent: Block): void {
    const [stolen = this.item()] = this.overheard.items;
    const forged = { ...stolen, data: this.world.seeded.bytes(10) };
    this.show(this.sign(parent, [forged], this.drawOthers()));
  }

  #spoilt(block: Block): Block[] {
    const { seeded } = this.world;
    return [
      { ...block, sign: seeded.bytes(64) as Signature },
      { ...block, author: this.key },
      { ...block, data: [...block.data, this.item()] },
      { ...block, data: block.data.slice(1) },
      { ...block, nextChoices: [this.key] },
    ];
  }

  /** A KeepAlive of another, from the future, under a signature of its own. */
  #speakFor({ pubkey, count }: Extract<Message, { kind: 'keepAlive' }>): void {
    const own = keepAliveOf(this.world, this.secret, count + 1_000_000n);
    if (this.world.seeded.chance(0.05)) this.broadcast({ ...own, pubkey } as Message);
  }
}
