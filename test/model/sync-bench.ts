/**
 * One `Sync` moved through time as a peer moves it, and what it asks for.
 */
import { bytesToHex } from '../../core/codec/bytes.ts';
import type { Hash } from '../../core/crypto/keys.ts';
import { type BlockRequest, type GivenUp, Sync } from '../../core/network/sync.ts';

export const start = 1_000;
export const hash = (name: number) => new Uint8Array(32).fill(name) as Hash;
/** Blocks of our own chain, newest first. */
const below = (blocks: number) => (blocks < 10 ? hash(100 + blocks) : undefined);

/** Moves a sync through time as a peer does, and keeps what it asks for. */
export class SyncBench {
  now = start;
  readonly otherRoot = new Set<number>();
  readonly checking = new Set<number>();
  readonly unread = new Set<number>();
  readonly requests: { readonly at: number; readonly link: number; readonly start: string | undefined }[] = [];
  readonly givenUp: GivenUp[] = [];
  readonly sync: Sync;

  /** @param height of our chain; @param short whether asking from none helps */
  constructor(height = 10, short = false) {
    this.sync = new Sync({
      below: (blocks) => (this.unread.has(blocks) ? 'unread' : blocks < height ? below(blocks) : undefined),
      deepest: height - 1,
      short,
      hasOtherRoot: (link) => this.otherRoot.has(link),
      isChecking: (link) => this.checking.has(link),
    });
  }

  want(link: number, target: number, count = 50): void {
    this.sync.want(link, { target: hash(target), count });
    this.event();
  }

  /** The end of an event. */
  event(): void {
    const { again, givenUp } = this.sync.elapse(this.now);
    this.#keep(again);
    this.givenUp.push(...givenUp);
    this.#keep(this.sync.next(this.now));
    const { deadline } = this.sync;
    if (deadline !== undefined && deadline <= this.now) throw new Error('it wakes at a time that is past');
  }

  /** To a time, waking at every deadline on the way. */
  until(time: number): void {
    for (let wakes = 0; ; wakes++) {
      if (wakes > 1_000) throw new Error('it wakes without end');
      const { deadline } = this.sync;
      if (deadline === undefined || deadline > time) break;
      this.now = deadline;
      this.event();
    }
    this.now = time;
  }

  /** A block comes on this link. */
  block(link: number, kind: 'held' | 'new' | 'side' | 'moved'): boolean {
    const open = this.sync.arrived(link, kind === 'held', this.now);
    if (open && kind !== 'held' && kind !== 'new') this.sync.useful(link, kind === 'moved', this.now);
    this.event();
    return open;
  }

  get asked(): (string | undefined)[] {
    return this.requests.map(({ start: from }) => from);
  }

  #keep(requests: readonly BlockRequest[]): void {
    for (const { link, start: from } of requests) {
      this.requests.push({
        at: this.now - start,
        link,
        start: from === undefined ? undefined : bytesToHex(from).slice(0, 2),
      });
    }
  }
}
