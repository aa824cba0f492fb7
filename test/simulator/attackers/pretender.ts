/**
 * Says in the extension carrier that it holds what nobody has: heads beyond any chain, on any root, digests of items that
 * are nowhere; asks for items that no digest named and for blocks after any, answers what nobody asked, pings without end,
 * and now and then sends bytes that are no message.
 */
import type { LinkId } from '../../../core/events.ts';
import { extensionSaying, packExtension } from '../../../core/wire/carrier.ts';
import { mostDigested } from '../../../core/wire/holdings.ts';
import type { Simulator } from '../simulator.ts';
import { Attacker, tab } from './attacker.ts';

const everyMs = 400;
const pingsEach = 5;
/** It ends the link, which is dialled again. */
const spoiltPart = 0.02;

export class Pretender extends Attacker {
  constructor(simulator: Simulator) {
    super(simulator, tab);
    this.every(everyMs, () => {
      for (const link of this.sessions.keys()) this.#pretend(link);
    });
  }

  #pretend(link: LinkId): void {
    const { seeded } = this.world;
    const known = this.overheard.blocks.map(({ hash }) => hash);
    const hash = () => seeded.pick([this.randomHash(), ...known]);
    const height = seeded.pick([0, 1, 100, 2 ** 32 - 1]);
    this.send(link, extensionSaying({ kind: 'head', height, tip: hash(), root: hash() }));
    const ids = Array.from({ length: seeded.pick([1, 20, mostDigested]) }, () => BigInt(seeded.below(2 ** 48)));
    this.send(link, extensionSaying({ kind: 'poolDigest', salt: seeded.bytes(16), ids }));
    this.send(link, extensionSaying({ kind: 'itemsWanted', ids }));
    this.send(link, extensionSaying({ kind: 'blocksWanted', request: seeded.below(9), locator: [hash(), hash()] }));
    const blocks = [seeded.bytes(300)];
    this.send(link, extensionSaying({ kind: 'blocks', request: seeded.below(9), end: seeded.below(4), blocks }));
    for (let i = 0; i < pingsEach; i++) this.send(link, extensionSaying({ kind: 'ping', nonce: BigInt(i) }));
    if (seeded.chance(spoiltPart)) {
      const exclude = packExtension({ kind: 'ping', nonce: 0n }).map((item) => item.slice() as typeof item);
      exclude[0]?.fill(255, 20);
      this.send(link, { kind: 'requestNeighbours', count: 0, exclude });
    }
  }
}
