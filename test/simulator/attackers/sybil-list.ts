/**
 * Names three keys of its own making, which seem to be there, for it signs their KeepAlives, and write in turn, each
 * naming the others. What looks like a chain of many authors is one program.
 */
import type { Block } from '../../../core/chain/block.ts';
import { holderOf, type SecretKey } from '../../../core/crypto/keys.ts';
import type { Simulator } from '../simulator.ts';
import { HostileAuthor } from './author.ts';
import { keepAliveOf, signedBlock } from './forging.ts';

const sybils = 3;
const writesAgainMs = 900;

export class SybilList extends HostileAuthor {
  readonly #sybils: readonly SecretKey[];

  constructor(simulator: Simulator) {
    super(simulator);
    this.#sybils = Array.from({ length: sybils }, () => simulator.newSecret());
    const { curve } = this.world.crypto;
    for (const secret of this.#sybils) this.world.witness.distrust(curve.publicKey(secret));
    this.every(600, () => {
      const count = BigInt(this.world.agenda.now);
      for (const secret of this.#sybils) this.broadcast(keepAliveOf(this.world, secret, count));
    });
    this.every(writesAgainMs, () => this.#goOn());
  }

  protected override write(parent: Block): void {
    this.show(this.sign(parent, [this.item()], this.#keys));
  }

  /** The sybil that may write on the newest block does. */
  #goOn(): void {
    const parent = this.overheard.newest;
    if (parent === undefined || parent.nextChoices.length !== sybils) return;
    const named = new Set(parent.nextChoices.map(holderOf));
    const { curve } = this.world.crypto;
    const mine = this.#sybils.filter((secret) => named.has(holderOf(curve.publicKey(secret))));
    if (mine.length < sybils) return;
    const data = this.overheard.items;
    const content = { parent: parent.hash, data: data.length > 0 ? data : [this.item()], nextChoices: this.#keys };
    this.show(signedBlock(this.world, this.world.seeded.pick(mine), content));
  }

  get #keys() {
    return this.#sybils.map((secret) => this.world.crypto.curve.publicKey(secret));
  }
}
