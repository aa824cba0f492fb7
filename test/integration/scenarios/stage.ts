/**
 * Node peers on real TCP sockets of this machine, each with a folder of its own: what the scenarios are played on.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hexToBytes } from '../../../core/codec/bytes.ts';
import { type Config, defaultConfig } from '../../../core/config.ts';
import type { HashHex } from '../../../core/crypto/keys.ts';
import type { Receipt } from '../../../core/face.ts';
import type { Peer } from '../../../core/host.ts';
import { unreachableAddress } from '../../../core/network/addresses.ts';
import type { DialectName } from '../../../core/wire/dialect.ts';
import { openNodePeer } from '../../../relay/open.ts';

export class Actor {
  readonly name: number;
  readonly #stage: Stage;
  readonly #thin: boolean;
  readonly #folder: string;
  readonly #announceBy: string | undefined;
  #port: number;
  #peer: Peer | undefined;

  /** @param hiddenPort where it listens without telling anybody; undefined: it tells all, and takes a free one */
  constructor(stage: Stage, name: number, thin: boolean, hiddenPort: number | undefined) {
    this.#stage = stage;
    this.name = name;
    this.#thin = thin;
    this.#port = hiddenPort ?? 0;
    this.#announceBy = hiddenPort === undefined ? undefined : unreachableAddress;
    this.#folder = join(stage.folder, String(name));
  }

  get peer(): Peer {
    if (this.#peer === undefined) throw new Error(`peer ${this.name} does not run`);
    return this.#peer;
  }

  get isRunning(): boolean {
    return this.#peer !== undefined;
  }

  /** Starts, or starts again at the same address from its folder. */
  async start(): Promise<void> {
    const { wire, relationship } = this.#stage;
    const reach = { kind: 'listens', host: '127.0.0.1', port: this.#port, announceBy: this.#announceBy } as const;
    const folder = this.#folder;
    this.#peer = await openNodePeer({ network: 'main', folder, wire, thin: this.#thin, reach, relationship });
    this.#port = Number(this.#peer.status.listen?.split(':').at(-1) ?? this.#port);
  }

  async end(): Promise<void> {
    await this.peer.close();
    this.#peer = undefined;
  }

  /** Where it listens once it has been started, for ever. */
  get port(): number {
    return this.#port;
  }

  async secret(): Promise<Uint8Array> {
    return hexToBytes(JSON.parse(await readFile(join(this.#folder, 'identity'), 'utf8')).secret);
  }

  /** @param other or whatever hands on to it */
  dial(other: { readonly port: number }): void {
    this.peer.connect(`127.0.0.1:${other.port}`);
  }

  share(text: string): Receipt {
    return this.peer.share(new TextEncoder().encode(text));
  }

  async chain(): Promise<readonly { readonly hash: HashHex; readonly texts: readonly string[] }[]> {
    const blocks: { hash: HashHex; texts: string[] }[] = [];
    for await (const { hash, items } of this.peer.blocks()) {
      blocks.push({ hash, texts: items.map(({ data }) => new TextDecoder().decode(data)) });
    }
    return blocks;
  }

  pendingTexts(): string[] {
    return [...this.peer.pending.values()].map(({ data }) => new TextDecoder().decode(data));
  }
}

export class Stage {
  readonly wire: DialectName;
  readonly folder: string;
  readonly relationship: Config['relationship'];
  readonly #actors: Actor[] = [];

  private constructor(wire: DialectName, folder: string, relationship: Config['relationship']) {
    this.wire = wire;
    this.folder = folder;
    this.relationship = relationship;
  }

  static async open(wire: DialectName, relationship = defaultConfig.relationship): Promise<Stage> {
    return new Stage(wire, await mkdtemp(join(tmpdir(), 'mccloud-scenario-')), relationship);
  }

  /** @param hiddenPort where it listens if nobody is to be told */
  async add({ thin = false, hiddenPort }: { thin?: boolean; hiddenPort?: number } = {}): Promise<Actor> {
    const actor = new Actor(this, this.#actors.length, thin, hiddenPort);
    await actor.start();
    this.#actors.push(actor);
    return actor;
  }

  async addMany(count: number): Promise<Actor[]> {
    const actors: Actor[] = [];
    while (actors.length < count) actors.push(await this.add());
    return actors;
  }

  async close(): Promise<void> {
    for (const actor of this.#actors) if (actor.isRunning) await actor.end();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/**
 * Looks again whenever one of the peers tells of a change.
 * @returns after how many milliseconds it held
 */
export function untilHolds(actors: readonly Actor[], holds: () => boolean, mostMs = 20_000): Promise<number> {
  const startedAt = performance.now();
  const ends: (() => void)[] = [];
  return new Promise<number>((resolve, reject) => {
    const look = (): void => {
      if (holds()) resolve(performance.now() - startedAt);
    };
    const late = setTimeout(() => reject(new Error(`it did not come to hold within ${mostMs} ms`)), mostMs);
    ends.push(() => clearTimeout(late));
    for (const { peer } of actors.filter(({ isRunning }) => isRunning)) ends.push(peer.on('change', look));
    look();
  }).finally(() => {
    for (const end of ends) end();
  });
}

export function eachKnows(actors: readonly Actor[], count: number): () => boolean {
  return () => actors.every(({ peer }) => peer.known.size === count);
}

/** All hold one chain, in which each of the texts stands once. */
export async function oneChain(actors: readonly Actor[], texts: readonly string[]): Promise<string[]> {
  const chains = await Promise.all(actors.map((actor) => actor.chain()));
  const wrong: string[] = [];
  for (const [place, chain] of chains.entries()) {
    if (chain.at(-1)?.hash !== chains[0]?.at(-1)?.hash) wrong.push(`peer ${place} has another tip than peer 0`);
    const held = chain.flatMap((block) => block.texts);
    for (const text of texts) {
      const times = held.filter((other) => other === text).length;
      if (times !== 1) wrong.push(`on peer ${place} "${text}" stands ${times} times`);
    }
    if (held.length !== texts.length) wrong.push(`peer ${place} holds ${held.length} items, not ${texts.length}`);
  }
  return wrong;
}
