/**
 * Many peers under one virtual clock, one network and one seed: the same seed is the same run, to the last byte.
 *
 * Drives; it judges nothing. What must hold is in witness.ts (while it runs) and checkers.ts (at the end).
 */
import { createData, itemIdOf } from '../../core/chain/data.ts';
import { type Config, defaultConfig, type Milliseconds } from '../../core/config.ts';
import { sha256 } from '../../core/crypto/hash.ts';
import { type ItemIdHex, itemIdHex, type SecretKey } from '../../core/crypto/keys.ts';
import { signaledAddress } from '../../core/network/addresses.ts';
import type { ReferenceSettings } from '../model/reference/process.ts';
import { ReferencePeer } from '../model/reference/reference-peer.ts';
import { secondItemId } from '../model/reference/signing.ts';
import type { SecondDialect } from '../model/second-decoder.ts';
import { Seeded } from '../model/seeded.ts';
import { Agenda } from './agenda.ts';
import { cheapCrypto, type SimulatedCrypto } from './crypto.ts';
import { SimulatedPeer, type World } from './host.ts';
import { type Conditions, internet } from './network.ts';
import { type Endpoint, Wires } from './wires.ts';
import { Witness } from './witness.ts';

export interface SimulatorOptions {
  readonly seed: number;
  readonly conditions?: Conditions;
  readonly crypto?: SimulatedCrypto;
  /** Frames shorter than this are not opened by the witness; 0 opens all. */
  readonly leastWitnessedBytes?: number;
}

export interface SharedItem {
  readonly id: ItemIdHex;
  readonly by: SimulatedPeer | ReferencePeer;
  /** Set when its peer crashed before the item was in its own chain: then nobody owes it a block. */
  mayBeLost: boolean;
}

/** 2026, so that KeepAlive counts look like times. */
const beginning: Milliseconds = 1_770_000_000_000;
const stepMs = 50;

export class Simulator {
  readonly seeded: Seeded;
  readonly world: World;
  readonly peers: SimulatedPeer[] = [];
  /** Models of the reference program. */
  readonly references: ReferencePeer[] = [];
  readonly shared: SharedItem[] = [];

  constructor({ seed, conditions = internet, crypto = cheapCrypto(), leastWitnessedBytes = 0 }: SimulatorOptions) {
    this.seeded = new Seeded(seed);
    const agenda = new Agenda(beginning);
    const wires = new Wires(agenda, this.seeded, conditions);
    this.world = { agenda, seeded: this.seeded, wires, crypto, witness: new Witness(crypto, leastWitnessedBytes) };
  }

  /** Since the beginning. */
  get elapsedMs(): Milliseconds {
    return this.world.agenda.now - beginning;
  }

  get running(): SimulatedPeer[] {
    return this.peers.filter((peer) => peer.isRunning);
  }

  /** A new peer, started; reached by signaling unless its config says where it listens. */
  add(config: Partial<Config> = {}): SimulatedPeer {
    const peer = this.prepare(config);
    peer.start();
    return peer;
  }

  /** The same with a key that is known before. */
  addAs(secret: SecretKey, config: Partial<Config> = {}): SimulatedPeer {
    const peer = this.prepare(config, secret);
    peer.start();
    return peer;
  }

  /** A new peer that was not started yet. */
  prepare(config: Partial<Config> = {}, secret = this.newSecret()): SimulatedPeer {
    const key = this.world.crypto.curve.publicKey(secret);
    const address = config.listen ?? signaledAddress(key);
    const name = `peer ${this.peers.length}`;
    const peer = new SimulatedPeer({ name, address, secret, config: { ...defaultConfig, ...config } }, this.world);
    this.peers.push(peer);
    return peer;
  }

  addMany(count: number, config: Partial<Config> = {}): SimulatedPeer[] {
    return Array.from({ length: count }, () => this.add(config));
  }

  /** A model of the reference program, of either era, started; reached by its `listen`. */
  addReference(era: SecondDialect, settings: Partial<ReferenceSettings> = {}): ReferencePeer {
    const place = this.references.length;
    const listen = `203.0.113.${1 + (place % 250)}:${29_092 + Math.floor(place / 250)}`;
    const whole = { listen, thin: false, forcedRestart: true, ...settings };
    const identity = { name: `reference ${place}`, secret: this.newSecret() };
    const reference = new ReferencePeer(era, identity, whole, this.world);
    this.references.push(reference);
    reference.start();
    return reference;
  }

  newSecret(): SecretKey {
    return sha256(this.seeded.bytes(32)) as Uint8Array as SecretKey;
  }

  /** Links each peer with the one before it. */
  connectInLine(peers: readonly (SimulatedPeer | ReferencePeer)[]): void {
    peers.slice(1).forEach((peer, place) => {
      peer.connect(peers[place] as Endpoint);
    });
  }

  share(peer: SimulatedPeer, bytes: number = this.seeded.between(60, 400)): ItemIdHex {
    const { curve } = this.world.crypto;
    const data = createData(curve, this.seeded.random, peer.key, peer.secret, this.seeded.bytes(bytes));
    const id = itemIdOf(data);
    this.shared.push({ id: itemIdHex(id), by: peer, mayBeLost: false });
    peer.handle({ kind: 'commanded', command: { kind: 'share', data, id } });
    return itemIdHex(id);
  }

  /** @param mayBeLost where references may come to stand on a branch of their own */
  shareByReference(reference: ReferencePeer, mayBeLost = false): ItemIdHex {
    const data = this.seeded.bytes(this.seeded.between(60, 400));
    const id = secondItemId(reference.share(data)) as ItemIdHex;
    this.shared.push({ id, by: reference, mayBeLost });
    return id;
  }

  crash(peer: SimulatedPeer, silently = this.seeded.chance(0.5)): void {
    for (const item of this.shared) if (item.by === peer) item.mayBeLost = true;
    peer.crash(silently);
  }

  partition(...groups: readonly (readonly Endpoint[])[]): void {
    this.world.wires.partition(...groups);
  }

  heal(): void {
    this.world.wires.heal();
  }

  after(delayMs: Milliseconds, action: () => void): void {
    this.world.agenda.after(delayMs, action);
  }

  run(forMs: Milliseconds): void {
    this.world.agenda.runTo(this.world.agenda.now + forMs);
  }

  /** @returns whether the condition came to hold within the time */
  runUntil(condition: () => boolean, withinMs: Milliseconds): boolean {
    const { agenda } = this.world;
    for (const end = agenda.now + withinMs; agenda.now < end; ) {
      if (condition()) return true;
      agenda.runTo(Math.min(end, agenda.now + stepMs));
    }
    return condition();
  }
}
