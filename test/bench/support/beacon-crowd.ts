/**
 * A network of nothing but what decides of beacons (core/network/beacons.ts), thousands of them under one virtual clock:
 * no blocks, no sessions, and every signature is taken to hold. What a beacon's frame has in bytes is taken from the codec.
 */
import { encode } from '../../../core/codec/codec.ts';
import type { Milliseconds } from '../../../core/config.ts';
import { type Holder, holderOf, type PublicKey, type Signature } from '../../../core/crypto/keys.ts';
import { Beacons } from '../../../core/network/beacons.ts';
import { mostMembers } from '../../../core/network/member.ts';
import { beaconsASecond, intervalsOfLife, mostIntervalMs } from '../../../core/network/pace.ts';
import type { Beacon, CarriedBeacon } from '../../../core/wire/beacon.ts';
import { extensionSaying } from '../../../core/wire/carrier.ts';
import { cbcFraming } from '../../../core/wire/cbc-framing.ts';
import { cbcMessages } from '../../../core/wire/dialect.ts';
import { Author } from '../../model/author.ts';
import { fakeCurve } from '../../model/fake-curve.ts';
import type { Seeded } from '../../model/seeded.ts';
import { Agenda } from '../../simulator/agenda.ts';

export interface CrowdFigures {
  readonly links: number;
  /** Of each peer, a second. */
  readonly received: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly checks: number;
  /** Part of the peers that a candidate's beacon reached, and of those that another one did. */
  readonly candidatesReach: number;
  readonly othersReach: number;
  /** How old the 64th freshest key is. */
  readonly freshestAgeMs: Milliseconds;
}

const beginning: Milliseconds = 1_770_000_000_000;
const keepAliveMs = 600;
const delayMs = { least: 20, most: 150 };
const degree = { least: 4, most: 8 };
const candidates = 3;
const stepMs = 1_000;

export class BeaconCrowd {
  readonly #agenda = new Agenda(beginning);
  readonly #seeded: Seeded;
  readonly #nodes: Node[];
  readonly #counted = { received: 0, sent: 0, checks: 0 };
  /** How many peers each beacon of those that were made while it was counted has come to. */
  readonly #reach = new Map<Beacon['sign'], { readonly isCandidate: boolean; heard: number }>();
  #isCounting = false;
  #frameBytes = 0;

  constructor(size: number, seeded: Seeded) {
    this.#seeded = seeded;
    const authors = Array.from({ length: size }, (_, place) => new Author(1_000_000 + place));
    const named = authors.slice(0, candidates).map(({ key }) => key);
    this.#nodes = authors.map((author, place) => new Node(author, place, named, size, seeded));
    this.#link();
    for (const node of this.#nodes) this.#settle(node, size);
  }

  /** Lets it run, then counts. */
  run(warmMs: Milliseconds, countedMs: Milliseconds): CrowdFigures {
    this.#runFor(warmMs);
    this.#isCounting = true;
    this.#runFor(countedMs);
    this.#isCounting = false;
    this.#runFor(5_000);
    const size = this.#nodes.length;
    const perSecond = (sum: number): number => sum / size / (countedMs / 1_000);
    const { received, sent, checks } = this.#counted;
    return {
      links: this.#nodes.reduce((sum, { links }) => sum + links.length, 0) / size,
      received: perSecond(received),
      receivedBytes: perSecond(received * this.#frameBytes),
      sentBytes: perSecond(sent * this.#frameBytes),
      checks: perSecond(checks),
      candidatesReach: this.#reachOf(true),
      othersReach: this.#reachOf(false),
      freshestAgeMs: this.#nodes.reduce((sum, node) => sum + node.ageOf(64, this.#agenda.now), 0) / size,
    };
  }

  #reachOf(isCandidate: boolean): number {
    const of = [...this.#reach.values()].filter((reach) => reach.isCandidate === isCandidate);
    return of.reduce((sum, { heard }) => sum + heard, 0) / of.length / (this.#nodes.length - 1);
  }

  #runFor(forMs: Milliseconds): void {
    const end = this.#agenda.now + forMs;
    while (this.#agenda.now < end) this.#agenda.runTo(Math.min(end, this.#agenda.now + stepMs));
  }

  /** A random graph that hangs together. */
  #link(): void {
    const nodes = this.#nodes;
    nodes.forEach((node, place) => {
      if (place > 0) link(node, nodes[this.#seeded.below(place)] as Node, this.#seeded);
      const wanted = this.#seeded.between(degree.least, degree.most - 1);
      for (let tries = 0; node.links.length < wanted && tries < 100; tries++) {
        const other = this.#seeded.pick(nodes);
        if (other !== node && other.links.length < degree.most && !node.links.some(({ to }) => to === other)) {
          link(node, other, this.#seeded);
        }
      }
    });
  }

  /** As in a network that has stood for long: it has the interval of all, and beaconed some time ago. */
  #settle(node: Node, size: number): void {
    const intervalMs = Math.min(mostIntervalMs, (size / beaconsASecond) * 2 * 1_000);
    node.told(intervalMs);
    node.due(beginning - this.#seeded.below(Math.ceil(intervalMs)));
    this.#wake(node);
  }

  #wake(node: Node): void {
    const { deadline } = node.beacons;
    if (deadline === undefined || deadline >= node.wakeAt) return;
    node.wakeAt = deadline;
    this.#agenda.at(deadline, () => {
      if (node.wakeAt !== deadline) return;
      node.wakeAt = Number.POSITIVE_INFINITY;
      this.#act(node);
    });
  }

  #act(node: Node): void {
    const own = node.due(this.#agenda.now);
    if (own !== undefined) {
      if (this.#isCounting) this.#reach.set(own.sign, { isCandidate: node.isNamed, heard: 0 });
      this.#frameBytes ||= frameBytes(own);
      this.#send(node, { ...own, ageMs: 0 }, new Set());
    }
    this.#wake(node);
  }

  #send(from: Node, beacon: CarriedBeacon, except: ReadonlySet<number>): void {
    for (const { id, to, delayMs, back } of from.links) {
      if (except.has(id)) continue;
      if (this.#isCounting) this.#counted.sent++;
      this.#agenda.after(delayMs, () => this.#receive(to, beacon, back));
    }
  }

  #receive(node: Node, beacon: CarriedBeacon, link: number): void {
    const { now } = this.#agenda;
    if (this.#isCounting) this.#counted.received++;
    const check = node.beacons.check(beacon, link, now);
    if (check === undefined) return;
    if (this.#isCounting) this.#counted.checks++;
    const heard = node.beacons.checked(beacon, true, now);
    const reach = this.#reach.get(beacon.sign);
    if (reach !== undefined) reach.heard++;
    if (heard.kind === 'passOn') this.#send(node, beacon, heard.except);
    this.#act(node);
  }
}

const somebody = new Author(1).key;
const noSignature = new Uint8Array(64) as Signature;

interface NodeLink {
  readonly id: number;
  readonly to: Node;
  readonly delayMs: Milliseconds;
  /** The other side's number of this link. */
  readonly back: number;
}

class Node {
  readonly links: NodeLink[] = [];
  readonly beacons: Beacons;
  readonly isNamed: boolean;
  wakeAt = Number.POSITIVE_INFINITY;
  readonly #named: readonly PublicKey[];
  readonly #known: number;
  readonly #newest = new Map<Holder, { readonly beacon: Beacon; readonly at: Milliseconds }>();

  constructor(author: Author, place: number, named: readonly PublicKey[], size: number, { random }: Seeded) {
    this.#named = named;
    this.#known = Math.min(size - 1, mostMembers);
    this.isNamed = place < named.length;
    const { secret, key: publicKey } = author;
    const options = { curve: fakeCurve, random, secret, publicKey, network: 'main', thin: false, keepAliveMs };
    this.beacons = new Beacons(options, this, beginning);
  }

  beaconOf(key: PublicKey): Beacon | undefined {
    return this.#newest.get(holderOnce(key))?.beacon;
  }

  beaconed(beacon: Beacon, _ageMs: Milliseconds, at: Milliseconds): void {
    const holder = holderOnce(beacon.pubkey);
    this.#newest.delete(holder);
    this.#newest.set(holder, { beacon, at });
    for (const oldest of this.#newest.keys()) {
      if (this.#newest.size <= mostMembers) break;
      this.#newest.delete(oldest);
    }
  }

  due(now: Milliseconds): Beacon | undefined {
    return this.beacons.due({ known: this.#known, tip: undefined, nextChoices: this.#named }, now);
  }

  /** A neighbour tells what interval somebody states. */
  told(intervalMs: Milliseconds): void {
    const stated = { pubkey: somebody, counter: 1n, tip: undefined, lifetimeMs: intervalMs * intervalsOfLife };
    this.beacons.checked({ ...stated, sign: noSignature, ageMs: 1 }, true, beginning);
    this.#newest.clear();
  }

  /** How old the one in this place is, the freshest first. */
  ageOf(place: number, now: Milliseconds): Milliseconds {
    const times = [...this.#newest.values()].map(({ at }) => at).sort((a, b) => b - a);
    return now - (times[Math.min(place, times.length) - 1] ?? now);
  }
}

/** A key is one object here, wherever it goes: its hex is made once. */
function holderOnce(key: PublicKey): Holder {
  const holder = holders.get(key) ?? holderOf(key);
  holders.set(key, holder);
  return holder;
}

const holders = new WeakMap<PublicKey, Holder>();

function link(a: Node, b: Node, seeded: Seeded): void {
  const latencyMs = seeded.between(delayMs.least, delayMs.most);
  const [ofA, ofB] = [a.links.length, b.links.length];
  a.links.push({ id: ofA, to: b, delayMs: latencyMs, back: ofB });
  b.links.push({ id: ofB, to: a, delayMs: latencyMs, back: ofA });
}

/** Of a beacon on a link that speaks `cbc`. */
function frameBytes(beacon: Beacon): number {
  const tip = new Uint8Array(32) as NonNullable<Beacon['tip']>;
  const payload = encode(cbcMessages, extensionSaying({ kind: 'beacon', ...beacon, tip, ageMs: 0 }));
  return cbcFraming.sealedFrame(new Uint8Array(32), new Uint8Array(16), 2n, payload).length;
}
