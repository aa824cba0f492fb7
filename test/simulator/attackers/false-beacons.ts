/**
 * Beacons: those of others again and with another age, of keys that never were, of others under a signature that is none,
 * and its own with the longest life and the greatest counter there is.
 */
import type { PublicKey, Signature } from '../../../core/crypto/keys.ts';
import type { LinkId } from '../../../core/events.ts';
import { type Beacon, beaconDigest } from '../../../core/wire/beacon.ts';
import { extensionSaying, unpackExtension } from '../../../core/wire/carrier.ts';
import type { Message } from '../../../core/wire/messages.ts';
import type { Simulator } from '../simulator.ts';
import { Attacker, tab } from './attacker.ts';
import { keysOfNobody } from './forging.ts';

const everyMs = 200;
const greatest = 2n ** 64n - 1n;
const mostLifetimeMs = 2 ** 32 - 1;

export class FalseBeacons extends Attacker {
  readonly #heard: Beacon[] = [];

  constructor(simulator: Simulator) {
    super(simulator, tab);
    this.every(everyMs, () => this.#beacon());
  }

  protected override hear(_link: LinkId, message: Message): void {
    if (message.kind !== 'requestNeighbours' || message.count !== 0) return;
    const said = unpackExtension(message.exclude);
    if (said?.kind === 'beacon') this.#heard.push(said);
  }

  #beacon(): void {
    const { seeded, crypto } = this.world;
    const again = this.#heard[seeded.below(this.#heard.length + 1)];
    if (again !== undefined) this.#say(again);
    const own = this.#unsigned(this.key, seeded.chance(0.1) ? greatest : BigInt(this.world.agenda.now));
    const sign = crypto.curve.sign(beaconDigest('main', own), this.secret, seeded.bytes(32));
    this.#say({ ...own, sign });
    // A forged one ends the link, which is dialled again.
    if (seeded.chance(0.2))
      this.#forge([...keysOfNobody(this.world, 1), seeded.pick([this.key, ...this.overheard.keys])]);
  }

  #forge(keys: readonly PublicKey[]): void {
    for (const key of keys) {
      this.#say({ ...this.#unsigned(key, greatest), sign: this.world.seeded.bytes(64) as Signature });
    }
  }

  #unsigned(pubkey: PublicKey, counter: bigint): Omit<Beacon, 'sign'> {
    return { pubkey, counter, tip: this.randomHash(), lifetimeMs: mostLifetimeMs };
  }

  #say(beacon: Beacon): void {
    const ageMs = this.world.seeded.pick([0, 1_000, mostLifetimeMs]);
    this.broadcast(extensionSaying({ kind: 'beacon', ...beacon, ageMs }));
  }
}
