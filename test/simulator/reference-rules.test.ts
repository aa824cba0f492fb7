/**
 * The rules that the models of the reference keep, one by one: catching up, neighbours, who writes, thin peers, roots
 * (spec/wire.md, Greeting, Messages, Who writes the next block).
 */
import { describe, expect, it } from 'vitest';
import { Client } from '../model/reference/client.ts';
import type { ReferencePeer } from '../model/reference/reference-peer.ts';
import type { ExactMessage } from '../model/second-decoder.ts';
import { loopback } from './network.ts';
import { Simulator } from './simulator.ts';

const eras = ['cbc', 'gcm-siv'] as const;
const gatherMs = 750;

function simulated(): Simulator {
  return new Simulator({ seed: 3, conditions: loopback });
}

function dialled(simulator: Simulator, to: ReferencePeer): Client {
  const client = new Client(simulator.world, to.era, to, simulator.newSecret());
  simulator.run(20);
  return client;
}

/** Hashes of the blocks that were sent as asked for. */
function servedTo(client: Client): string[] {
  return client.heard.flatMap((message) => (message.type === 'requestedBlock' ? [message.block.hash] : []));
}

function said<T extends ExactMessage['type']>(client: Client, type: T): Extract<ExactMessage, { type: T }>[] {
  return client.heard.filter((message): message is Extract<ExactMessage, { type: T }> => message.type === type);
}

/** Two that are linked, with this many blocks. */
function pair(simulator: Simulator, era: (typeof eras)[number], blocks: number): [ReferencePeer, ReferencePeer] {
  const [a, b] = [simulator.addReference(era), simulator.addReference(era)];
  a.connect(b);
  simulator.run(1_000);
  for (let i = 1; i <= blocks; i++) {
    a.share(Buffer.from(`${i}`));
    expect(simulator.runUntil(() => b.chain.length === i && a.chain.length === i, 4_000)).toBe(true);
  }
  return [a, b];
}

describe.each(eras)('a reference peer of %s', (era) => {
  it('is sent the blocks it lacks, and asks for none when it has as many', () => {
    const simulator = simulated();
    const [a] = pair(simulator, era, 3);
    const late = simulator.addReference(era);
    late.connect(a);
    simulator.run(200);
    expect(late.chain).toEqual(a.chain);
    const client = dialled(simulator, late);
    client.greet({ last: '11'.repeat(32), count: 3n });
    simulator.run(200);
    expect(said(client, 'requestBlocks')).toEqual([]);
  });

  it('asks from its newest block on whoever has more, thin ones only in cbc', () => {
    const simulator = simulated();
    const [a] = pair(simulator, era, 2);
    const asked = [false, true].map((thin) => {
      const client = dialled(simulator, a);
      client.greet({ last: '11'.repeat(32), count: 3n, thin });
      simulator.run(200);
      return said(client, 'requestBlocks').map(({ start }) => start);
    });
    expect(asked).toEqual([[a.tip], era === 'cbc' ? [a.tip] : []]);
  });

  it('answers with all blocks, those after one, or none after one that it does not have', () => {
    const simulator = simulated();
    const [a] = pair(simulator, era, 3);
    const hashes = a.chain.map(({ hash }) => hash);
    const [first = ''] = hashes;
    for (const [start, wanted] of [
      [null, hashes],
      [first, hashes.slice(1)],
      ['11'.repeat(32), []],
    ] as const) {
      const client = dialled(simulator, a);
      client.greet();
      simulator.run(20);
      client.say({ type: 'requestBlocks', start });
      simulator.run(100);
      expect(servedTo(client)).toEqual(wanted);
    }
  });

  it('refuses one with another root, and takes one without any', () => {
    const simulator = simulated();
    const [a] = pair(simulator, era, 1);
    const [c] = pair(simulator, era, 1);
    c.connect(a);
    simulator.run(1_000);
    expect(a.connected).not.toContain(c.hex);
    expect([...a.refusals, ...c.refusals]).toContain('another root');
    const without = simulator.addReference(era);
    without.connect(a);
    simulator.run(1_000);
    expect(a.connected).toContain(without.hex);
  });

  it('asks every 10 s for neighbours while it has fewer than three, and dials those it is told of', () => {
    const simulator = simulated();
    const peers = [0, 1, 2].map(() => simulator.addReference(era)) as [ReferencePeer, ReferencePeer, ReferencePeer];
    const [a, b, c] = peers;
    a.connect(b);
    c.connect(b);
    const client = dialled(simulator, a);
    client.greet({ thin: true });
    simulator.run(9_500);
    expect(said(client, 'requestNeighbours')).toEqual([]);
    expect(a.connected).not.toContain(c.hex);
    simulator.run(1_000);
    expect(said(client, 'requestNeighbours')).toMatchObject([{ count: 3 }]);
    expect(said(client, 'requestNeighbours')[0]?.exclude.toSorted()).toEqual([b.hex, client.signer.key].sort());
    expect(a.connected).toContain(c.hex);
    simulator.run(30_000);
    expect(said(client, 'requestNeighbours')).toHaveLength(1);
  });

  it('introduces its neighbours, but not who asks, who is excluded, who is thin, or more than were asked for', () => {
    const simulator = simulated();
    const peer = simulator.addReference(era);
    const others = [0, 1, 2].map(() => simulator.addReference(era));
    const thin = simulator.addReference(era, { thin: true });
    for (const other of [...others, thin]) other.connect(peer);
    const client = dialled(simulator, peer);
    client.greet();
    simulator.run(200);
    const [first] = others as [ReferencePeer];
    const asked = (count: number): string[] => {
      client.heard.length = 0;
      client.say({ type: 'requestNeighbours', count, exclude: [first.hex] });
      simulator.run(20);
      return said(client, 'introduceNeighbours').flatMap(({ neighbours }) => neighbours.map(([key]) => key));
    };
    expect(asked(9).sort()).toEqual([...others.slice(1).map(({ hex }) => hex)].sort());
    expect(asked(1)).toHaveLength(1);
  });

  it('lets the first that is named and online write', () => {
    const simulator = simulated();
    const peers = [0, 1, 2, 3].map(() => simulator.addReference(era));
    const [hub] = peers as [ReferencePeer];
    for (const peer of peers.slice(1)) peer.connect(hub);
    simulator.run(1_500);
    for (let i = 0; i < 8; i++) {
      hub.share(Buffer.from(`${i}`));
      expect(simulator.runUntil(() => peers.every(({ chain }) => chain.length === i + 1), 4_000)).toBe(true);
    }
    for (const [place, { nextChoices }] of hub.chain.slice(0, -1).entries())
      expect(hub.chain[place + 1]?.author).toBe(nextChoices[0]);
  });

  it('writes when nobody named is online if its key is the lowest of those that are, and only then', () => {
    const simulator = simulated();
    const wrote = [0, 1, 2, 3, 4, 5].map(() => {
      const peer = simulator.addReference(era);
      const client = dialled(simulator, peer);
      client.greet();
      simulator.run(20);
      const gone = simulator.world.crypto.curve.publicKey(simulator.newSecret());
      const nextChoices = [Buffer.from(gone).toString('hex')];
      const block = client.signer.block({ parent: null, data: [], nextChoices, author: client.signer.key });
      client.say({ type: 'requestedBlock', block });
      peer.share(Buffer.from('forced'));
      for (let count = 1n; count < 6n; count++) {
        if (era === 'cbc') client.say(client.signer.keepAlive(count));
        simulator.run(500);
      }
      expect(peer.chain.length === 2).toBe(peer.hex < client.signer.key);
      return peer.chain.length === 2;
    });
    expect(new Set(wrote)).toEqual(new Set([true, false]));
  });

  it('lets nobody write when none that is named is online and forced restart is off', () => {
    const simulator = simulated();
    const [a, b] = [0, 1].map(() => simulator.addReference(era, { forcedRestart: false })) as [
      ReferencePeer,
      ReferencePeer,
    ];
    a.connect(b);
    simulator.run(1_000);
    a.share(Buffer.from('first'));
    expect(simulator.runUntil(() => b.chain.length === 1, 4_000)).toBe(true);
    const [author, named] = a.chain[0]?.author === a.hex ? [a, b] : [b, a];
    expect(author.chain[0]?.nextChoices).toEqual([named.hex]);
    named.stop();
    const other = simulator.addReference(era, { forcedRestart: false });
    other.connect(author);
    simulator.run(1_500);
    other.share(Buffer.from('second'));
    simulator.run(30_000);
    expect([author.chain.length, author.pending.length]).toEqual([1, 1]);
  });

  it('signs the same words to the same bytes, and takes them again once they are in a block', () => {
    const simulator = simulated();
    const [a] = pair(simulator, era, 0);
    const words = Buffer.from('again');
    const first = a.share(words);
    expect([a.share(words), a.pending.length]).toEqual([first, 1]);
    expect(simulator.runUntil(() => a.chain.length === 1, 4_000)).toBe(true);
    expect([a.share(words), a.pending.length]).toEqual([first, 1]);
    expect(simulator.runUntil(() => a.chain.length === 2, 4_000)).toBe(true);
  });

  it('forgets its pool and whom it knew when it starts again, not its blocks', () => {
    const simulator = simulated();
    const [a, b] = pair(simulator, era, 1);
    b.stop();
    simulator.run(1_500);
    a.share(Buffer.from('pending'));
    a.stop();
    a.start();
    expect([a.chain.length, a.pending.length, a.known.size]).toEqual([1, 0, 0]);
  });

  it('cannot be reached by a name that leads nowhere', () => {
    const simulator = simulated();
    const reference = simulator.addReference(era);
    const tab = simulator.add();
    reference.connect(tab);
    simulator.run(20_000);
    expect(reference.connected).toEqual([]);
  });
});

it('a thin peer writes nothing, though it is the lowest key and something is pending', () => {
  for (const era of eras) {
    const simulator = simulated();
    const [a, thin] = [simulator.addReference(era), simulator.addReference(era, { thin: true })];
    thin.connect(a);
    thin.share(Buffer.from('nobody writes it'));
    simulator.run(10 * gatherMs);
    expect([a.known.size, a.chain.length, thin.chain.length, thin.isWriting]).toEqual([0, 0, 0, false]);
  }
});
