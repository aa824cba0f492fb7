import { describe, expect, it } from 'vitest';
import { type Hash, hashHex } from '../../../../core/crypto/keys.ts';
import { type BlockRequest, type GivenUp, Sync } from '../../../../core/network/sync.ts';

const start = 1_000;
const hash = (name: number) => new Uint8Array(32).fill(name) as Hash;
/** Of our block so far below the tip. */
const at = (back: number) => Uint8Array.of(back & 255, back >> 8, ...new Uint8Array(30)) as Hash;

/** One neighbour of ours that holds a block we lack; moved through time as a peer does. */
class Bench {
  now = start;
  isChecking = false;
  /** How far below our tip it is in memory; the store is asked for the rest, and has read it a moment later. */
  remembered: number;
  /** What each question named, as so far below the tip; and by which number, of those by a locator. */
  readonly asked: number[][] = [];
  readonly ranges: number[] = [];
  readonly givenUp: GivenUp[] = [];
  readonly sync: Sync;
  #wanted: number | undefined;

  constructor({ height = 10, remembered = 9, short = false, otherRoot = false } = {}) {
    this.remembered = remembered;
    const inMemory = () => this.remembered;
    this.sync = new Sync({
      below: (back) => {
        if (back >= height) return undefined;
        if (back <= this.remembered) return at(back);
        this.#wanted = back;
        return 'unread';
      },
      get remembered() {
        return inMemory();
      },
      deepest: height - 1,
      short,
      hasOtherRoot: () => otherRoot,
      isChecking: () => this.isChecking,
      takesLocators: () => true,
    });
    this.sync.want(1, { target: hash(7), count: 50 });
    this.event();
  }

  /** The store has read what was wanted. */
  read(): void {
    this.remembered = Math.max(this.remembered, this.#wanted ?? 0);
    this.until(this.now + 100);
  }

  event(): void {
    const { again, givenUp } = this.sync.elapse(this.now);
    this.givenUp.push(...givenUp);
    for (const request of [...again, ...this.sync.next(this.now)]) this.#keep(request);
    const { deadline } = this.sync;
    if (deadline !== undefined) expect(deadline).toBeGreaterThan(this.now);
  }

  until(time: number): void {
    for (let wakes = 0; wakes < 1_000; wakes++) {
      const { deadline } = this.sync;
      if (deadline === undefined || deadline > time) break;
      this.now = deadline;
      this.event();
    }
    this.now = time;
  }

  over(nothingShared: boolean): void {
    this.sync.over(1, nothingShared);
    this.event();
  }

  get range(): number {
    return this.ranges.at(-1) ?? 0;
  }

  #keep(request: BlockRequest): void {
    const named = 'range' in request ? request.locator : [request.start].filter((from) => from !== undefined);
    this.asked.push(named.map(([low = 0, high = 0]) => low + 256 * high));
    if ('range' in request) this.ranges.push(request.range);
  }
}

describe('one of ours that holds what we lack', () => {
  it('is named all places at once where the fork may be', () => {
    expect(new Bench().asked).toEqual([[0, 1, 2, 4, 8]]);
  });

  it.each([
    ['who holds nothing', new Bench({ height: 0, short: true })],
    ['one whose chain has another root', new Bench({ otherRoot: true })],
  ])('is asked for all by %s', (_, { asked, ranges }) => {
    expect([asked, ranges.length]).toEqual([[[]], 1]);
  });

  it('counts with the answer to the open question only', () => {
    const bench = new Bench();
    const { sync, range } = bench;
    expect([range - 1, range, range + 1].map((each) => sync.answers(1, each))).toEqual([false, true, false]);
    expect(sync.answers(2, range)).toBe(false);
    sync.held(hashHex(hash(7)));
    expect(sync.answers(1, range)).toBe(false);
  });

  it('that does not answer within a second is asked as a reference peer is', () => {
    const bench = new Bench();
    bench.until(start + 999);
    expect(bench.asked).toHaveLength(1);
    bench.until(start + 2_500);
    expect(bench.asked.slice(1)).toEqual([[0], [1]]);
    expect([bench.ranges.length, bench.sync.answers(1, bench.range)]).toEqual([1, false]);
  });

  it('that shares nothing is asked from further back, where the store has read what is there, and then given up', () => {
    const bench = new Bench({ height: 4_097 });
    for (const round of [1, 2, 3]) {
      bench.over(true);
      expect([bench.asked.length, bench.givenUp]).toEqual([round, []]);
      bench.read();
      expect(bench.asked).toHaveLength(round + 1);
    }
    expect(bench.asked.map((named) => named.at(-1))).toEqual([8, 64, 512, 4_096]);
    expect(bench.asked[3]).toEqual([0, ...Array.from({ length: 13 }, (_, power) => 2 ** power)]);
    bench.over(true);
    expect([bench.asked.length, bench.givenUp]).toEqual([4, [{ link: 1, hasMoved: false }]]);
  });

  it('is named the oldest that is compared too, where that is no power of two', () => {
    const bench = new Bench({ height: 51, remembered: 50 });
    expect(bench.asked).toEqual([[0, 1, 2, 4, 8, 16, 32]]);
    bench.over(true);
    expect(bench.asked[1]).toEqual([0, 1, 2, 4, 8, 16, 32, 50]);
  });

  it('that shares nothing of a short chain is asked for all, once', () => {
    const bench = new Bench({ height: 9, short: true });
    bench.over(true);
    expect([bench.givenUp, bench.asked[1], bench.ranges.length]).toEqual([[], [], 2]);
    bench.over(true);
    expect([bench.givenUp.length, bench.asked.length]).toEqual([1, 2]);
  });

  it('that has nothing more than we hold has left the block that it named', () => {
    for (const sendsHeld of [false, true]) {
      const bench = new Bench();
      if (sendsHeld) bench.sync.arrived(1, true, bench.now);
      bench.over(false);
      expect(bench.givenUp).toEqual([{ link: 1, hasMoved: true }]);
      bench.until(start + 60_000);
      expect(bench.asked).toHaveLength(1);
    }
  });

  it('is waited for when it has sent something of use, and asked again from there', () => {
    const bench = new Bench();
    bench.sync.arrived(1, false, bench.now);
    bench.sync.useful(1, true, bench.now);
    bench.over(false);
    bench.until(start + 9_999);
    expect([bench.givenUp, bench.asked.length]).toEqual([[], 1]);
    bench.until(start + 10_000);
    expect(bench.ranges).toHaveLength(2);
  });

  it('is waited for while what it has sent is under check', () => {
    const bench = new Bench();
    bench.isChecking = true;
    bench.over(false);
    expect(bench.givenUp).toEqual([]);
    bench.isChecking = false;
    bench.until(start + 1_000);
    expect(bench.givenUp).toHaveLength(1);
  });
});
