/**
 * A peer that does what a scene tells it: keys, links, blocks, pending items and problems out of nothing.
 *
 * It checks nothing and reaches nobody. Everything is derived from small numbers, so a scene looks the same every time.
 */
import type { HashHex, ItemIdHex, PublicKeyHex, SignatureHex } from '../../../../core/crypto/keys.ts';
import { PeerError } from '../../../../core/errors.ts';
import type {
  BlockView,
  Item,
  PeerEvents,
  PeerFace,
  PeerView,
  Problem,
  Progress,
  Receipt,
  Status,
} from '../../../../core/face.ts';

type Settable = Partial<Pick<Status, 'storage' | 'syncing' | 'waitingFor' | 'listen'>>;

export class FakePeer implements PeerFace {
  readonly publicKey = keyOf(0);
  readonly known = new Set<PublicKeyHex>();
  readonly connected = new Set<PublicKeyHex>();
  readonly pending = new Map<ItemIdHex, Item>();
  /** How often `blocks` was asked, for tests of paging. */
  readonly reads: { readonly from: number; readonly to: number }[] = [];
  /** What `connect` was asked for. */
  readonly dialled: string[] = [];
  /** What `progressOf` answers. */
  readonly progress = new Map<ItemIdHex, Progress>();
  closings = 0;
  #status: Status;
  #links: readonly PeerView[] = [];
  #chain: BlockView[] = [];
  readonly #callbacks = { change: new Set(), block: new Set(), revert: new Set() } as {
    readonly [Name in keyof PeerEvents]: Set<(value: PeerEvents[Name]) => void>;
  };

  constructor(network: string) {
    this.#status = {
      network,
      listen: undefined,
      height: 0,
      root: undefined,
      tip: undefined,
      storage: 'best-effort',
      syncing: undefined,
      waitingFor: undefined,
      final: undefined,
      chainHealth: { ofBlocks: 0, authors: 0, greatestShare: 0, candidates: 0, captured: false },
      problems: [],
      closed: false,
    };
  }

  get status(): Status {
    const { length } = this.#chain;
    return { ...this.#status, height: length, root: this.#chain[0]?.hash, tip: this.#chain[length - 1]?.hash };
  }

  get chain(): readonly BlockView[] {
    return this.#chain;
  }

  peers(): readonly PeerView[] {
    return this.#links;
  }

  /** So many others, numbered from 1, all of them linked. The first by WebSocket, as an archive would be. */
  meet(others: number, since: number): void {
    const numbers = Array.from({ length: others }, (_, index) => index + 1);
    this.#links = numbers.map((number) => ({
      publicKey: keyOf(number),
      address: '127.0.0.1:1',
      carrier: number === 1 ? 'websocket' : 'webrtc',
      dialled: number % 2 === 0,
      ours: number !== 4,
      since: since + number * 61_000,
    }));
    for (const { publicKey } of this.#links) {
      this.known.add(publicKey);
      this.connected.add(publicKey);
    }
    this.#emit('change', undefined);
  }

  set(status: Settable): void {
    this.#status = { ...this.#status, ...status };
    this.#emit('change', undefined);
  }

  trouble(...problems: readonly Problem[]): void {
    this.#status = { ...this.#status, problems };
    this.#emit('change', undefined);
  }

  /** Blocks that stand there before anybody looks: no event. */
  stand(blocks: readonly (readonly Item[])[]): void {
    for (const items of blocks) this.#chain.push(this.#next(items));
  }

  /** One more block. What it holds is pending no more. */
  write(items: readonly Item[]): BlockView {
    const block = this.#next(items);
    this.#chain.push(block);
    for (const { id } of items) {
      this.pending.delete(id);
      if (this.progress.has(id)) this.progress.set(id, { level: 'included', height: block.height, block: block.hash });
    }
    this.#emit('block', block);
    this.#emit('change', undefined);
    return block;
  }

  /** Takes so many of the newest blocks away. Own items wait again. What follows them differs from what was there. */
  revert(blocks: number): void {
    const gone = this.#chain.splice(-blocks).reverse();
    this.#gone = [...gone];
    this.#fork++;
    for (const { items, height, hash } of gone) {
      for (const item of items) {
        if (!this.progress.has(item.id)) continue;
        this.pending.set(item.id, item);
        this.progress.set(item.id, { level: 'pending', waitingFor: undefined, gaveWay: { height, block: hash } });
      }
    }
    this.#emit('revert', gone);
    this.#emit('change', undefined);
  }

  /** The blocks that were taken away last stand on the chain again. */
  giveBack(): void {
    for (const block of this.#gone.splice(0).reverse()) {
      this.#chain.push(block);
      this.#emit('block', block);
    }
    this.#emit('change', undefined);
  }

  wait(...items: readonly Item[]): void {
    for (const item of items) this.pending.set(item.id, item);
    this.#emit('change', undefined);
  }

  createItem(data: Uint8Array): Item {
    return itemOf(data, 0);
  }

  /** By what the item says of itself. */
  async verifyItem({ verified }: Item): Promise<boolean> {
    return verified;
  }

  async verifyBlock({ items }: BlockView): Promise<boolean> {
    return items.every(({ verified }) => verified);
  }

  share(data: Uint8Array | Item): Receipt {
    if (this.#status.closed) throw new PeerError('closed', 'this peer is closed');
    const item = data instanceof Uint8Array ? itemOf(data, 0) : data;
    const progress: Progress = { level: 'pending', waitingFor: this.#status.waitingFor, gaveWay: undefined };
    this.progress.set(item.id, progress);
    this.wait(item);
    return { item, progress, included: new Promise(() => undefined), onProgress: () => () => undefined };
  }

  progressOf(id: ItemIdHex): Progress | undefined {
    return this.progress.get(id);
  }

  connect(address: string): void {
    if (!/^\S+:\d+$/.test(address)) throw new PeerError('bad-address', `nothing here reaches "${address}"`);
    this.dialled.push(address);
  }

  async *blocks(options: { readonly from?: number; readonly to?: number } = {}): AsyncIterable<BlockView> {
    const { from = 0, to = this.#chain.length } = options;
    this.reads.push({ from, to });
    yield* this.#chain.slice(from, to);
  }

  async *newBlocks(): AsyncIterable<BlockView> {}

  /** As many blocks as come, without items. */
  async importBlocks(parts: AsyncIterable<readonly Uint8Array[]>): Promise<number> {
    let taken = 0;
    for await (const part of parts) {
      for (const _ of part) this.write([]);
      taken += part.length;
    }
    return taken;
  }

  onBlockCreation(): void {}

  on<Name extends keyof PeerEvents>(event: Name, callback: (value: PeerEvents[Name]) => void): () => void {
    this.#callbacks[event].add(callback);
    return () => this.#callbacks[event].delete(callback);
  }

  /** Callbacks that are set, for tests that all are taken back. */
  get listening(): number {
    return Object.values(this.#callbacks).reduce((sum, callbacks) => sum + callbacks.size, 0);
  }

  async close(): Promise<void> {
    this.closings++;
    this.#status = { ...this.#status, closed: true };
    this.#emit('change', undefined);
  }

  #fork = 0;
  #gone: BlockView[] = [];

  #next(items: readonly Item[]): BlockView {
    const height = this.#chain.length;
    const parent = this.#chain.at(-1);
    return {
      height,
      hash: hex(64, `block ${height} ${this.#fork}`) as HashHex,
      parent: parent?.hash,
      author: keyOf((height * 7) % (this.known.size + 1)),
      nextChoices: [],
      items,
      signature: hex(128, `signature ${height}`) as SignatureHex,
    };
  }

  #emit<Name extends keyof PeerEvents>(event: Name, value: PeerEvents[Name]): void {
    for (const callback of this.#callbacks[event]) callback(value);
  }
}

export function keyOf(number: number): PublicKeyHex {
  return `${number % 2 === 0 ? '02' : '03'}${hex(64, `key ${number}`)}` as PublicKeyHex;
}

/** An item of the author with that number; text or bytes. */
export function itemOf(data: string | Uint8Array, author: number, odd: Partial<Item> = {}): Item {
  return {
    id: hex(64, `item ${items++}`) as ItemIdHex,
    data: typeof data === 'string' ? new TextEncoder().encode(data) : data,
    author: keyOf(author),
    signature: hex(128, `item ${author}`) as SignatureHex,
    verified: true,
    repeated: false,
    ...odd,
  };
}

let items = 0;

/** Looks like a hash and is none: a small generator seeded by the name. */
function hex(digits: number, name: string): string {
  let state = 2_166_136_261;
  for (const character of name) state = Math.imul(state ^ character.charCodeAt(0), 16_777_619);
  let text = '';
  while (text.length < digits) {
    state = Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9;
    text += (state >>> 0)
      .toString(16)
      .padStart(8, '0')
      .slice(0, digits - text.length);
  }
  return text;
}
