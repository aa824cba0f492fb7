/**
 * A peer and those who would be all its neighbours: hostile hosts that dial it again and again, tell it of each other
 * only, and answer whoever dials them; and honest ones among which it has lived before.
 *
 * The hostile speak as the reference does, keep their links alive and never send a block, so what is true they hide.
 */
import { encode } from '../../core/codec/codec.ts';
import { keyHex, type PublicKey, type SecretKey } from '../../core/crypto/keys.ts';
import type { Event, LinkId } from '../../core/events.ts';
import { cbcMessages } from '../../core/wire/dialect.ts';
import { type Message, wireVersion } from '../../core/wire/messages.ts';
import { Session } from '../../core/wire/session.ts';
import type { SimulatedPeer, World } from './host.ts';
import { Simulator } from './simulator.ts';
import type { Endpoint } from './wires.ts';

const honestCount = 8;
const hostileCount = 200;
/** The hostile rent from so many networks. */
const hostileNetworks = 12;
/** How often each dials whom it is after, while it has no link. */
const dialMs = 3_000;
/** How often it tells of others, and says that it lives. */
const tellMs = 1_000;
const toldAtOnce = 16;

export interface Eclipse {
  readonly simulator: Simulator;
  readonly victim: SimulatedPeer;
  readonly honest: readonly SimulatedPeer[];
  readonly hostile: readonly Hostile[];
}

/** The honest are linked in a line and with the victim's network around it; the hostile are there and do nothing yet. */
export function eclipse(seed: number): Eclipse {
  const simulator = new Simulator({ seed, leastWitnessedBytes: 200 });
  const honest = Array.from({ length: honestCount }, (_, place) => {
    return simulator.add({ listen: `${60 + place}.1.1.1:29092` });
  });
  simulator.connectInLine(honest);
  const addresses = Array.from({ length: hostileCount }, (_, place) => {
    return `${120 + (place % hostileNetworks)}.7.1.${place}:29092`;
  });
  const hostile = addresses.map((address) => new Hostile(address, simulator.newSecret(), addresses, simulator.world));
  return { simulator, victim: simulator.add({ listen: '91.1.1.1:29092' }), honest, hostile };
}

export function honestLinks({ victim, honest }: Eclipse): number {
  const keys = new Set(honest.map(({ key }) => keyHex(key)));
  return victim.isRunning ? victim.machine.links.filter(({ phase }) => keys.has(phase.hex)).length : 0;
}

export class Hostile implements Endpoint {
  readonly key: PublicKey;
  readonly incarnation = 1;
  readonly #secret: SecretKey;
  readonly #others: readonly string[];
  readonly #world: World;
  readonly #links = new Map<LinkId, Session>();
  /** Links that it was dialled by or that its dials came to, all together. */
  linked = 0;

  constructor(
    readonly address: string,
    secret: SecretKey,
    others: readonly string[],
    world: World,
  ) {
    this.key = world.crypto.curve.publicKey(secret);
    this.#secret = secret;
    this.#others = others;
    this.#world = world;
    world.wires.register(this);
  }

  /** From now on it dials this address whenever it has no link. */
  besiege(address: string): void {
    const { agenda, wires, seeded } = this.#world;
    if (this.#links.size === 0) wires.dial(this, address, 1, 10_000);
    agenda.after(seeded.between(dialMs / 2, dialMs), () => this.besiege(address));
  }

  handle(event: Event): void {
    switch (event.kind) {
      case 'linkOpened':
        return this.#opened(event.link);
      case 'received':
        return this.#received(event.link, event.bytes);
      case 'closed':
        this.#links.delete(event.link);
        return;
      default:
        return;
    }
  }

  #opened(link: LinkId): void {
    const { crypto, seeded } = this.#world;
    const identity = { curve: crypto.curve, random: seeded.random, secret: this.#secret, publicKey: this.key };
    const session = new Session({
      ...identity,
      network: 'main',
      expected: undefined,
      dialled: false,
      accepts: ['cbc'],
    });
    this.#links.set(link, session);
    this.linked++;
    const version = { ...wireVersion, target: '', branch: '', commit: '' };
    const nothing = { root: undefined, last: undefined, count: 0n, thin: false, known: [] };
    this.#send(link, session.greet({ pubkey: this.key, listen: this.address, version, ...nothing }, 'cbc'));
  }

  #received(link: LinkId, bytes: Uint8Array): void {
    const session = this.#links.get(link);
    if (session === undefined || session.failure !== undefined) return;
    for (const arrived of session.receive(bytes)) {
      if (arrived.kind === 'greeted') this.#lie(link, session);
      else if (arrived.kind === 'message' && arrived.message.kind === 'requestNeighbours') this.#tell(link, session);
    }
  }

  /** For as long as the link is there. */
  #lie(link: LinkId, session: Session): void {
    if (this.#links.get(link) !== session) return;
    const { agenda } = this.#world;
    this.#say(link, session, { kind: 'requestNeighbours', count: 1, exclude: [] });
    this.#tell(link, session);
    agenda.after(tellMs, () => this.#lie(link, session));
  }

  #tell(link: LinkId, session: Session): void {
    const { seeded } = this.#world;
    const neighbours = Array.from({ length: toldAtOnce }, () => [this.key, seeded.pick(this.#others)] as const);
    this.#say(link, session, { kind: 'introduceNeighbours', neighbours });
  }

  #say(link: LinkId, session: Session, message: Message): void {
    this.#send(link, session.seal(encode(cbcMessages, message)));
  }

  #send(link: LinkId, bytes: Uint8Array): void {
    const end = this.#world.wires.end(link);
    if (end !== undefined) this.#world.wires.send(end, [bytes]);
  }
}
