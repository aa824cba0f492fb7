/**
 * Slow clients of every kind, in a process of their own: as many as its parent says, as many of each kind, and for each
 * that the relay hangs up on another one some seconds later. They come one after the other: what a relay does when very
 * many come in one moment is another question.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Seeded } from '../../model/seeded.ts';
import { type SlowClient, type SlowKind, slowClient, slowKinds } from '../../model/slow-clients.ts';

export type SlowOrder =
  | { readonly kind: 'come'; readonly url: string; readonly clients: number }
  /** How it has gone so far. */
  | { readonly kind: 'tell' };

export interface SlowTelling {
  readonly kind: SlowKind;
  /** Those that have been hung up on. */
  readonly cut: number;
  /** The longest life of those. */
  readonly longestMs: number;
}

const againMs = { least: 4_000, most: 6_000 };
const comingMs = 3;

const lives: Record<SlowKind, number[]> = Object.fromEntries(slowKinds.map((kind) => [kind, []])) as never;
const drawn = new Seeded(1);
let seed = 1_000_000;

process.on('message', (order: SlowOrder) => {
  if (order.kind === 'come') {
    void come(order.url, order.clients);
  } else {
    const tellings: SlowTelling[] = slowKinds.map((kind) => ({
      kind,
      cut: lives[kind].length,
      longestMs: Math.max(0, ...lives[kind]),
    }));
    process.send?.(tellings);
  }
});

async function come(url: string, clients: number): Promise<void> {
  for (let i = 0; i < clients; i++) {
    keep(slowKinds[i % slowKinds.length] as SlowKind, url);
    await wait(comingMs);
  }
  process.send?.('they are there');
}

function keep(kind: SlowKind, url: string): void {
  const client: SlowClient = slowClient(kind, url, seed++);
  void client.ended.then((ms) => {
    lives[kind].push(ms);
    setTimeout(() => keep(kind, url), drawn.between(againMs.least, againMs.most));
  });
}
