/**
 * Promises for every block that it hears of, and for siblings, whether it is named or not: in its own name, in that of
 * others under a signature that is none, and with the promises of others for other blocks.
 */
import type { Block } from '../../../core/chain/block.ts';
import type { PublicKey, Signature } from '../../../core/crypto/keys.ts';
import type { LinkId } from '../../../core/events.ts';
import { extensionSaying, unpackExtension } from '../../../core/wire/carrier.ts';
import { type Acknowledgement, acknowledgementDigest } from '../../../core/wire/holdings.ts';
import type { Message } from '../../../core/wire/messages.ts';
import type { Simulator } from '../simulator.ts';
import { tab } from './attacker.ts';
import { HostileAuthor } from './author.ts';

export class Promiser extends HostileAuthor {
  constructor(simulator: Simulator) {
    super(simulator, tab);
  }

  protected override hear(_link: LinkId, message: Message): void {
    if (message.kind === 'shareBlock' || message.kind === 'requestedBlock') this.#promiseAll(message.block);
    if (message.kind !== 'requestNeighbours' || message.count !== 0) return;
    const said = unpackExtension(message.exclude);
    if (said?.kind === 'acknowledgement') this.#say({ ...said, block: this.randomHash() });
  }

  /** Two siblings, for both of which it has promised before it shows them. */
  protected override write(parent: Block): void {
    for (let sibling = 0; sibling < 2; sibling++) {
      const block = this.sign(parent, [this.item()], this.drawOthers());
      this.#promiseAll(block);
      this.broadcast({ kind: 'shareBlock', block });
    }
  }

  #promiseAll({ hash, parent, nextChoices }: Block): void {
    const { crypto, seeded } = this.world;
    const digest = acknowledgementDigest({ network: 'main', block: hash, parent });
    this.#say({ block: hash, key: this.key, sign: crypto.curve.sign(digest, this.secret, seeded.bytes(32)) });
    for (const key of nextChoices.slice(0, 3)) this.#say({ block: hash, key, sign: this.#noSignature(key) });
  }

  #noSignature(key: PublicKey): Signature {
    return this.world.seeded.bytes(key.length + 31) as Signature;
  }

  #say(acknowledgement: Acknowledgement): void {
    this.broadcast(extensionSaying({ kind: 'acknowledgement', ...acknowledgement }));
  }
}
