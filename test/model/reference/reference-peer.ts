/**
 * A peer that follows the rules of the reference program, of either era, on the simulator's wires: started, dialled,
 * ended and started again from its blocks.
 *
 * What it does is process.ts's; here is what a scenario may ask of it and what a checker may see. It can only be
 * reached, and only dials, by `host:port`.
 */
import type { PublicKey, SecretKey } from '../../../core/crypto/keys.ts';
import type { Event } from '../../../core/events.ts';
import type { World } from '../../simulator/host.ts';
import type { Endpoint } from '../../simulator/wires.ts';
import type { SecondBlock, SecondData, SecondDialect } from '../second-decoder.ts';
import { hexOf } from './encoder.ts';
import { ReferenceProcess, type ReferenceSettings } from './process.ts';

const dialTimeoutMs = 10_000;
/** A timer is never early and mostly a little late. */
const mostLateMs = 4;

export interface ReferenceIdentity {
  readonly name: string;
  readonly secret: SecretKey;
}

export class ReferencePeer implements Endpoint {
  readonly name: string;
  readonly key: PublicKey;
  /** The key in hex. */
  readonly hex: string;
  readonly address: string;
  readonly era: SecondDialect;
  incarnation: number | undefined;
  readonly #world: World;
  readonly #secret: SecretKey;
  readonly #settings: ReferenceSettings;
  /** What is on its disk. */
  readonly #blocks: SecondBlock[] = [];
  #process: ReferenceProcess | undefined;
  #starts = 0;

  constructor(era: SecondDialect, { name, secret }: ReferenceIdentity, settings: ReferenceSettings, world: World) {
    this.era = era;
    this.name = name;
    this.#secret = secret;
    this.#settings = settings;
    this.#world = world;
    this.address = settings.listen;
    this.key = world.crypto.curve.publicKey(secret);
    this.hex = hexOf(this.key);
    world.wires.register(this);
  }

  get isRunning(): boolean {
    return this.incarnation !== undefined;
  }

  /** Its blocks, oldest first. */
  get chain(): readonly SecondBlock[] {
    return this.#blocks;
  }

  get tip(): string | undefined {
    return this.#blocks.at(-1)?.hash;
  }

  /** Keys it holds for online, without its own, in hex. */
  get known(): ReadonlySet<string> {
    return new Set(this.#running.presence.known());
  }

  get pending(): readonly SecondData[] {
    return [...this.#running.chain.pool.values()];
  }

  /** Keys of those it has greeted and that have greeted it; a key stands here as often as it is linked. */
  get connected(): readonly string[] {
    return this.#running.connections.neighbours.map(({ greeting }) => greeting.pubkey);
  }

  /** It is to write next, as it thinks, or has been once and is mute. */
  get isWriting(): boolean {
    return this.#running.writer.isWriting;
  }

  /** It will never write again. */
  get isMute(): boolean {
    return this.#running.writer.isMute;
  }

  /** Why it closed connections since its start. */
  get refusals(): readonly string[] {
    return this.#running.connections.refusals;
  }

  /** From the blocks on its disk; nothing else is kept. */
  start(): void {
    const { crypto, seeded, agenda, wires } = this.#world;
    this.incarnation = ++this.#starts;
    const machine = {
      crypto,
      seeded,
      now: () => agenda.now,
      after: (delayMs: number, action: () => void) => agenda.after(delayMs + seeded.below(mostLateMs), action),
      dial: (address: string, dial: number) => this.#dial(address, dial),
      send: (link: number, bytes: Uint8Array) => {
        const end = wires.end(link);
        if (end !== undefined) wires.send(end, [bytes]);
      },
      close: (link: number) => {
        const end = wires.end(link);
        if (end !== undefined) wires.close(end);
      },
      crashed: () => this.stop(),
    };
    const own = { secret: this.#secret, blocks: this.#blocks };
    this.#process = new ReferenceProcess(this.era, this.#settings, machine, own);
  }

  /** Its process ends, and its sockets with it. @param silently as when a machine loses its power */
  stop(silently = false): void {
    this.#running.end();
    this.incarnation = undefined;
    this.#world.wires.abandon(this, silently);
  }

  connect(to: Endpoint): void {
    this.#running.connections.connect(to.address);
  }

  share(data: Uint8Array): SecondData {
    return this.#running.share(hexOf(data));
  }

  handle(event: Event): void {
    if (this.#process === undefined || this.incarnation === undefined) return;
    const { connections } = this.#process;
    switch (event.kind) {
      case 'linkOpened':
        return connections.opened(event.link, event.dial);
      case 'received':
        return connections.received(event.link, event.bytes);
      case 'closed':
        return connections.ended(event.link);
      case 'dialFailed':
        return connections.dialFailed(event.dial);
      default:
        return;
    }
  }

  get #running(): ReferenceProcess {
    if (this.#process === undefined) throw new Error(`${this.name} was never started`);
    return this.#process;
  }

  /** A name that leads nowhere is looked up until the time is over (design.md, Links and addresses). */
  #dial(address: string, dial: number): void {
    const { wires, agenda } = this.#world;
    if (!address.includes('.invalid:')) return wires.dial(this, address, dial, dialTimeoutMs);
    const { incarnation } = this;
    agenda.after(dialTimeoutMs, () => {
      if (this.incarnation === incarnation) this.handle({ kind: 'dialFailed', dial, reason: 'no such name' });
    });
  }
}
