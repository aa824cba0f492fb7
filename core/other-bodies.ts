/**
 * Asking neighbours for another body of a block with an item that nobody signed (spec/safety.md, Blocks 2).
 *
 * A request is for what follows the block's parent; when the block has come it is cut short by a newer one. Which blocks
 * are in doubt, and who was asked, is known to chain/doubts.ts.
 */
import type { Block } from './chain/block.ts';
import { graceMs } from './chain/newcomers.ts';
import type { Candidate } from './chain/tree.ts';
import type { Milliseconds } from './config.ts';
import { type Hash, hashHex } from './crypto/keys.ts';
import type { LinkId } from './events.ts';
import type { Machines } from './machines.ts';
import type { GreetedLink } from './network/open-link.ts';

export class OtherBodies {
  readonly #machines: Machines;

  constructor(machines: Machines) {
    this.#machines = machines;
  }

  /** There may be a better body: other neighbours are asked for theirs. @param from who brought this one */
  doubt(body: Candidate, from: LinkId, now: Milliseconds): void {
    const { chain, links, sync, rankDelay } = this.#machines;
    const id = hashHex(body.block.hash);
    const others = links.greeted().filter((link) => link.id !== from && !sync.isOpen(link.id));
    others.sort((a, b) => Number(b.head === id) - Number(a.head === id));
    const asked = chain.doubt(
      body,
      now + graceMs(rankDelay),
      others.map((link) => link.id),
    );
    for (const link of others) if (asked.includes(link.id)) this.#request(link, body.block.parent);
  }

  /** A neighbour that was not asked yet may hold a better one. */
  ask(link: GreetedLink): void {
    const { chain, sync } = this.#machines;
    if (sync.isOpen(link.id)) return;
    const body = chain.doubts.ask(link.id);
    if (body !== undefined) this.#request(link, body.block.parent);
  }

  /** The block that it was asked for has come. */
  answered(link: GreetedLink, block: Block): void {
    // A newer question takes the place of the one being answered: no more than this was needed.
    this.#request(link, block.hash);
    this.ask(link);
  }

  #request(link: GreetedLink, start: Hash | undefined): void {
    this.#machines.links.send(link, { kind: 'requestBlocks', start }, 'kept');
  }
}
