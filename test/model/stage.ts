/**
 * One peer machine on a stage: its store and its verifier answer when told to, and its neighbours are played.
 *
 * The clock stands still until the test moves it. What the machine wants is kept by kind, so that a test can look at
 * it; `Remote` is a neighbour that says what the test says, through a real session.
 */

import { type Block, encodeBlock } from '../../core/chain/block.ts';
import { decodeData, itemIdOf } from '../../core/chain/data.ts';
import { keptCandidate } from '../../core/chain/tree.ts';
import { encode } from '../../core/codec/codec.ts';
import { type Config, defaultConfig } from '../../core/config.ts';
import type { PublicKey } from '../../core/crypto/keys.ts';
import type { Delivery, Effect, Event, LinkId } from '../../core/events.ts';
import type { Carrier } from '../../core/link.ts';
import { PeerMachine } from '../../core/peer.ts';
import { type DialectName, dialects } from '../../core/wire/dialect.ts';
import { type Greeting, type Message, oursCommit, wireVersion } from '../../core/wire/messages.ts';
import { Session } from '../../core/wire/session.ts';
import { Author } from './author.ts';
import { fakeCurve, fakeVerify } from './fake-curve.ts';
import { Seeded } from './seeded.ts';
import { SlowStore } from './slow-store.ts';

export type Kept<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

export interface StageOptions {
  readonly config?: Partial<Config>;
  readonly self?: Author;
  readonly store?: SlowStore;
}

export const stageStart = 1_000_000;

export class Stage {
  now = stageStart;
  /** When false, what was asked for waits for `settle`. */
  answers = { store: true, load: true, verify: true, compose: true };
  readonly self: Author;
  readonly store: SlowStore;
  readonly machine: PeerMachine;
  readonly effects: Effect[] = [];
  readonly remotes = new Map<LinkId, Remote>();
  readonly #waiting: Effect[] = [];
  #lastLink: LinkId = 0;

  constructor({ config = {}, self = new Author(1), store = new SlowStore() }: StageOptions = {}) {
    this.self = self;
    this.store = store;
    const opened = store.opened();
    const { count, root, recent } = opened;
    this.machine = new PeerMachine({
      config: { ...defaultConfig, network: 'stage', ...config },
      secret: self.secret,
      curve: fakeCurve,
      random: new Seeded(7).random,
      chain: { count, root, recent: recent.map(keptCandidate) },
      startedAt: this.now,
    });
    const pending = opened.pending.map(({ bytes }) => decodeData(bytes));
    this.machine.restore(
      opened,
      pending.map((data) => ({ id: itemIdOf(data), data, mine: true, arrivedAt: this.now })),
      this.now,
    );
  }

  handle(event: Event): void {
    const queue: Event[] = [event];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const effect of this.machine.handle(this.now, next)) {
        this.effects.push(effect);
        queue.push(...this.#answers(effect));
      }
    }
  }

  /** Answers what waits, oldest first, of one kind or of all. */
  settle(kind?: Effect['kind']): void {
    const settled = this.#waiting.filter((effect) => kind === undefined || effect.kind === kind);
    for (const effect of settled) {
      this.#waiting.splice(this.#waiting.indexOf(effect), 1);
      const answer = this.#answerNow(effect);
      if (answer !== undefined) this.handle(answer);
    }
  }

  /** Lets time pass as a host does: `elapsed` at every deadline on the way. */
  pass(milliseconds: number): void {
    const until = this.now + milliseconds;
    for (let wakes = 0; ; wakes++) {
      const { deadline } = this.machine;
      if (deadline === undefined || deadline > until) break;
      if (wakes > 100_000) throw new Error('the machine wakes without end');
      this.now = Math.max(this.now, deadline);
      this.handle({ kind: 'elapsed' });
    }
    this.now = until;
  }

  /** What the machine wanted of one kind, since it began or since `forget`. */
  of<K extends Effect['kind']>(kind: K): Kept<K>[] {
    return this.effects.filter((effect): effect is Kept<K> => effect.kind === kind);
  }

  delivered<K extends Delivery['kind']>(kind: K): Extract<Delivery, { kind: K }>[] {
    return this.of('deliver')
      .map(({ delivery }) => delivery)
      .filter((delivery): delivery is Extract<Delivery, { kind: K }> => delivery.kind === kind);
  }

  forget(): void {
    this.effects.length = 0;
  }

  /** Whether the machine was told of no end of this link. */
  isOpen(link: LinkId): boolean {
    return this.remotes.has(link);
  }

  /** A link opens; the other end has not greeted. */
  open(author: Author, opening: Opening = {}): Remote {
    const { dialled = false, address = `tcp:${author.hex.slice(2, 10)}`, remote } = opening;
    const { carrier = 'memory', dialect = 'cbc' } = opening;
    const link = ++this.#lastLink;
    const other = new Remote(this, author, link, { dialect, dialled: !dialled });
    this.remotes.set(link, other);
    const dial = this.of('dial').findLast((effect) => dialled && effect.address === address)?.dial;
    this.handle({ kind: 'linkOpened', link, carrier, address, dial, dialled, remote });
    return other;
  }

  /** A link opens and both have greeted. */
  join(author: Author, greeting: Partial<Greeting> = {}, opening: Opening = {}): Remote {
    const remote = this.open(author, opening);
    remote.greet(greeting);
    return remote;
  }

  #answers(effect: Effect): Event[] {
    const { kind } = effect;
    if (kind === 'send') return this.#sent(effect);
    if (kind === 'close') this.remotes.get(effect.link)?.ended(effect.reason);
    if (kind !== 'store' && kind !== 'load' && kind !== 'verify' && kind !== 'compose') return [];
    if (!this.answers[kind]) {
      this.#waiting.push(effect);
      return [];
    }
    const answer = this.#answerNow(effect);
    return answer === undefined ? [] : [answer];
  }

  /** What the other end says to it at once comes behind all that was sent with it. */
  #sent({ link, bytes }: Kept<'send'>): Event[] {
    const remote = this.remotes.get(link);
    if (remote === undefined) return [];
    const said = remote.hear(bytes).map((reply) => ({ kind: 'received', link, bytes: reply }) as const);
    return remote.drains ? [...said, { kind: 'drained', link, bytes: bytes.length }] : said;
  }

  #answerNow(effect: Effect): Event | undefined {
    switch (effect.kind) {
      case 'store':
        this.store.apply(effect.change);
        return { kind: 'stored', request: effect.request };
      case 'load':
        return { kind: 'loaded', request: effect.request, result: this.store.answer(effect.query) };
      case 'verify':
        return { kind: 'verified', request: effect.request, results: fakeVerify(effect.checks) };
      case 'compose':
        return { kind: 'composed', request: effect.request, items: effect.items.map(({ id }) => ({ keep: id })) };
      default:
        return undefined;
    }
  }
}

export interface Opening {
  readonly dialled?: boolean;
  readonly address?: string;
  readonly remote?: PublicKey;
  readonly carrier?: Carrier;
  readonly dialect?: DialectName;
}

/** The other end of one link. */
export class Remote {
  readonly link: LinkId;
  readonly author: Author;
  /** Why the machine closed the link. */
  closedBecause: string | undefined;
  greeting: Greeting | undefined;
  readonly heard: Message[] = [];
  /** Whether what it is sent leaves the link at once. */
  drains = true;
  /** Whether it says hello as soon as it has to. */
  saysHello = true;
  readonly #stage: Stage;
  readonly #session: Session;
  /** What it greets in when it is the first to. */
  readonly #first: DialectName;

  constructor(
    stage: Stage,
    author: Author,
    link: LinkId,
    { dialect, dialled }: Pick<Required<Opening>, 'dialect' | 'dialled'>,
  ) {
    this.#stage = stage;
    this.#first = dialect;
    this.author = author;
    this.link = link;
    const { secret, key: publicKey } = author;
    const random = new Seeded(link + 100).random;
    const identity = { curve: fakeCurve, random, secret, publicKey, network: 'stage' };
    this.#session = new Session({ ...identity, dialled, expected: undefined, accepts: ['cbc', 'gcm-siv'] });
  }

  greet(greeting: Partial<Greeting> = {}): void {
    const version = { ...wireVersion, target: '', branch: 'stage', commit: oursCommit };
    const nothing = { root: undefined, last: undefined, count: 0n, thin: false, listen: '127.0.0.1:1', known: [] };
    const frame = this.#session.greet({ pubkey: this.author.key, ...nothing, version, ...greeting }, this.#first);
    // Where the machine has greeted before, and is ours to this one, hello is next.
    const isSecond = this.#session.upgrades;
    this.raw(frame);
    if (isSecond && this.saysHello && this.#stage.isOpen(this.link)) this.hello();
  }

  /** In `gcm-siv` it is like a reference peer until this. */
  hello(): void {
    this.raw(this.#session.hello());
  }

  say(message: Message): void {
    const { messages } = this.#session.dialect ?? dialects[this.#first];
    this.raw(this.#session.seal(encode(messages, message)));
  }

  keepAlive(count: number | bigint = this.#stage.now): void {
    this.say({ kind: 'keepAlive', ...this.author.keepAlive(count) });
  }

  raw(bytes: Uint8Array): void {
    this.#stage.handle({ kind: 'received', link: this.link, bytes });
  }

  drain(bytes: number): void {
    this.#stage.handle({ kind: 'drained', link: this.link, bytes });
  }

  close(): void {
    this.#stage.remotes.delete(this.link);
    this.#stage.handle({ kind: 'closed', link: this.link, reason: 'the other end' });
  }

  /** @returns what it says to that at once */
  hear(bytes: Uint8Array): Uint8Array[] {
    const said: Uint8Array[] = [];
    for (const arrived of this.#session.receive(bytes)) {
      if (arrived.kind === 'greeted') this.greeting = arrived.greeting;
      else if (arrived.kind === 'message') this.heard.push(arrived.message);
      if (arrived.kind === 'greeted' && this.saysHello && this.#session.upgrades) said.push(this.#session.hello());
    }
    return said;
  }

  ended(reason: string): void {
    this.closedBecause = reason;
  }

  of<K extends Message['kind']>(kind: K): Extract<Message, { kind: K }>[] {
    return this.heard.filter((message): message is Extract<Message, { kind: K }> => message.kind === kind);
  }

  /** Answers the newest RequestBlocks as a peer with this chain does. @returns how many blocks it sent */
  serve(chain: readonly Block[]): number {
    const request = this.of('requestBlocks').at(-1);
    if (request === undefined) return 0;
    const { start } = request;
    const place =
      start === undefined ? -1 : chain.findIndex((block) => block.hash.every((byte, i) => byte === start[i]));
    if (start !== undefined && place < 0) return 0;
    const after = chain.slice(place + 1);
    for (const block of after) this.say({ kind: 'requestedBlock', block });
    return after.length;
  }
}

export function storedBlocks(chain: readonly Block[]) {
  return chain.map((block, height) => ({
    height,
    hash: block.hash,
    items: block.data.map(itemIdOf),
    bytes: encodeBlock(block),
    unverified: [],
  }));
}
