/**
 * Says again and again that it holds blocks which nobody has: in its greeting, by news whose parents are nowhere, and by
 * answers that lead to nothing. Hangs up after a while and comes again.
 */
import type { Block } from '../../../core/chain/block.ts';
import type { LinkId } from '../../../core/events.ts';
import type { Greeting, Message } from '../../../core/wire/messages.ts';
import type { Simulator } from '../simulator.ts';
import { Attacker } from './attacker.ts';
import { signedBlock } from './forging.ts';

export class Boaster extends Attacker {
  constructor(simulator: Simulator) {
    super(simulator);
    this.every(300, () => {
      for (const link of this.sessions.keys()) this.send(link, { kind: 'shareBlock', block: this.#nowhere() });
    });
  }

  /** A root of its own would be compared; without one its blocks could be anybody's next. */
  protected override greeting(): Greeting {
    return { ...super.greeting(), last: this.randomHash(), count: 1_000_000n };
  }

  protected override greeted(link: LinkId): void {
    this.after(this.world.seeded.between(800, 6_000), () => this.hangUp(link));
  }

  protected override hear(link: LinkId, message: Message): void {
    if (message.kind !== 'requestBlocks') return;
    for (let i = 0; i < 5; i++) {
      this.after(900 * i, () => this.send(link, { kind: 'requestedBlock', block: this.#nowhere() }));
    }
  }

  #nowhere(): Block {
    const content = { parent: this.randomHash(), data: [this.item()], nextChoices: [this.key] };
    return signedBlock(this.world, this.secret, content);
  }
}
