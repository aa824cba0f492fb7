/**
 * Comes as a reference peer of the era of Announce and Leave, and announces keys that never were, and honest peers as
 * gone and as there again, many times a second.
 */
import type { LinkId } from '../../../core/events.ts';
import type { Greeting } from '../../../core/wire/messages.ts';
import type { Simulator } from '../simulator.ts';
import { Attacker } from './attacker.ts';
import { keysOfNobody } from './forging.ts';

const everyMs = 200;
const inventedEach = 10;
const contradictedEach = 20;
const inventedAtOnce = 500;

export class Announcer extends Attacker {
  constructor(simulator: Simulator) {
    super(simulator, { dialect: 'gcm-siv', ours: false });
    this.every(everyMs, () => {
      for (const pubkey of keysOfNobody(this.world, inventedEach)) this.broadcast({ kind: 'announce', pubkey });
      for (let i = 0; i < contradictedEach; i++) {
        const { keys } = this.overheard;
        const pubkey = keys[this.world.seeded.below(keys.length)];
        const kind = this.world.seeded.chance(0.5) ? 'leave' : 'announce';
        if (pubkey !== undefined) this.broadcast({ kind, pubkey });
      }
    });
  }

  protected override greeting(): Greeting {
    return { ...super.greeting(), known: keysOfNobody(this.world, inventedAtOnce) };
  }

  /** Whoever says nothing that decrypts is nobody. */
  protected override greeted(link: LinkId): void {
    this.send(link, { kind: 'requestNeighbours', count: 3, exclude: [] });
  }
}
