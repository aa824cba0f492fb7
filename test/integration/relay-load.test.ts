/**
 * Many tabs at one relay, and beside them many that only hold its sockets: who is honest is served, who is slow is cut.
 *
 * What is shown here is behaviour; how fast it is, `npm run bench -- relay` says.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { utf8Bytes } from '../../core/codec/bytes.ts';
import { mostTold } from '../../core/wire/signaling.ts';
import { openNodePeer } from '../../relay/open.ts';
import { type Relay, startRelay } from '../../relay/relay.ts';
import { Seeded } from '../model/seeded.ts';
import { SignalingClient } from '../model/signaling-client.ts';
import { type SlowClient, slowClient, slowKinds } from '../model/slow-clients.ts';

const tabs = 300;
const slowOnes = 200;
const seed = 1;
/** Ten seconds, and what a machine with much else to do adds. */
const cutWithinMs = 20_000;

let folder: string;
let relay: Relay;
let ends: (() => unknown)[];
/** Open TCP sockets of this process: those of the relay and of all its visitors. */
const sockets = () => process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
let socketsBefore: number;

beforeEach(async () => {
  socketsBefore = sockets();
  folder = await mkdtemp(join(tmpdir(), 'mccloud-load-'));
  const pageFolder = join(folder, 'page');
  await mkdir(pageFolder);
  await writeFile(join(pageFolder, 'index.html'), '<title>mccloud</title>');
  relay = await startRelay({
    host: '127.0.0.1',
    port: 0,
    folder,
    networks: ['main'],
    pageFolder,
    log: () => undefined,
  });
  ends = [() => rm(folder, { recursive: true }), () => relay.close()];
});

afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

async function joined(place: number): Promise<{ readonly client: SignalingClient; readonly told: readonly string[] }> {
  const client = await SignalingClient.joined(relay.url, place);
  ends.push(() => client.socket.terminate());
  return { client, told: await client.told() };
}

async function crowd(count: number): Promise<{ readonly client: SignalingClient; readonly told: readonly string[] }[]> {
  const members: Awaited<ReturnType<typeof crowd>> = [];
  for (let place = 0; place < count; place += 50) {
    members.push(...(await Promise.all(Array.from({ length: 50 }, (_, i) => joined(place + i)))));
  }
  return members;
}

function slowCrowd(count: number): SlowClient[] {
  return Array.from({ length: count }, (_, i) => {
    const kind = slowKinds[i % slowKinds.length] as (typeof slowKinds)[number];
    const client = slowClient(kind, relay.url, 10_000 + i, 25);
    ends.push(() => client.end());
    return client;
  });
}

/** Seeded pairs send to each other and answer. */
async function talk(members: readonly { readonly client: SignalingClient }[], rounds: number): Promise<void> {
  const drawn = new Seeded(seed);
  for (let i = 0; i < rounds; i++) {
    const [one, other] = drawn.shuffled(members).map(({ client }) => client) as [SignalingClient, SignalingClient];
    const sealed = drawn.bytes(500);
    one.send({ kind: 'signal', to: other.key, sealed });
    expect(await other.next('signalled')).toEqual({ kind: 'signalled', from: one.key, sealed });
    other.send({ kind: 'signal', to: one.key, sealed });
    expect(await one.next('signalled')).toEqual({ kind: 'signalled', from: other.key, sealed });
  }
}

async function nobodyIsLeft(): Promise<void> {
  await vi.waitFor(async () => {
    const { client, told } = await joined(999_999);
    await client.close();
    expect(told).toEqual([]);
  });
  await vi.waitFor(() => expect(sockets()).toBe(socketsBefore), { timeout: 10_000 });
}

describe(`${tabs} tabs at one relay`, () => {
  it('are each told of ten others that are there, once each and never of themselves, and leave nothing', async () => {
    const members = await crowd(tabs);
    const all = new Set(members.map(({ client }) => client.hex));
    expect(all.size).toBe(tabs);
    for (const { told } of members.slice(50)) expect(told).toHaveLength(mostTold);
    for (const { client } of members) client.send({ kind: 'ask', exclude: [] });
    const again = await Promise.all(members.map(async ({ client }) => ({ client, told: await client.told() })));
    for (const { client, told } of [...members, ...again]) {
      expect(new Set(told).size).toBe(told.length);
      expect(told).not.toContain(client.hex);
      for (const other of told) expect(all).toContain(other);
    }
    await talk(members, 100);
    const left = members.splice(0, 200);
    await Promise.all(left.map(({ client }) => client.close()));
    const gone = new Set(left.map(({ client }) => client.hex));
    await vi.waitFor(async () => {
      for (const { client } of members) client.send({ kind: 'ask', exclude: [] });
      for (const { client } of members) for (const other of await client.told()) expect(gone).not.toContain(other);
    });
    await Promise.all(members.map(({ client }) => client.close()));
    await nobodyIsLeft();
  });
});

describe(`${slowOnes} clients that hold sockets and give nothing`, () => {
  it('are cut within their time, while who is honest loads the page, joins, signals, links and shares', async () => {
    const peer = await openNodePeer({ network: 'main', folder: join(folder, 'peer') });
    ends.push(() => peer.close());
    const members = await crowd(50);
    const slow = slowCrowd(slowOnes);
    const holding = new Set(slow);
    for (const client of slow) void client.ended.then(() => holding.delete(client));
    const startedAt = performance.now();
    // All of them sit there by now.
    await vi.waitFor(() => expect(sockets()).toBeGreaterThan(socketsBefore + slowOnes));
    peer.connect(`${relay.url.replace('http', 'ws')}/peer/main`);
    await vi.waitFor(() => expect(peer.connected.size).toBe(1), { timeout: 10_000 });
    let served = 0;
    while (holding.size > 0 && performance.now() - startedAt < cutWithinMs) {
      expect((await fetch(relay.url)).status).toBe(200);
      await (await joined(1_000 + served)).client.close();
      await talk(members, 5);
      if (served % 10 === 0) await peer.share(utf8Bytes(`item ${served}`)).included;
      served++;
    }
    expect([...holding].map(({ kind }) => kind)).toEqual([]);
    expect(served).toBeGreaterThan(5);
    for (const { client } of members) await client.close();
    await peer.close();
    await nobodyIsLeft();
  });
});
