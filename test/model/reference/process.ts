/**
 * One run of a reference peer, from its start until it ends: what each message does, and what it does by itself.
 *
 * Only its blocks outlive it. Nothing is verified that the reference does not verify, and its faults are kept: who
 * depends on them or must live with them is to be tested beside them (spec/wire.md; each fault has a test in
 * test/simulator/reference-faults.test.ts).
 */
import type { SecretKey } from '../../../core/crypto/keys.ts';
import type { ExactMessage, SecondBlock, SecondData, SecondDialect, SecondGreeting } from '../second-decoder.ts';
import type { Seeded } from '../seeded.ts';
import { ReferenceChain } from './chain.ts';
import { Connections, type Neighbour } from './connections.ts';
import { Announcements, KeepAlives, type Presence, type Surroundings } from './presence.ts';
import { ReferenceSession } from './session.ts';
import { type Crypto, Signer } from './signing.ts';
import { Writer } from './writer.ts';

export interface ReferenceSettings {
  readonly listen: string;
  readonly thin: boolean;
  readonly forcedRestart: boolean;
}

/** What it runs on. */
export interface Machine {
  readonly crypto: Crypto;
  readonly seeded: Seeded;
  readonly now: () => number;
  readonly after: (delayMs: number, action: () => void) => void;
  readonly dial: (address: string, dial: number) => void;
  readonly send: (link: number, bytes: Uint8Array) => void;
  readonly close: (link: number) => void;
  /** The program has crashed. */
  readonly crashed: () => void;
}

/** spec/wire.md, Defaults. */
const gatherMs = 750;
const keepAliveMs = 600;
const candidates = 3;
const relationship = { count: 3, timeMs: 10_000 };
const reconnect = { afterMs: 15_000, retries: 3 };

const numbers = { major: 0, minor: 1, patch: 0 };
/** As in test/vectors/session-cbc.json. */
const build = {
  target: 'x86_64-unknown-linux-gnu',
  branch: 'HEAD',
  commit: 'b9b851c9a309a69add17450c2c611026703995ac',
};

export class ReferenceProcess {
  readonly chain: ReferenceChain;
  readonly writer: Writer;
  readonly connections: Connections;
  readonly presence: Presence;
  readonly #era: SecondDialect;
  readonly #settings: ReferenceSettings;
  readonly #machine: Machine;
  readonly #signer: Signer;
  #hasEnded = false;

  constructor(
    era: SecondDialect,
    settings: ReferenceSettings,
    machine: Machine,
    { secret, blocks }: { readonly secret: SecretKey; readonly blocks: SecondBlock[] },
  ) {
    const { crypto, seeded, now } = machine;
    this.#era = era;
    this.#settings = settings;
    this.#machine = machine;
    this.#signer = new Signer(crypto, secret);
    const flood = this.#flood.bind(this);
    const around: Surroundings = { signer: this.#signer, crypto, thin: settings.thin, now, flood };
    this.presence = era === 'cbc' ? new KeepAlives(around, keepAliveMs) : new Announcements(around);
    this.chain = new ReferenceChain(crypto, blocks);
    const random = (length: number): Uint8Array => seeded.bytes(length);
    this.connections = new Connections({
      ...machine,
      reconnect,
      session: () => new ReferenceSession({ dialect: era, crypto, secret, random }),
      greeting: () => this.#greeting(),
      later: (delayMs, action) => this.#later(delayMs, action),
      greeted: (neighbour) => this.#greeted(neighbour),
      heard: (message, neighbour) => this.#heard(message, neighbour),
      left: ({ greeting }) => this.presence.left(greeting.pubkey),
      crashed: (link, dialled) => this.#crashed(link, dialled),
    });
    this.writer = new Writer({
      chain: this.chain,
      signer: this.#signer,
      gatherMs,
      candidates,
      forcedRestart: settings.forcedRestart,
      known: () => this.presence.known(),
      shuffled: (keys) => seeded.shuffled(keys),
      later: (delayMs, action) => this.#later(delayMs, action),
      share: (block) => this.#flood({ type: 'shareBlock', block }, undefined),
    });
    this.#every(keepAliveMs, () => this.presence.tick());
    if (!settings.thin) this.#every(era === 'cbc' ? keepAliveMs : gatherMs, () => this.writer.tick());
    this.#later(relationship.timeMs, () => this.#every(relationship.timeMs, () => this.#askForNeighbours()));
  }

  /** Nothing it had in mind happens any more. */
  end(): void {
    this.#hasEnded = true;
  }

  /** @param data hex */
  share(data: string): SecondData {
    const item = this.#signer.data(data);
    if (this.chain.pend(item)) this.#flood({ type: 'shareData', data: item }, undefined);
    return item;
  }

  #greeting(): SecondGreeting {
    const { listen, thin } = this.#settings;
    const { root, last, blocks } = this.chain;
    const common = { pubkey: this.#signer.key, listen, root, last, count: BigInt(blocks.length), thin };
    if (this.#era === 'cbc') return { ...common, version: { ...numbers, ...build } };
    return { ...common, version: numbers, known: this.presence.known() };
  }

  #greeted({ link, greeting }: Neighbour): void {
    this.presence.greeted(greeting, link);
    const { length } = this.chain.blocks;
    const isBehind = length === 0 || BigInt(length) < greeting.count;
    const isThin = this.#era === 'gcm-siv' && greeting.thin;
    if (isBehind && greeting.last !== null && !isThin) {
      this.#send(link, { type: 'requestBlocks', start: this.chain.last });
    }
  }

  #heard(message: ExactMessage, neighbour: Neighbour): void {
    const { link } = neighbour;
    switch (message.type) {
      case 'shareData':
        if (this.chain.pend(message.data)) this.#flood(message, link);
        return;
      case 'requestBlocks':
        for (const block of this.chain.after(message.start)) this.#send(link, { type: 'requestedBlock', block });
        return;
      case 'requestedBlock':
        this.chain.takeRequested(message.block, this.writer.standing);
        return;
      case 'shareBlock':
        if (this.chain.last !== message.block.hash && this.chain.take(message.block, this.writer.standing))
          this.#flood(message, link);
        return;
      case 'requestNeighbours':
        return this.#introduce(message.count, message.exclude, neighbour);
      case 'introduceNeighbours':
        return this.#meet(message.neighbours);
      default:
        return this.presence.heard(message, link);
    }
  }

  #askForNeighbours(): void {
    const { neighbours } = this.connections;
    if (neighbours.length >= relationship.count) return;
    const exclude = neighbours.map(({ greeting }) => greeting.pubkey);
    this.#flood({ type: 'requestNeighbours', count: relationship.count, exclude }, undefined);
  }

  #introduce(count: number, exclude: readonly string[], asker: Neighbour): void {
    const others = this.connections.neighbours
      .map(({ greeting }) => greeting)
      .filter(({ pubkey, thin }) => !thin && pubkey !== asker.greeting.pubkey && !exclude.includes(pubkey))
      .map(({ pubkey, listen }) => [pubkey, listen] as const);
    const neighbours = this.#machine.seeded.shuffled(others).slice(0, count);
    if (neighbours.length > 0) this.#send(asker.link, { type: 'introduceNeighbours', neighbours });
  }

  #meet(introduced: readonly (readonly [string, string])[]): void {
    const linked = this.connections.neighbours.map(({ greeting }) => greeting.pubkey);
    for (const [pubkey, listen] of introduced) {
      if (pubkey !== this.#signer.key && !linked.includes(pubkey)) this.connections.connect(listen);
    }
  }

  #crashed(link: number, dialled: boolean): void {
    if (this.#era === 'gcm-siv') return this.#machine.crashed();
    this.#machine.close(link);
    if (!dialled) this.connections.stopListening();
  }

  #flood(message: ExactMessage, except: number | undefined): void {
    for (const { link } of this.connections.neighbours) if (link !== except) this.#send(link, message);
  }

  #send(link: number, message: ExactMessage): void {
    const session = this.connections.sessionOf(link);
    if (session !== undefined) this.#machine.send(link, session.seal(message));
  }

  #later(delayMs: number, action: () => void): void {
    this.#machine.after(delayMs, () => {
      if (!this.#hasEnded) action();
    });
  }

  /** Now, and again and again. */
  #every(intervalMs: number, action: () => void): void {
    action();
    this.#later(intervalMs, () => this.#every(intervalMs, action));
  }
}
