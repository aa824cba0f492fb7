/**
 * The reference's own tests on real TCP sockets, asserting more than the originals do (spec/scenarios.md).
 *
 * Each plays its steps and returns what took how long, with its deadline; what must hold whatever the time is asserted
 * here, by Node's own means: a benchmark plays them too. Deadlines are those of spec/scenarios.md: of `gcm-siv`, and for `cbc`, which has no Leave, 1.5 s for 0.2–0.25 s.
 */
import { deepStrictEqual, strictEqual } from 'node:assert';
import { setTimeout as wait } from 'node:timers/promises';
import { defaultConfig } from '../../../core/config.ts';
import { type Actor, eachKnows, oneChain, type Stage, untilHolds } from './stage.ts';

export interface Timed {
  readonly what: string;
  readonly tookMs: number;
  readonly mostMs: number;
}

export type Scenario = (stage: Stage) => Promise<Timed[]>;

const gatherMs = defaultConfig.dataGatherTimeMs;
/** Until an item stands in a block: the first one waits for calm (spec/safety.md, Roots). */
const blockMs = 30_000;

class Play {
  readonly times: Timed[] = [];
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** @param mostMs the deadline in `gcm-siv` */
  async within(what: string, mostMs: number, actors: readonly Actor[], holds: () => boolean): Promise<void> {
    const shorter = this.#stage.wire === 'cbc' && mostMs <= 250;
    const tookMs = await untilHolds(actors, holds);
    this.times.push({ what, tookMs, mostMs: shorter ? 1_500 : mostMs });
  }

  know(mostMs: number, count: number, actors: readonly Actor[]): Promise<void> {
    return this.within(`${actors.length} peers know ${count}`, mostMs, actors, eachKnows(actors, count));
  }

  /** All hold the items in one chain. */
  async ends(actors: readonly Actor[], texts: readonly string[]): Promise<void> {
    const holds = () => actors.every(({ peer }) => peer.pending.size === 0 && peer.status.height > 0);
    await untilHolds(actors, holds, blockMs);
    // A peer that has nothing pending may not have the newest block yet.
    const agree = () => holds() && new Set(actors.map(({ peer }) => peer.status.tip)).size === 1;
    await untilHolds(actors, agree, blockMs);
    deepStrictEqual(await oneChain(actors, texts), []);
  }
}

const twoPeers: Scenario = async (stage) => {
  const play = new Play(stage);
  const [first, second] = (await stage.addMany(2)) as [Actor, Actor];
  const thin = await stage.add({ thin: true });
  second.dial(first);
  thin.dial(first);
  await play.know(200, 1, [first, second]);
  for (const { peer } of [first, second]) strictEqual(peer.known.has(thin.peer.publicKey), false);
  return play.times;
};

const threePeers: Scenario = async (stage) => {
  const play = new Play(stage);
  const peers = (await stage.addMany(3)) as [Actor, Actor, Actor];
  const [first, middle, last] = peers;
  first.dial(middle);
  last.dial(middle);
  await play.know(200, 2, peers);
  first.share('one');
  await wait(gatherMs);
  await last.end();
  await play.know(200, 1, [first, middle]);
  first.share('two');
  await wait(gatherMs);
  await last.start();
  last.dial(middle);
  await play.know(200, 2, peers);
  await play.ends(peers, ['one', 'two']);
  return play.times;
};

const fivePeers: Scenario = async (stage) => {
  const play = new Play(stage);
  const peers = (await stage.addMany(5)) as [Actor, Actor, Actor, Actor, Actor];
  const [zero, one, two, three, four] = peers;
  zero.dial(one);
  two.dial(one);
  four.dial(three);
  await play.within('three know 2, two know 1', 250, peers, () => {
    return eachKnows([zero, one, two], 2)() && eachKnows([three, four], 1)();
  });
  one.dial(three);
  await play.know(250, 4, peers);
  return play.times;
};

const sendSingleData: Scenario = async (stage) => {
  const play = new Play(stage);
  const [first, second] = (await stage.addMany(2)) as [Actor, Actor];
  const thin = await stage.add({ thin: true });
  second.dial(first);
  thin.dial(first);
  await play.know(200, 1, [first, second]);
  await untilHolds([thin], () => thin.peer.connected.size > 0);
  thin.share('a word');
  await play.within('the item is pending on both', 500, [first, second], () => {
    return [first, second].every((actor) => actor.pendingTexts().includes('a word'));
  });
  await play.ends([first, second, thin], ['a word']);
  return play.times;
};

const dataReboot: Scenario = async (stage) => {
  const alone = await stage.add();
  alone.share('before');
  strictEqual(alone.peer.status.waitingFor, 'a second peer');
  await alone.end();
  await alone.start();
  deepStrictEqual(alone.pendingTexts(), ['before']);
  alone.share('after');
  await untilHolds([alone], () => alone.peer.status.waitingFor === 'a second peer');
  deepStrictEqual(alone.pendingTexts(), ['before', 'after']);
  return [];
};

const reconnectOne: Scenario = async (stage) => {
  const play = new Play(stage);
  const [zero, one] = (await stage.addMany(2)) as [Actor, Actor];
  one.dial(zero);
  await play.know(250, 1, [zero, one]);
  await zero.end();
  await play.know(250, 0, [one]);
  await zero.start();
  await play.know(3_000, 1, [zero, one]);
  return play.times;
};

const reconnectTwo: Scenario = async (stage) => {
  const play = new Play(stage);
  const [zero, one] = (await stage.addMany(2)) as [Actor, Actor];
  one.dial(zero);
  await play.know(250, 1, [zero, one]);
  await one.end();
  await play.know(250, 0, [zero]);
  await one.start();
  one.dial(zero);
  await play.know(250, 1, [zero, one]);
  return play.times;
};

/** @param count of the line */
export function massLine(count: number): Scenario {
  return async (stage) => {
    const play = new Play(stage);
    const peers: Actor[] = [];
    for (let place = 0; place < count; place++) {
      const peer = await stage.add();
      const before = peers.at(-1);
      if (before !== undefined) peer.dial(before);
      peers.push(peer);
      await wait(50);
    }
    await play.know(2_000, count - 1, peers);
    peers[1]?.share('along the line');
    await play.ends(peers, ['along the line']);
    return play.times;
  };
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  two_peers: twoPeers,
  three_peers: threePeers,
  five_peers: fivePeers,
  send_single_data: sendSingleData,
  data_reboot: dataReboot,
  reconnect_1: reconnectOne,
  reconnect_2: reconnectTwo,
  mass_line_20: massLine(20),
};
