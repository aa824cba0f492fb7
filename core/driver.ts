/**
 * Runs a peer machine on a platform: events in, effects out, one at a time.
 *
 * Starts what effects ask for and brings the results back as events; decides nothing. An event that arrives while
 * another is handled waits its turn, so the machine never sees itself from inside. A service that rejects where its
 * contract says it does not is a bug and goes to `platform.crashed`.
 */
import { publicKeyFromHex } from './crypto/keys.ts';
import { LinkError } from './errors.ts';
import type { Composed, Delivery, Effect, Event, LinkId, Loaded, PendingView, Query, RequestId } from './events.ts';
import type { Link } from './link.ts';
import type { PeerMachine } from './peer.ts';
import type { Platform } from './platform.ts';

export interface DriverEvents {
  delivered(delivery: Delivery): void;
  reported(code: string, message: string | undefined): void;
  /** What the application made of the items; undefined when it failed. */
  compose(items: readonly PendingView[]): Promise<readonly Composed[] | undefined>;
  /** All effects of one event have run. */
  settled(): void;
}

export class Driver {
  readonly #machine: PeerMachine;
  readonly #platform: Platform;
  readonly #events: DriverEvents;
  readonly #links = new Map<LinkId, Link>();
  readonly #queue: Event[] = [];
  #running = false;
  #lastLink: LinkId = 0;
  #stopped = false;

  constructor(machine: PeerMachine, platform: Platform, events: DriverEvents) {
    this.#machine = machine;
    this.#platform = platform;
    this.#events = events;
  }

  start(): void {
    for (const transport of this.#platform.transports) {
      transport.start({
        accepted: (link) => this.#opened(link, undefined),
        discovered: (addresses) => this.dispatch({ kind: 'discovered', addresses }),
        listening: (address) => this.dispatch({ kind: 'listening', address }),
        problem: (code, message) => this.#events.reported(code, message),
      });
    }
    this.dispatch({ kind: 'elapsed' });
  }

  dispatch(event: Event): void {
    if (this.#stopped) return;
    this.#queue.push(event);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        for (const effect of this.#machine.handle(this.#platform.clock.now(), next)) this.#run(effect);
        this.#events.settled();
      }
    } finally {
      this.#running = false;
    }
    this.#platform.clock.wake(this.#machine.deadline, () => this.dispatch({ kind: 'elapsed' }));
  }

  /** After the machine was told to close: nothing is dispatched any more. */
  async stop(): Promise<void> {
    // Where a listener asked for it, the event under way and those that wait, the closing one among them, come first.
    if (this.#running) await Promise.resolve();
    this.#stopped = true;
    this.#platform.clock.wake(undefined, () => undefined);
    for (const transport of this.#platform.transports) transport.close();
    for (const link of this.#links.values()) link.close('this peer closed');
    this.#platform.clock.close();
    await this.#platform.store.close();
  }

  #run(effect: Effect): void {
    switch (effect.kind) {
      case 'dial':
        return this.#dial(effect.dial, effect.address, effect.timeoutMs);
      case 'send':
        return this.#links.get(effect.link)?.send(effect.bytes);
      case 'close':
        this.#links.get(effect.link)?.close(effect.reason);
        this.#links.delete(effect.link);
        return;
      case 'store':
        return this.#await(this.#platform.store.change(effect.change), () => ({
          kind: 'stored',
          request: effect.request,
        }));
      case 'load':
        return this.#await(this.#answer(effect.query), (result) => ({
          kind: 'loaded',
          request: effect.request,
          result,
        }));
      case 'verify':
        return this.#await(this.#platform.verifier.verify(effect.checks), (results) => ({
          kind: 'verified',
          request: effect.request,
          results,
        }));
      case 'compose':
        return this.#await(this.#events.compose(effect.items), (items) => ({
          kind: 'composed',
          request: effect.request,
          items,
        }));
      case 'deliver':
        return this.#events.delivered(effect.delivery);
      case 'report':
        return this.#events.reported(effect.code, effect.message);
    }
  }

  #dial(dial: RequestId, address: string, timeoutMs: number): void {
    const transport = this.#platform.transports.find((candidate) => candidate.reaches(address));
    const dialled =
      transport === undefined
        ? Promise.reject(new LinkError('unsupported', `nothing here reaches ${address}`))
        : transport.dial(address, timeoutMs);
    dialled.then(
      (link) => this.#opened(link, dial),
      (error: unknown) => this.dispatch({ kind: 'dialFailed', dial, reason: messageOf(error) }),
    );
  }

  #opened(link: Link, dial: RequestId | undefined): void {
    if (this.#stopped) return link.close('this peer closed');
    const id = ++this.#lastLink;
    this.#links.set(id, link);
    link.attach({
      received: (bytes) => this.dispatch({ kind: 'received', link: id, bytes }),
      drained: (bytes) => this.dispatch({ kind: 'drained', link: id, bytes }),
      closed: (reason) => {
        this.#links.delete(id);
        this.dispatch({ kind: 'closed', link: id, reason });
      },
    });
    const { carrier, address, dialled } = link;
    const remote = link.remote === undefined ? undefined : publicKeyFromHex(link.remote);
    this.dispatch({ kind: 'linkOpened', link: id, carrier, address, dial, dialled, remote });
  }

  async #answer(query: Query): Promise<Loaded> {
    const { kind } = query;
    const { store } = this.#platform;
    switch (kind) {
      case 'blocks':
        return { kind, blocks: await store.blocks(query.from, query.count, query.maxBytes) };
      case 'heightOf':
        return { kind, height: await store.heightOf(query.hash) };
      case 'containsItems':
        return { kind, contained: await store.containsItems(query.ids) };
      case 'sideBlocks':
        return { kind, blocks: await store.sideBlocks(query.from, query.count, query.maxBytes) };
      case 'sideBlock':
        return { kind, block: await store.sideBlock(query.hash) };
    }
  }

  #await<T>(promise: Promise<T>, event: (value: T) => Event): void {
    promise.then(
      (value) => this.dispatch(event(value)),
      (error: unknown) => {
        if (!this.#stopped) this.#platform.crashed(error);
      },
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
