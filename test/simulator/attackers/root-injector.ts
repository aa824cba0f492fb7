/**
 * Greets with another first block, ground until its hash is small, and serves a chain on it that names only itself; sends
 * such first blocks as news too.
 */
import type { Block } from '../../../core/chain/block.ts';
import type { LinkId } from '../../../core/events.ts';
import type { Greeting, Message } from '../../../core/wire/messages.ts';
import type { Simulator } from '../simulator.ts';
import { Attacker } from './attacker.ts';
import { signedBlock } from './forging.ts';

const tries = 64;
const blocks = 5;
const shareEveryMs = 1_500;

export class RootInjector extends Attacker {
  readonly #chain: readonly Block[];

  constructor(simulator: Simulator) {
    super(simulator);
    this.#chain = this.#ground();
    this.every(shareEveryMs, () => {
      const [root] = this.#chain;
      if (root !== undefined) this.broadcast({ kind: 'shareBlock', block: root });
    });
  }

  protected override greeting(): Greeting {
    const count = BigInt(this.#chain.length);
    return { ...super.greeting(), root: this.#chain[0]?.hash, last: this.#chain.at(-1)?.hash, count };
  }

  protected override hear(link: LinkId, message: Message): void {
    if (message.kind !== 'requestBlocks') return;
    for (const block of this.#chain) this.send(link, { kind: 'requestedBlock', block });
  }

  #ground(): Block[] {
    const roots = Array.from({ length: tries }, () =>
      signedBlock(this.world, this.secret, { parent: undefined, data: [this.item()], nextChoices: [this.key] }),
    );
    const chain = [roots.reduce((least, root) => ((root.hash[0] ?? 0) < (least.hash[0] ?? 0) ? root : least))];
    while (chain.length < blocks) {
      const parent = chain.at(-1)?.hash;
      chain.push(signedBlock(this.world, this.secret, { parent, data: [this.item()], nextChoices: [this.key] }));
    }
    return chain;
  }
}
