/**
 * A simulated peer: the real `PeerMachine`, its effects run in virtual time against a simulated disk and network.
 *
 * It does what core/driver.ts and core/host.ts do, without awaiting: events in, effects out, one at a time. Answers of
 * the disk and of the verifier come after a random while, so those of the verifier may overtake each other.
 */

import { muteMs } from '../../core/authoring/riddle.ts';
import { decodeBlock } from '../../core/chain/block.ts';
import { decodeData, itemIdOf } from '../../core/chain/data.ts';
import { keptCandidate } from '../../core/chain/tree.ts';
import { equalBytes } from '../../core/codec/bytes.ts';
import type { Config, Milliseconds } from '../../core/config.ts';
import { type Hash, holderOf, keyHex, type PublicKey, type SecretKey } from '../../core/crypto/keys.ts';
import type { Effect, Event, LinkId } from '../../core/events.ts';
import { PeerMachine } from '../../core/peer.ts';
import type { Seeded } from '../model/seeded.ts';
import type { Agenda } from './agenda.ts';
import type { SimulatedCrypto } from './crypto.ts';
import { Delivered } from './delivered.ts';
import { Disk } from './disks.ts';
import type { Endpoint, Wires } from './wires.ts';
import type { Sender, Witness } from './witness.ts';

/** What all peers of a simulation share. */
export interface World {
  readonly agenda: Agenda;
  readonly seeded: Seeded;
  readonly wires: Wires;
  readonly crypto: SimulatedCrypto;
  readonly witness: Witness;
}

export interface Identity {
  readonly name: string;
  readonly address: string;
  readonly secret: SecretKey;
  readonly config: Config;
}

type StoreEffect = Extract<Effect, { kind: 'store' }>;

/** A timer is never early and mostly a little late. */
const mostLateMs = 4;
const mostLoadMs = 4;
/** Disks are of several kinds, down to a phone's that is busy. */
const mostStoreMs = [5, 15, 60, 400];
const mostVerifyMs = 3;

export class SimulatedPeer implements Endpoint, Sender {
  readonly disk = new Disk();
  readonly key: PublicKey;
  readonly name: string;
  readonly address: string;
  incarnation: number | undefined;
  /** What its application was told since its last start. */
  delivered: Delivered;
  /** Heights of the blocks it has signed since its first start. */
  readonly signedHeights: number[] = [];
  /** Codes of what it reported, since its first start. */
  readonly reports = new Set<string>();
  /** Of those, the ones it has not taken back. */
  readonly problems = new Set<string>();
  /** Where it looks for others whenever it starts: in a tab the relay's room, on a server its list. */
  readonly contacts: string[] = [];
  /** Its clock less the agenda's. */
  clockOffsetMs: Milliseconds = 0;
  readonly #identity: Identity;
  readonly #world: World;
  readonly #mostStoreMs: Milliseconds;
  /** When the block of each height was applied last. */
  readonly #appliedAt = new Map<number, Milliseconds>();
  #machine: PeerMachine | undefined;
  #starts = 0;
  #wakeAt = Number.POSITIVE_INFINITY;
  /** What is on its way to the disk, in order. */
  readonly #storing: StoreEffect[] = [];
  /** What happens while it is frozen, as a tab may be, waits here. */
  #missed: Event[] | undefined;

  constructor(identity: Identity, world: World) {
    this.#identity = identity;
    this.#mostStoreMs = world.seeded.pick(mostStoreMs);
    this.#world = world;
    this.name = identity.name;
    this.address = identity.address;
    this.key = world.crypto.curve.publicKey(identity.secret);
    this.delivered = this.#nothingDelivered();
    world.wires.register(this);
  }

  get secret(): SecretKey {
    return this.#identity.secret;
  }

  get isRunning(): boolean {
    return this.incarnation !== undefined;
  }

  /** Whether its disk has all that was asked of it. */
  get isStored(): boolean {
    return this.#storing.length === 0;
  }

  /** Whether a block of its own is on its way to the disk. */
  get isSigning(): boolean {
    return this.#storing.some(({ change }) => change.signed !== undefined);
  }

  /** Whether this block is its own and not on the disk yet: nobody may see it. */
  isUnstored(hash: Hash): boolean {
    return this.#storing.some(({ change: { signed } }) => signed !== undefined && equalBytes(signed.hash, hash));
  }

  get machine(): PeerMachine {
    if (this.#machine === undefined) throw new Error(`${this.name} was never started`);
    return this.#machine;
  }

  /** From what its disk holds. */
  start(): void {
    const { crypto, seeded } = this.#world;
    const { config, secret } = this.#identity;
    const opened = this.disk.opened();
    const startedAt = this.#now;
    const chain = { count: opened.count, root: opened.root, recent: opened.recent.map(keptCandidate) };
    const { curve } = crypto;
    const machine = new PeerMachine({ config, secret, curve, random: seeded.random, chain, startedAt });
    this.delivered = this.#nothingDelivered();
    this.disk.blocks.forEach((block, height) => {
      this.delivered.take({ kind: 'applied', block: { height, ...keptCandidate(block) } });
    });
    const waiting = opened.pending
      .filter(({ id }) => !this.disk.holdsItem(id))
      .map(({ bytes }) => decodeData(bytes))
      .map((data) => ({ id: itemIdOf(data), data, mine: true, arrivedAt: startedAt }));
    for (const item of waiting) this.delivered.take({ kind: 'pendingAdded', item });
    machine.restore(opened, waiting, startedAt);
    this.#machine = machine;
    this.incarnation = ++this.#starts;
    this.handle({ kind: 'elapsed' });
    for (const address of this.contacts) this.#connect(address);
  }

  /** Links with it, now and whenever this peer starts again. */
  connect(to: Endpoint): void {
    this.contacts.push(to.address);
    this.#connect(to.address);
  }

  /** Says goodbye and writes what there is to write. */
  stop(): void {
    this.#missed = undefined;
    this.handle({ kind: 'commanded', command: { kind: 'close' } });
    for (const { change } of this.#storing) this.disk.write(change);
    this.#end(false);
  }

  /** Ends in the middle of whatever it does. @param silently its neighbours are not told by anybody */
  crash(silently: boolean): void {
    const [first] = this.#storing;
    if (first !== undefined && this.#world.seeded.chance(0.5)) this.disk.write(first.change);
    this.disk.crash(this.#world.seeded);
    this.#end(silently);
  }

  freeze(forMs: Milliseconds): void {
    const { incarnation } = this;
    this.#missed ??= [];
    this.#world.agenda.after(forMs, () => {
      if (this.incarnation !== incarnation) return;
      const missed = this.#missed ?? [];
      this.#missed = undefined;
      for (const event of missed) this.handle(event);
      this.handle({ kind: 'elapsed' });
    });
  }

  handle(event: Event): void {
    if (this.#machine === undefined || this.incarnation === undefined) return;
    if (this.#missed !== undefined) {
      this.#missed.push(event);
      return;
    }
    this.#run(this.#machine.handle(this.#now, event));
    this.#wake();
  }

  get #now(): Milliseconds {
    return this.#world.agenda.now + this.clockOffsetMs;
  }

  #connect(address: string): void {
    this.handle({ kind: 'commanded', command: { kind: 'connect', address } });
  }

  #end(silently: boolean): void {
    this.incarnation = undefined;
    this.#storing.length = 0;
    this.#missed = undefined;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.#world.wires.abandon(this, silently);
  }

  #wake(): void {
    const deadline = this.#machine?.deadline;
    if (deadline === undefined || this.incarnation === undefined) return;
    const { agenda, seeded } = this.#world;
    const at = deadline - this.clockOffsetMs;
    if (at >= this.#wakeAt) return;
    this.#wakeAt = Math.max(at, agenda.now);
    const wakeAt = this.#wakeAt;
    const { incarnation } = this;
    agenda.at(wakeAt + seeded.below(mostLateMs), () => {
      if (this.incarnation !== incarnation || this.#wakeAt !== wakeAt) return;
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.handle({ kind: 'elapsed' });
    });
  }

  #run(effects: readonly Effect[]): void {
    const outgoing = new Map<LinkId, Uint8Array[]>();
    for (const effect of effects) {
      if (effect.kind !== 'send') {
        if (effect.kind === 'close') this.#send(effect.link, outgoing);
        this.#runOne(effect);
        continue;
      }
      const chunks = outgoing.get(effect.link);
      if (chunks === undefined) outgoing.set(effect.link, [effect.bytes]);
      else chunks.push(effect.bytes);
    }
    for (const link of outgoing.keys()) this.#send(link, outgoing);
  }

  #send(link: LinkId, outgoing: ReadonlyMap<LinkId, Uint8Array[]>): void {
    const { wires, witness } = this.#world;
    const chunks = outgoing.get(link)?.splice(0) ?? [];
    const end = wires.end(link);
    if (end === undefined || chunks.length === 0) return;
    for (const frame of chunks) witness.sent(this, end, frame);
    wires.send(end, chunks);
  }

  #runOne(effect: Exclude<Effect, { kind: 'send' }>): void {
    const { wires, crypto, seeded } = this.#world;
    switch (effect.kind) {
      case 'dial':
        return wires.dial(this, effect.address, effect.dial, effect.timeoutMs);
      case 'close': {
        const end = wires.end(effect.link);
        if (end !== undefined) wires.close(end);
        return;
      }
      case 'store':
        return this.#store(effect);
      case 'load': {
        const { request, query } = effect;
        return this.#later(seeded.below(mostLoadMs), () => {
          this.handle({ kind: 'loaded', request, result: this.disk.read(query) });
        });
      }
      case 'verify': {
        const { request, checks } = effect;
        return this.#later(seeded.below(mostVerifyMs), () => {
          this.handle({ kind: 'verified', request, results: checks.map(crypto.verify) });
        });
      }
      case 'compose': {
        const { request, items } = effect;
        const kept = items.map(({ id }) => ({ keep: id }));
        return this.#later(1, () => this.handle({ kind: 'composed', request, items: kept }));
      }
      case 'deliver':
        if (effect.delivery.kind === 'applied')
          this.#appliedAt.set(effect.delivery.block.height, this.#world.agenda.now);
        return this.delivered.take(effect.delivery);
      case 'report':
        if (effect.message === undefined) this.problems.delete(effect.code);
        else for (const codes of [this.reports, this.problems]) codes.add(effect.code);
        return;
    }
  }

  #store(effect: StoreEffect): void {
    this.#checkAuthor(effect);
    this.#storing.push(effect);
    this.#later(this.#world.seeded.between(1, this.#mostStoreMs), () => {
      if (this.#storing.shift() !== effect) throw new Error('a machine stores one change after the other');
      this.disk.write(effect.change);
      this.handle({ kind: 'stored', request: effect.request });
    });
  }

  #later(delayMs: Milliseconds, action: () => void): void {
    const { incarnation } = this;
    this.#world.agenda.after(delayMs, () => {
      if (this.incarnation === incarnation) action();
    });
  }

  /** Who was not named writes only when it sees none of those who were, or when they have written nothing for long. */
  #checkAuthor({ change: { signed } }: StoreEffect): void {
    if (signed === undefined) return;
    this.signedHeights.push(this.delivered.chain.length - 1);
    const { author, parent } = decodeBlock(signed.bytes);
    if (holderOf(author) !== holderOf(this.key)) this.#violated('signed a block with another key');
    const before = this.delivered.chain.at(-2)?.block;
    if (parent === undefined || before === undefined) return;
    const named = before.nextChoices.map(holderOf);
    const { known } = this.machine;
    if (named.includes(holderOf(this.key))) return;
    const parentAt = this.#appliedAt.get(this.delivered.chain.length - 2) ?? 0;
    if (this.#world.agenda.now >= parentAt + muteMs) return;
    if (before.nextChoices.some((key) => known.has(keyHex(key)))) this.#violated('wrote before its turn');
  }

  #nothingDelivered(): Delivered {
    return new Delivered((what) => this.#violated(what));
  }

  #violated(what: string): void {
    this.#world.witness.report(this.name, what);
  }
}
