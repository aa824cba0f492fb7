/**
 * Sends KeepAlives with count 0, which the reference passes on for ever, and with the greatest count there is, after
 * which none of the same key would ever count again.
 */
import type { Simulator } from '../simulator.ts';
import { Attacker } from './attacker.ts';
import { keepAliveOf } from './forging.ts';

const greatest = 2n ** 64n - 1n;

export class ZeroCount extends Attacker {
  constructor(simulator: Simulator) {
    super(simulator);
    const other = simulator.newSecret();
    this.world.witness.distrust(this.world.crypto.curve.publicKey(other));
    this.every(400, () => {
      this.broadcast(keepAliveOf(this.world, this.secret, 0n));
      this.broadcast(keepAliveOf(this.world, other, 0n));
      this.broadcast(keepAliveOf(this.world, other, greatest));
    });
  }
}
