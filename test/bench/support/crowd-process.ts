/**
 * Many tabs of a relay as far as it can tell, in a process of their own: the memory of `npm run bench -- relay` counts
 * the relay's alone. Does what it is told by its parent, one order after the other, and answers each.
 */
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { Seeded } from '../../model/seeded.ts';
import { SignalingClient } from '../../model/signaling-client.ts';

export type Order =
  /** So many more join, at most `atOnce` of them on their way at a time; the keys are those of seeds from `seed` on. */
  | {
      readonly kind: 'join';
      readonly url: string;
      readonly sockets: number;
      readonly atOnce: number;
      readonly seed: number;
    }
  /** Round trips between seeded pairs, and in between as many through a bare server (bare-process.ts). */
  | {
      readonly kind: 'measure';
      readonly bare: string;
      readonly samples: number;
      readonly perSecond: number;
      readonly seed: number;
    }
  | { readonly kind: 'leave' };

export type Answer =
  | { readonly kind: 'joined'; readonly ms: number }
  | { readonly kind: 'measured'; readonly timesMs: readonly number[]; readonly bareMs: readonly number[] }
  | { readonly kind: 'left' };

/** A system has some 28,000 ports for each address to dial from. */
const socketsOfOneAddress = 5_000;
/** An ICE candidate, sealed. */
const sealedBytes = 500;

const clients: SignalingClient[] = [];

process.on('message', (order: Order) => {
  obey(order).then(
    (answer) => process.send?.(answer),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
});

function obey(order: Order): Promise<Answer> {
  switch (order.kind) {
    case 'join':
      return join(order);
    case 'measure':
      return measure(order);
    case 'leave':
      return leave();
  }
}

async function join({ url, sockets, atOnce, seed }: Order & { kind: 'join' }): Promise<Answer> {
  const startedAt = performance.now();
  const until = clients.length + sockets;
  let next = clients.length;
  const joining = Array.from({ length: Math.min(atOnce, sockets) }, async () => {
    while (next < until) {
      const place = next++;
      const localAddress = `127.0.0.${2 + Math.floor(place / socketsOfOneAddress)}`;
      const client = new SignalingClient(url, seed + place, { localAddress });
      await client.join('main', new URL(url).origin);
      await client.told();
      clients[place] = client;
    }
  });
  await Promise.all(joining);
  return { kind: 'joined', ms: performance.now() - startedAt };
}

async function measure({ bare, samples, perSecond, seed }: Order & { kind: 'measure' }): Promise<Answer> {
  const seeded = new Seeded(seed);
  const pair = await BarePair.open(bare);
  const startedAt = performance.now();
  const trips: Promise<number>[] = [];
  const bareTrips: Promise<number>[] = [];
  /** Each is at one end of a trip at a time, or it would take another's answer for its own. */
  const idle = new Set(clients);
  const taken = (): SignalingClient => {
    for (;;) {
      const client = seeded.pick(clients);
      if (idle.delete(client)) return client;
    }
  };
  for (let i = 0; i < samples; i++) {
    await until(startedAt + (i * 1_000) / perSecond);
    while (idle.size < 2) await wait(1);
    const [one, other] = [taken(), taken()];
    const trip = roundTrip(one, other, seeded.bytes(sealedBytes));
    trips.push(trip.finally(() => void idle.add(one).add(other)));
    await until(startedAt + ((i + 0.5) * 1_000) / perSecond);
    if (pair.isIdle) bareTrips.push(pair.roundTrip(seeded.bytes(sealedBytes)));
  }
  const [timesMs, bareMs] = [await Promise.all(trips), await Promise.all(bareTrips)];
  pair.close();
  return { kind: 'measured', timesMs, bareMs };
}

async function until(at: number): Promise<void> {
  const dueMs = at - performance.now();
  if (dueMs > 0) await wait(dueMs);
}

async function roundTrip(one: SignalingClient, other: SignalingClient, sealed: Uint8Array): Promise<number> {
  const startedAt = performance.now();
  one.send({ kind: 'signal', to: other.key, sealed });
  await other.next('signalled');
  other.send({ kind: 'signal', to: one.key, sealed });
  await one.next('signalled');
  return performance.now() - startedAt;
}

/** Two sockets to a bare server, which sends to one what the other says. */
class BarePair {
  isIdle = true;
  readonly #one: WebSocket;
  readonly #other: WebSocket;

  private constructor(one: WebSocket, other: WebSocket) {
    this.#one = one;
    this.#other = other;
    other.on('message', (data: Buffer) => other.send(data));
  }

  static async open(url: string): Promise<BarePair> {
    const sockets = [new WebSocket(url), new WebSocket(url)] as const;
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    return new BarePair(...sockets);
  }

  async roundTrip(bytes: Uint8Array): Promise<number> {
    this.isIdle = false;
    const startedAt = performance.now();
    this.#one.send(bytes);
    await once(this.#one, 'message');
    this.isIdle = true;
    return performance.now() - startedAt;
  }

  close(): void {
    this.#one.terminate();
    this.#other.terminate();
  }
}

async function leave(): Promise<Answer> {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  return { kind: 'left' };
}
