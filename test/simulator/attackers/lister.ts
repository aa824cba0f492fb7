/**
 * Sends lists as long as the codecs take: neighbours that are not there, and keys to leave out of an answer.
 */
import { signaledAddress } from '../../../core/network/addresses.ts';
import type { Simulator } from '../simulator.ts';
import { Attacker } from './attacker.ts';
import { keysOfNobody } from './forging.ts';

export class Lister extends Attacker {
  constructor(simulator: Simulator) {
    super(simulator);
    this.every(1_000, () => {
      const exclude = keysOfNobody(this.world, this.world.seeded.pick([0, 10, 2_000]));
      this.broadcast({ kind: 'requestNeighbours', count: 0xffff_ffff, exclude });
      const neighbours = keysOfNobody(this.world, 500).map((key) => [key, signaledAddress(key)] as const);
      this.broadcast({ kind: 'introduceNeighbours', neighbours });
    });
  }
}
