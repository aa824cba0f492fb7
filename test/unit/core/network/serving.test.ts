import { describe, expect, it } from 'vitest';
import { type Block, encodeBlock } from '../../../../core/chain/block.ts';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import type { Hash } from '../../../../core/crypto/keys.ts';
import { hashHex } from '../../../../core/crypto/keys.ts';
import type { Effect } from '../../../../core/events.ts';
import type { GreetedLink } from '../../../../core/network/open-link.ts';
import { Outbox, windowBytes } from '../../../../core/network/outbox.ts';
import { Serving } from '../../../../core/network/serving.ts';
import { dialects } from '../../../../core/wire/dialect.ts';
import { Author } from '../../../model/author.ts';
import { ChainBench } from '../../../model/chain-bench.ts';

const a = new Author(2);
type Load = Extract<Effect, { kind: 'load' }>;

/** One link that is served, whose outbox drains when a test says so. */
class Bench {
  readonly bench = new ChainBench();
  readonly serving = new Serving(this.bench.chain, this.bench.effects);
  readonly outbox = new Outbox(0);
  readonly sent: string[] = [];
  readonly waiting: Load[] = [];
  linked = true;
  loads = 0;
  readonly #link = { id: 1, outbox: this.outbox, phase: { dialect: dialects.cbc } } as GreetedLink;

  readonly #links = () => (this.linked ? this.#link : undefined);

  request(start: Hash | undefined): void {
    this.serving.requested(1, start);
  }

  /** The end of an event. */
  advance(storeChanged = false): void {
    this.serving.advance(this.#links, storeChanged);
    for (const effect of this.bench.effects.take()) {
      if (effect.kind !== 'load') continue;
      this.loads++;
      this.waiting.push(effect);
    }
  }

  /** The store answers what waits. */
  answer(): void {
    for (const { request, query } of this.waiting.splice(0)) {
      this.serving.loaded(request, this.bench.store.answer(query), this.#links);
    }
    this.advance();
  }

  /** What the link takes now. @returns bytes */
  take(): number {
    let bytes = 0;
    for (let payload = this.outbox.next(); payload !== undefined; payload = this.outbox.next()) {
      expect(payload[0]).toBe(4);
      this.sent.push(bytesToHex(payload.subarray(1)));
      this.outbox.sent(payload.length, 0);
      bytes += payload.length;
    }
    return bytes;
  }

  drain(bytes: number): void {
    this.outbox.drained(bytes, 0);
    this.advance();
  }

  /** Until nothing more comes. */
  run(): void {
    this.advance();
    for (let rounds = 0; rounds < 10_000; rounds++) {
      this.answer();
      const bytes = this.take();
      this.drain(bytes);
      if (bytes === 0 && this.waiting.length === 0) return;
    }
    throw new Error('it is served without end');
  }
}

const bytes = (blocks: readonly Block[]) => blocks.map((block) => bytesToHex(encodeBlock(block)));

describe('a link that asked for blocks', () => {
  const chain = a.chain(300);

  it.each([
    ['all, from none', undefined, 0],
    ['those after the first', 0, 1],
    ['those after one that only the store holds', 137, 138],
    ['those after one that is held in memory', 295, 296],
    ['nothing after the tip', 299, 300],
  ])('is sent %s, oldest first', (_, start, from) => {
    const bench = new Bench();
    bench.bench.add(...chain);
    bench.request(start === undefined ? undefined : chain[start]?.hash);
    bench.run();
    expect(bench.sent).toEqual(bytes(chain.slice(from)));
    bench.run();
    expect(bench.sent).toHaveLength(300 - from);
  });

  it('is sent nothing when the start is not known, or not on our main chain', () => {
    const bench = new Bench();
    const root = a.block(undefined, [a.key, new Author(3).key]);
    const [main, side] = [a.block(root), new Author(3).block(root)];
    bench.bench.add(root, main, side);
    expect(bench.bench.chain.tree.onMain(hashHex(side.hash))).toBe(false);
    for (const start of [side.hash, new Author(4).block(undefined).hash]) {
      bench.request(start);
      bench.run();
    }
    expect(bench.sent).toEqual([]);
  });

  it('is sent nothing by a peer that holds nothing', () => {
    const bench = new Bench();
    bench.request(undefined);
    bench.run();
    expect([bench.sent, bench.loads]).toEqual([[], 0]);
  });

  it('is sent nothing before it has taken what it was sent', () => {
    const bench = new Bench();
    const large = [a.block(undefined)];
    for (let count = 0; count < 40; count++) large.push(a.block(large.at(-1), [a.key], [a.item('', 100_000)]));
    bench.bench.add(...large);
    bench.request(undefined);
    let untaken = 0;
    for (let events = 0; events < 20; events++) {
      bench.advance();
      bench.answer();
      untaken += bench.take();
    }
    expect(untaken).toBeGreaterThan(windowBytes);
    expect(untaken).toBeLessThan(2 * windowBytes);
    expect([bench.waiting.length, bench.take()]).toEqual([0, 0]);
    bench.drain(untaken);
    bench.run();
    expect(bench.sent).toEqual(bytes(large));
  });

  it('is answered anew when it asks again', () => {
    const bench = new Bench();
    bench.bench.add(...chain);
    bench.request(undefined);
    bench.advance();
    bench.request(chain[297]?.hash);
    bench.run();
    expect(bench.sent).toEqual(bytes(chain.slice(298)));
  });

  it('is not answered by what was read for its question before', () => {
    const bench = new Bench();
    bench.bench.add(...chain);
    bench.request(chain[3]?.hash);
    bench.advance();
    const [old] = bench.waiting.splice(0) as [Load];
    bench.request(chain[100]?.hash);
    bench.advance();
    const links = () => undefined;
    expect(bench.serving.loaded(old.request, bench.bench.store.answer(old.query), links)).toBe(false);
    bench.run();
    expect(bench.sent).toEqual(bytes(chain.slice(101)));
  });

  it('costs nothing more once it has ended', () => {
    const bench = new Bench();
    bench.bench.add(...chain);
    bench.request(undefined);
    bench.advance();
    expect(bench.waiting).toHaveLength(1);
    bench.linked = false;
    bench.serving.ended(1);
    bench.answer();
    bench.advance(true);
    expect([bench.loads, bench.sent]).toEqual([1, []]);
  });

  it('waits for blocks that are on their way to the store, without asking for them again and again', () => {
    const bench = new Bench();
    for (const block of chain) bench.bench.chain.add({ block, bytes: encodeBlock(block), ids: [], verified: [] }, 0);
    bench.bench.effects.take();
    bench.request(undefined);
    bench.advance();
    bench.answer();
    const { loads } = bench;
    for (let events = 0; events < 20; events++) bench.advance();
    expect(bench.loads).toBe(loads);
    bench.bench.store.blocks = chain.map((block, height) => ({
      height,
      hash: block.hash,
      items: [],
      bytes: encodeBlock(block),
      unverified: [],
    }));
    bench.advance(true);
    bench.run();
    expect(bench.sent).toEqual(bytes(chain));
  });

  it('is sent what was added meanwhile', () => {
    const bench = new Bench();
    bench.bench.add(...chain.slice(0, 200));
    bench.request(undefined);
    bench.advance();
    bench.bench.add(...chain.slice(200));
    bench.run();
    expect(bench.sent).toEqual(bytes(chain));
  });
});
