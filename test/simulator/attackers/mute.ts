/**
 * Opens many links to every victim and says nothing on them, ever.
 */
import type { Endpoint } from '../wires.ts';
import { Attacker } from './attacker.ts';

/** To each victim: more than a peer has room for. */
const socketsEach = 80;

export class Mute extends Attacker {
  override attack(victims: readonly Endpoint[]): void {
    for (let socket = 0; socket < socketsEach; socket++) super.attack(victims);
  }

  protected override sendBytes(): void {}
}
