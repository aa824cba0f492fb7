/**
 * The public `Peer`: a peer machine driven with a real clock, real links and a real store (design.md, Public face).
 *
 * The one core file that may await. Keeps the live sets and the receipts; every decision is the machine's.
 */
import { Riddle } from './authoring/riddle.ts';
import { createData, type Data, dataCheck, decodeData, itemIdOf, sharedDataBytes } from './chain/data.ts';
import { capturedMessage } from './chain/health.ts';
import { keptCandidate } from './chain/tree.ts';
import type { VerifiedBlock } from './chain/verification.ts';
import { inspectBlock } from './chain/verify.ts';
import { hexToBytes } from './codec/bytes.ts';
import { type Config, defaultConfig, isNetworkName } from './config.ts';
import type { SignatureCheck } from './crypto/curve.ts';
import { hashHex, type ItemIdHex, itemIdFrom, itemIdHex, keyHex, type PublicKeyHex } from './crypto/keys.ts';
import { Driver } from './driver.ts';
import { PeerError, TransferError } from './errors.ts';
import type { Composed, Delivery, PendingView } from './events.ts';
import type {
  BlockCreation,
  BlockView,
  Item,
  PeerEvents,
  PeerFace,
  PeerView,
  Problem,
  Progress,
  Receipt,
  Status,
} from './face.ts';
import { committeeFrom, committeeRule } from './finality/roll.ts';
import { unreachableAddress } from './network/addresses.ts';
import { PeerMachine } from './peer.ts';
import type { Platform } from './platform.ts';
import { Reading } from './reading.ts';
import { Receipts } from './receipts.ts';
import { importBlocks } from './storage/import.ts';
import { blockOf, blockView, dataOf, peerView, pendingItemView } from './views.ts';

/** Items made and not shared yet that are remembered, so that no other is shared as ours. */
const mostMade = 1_024;

type Listeners = { [K in keyof PeerEvents]: Set<(value: PeerEvents[K]) => void> };

export class Peer implements PeerFace {
  readonly publicKey: PublicKeyHex;
  readonly known = new Set<PublicKeyHex>();
  readonly connected = new Set<PublicKeyHex>();
  readonly pending = new Map<ItemIdHex, Item>();
  readonly #config: Config;
  readonly #platform: Platform;
  readonly #machine: PeerMachine;
  readonly #driver: Driver;
  readonly #receipts: Receipts;
  readonly #problems = new Map<string, Problem>();
  readonly #listeners: Listeners = { change: new Set(), block: new Set(), revert: new Set() };
  readonly #reading: Reading;
  readonly #made = new Map<ItemIdHex, Data>();
  #creation: BlockCreation | undefined;
  #changed = false;
  #isImporting = false;
  #isClosed = false;
  #closed: Promise<void> | undefined;

  private constructor(config: Config, platform: Platform, machine: PeerMachine) {
    this.#config = config;
    this.#platform = platform;
    this.#machine = machine;
    this.#receipts = new Receipts((height) => machine.chainReport.eligibleBefore(height), platform.crashed);
    this.#reading = new Reading(platform.store, () => machine.count);
    this.publicKey = keyHex(machine.publicKey);
    this.#driver = new Driver(machine, platform, {
      delivered: (delivery) => this.#delivered(delivery),
      reported: (code, message) => this.#reported(code, message),
      compose: (items) => this.#compose(items),
      settled: () => this.#settled(),
    });
  }

  /**
   * Opens the store, then links. What the store holds is there at once, before any neighbour answers.
   * @throws PeerError `bad-config`, StoreError
   */
  static async open(config: Partial<Config> & { readonly network: string }, platform: Platform): Promise<Peer> {
    if (!isNetworkName(config.network)) {
      throw new PeerError(
        'bad-config',
        `"${config.network}" is no network name: 1 to 64 of a–z, 0–9, dot, dash, underscore`,
      );
    }
    if (config.committee !== undefined && committeeFrom(config.committee) === undefined) {
      throw new PeerError('bad-config', `a committee is ${committeeRule}`);
    }
    const whole: Config = { ...defaultConfig, ...config };
    if (whole.requireUpgrade && whole.wire === 'gcm-siv') {
      throw new PeerError('bad-config', 'there is no secure upgrade in gcm-siv, and requireUpgrade wants one');
    }
    const { store, clock, random, secret, curve } = platform;
    const opened = await store.open();
    const pending = opened.pending.map(({ bytes }) => decodeData(bytes));
    const written = await store.containsItems(opened.pending.map(({ id }) => id));
    const { count, root } = opened;
    const chain = { count, root, recent: opened.recent.map(keptCandidate) };
    const left = platform.leftPending.map(decodeData);
    const startedAt = clock.now();
    const machine = new PeerMachine({ config: whole, secret, curve, random, chain, startedAt });
    const waiting = pending.filter((_, place) => written[place] !== true);
    machine.restore(
      opened,
      waiting.map((data) => ({ id: itemIdOf(data), data, mine: true, arrivedAt: startedAt })),
      startedAt,
    );
    const peer = new Peer(whole, platform, machine);
    for (const item of machine.pending()) {
      const view = pendingItemView(item);
      peer.pending.set(view.id, view);
      peer.#receipts.issue(view);
    }
    peer.#receipts.found(machine.chainReport.newest.map(blockView), peer.publicKey);
    peer.#driver.start();
    for (const data of left) peer.#driver.dispatch({ kind: 'commanded', command: { kind: 'pass', data } });
    return peer;
  }

  get status(): Status {
    const { count, root, tip, syncing, waitingFor, final, listen } = this.#machine;
    const chainHealth = this.#machine.chainReport.health;
    const problems = [...this.#problems.values()];
    return {
      network: this.#config.network,
      listen: listen === unreachableAddress ? undefined : listen,
      height: count,
      root,
      tip,
      storage: this.#platform.store.kind,
      syncing,
      waitingFor,
      final,
      chainHealth,
      problems: chainHealth.captured ? [...problems, { code: 'captured', message: capturedMessage }] : problems,
      closed: this.#isClosed,
    };
  }

  peers(): readonly PeerView[] {
    return this.#machine.links.map(peerView);
  }

  createItem(data: Uint8Array): Item {
    const made = this.#signed(data);
    const item = pendingItemView({ id: itemIdOf(made), data: made });
    this.#made.set(item.id, made);
    for (const oldest of this.#made.keys()) {
      if (this.#made.size <= mostMade) break;
      this.#made.delete(oldest);
    }
    return item;
  }

  share(data: Uint8Array | Item): Receipt {
    this.#mustBeOpen();
    const item = this.#own(data);
    const id = itemIdOf(item);
    const receipt = this.#receipts.issue(pendingItemView({ id, data: item }));
    this.#driver.dispatch({ kind: 'commanded', command: { kind: 'share', data: item, id } });
    return receipt;
  }

  progressOf(item: ItemIdHex): Progress | undefined {
    return this.#receipts.progressOf(item);
  }

  connect(address: string): void {
    this.#mustBeOpen();
    if (!this.#platform.transports.some((transport) => transport.reaches(address))) {
      throw new PeerError('bad-address', `nothing here reaches "${address}"`);
    }
    this.#driver.dispatch({ kind: 'commanded', command: { kind: 'connect', address } });
  }

  blocks(options: { readonly from?: number; readonly to?: number } = {}): AsyncGenerator<BlockView, void> {
    return this.#reading.blocks(options);
  }

  newBlocks(): AsyncGenerator<BlockView, void> {
    return this.#reading.newBlocks();
  }

  async verifyItem(item: Item): Promise<boolean> {
    const data = dataOf(item);
    return data !== undefined && (await this.#holds([dataCheck(data)]));
  }

  async verifyBlock(view: BlockView): Promise<boolean> {
    const block = blockOf(view);
    const inspected = block === undefined ? undefined : inspectBlock(block, () => false);
    return inspected?.kind === 'inspected' && (await this.#holds(inspected.checks));
  }

  async importBlocks(parts: AsyncIterable<readonly Uint8Array[]>): Promise<number> {
    this.#mustBeOpen();
    if (this.#isImporting) throw new TransferError('busy', 'Another chain is being imported.');
    this.#isImporting = true;
    const { riddle, dataGatherTimeMs } = this.#config;
    const rules = { authoring: new Riddle({ ...riddle, dataGatherTimeMs }), verifier: this.#platform.verifier };
    try {
      this.#take([], true);
      return await importBlocks(parts, this.#machine.held, rules, (blocks) => this.#keep(blocks));
    } finally {
      this.#isImporting = false;
      this.#take([], false);
    }
  }

  #take(blocks: readonly VerifiedBlock[], more: boolean): void {
    this.#driver.dispatch({ kind: 'commanded', command: { kind: 'take', blocks, more } });
  }

  /** Takes verified blocks and waits until they are stored, so that what is read never runs ahead of the disk. */
  async #keep(blocks: readonly VerifiedBlock[]): Promise<void> {
    this.#mustBeOpen();
    this.#take(blocks, true);
    const last = blocks.at(-1);
    if (last === undefined) return;
    while (!(await this.#isStored(last))) {
      if (this.#reading.recentHash(last.height) !== hashHex(last.block.hash)) {
        throw new TransferError(
          'other-chain',
          'The file holds another chain than the one that has come here meanwhile.',
        );
      }
      await this.#reading.nextEvent();
      this.#mustBeOpen();
    }
  }

  async #isStored({ block }: VerifiedBlock): Promise<boolean> {
    try {
      return (await this.#platform.store.heightOf(block.hash)) !== undefined;
    } catch (error) {
      this.#mustBeOpen();
      throw error;
    }
  }

  onBlockCreation(callback: BlockCreation | undefined): void {
    this.#mustBeOpen();
    this.#creation = callback;
    this.#driver.dispatch({ kind: 'commanded', command: { kind: 'compose', wanted: callback !== undefined } });
  }

  on<K extends keyof PeerEvents>(event: K, callback: (value: PeerEvents[K]) => void): () => void {
    this.#listeners[event].add(callback);
    return () => this.#listeners[event].delete(callback);
  }

  close(): Promise<void> {
    // A listener that hears of the end may call it again before there is anything to wait for.
    if (this.#isClosed) return this.#closed ?? Promise.resolve().then(() => this.close());
    this.#isClosed = true;
    this.#closed = this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#driver.dispatch({ kind: 'commanded', command: { kind: 'close' } });
    this.#receipts.close();
    this.#reading.close();
    while (!this.#machine.closed) await this.#reading.anyEvent();
    await this.#driver.stop();
    this.known.clear();
    this.connected.clear();
    this.#emit('change', undefined);
  }

  #delivered(delivery: Delivery): void {
    this.#changed = true;
    switch (delivery.kind) {
      case 'applied': {
        const view = blockView(delivery.block);
        this.#reading.applied(view);
        this.#receipts.applied(view);
        this.#emit('block', view);
        return;
      }
      case 'reverted': {
        const views = delivery.blocks.map(blockView);
        this.#reading.reverted(views);
        this.#receipts.reverted(views);
        this.#emit('revert', views);
        return;
      }
      case 'pendingAdded':
        this.pending.set(itemIdHex(delivery.item.id), pendingItemView(delivery.item));
        return;
      case 'pendingRemoved':
        this.pending.delete(itemIdHex(delivery.id));
        return;
      case 'acknowledged':
        this.#receipts.acknowledged(hashHex(delivery.block), delivery.by, delivery.of);
        return;
      case 'settled':
        this.#receipts.settled(delivery.height);
        return;
      case 'changed':
        return;
    }
  }

  #reported(code: string, message: string | undefined): void {
    if (message === undefined) {
      if (!this.#problems.delete(code)) return;
    } else if (this.#problems.get(code)?.message === message) return;
    else this.#problems.set(code, { code, message });
    this.#emit('change', undefined);
  }

  /** After each event: the live sets follow, and one `change` tells of all that happened in it. */
  #settled(): void {
    this.#reading.wake();
    if (!this.#changed) return;
    this.#changed = false;
    follow(this.known, this.#machine.known);
    follow(this.connected, new Set(this.#machine.links.map(({ phase }) => phase.hex)));
    this.#receipts.waiting(this.#machine.waitingFor);
    this.#emit('change', undefined);
  }

  async #compose(items: readonly PendingView[]): Promise<readonly Composed[] | undefined> {
    const creation = this.#creation;
    if (creation === undefined) return items.map(({ id }) => ({ keep: id }));
    try {
      const created = await creation(items.map(pendingItemView));
      const kept = created.map((item): Composed => {
        return 'add' in item ? { add: this.#own(item.add) } : { keep: itemIdFrom(hexToBytes(item.id)) };
      });
      this.#reported('block-creation-failed', undefined);
      return kept;
    } catch (error) {
      this.#reported('block-creation-failed', `The block creation callback failed: ${String(error)}`);
      return undefined;
    }
  }

  #emit<K extends keyof PeerEvents>(event: K, value: PeerEvents[K]): void {
    for (const callback of [...this.#listeners[event]]) {
      try {
        callback(value);
      } catch (error) {
        this.#platform.crashed(error);
      }
    }
  }

  /** Bytes, signed now, or an item that `createItem` made. @throws PeerError `too-large`, `not-own` */
  #own(data: Uint8Array | Pick<Item, 'id'>): Data {
    if (data instanceof Uint8Array) return this.#signed(data);
    const made = this.#made.get(data.id);
    if (made === undefined) throw new PeerError('not-own', 'this item was not made here, or is one of too many');
    return made;
  }

  #signed(data: Uint8Array): Data {
    mustBeShareable(data);
    const { curve, random, secret } = this.#platform;
    return createData(curve, random, this.#machine.publicKey, secret, data.slice());
  }

  async #holds(checks: readonly SignatureCheck[]): Promise<boolean> {
    return (await this.#platform.verifier.verify(checks)).every(Boolean);
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new PeerError('closed', 'the peer was closed');
  }
}

function mustBeShareable({ length }: Uint8Array): void {
  if (length <= sharedDataBytes) return;
  throw new PeerError('too-large', `an item is at most ${sharedDataBytes / 1024} KiB, this one is ${length} bytes`);
}

/** Makes `live` hold exactly what `now` holds, in place. */
function follow<T>(live: Set<T>, now: ReadonlySet<T>): void {
  for (const value of live) if (!now.has(value)) live.delete(value);
  for (const value of now) live.add(value);
}
