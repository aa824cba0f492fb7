/**
 * Sends bytes that are no frames, frames that are no messages, and lengths behind which nothing comes.
 */
import { concatBytes } from '../../../core/codec/bytes.ts';
import type { LinkId } from '../../../core/events.ts';
import type { Simulator } from '../simulator.ts';
import { Attacker } from './attacker.ts';

export class Babbler extends Attacker {
  constructor(simulator: Simulator) {
    super(simulator);
    this.every(150, () => {
      for (const link of this.sessions.keys()) this.#babble(link);
    });
  }

  #babble(link: LinkId): void {
    const { seeded } = this.world;
    switch (seeded.below(4)) {
      case 0:
        return this.sendBytes(link, seeded.bytes(seeded.below(300)));
      case 1:
        return this.sendPayload(link, seeded.bytes(seeded.below(300)));
      case 2:
        return this.sendPayload(link, concatBytes(Uint8Array.of(seeded.below(8)), seeded.bytes(200)));
      default:
        // A frame of 4 GiB is announced.
        return this.sendBytes(link, concatBytes(new Uint8Array(4).fill(255), seeded.bytes(20)));
    }
  }
}
