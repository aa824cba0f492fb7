/**
 * Moves bytes between the candidates and the first item, which neither hash nor signature of the block shows
 * (spec/safety.md, Blocks 2): in news, and in what it is asked for.
 */
import type { Hash } from '../../../core/crypto/keys.ts';
import { hashHex } from '../../../core/crypto/keys.ts';
import type { LinkId } from '../../../core/events.ts';
import type { Greeting, Message } from '../../../core/wire/messages.ts';
import { Attacker } from './attacker.ts';
import { recut } from './forging.ts';

export class Recutter extends Attacker {
  protected override hear(link: LinkId, message: Message): void {
    if (message.kind === 'shareBlock') this.broadcast({ kind: 'shareBlock', block: recut(message.block) });
    if (message.kind === 'requestBlocks') this.#serve(link, message.start);
  }

  protected override greeting(): Greeting {
    const { chain } = this.overheard;
    return { ...super.greeting(), root: chain[0]?.hash, last: chain.at(-1)?.hash, count: BigInt(chain.length) };
  }

  #serve(link: LinkId, start: Hash | undefined): void {
    const { chain } = this.overheard;
    const place = start === undefined ? -1 : chain.findIndex(({ hash }) => hashHex(hash) === hashHex(start));
    if (start !== undefined && place < 0) return;
    for (const block of chain.slice(place + 1)) this.send(link, { kind: 'requestedBlock', block: recut(block) });
  }
}
