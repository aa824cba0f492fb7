/**
 * A peer that does not keep the rules, written as a program: it speaks the protocol with sessions of its own, from a key
 * of its own, and is otherwise free.
 *
 * What all attackers share is here: links, greetings, KeepAlives so that others name them, what they overhear. Each kind
 * is a file of its own beside this one.
 */
import { encodeBlock } from '../../../core/chain/block.ts';
import type { Data } from '../../../core/chain/data.ts';
import { createData } from '../../../core/chain/data.ts';
import { encode } from '../../../core/codec/codec.ts';
import type { Milliseconds } from '../../../core/config.ts';
import { type Hash, hashHex, type PublicKey, type SecretKey } from '../../../core/crypto/keys.ts';
import { SessionError } from '../../../core/errors.ts';
import type { Event, LinkId } from '../../../core/events.ts';
import { signaledAddress, unreachableAddress } from '../../../core/network/addresses.ts';
import { extensionSaying, unpackExtension } from '../../../core/wire/carrier.ts';
import { type DialectName, dialects } from '../../../core/wire/dialect.ts';
import { batchedBlockBytes, rangeEnds } from '../../../core/wire/holdings.ts';
import { type Greeting, type Message, oursCommit, wireVersion } from '../../../core/wire/messages.ts';
import { type Arrived, Session } from '../../../core/wire/session.ts';
import type { World } from '../host.ts';
import type { Simulator } from '../simulator.ts';
import type { Endpoint } from '../wires.ts';
import { keepAliveOf } from './forging.ts';
import { Overheard } from './overheard.ts';

/** As what an attacker comes. */
export interface Guise {
  readonly dialect: DialectName;
  /** Its Version says that it runs our program. */
  readonly ours: boolean;
}

export const tab: Guise = { dialect: 'cbc', ours: true };
/** It says that it is the reference program, so nothing is upgraded, and tabs take no link of it. */
export const reference: Guise = { dialect: 'cbc', ours: false };
const referencePart = 0.3;

const keepAliveMs = 600;
const redialMs = 1_000;
const dialTimeoutMs = 10_000;

export abstract class Attacker implements Endpoint {
  readonly secret: SecretKey;
  readonly key: PublicKey;
  readonly address: string;
  incarnation: number | undefined = 1;
  protected readonly world: World;
  /** Of greeted links, upgraded ones where both are ours. */
  protected readonly sessions = new Map<LinkId, Session>();
  protected readonly overheard = new Overheard();
  readonly #guise: Guise;
  readonly #opened = new Map<LinkId, Session>();
  /** Where each dial went, and which dial each link came from. */
  readonly #dials = new Map<number, string>();
  readonly #dialled = new Map<LinkId, number>();
  /** The open question of each link by a locator; what it is answered with goes into the carrier. */
  readonly #questions = new Map<LinkId, number>();
  #lastDial = 0;

  constructor(simulator: Simulator, guise: Guise = simulator.seeded.chance(referencePart) ? reference : tab) {
    this.world = simulator.world;
    this.#guise = guise;
    this.secret = simulator.newSecret();
    this.key = this.world.crypto.curve.publicKey(this.secret);
    const { seeded } = this.world;
    const hostAndPort = `203.0.113.${seeded.between(1, 250)}:${seeded.between(30_000, 60_000)}`;
    this.address = guise.ours ? signaledAddress(this.key) : hostAndPort;
    this.world.wires.register(this);
    this.world.witness.distrust(this.key);
    if (guise.dialect === 'cbc') this.every(keepAliveMs, () => this.#showLife());
  }

  /** Links with all of them, again whenever a link ends. */
  attack(victims: readonly Endpoint[]): void {
    for (const { address } of victims) this.#dial(address);
  }

  /** Its process ends. @param silently as when a machine loses its power */
  leave(silently: boolean): void {
    this.incarnation = undefined;
    this.world.wires.abandon(this, silently);
    this.#opened.clear();
    this.sessions.clear();
  }

  handle(event: Event): void {
    if (this.incarnation === undefined) return;
    switch (event.kind) {
      case 'linkOpened':
        if (event.dial !== undefined) this.#dialled.set(event.link, event.dial);
        return this.#linked(event.link);
      case 'received':
        return this.#received(event.link, event.bytes);
      case 'closed':
        return this.#ended(event.link);
      case 'dialFailed':
        return this.#dialAgain(event.dial);
      default:
        return;
    }
  }

  /** What it does with a message. */
  protected hear(_link: LinkId, _message: Message): void {}

  /** A link is greeted on both sides, and upgraded where both say that they are ours. */
  protected greeted(_link: LinkId): void {}

  /** Bytes came, of whatever kind. */
  protected took(_link: LinkId, _bytes: Uint8Array): void {}

  protected greeting(): Greeting {
    const strings = this.#guise.ours ? { target: '', branch: 'main', commit: oursCommit } : noStrings;
    return {
      pubkey: this.key,
      listen: this.#guise.ours ? unreachableAddress : this.address,
      root: undefined,
      last: undefined,
      count: 0n,
      thin: false,
      version: { ...wireVersion, ...strings },
      known: [],
    };
  }

  protected send(link: LinkId, message: Message): void {
    const request = this.#questions.get(link);
    if (message.kind === 'requestedBlock' && request !== undefined) {
      const bytes = encodeBlock(message.block);
      if (bytes.length <= batchedBlockBytes) return this.#answer(link, request, bytes);
    }
    this.sendPayload(link, encode(dialects[this.#guise.dialect].messages, message));
  }

  protected sendPayload(link: LinkId, payload: Uint8Array): void {
    const session = this.sessions.get(link);
    if (session !== undefined) this.sendBytes(link, session.seal(payload));
  }

  protected sendBytes(link: LinkId, bytes: Uint8Array): void {
    const end = this.world.wires.end(link);
    if (end !== undefined) this.world.wires.send(end, [bytes]);
  }

  protected hangUp(link: LinkId): void {
    const end = this.world.wires.end(link);
    if (end !== undefined) this.world.wires.close(end);
  }

  protected broadcast(message: Message): void {
    const payload = encode(dialects[this.#guise.dialect].messages, message);
    for (const link of this.sessions.keys()) this.sendPayload(link, payload);
  }

  /** An item of its own, right in everything. */
  protected item(bytes = 20): Data {
    const { crypto, seeded } = this.world;
    return createData(crypto.curve, seeded.random, this.key, this.secret, seeded.bytes(bytes));
  }

  protected after(delayMs: Milliseconds, action: () => void): void {
    this.world.agenda.after(delayMs, () => {
      if (this.incarnation !== undefined) action();
    });
  }

  protected every(intervalMs: Milliseconds, action: () => void): void {
    this.after(intervalMs, () => {
      action();
      this.every(intervalMs, action);
    });
  }

  protected randomHash(): Hash {
    return this.world.seeded.bytes(32) as Hash;
  }

  #answer(link: LinkId, request: number, block: Uint8Array): void {
    this.send(link, extensionSaying({ kind: 'blocks', request, end: rangeEnds.more, blocks: [block] }));
  }

  /** Asked by a locator, it does what it does when it is asked as the reference asks. */
  #heardOurs(link: LinkId, items: readonly Uint8Array[]): void {
    const said = unpackExtension(items);
    if (said?.kind !== 'blocksWanted') return;
    this.#questions.set(link, said.request);
    const known = new Set(this.overheard.blocks.map(({ hash }) => hashHex(hash)));
    const start = said.locator.find((hash) => known.has(hashHex(hash)));
    this.hear(link, { kind: 'requestBlocks', start });
  }

  #showLife(): void {
    const { agenda } = this.world;
    this.broadcast(keepAliveOf(this.world, this.secret, BigInt(agenda.now)));
  }

  #dial(address: string): void {
    if (this.incarnation === undefined) return;
    this.#dials.set(++this.#lastDial, address);
    this.world.wires.dial(this, address, this.#lastDial, dialTimeoutMs);
  }

  #dialAgain(dial: number): void {
    const address = this.#dials.get(dial);
    this.#dials.delete(dial);
    if (address !== undefined) this.after(redialMs, () => this.#dial(address));
  }

  #linked(link: LinkId): void {
    const { crypto, seeded } = this.world;
    const { dialect } = this.#guise;
    const dialled = this.#dialled.has(link);
    const identity = { secret: this.secret, publicKey: this.key, network: 'main', dialled, expected: undefined };
    const session = new Session({ ...identity, curve: crypto.curve, random: seeded.random, accepts: [dialect] });
    this.#opened.set(link, session);
    this.sendBytes(link, session.greet(this.greeting(), dialect));
  }

  #ended(link: LinkId): void {
    this.#opened.delete(link);
    this.sessions.delete(link);
    this.#questions.delete(link);
    const dial = this.#dialled.get(link);
    this.#dialled.delete(link);
    if (dial !== undefined) this.#dialAgain(dial);
  }

  #received(link: LinkId, bytes: Uint8Array): void {
    const session = this.#opened.get(link);
    if (session === undefined) return;
    this.took(link, bytes);
    for (const arrived of arrivals(session, bytes)) {
      if (arrived.kind === 'greeted') {
        this.overheard.met(arrived.greeting.pubkey);
        if (session.upgrades) this.sendBytes(link, session.hello());
        else this.#stands(link, session);
      } else if (arrived.kind === 'upgraded') this.#stands(link, session);
      else if (arrived.kind === 'message') {
        const { message } = arrived;
        const isNews = this.overheard.hear(message);
        this.hear(link, message);
        if (message.kind === 'requestNeighbours' && message.count === 0) this.#heardOurs(link, message.exclude);
        if (isNews) this.grew();
      }
    }
  }

  #stands(link: LinkId, session: Session): void {
    this.sessions.set(link, session);
    this.send(link, { kind: 'requestBlocks', start: undefined });
    this.greeted(link);
  }

  /** The longest chain that it has heard of became longer. */
  protected grew(): void {}
}

const noStrings = { target: '', branch: '', commit: '' };

function arrivals(session: Session, bytes: Uint8Array): Arrived[] {
  try {
    return session.receive(bytes);
  } catch (error) {
    if (error instanceof SessionError) return [];
    throw error;
  }
}
