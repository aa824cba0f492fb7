/**
 * Says again what others have said: old blocks, items that are long in one, KeepAlives of all, and whole frames: those it
 * has received, back to who sent them and on to others, and those it has sent.
 */
import type { LinkId } from '../../../core/events.ts';
import type { Message } from '../../../core/wire/messages.ts';
import type { Simulator } from '../simulator.ts';
import { Attacker } from './attacker.ts';

const mostKept = 200;
const sayAgainMs = 120;
/** A reflected frame ends the link; it is tried now and then. */
const framesAgain = 0.1;

export class Replayer extends Attacker {
  readonly #messages: Message[] = [];
  readonly #received: Uint8Array[] = [];
  readonly #sent: Uint8Array[] = [];

  constructor(simulator: Simulator) {
    super(simulator);
    this.every(sayAgainMs, () => this.#again());
  }

  protected override hear(_link: LinkId, message: Message): void {
    keep(this.#messages, message);
  }

  protected override took(_link: LinkId, bytes: Uint8Array): void {
    keep(this.#received, bytes);
  }

  protected override sendBytes(link: LinkId, bytes: Uint8Array): void {
    keep(this.#sent, bytes);
    super.sendBytes(link, bytes);
  }

  #again(): void {
    const { seeded } = this.world;
    const links = [...this.sessions.keys()];
    if (links.length === 0 || this.#messages.length === 0) return;
    for (let i = 0; i < 3; i++) this.send(seeded.pick(links), seeded.pick(this.#messages));
    const { blocks } = this.overheard;
    if (blocks.length > 0) this.send(seeded.pick(links), { kind: 'shareBlock', block: seeded.pick(blocks) });
    if (blocks.length > 0) this.send(seeded.pick(links), { kind: 'requestedBlock', block: seeded.pick(blocks) });
    if (seeded.chance(framesAgain))
      super.sendBytes(seeded.pick(links), seeded.pick(seeded.pick([this.#received, this.#sent])));
  }
}

function keep<T>(kept: T[], value: T): void {
  kept.push(value);
  if (kept.length > mostKept) kept.shift();
}
