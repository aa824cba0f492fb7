/**
 * Peers with a committee: what is final for each of them, watched while a simulation runs, and a member that lies.
 *
 * It looks at nothing but what peers deliver: a block that was told to be final, in this life of a peer or an earlier one,
 * must be the same on all, and none may be reverted.
 */
import { encode } from '../../core/codec/codec.ts';
import { type HashHex, hashHex, type PublicKey, type SecretKey } from '../../core/crypto/keys.ts';
import type { Event, LinkId } from '../../core/events.ts';
import { type Ballot, type Checkpoint, type Vote, voteDigest } from '../../core/finality/votes.ts';
import { type ExtensionMessage, extensionSaying, unpackExtension } from '../../core/wire/carrier.ts';
import { cbcMessages } from '../../core/wire/dialect.ts';
import { oursCommit, wireVersion } from '../../core/wire/messages.ts';
import { type Arrived, Session } from '../../core/wire/session.ts';
import type { SimulatedPeer, World } from './host.ts';
import type { Simulator } from './simulator.ts';
import type { Endpoint } from './wires.ts';

/** Looks at all peers from time to time. */
export class FinalWatch {
  readonly violations: string[] = [];
  readonly #finals = new Map<number, HashHex>();
  readonly #simulator: Simulator;

  constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  /** The highest block that is final for anybody; -1: none. */
  get highest(): number {
    return Math.max(-1, ...this.#finals.keys());
  }

  run(forMs: number): void {
    for (let passed = 0; passed < forMs; passed += stepMs) {
      this.#simulator.run(stepMs);
      this.look();
    }
  }

  look(): void {
    for (const { name, delivered } of this.#simulator.running) {
      for (let height = 0; height <= delivered.final; height++) {
        const block = delivered.chain[height];
        const hash = block === undefined ? undefined : hashHex(block.block.hash);
        const known = this.#finals.get(height);
        if (hash === undefined) this.violations.push(`${name}: does not hold the final block ${height}`);
        else if (known === undefined) this.#finals.set(height, hash);
        else if (known !== hash) this.violations.push(`${name}: has another final block ${height}`);
      }
    }
  }
}

const stepMs = 50;

/**
 * A member that votes for whatever anybody votes for, and against it: each vote it hears it gives too, to half of its
 * links, and one for another block of that height to the other half. It keeps no chain.
 */
export class Liar implements Endpoint {
  readonly key: PublicKey;
  readonly incarnation = 1;
  /** How often it has voted against itself. */
  lies = 0;
  readonly #secret: SecretKey;
  readonly #world: World;
  readonly #sessions = new Map<LinkId, Session>();
  readonly #said = new Set<string>();

  constructor(
    readonly address: string,
    secret: SecretKey,
    world: World,
  ) {
    this.key = world.crypto.curve.publicKey(secret);
    this.#secret = secret;
    this.#world = world;
    world.wires.register(this);
    world.witness.distrust(this.key);
  }

  dial(peer: SimulatedPeer): void {
    this.#world.wires.dial(this, peer.address, this.#sessions.size + 1, 10_000);
  }

  handle(event: Event): void {
    if (event.kind === 'linkOpened') this.#opened(event.link);
    else if (event.kind === 'received') this.#received(event.link, event.bytes);
    else if (event.kind === 'closed') this.#sessions.delete(event.link);
  }

  #opened(link: LinkId): void {
    const { crypto, seeded } = this.#world;
    const identity = { curve: crypto.curve, random: seeded.random, secret: this.#secret, publicKey: this.key };
    const session = new Session({ ...identity, network: 'main', expected: undefined, dialled: true, accepts: ['cbc'] });
    this.#sessions.set(link, session);
    const version = { ...wireVersion, target: '', branch: 'main', commit: oursCommit };
    const nothing = { root: undefined, last: undefined, count: 0n, thin: true, known: [] };
    this.#send(link, session.greet({ pubkey: this.key, listen: '127.0.0.1:1', version, ...nothing }, 'cbc'));
  }

  #received(link: LinkId, bytes: Uint8Array): void {
    const session = this.#sessions.get(link);
    if (session === undefined || session.failure !== undefined) return;
    for (const arrived of session.receive(bytes)) {
      if (arrived.kind === 'greeted' && session.upgrades) this.#send(link, session.hello());
      const vote = voteIn(arrived);
      if (vote !== undefined) this.#answer(vote.ballot);
    }
  }

  #answer(ballot: Ballot): void {
    const { seeded } = this.#world;
    const name = `${ballot.kind} ${hashHex(ballot.target.hash)}`;
    if (this.#said.has(name)) return;
    this.#said.add(name);
    const { height } = ballot.target;
    const target: Checkpoint = { height, hash: seeded.bytes(32) as Checkpoint['hash'] };
    const lie: Ballot = ballot.kind === 'commit' ? { kind: 'commit', target } : { ...ballot, target };
    this.#said.add(`${lie.kind} ${hashHex(lie.target.hash)}`);
    this.lies++;
    for (const link of this.#sessions.keys()) this.#say(link, seeded.chance(0.5) ? [ballot, lie] : [lie, ballot]);
  }

  #say(link: LinkId, ballots: readonly Ballot[]): void {
    const session = this.#sessions.get(link);
    if (session === undefined) return;
    const { crypto, seeded } = this.#world;
    for (const ballot of ballots) {
      const sign = crypto.curve.sign(voteDigest('main', ballot, this.key), this.#secret, seeded.bytes(32));
      const vote: Vote = { ballot, voter: this.key, sign };
      this.#send(link, session.seal(encode(cbcMessages, extensionSaying({ kind: 'vote', vote }))));
    }
  }

  #send(link: LinkId, bytes: Uint8Array): void {
    const end = this.#world.wires.end(link);
    if (end !== undefined) this.#world.wires.send(end, [bytes]);
  }
}

function voteIn(arrived: Arrived): Vote | undefined {
  if (arrived.kind !== 'message' || arrived.message.kind !== 'requestNeighbours') return undefined;
  const { count, exclude } = arrived.message;
  const message: ExtensionMessage | undefined = count === 0 ? unpackExtension(exclude) : undefined;
  return message?.kind === 'vote' ? message.vote : undefined;
}
