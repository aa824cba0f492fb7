/**
 * A neighbour that says what a test says, at the other end of a link in memory, through a real session.
 */
import { encode } from '../../core/codec/codec.ts';
import { cbcMessages } from '../../core/wire/dialect.ts';
import { type Greeting, type Message, oursCommit, wireVersion } from '../../core/wire/messages.ts';
import { Session } from '../../core/wire/session.ts';
import type { Author } from './author.ts';
import { fakeCurve } from './fake-curve.ts';
import { linkPair, type RoomTransport } from './platforms.ts';
import { Seeded } from './seeded.ts';

export class Speaker {
  readonly heard: Message[] = [];
  readonly #session: Session;
  readonly #send: (bytes: Uint8Array) => void;

  /** Dials the peer that has this transport, and greets it. */
  constructor(author: Author, to: RoomTransport, network: string, greeting: Partial<Greeting> = {}) {
    const { secret, key: publicKey } = author;
    const random = new Seeded(99).random;
    const identity = { curve: fakeCurve, random, secret, publicKey, dialled: true };
    this.#session = new Session({ ...identity, network, expected: undefined, accepts: ['cbc'] });
    const [mine, theirs] = linkPair(`room:${to.name}`, 'room:speaker');
    this.#send = (bytes) => mine.send(bytes);
    mine.attach({
      received: (bytes) => {
        for (const arrived of this.#session.receive(bytes)) {
          if (arrived.kind === 'message') this.heard.push(arrived.message);
          if (arrived.kind === 'greeted' && this.#session.upgrades) mine.send(this.#session.hello());
        }
      },
      drained: () => undefined,
      closed: () => undefined,
    });
    to.links.push(theirs);
    to.events?.accepted(theirs);
    const version = { ...wireVersion, target: '', branch: network, commit: oursCommit };
    const nothing = { root: undefined, last: undefined, count: 0n, thin: false, listen: '127.0.0.1:1', known: [] };
    mine.send(this.#session.greet({ pubkey: publicKey, ...nothing, version, ...greeting }, 'cbc'));
  }

  /** Only after the other has greeted too, and said hello if both are ours. */
  say(message: Message): void {
    this.#send(this.#session.seal(encode(cbcMessages, message)));
  }
}
