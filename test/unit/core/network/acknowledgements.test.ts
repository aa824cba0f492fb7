import { describe, expect, it } from 'vitest';
import type { Block } from '../../../../core/chain/block.ts';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import { type Hash, hashHex, keyHex, type PublicKey } from '../../../../core/crypto/keys.ts';
import { Effects } from '../../../../core/effects.ts';
import { Acknowledgements } from '../../../../core/network/acknowledgements.ts';
import { Links } from '../../../../core/network/links.ts';
import { Members } from '../../../../core/network/members.ts';
import { extensionSaying } from '../../../../core/wire/carrier.ts';
import { type Acknowledgement, acknowledgementDigest } from '../../../../core/wire/holdings.ts';
import { wireVersion } from '../../../../core/wire/messages.ts';
import { type Author, authors, candidateOf } from '../../../model/author.ts';
import { ChainBench } from '../../../model/chain-bench.ts';
import { extensions } from '../../../model/extensions.ts';
import { fakeCurve, fakeVerify } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';
import { SlowStore } from '../../../model/slow-store.ts';
import { type Remote, Stage, storedBlocks } from '../../../model/stage.ts';

const [self, b, c, d, e] = authors(5) as [Author, Author, Author, Author, Author];
const reference = { version: { ...wireVersion, target: '', branch: '', commit: '' } };
const seeded = new Seeded(3);
const all: readonly PublicKey[] = [self.key, b.key, c.key, d.key, e.key];
/** Everybody may write on it. */
const root = b.block(undefined, all);

function promise({ key, secret }: Author, block: Block, network = 'stage', parent = block.parent): Acknowledgement {
  const digest = acknowledgementDigest({ network, block: block.hash, parent });
  return { block: block.hash, key, sign: fakeCurve.sign(digest, secret, seeded.bytes(32)) };
}

function saying(acknowledgement: Acknowledgement) {
  return extensionSaying({ kind: 'acknowledgement', ...acknowledgement });
}

/** Our peer, which holds the root, and neighbours that hold it too. */
function staged(...neighbours: readonly Author[]): { stage: Stage; remotes: Remote[] } {
  const store = new SlowStore();
  store.blocks = storedBlocks([root]);
  const stage = new Stage({ self, store });
  const remotes = neighbours.map((author) => {
    const remote = stage.join(author, { root: root.hash, last: root.hash, count: 1n });
    remote.keepAlive();
    return remote;
  });
  return { stage, remotes };
}

function share(remote: Remote | undefined, block: Block): void {
  remote?.say({ kind: 'shareBlock', block });
}

const heard = (remote: Remote | undefined) =>
  remote === undefined
    ? []
    : extensions(remote, 'acknowledgement').map(({ block, key }) => [hashHex(block), keyHex(key)] as const);
const counts = (stage: Stage) => stage.delivered('acknowledged').map(({ block, by, of }) => [hashHex(block), by, of]);

describe('the newest block that names us', () => {
  const block = c.block(root, [b.key, self.key]);

  it('is acknowledged to all of ours when it is stored, by a signature that holds', () => {
    const { stage, remotes } = staged(b, c);
    const other = stage.join(d, reference);
    stage.answers.store = false;
    share(remotes[1], block);
    expect([stage.machine.tip, remotes.flatMap(heard)]).toEqual([hashHex(block.hash), []]);
    stage.settle('store');
    expect(remotes.map(heard)).toEqual([0, 1].map(() => [[hashHex(block.hash), self.hex]]));
    expect(heard(other)).toEqual([]);
    const [said] = extensions(remotes[0] as Remote, 'acknowledgement');
    const digest = acknowledgementDigest({ network: 'stage', block: block.hash, parent: root.hash });
    const check = { key: self.key, digest, signature: said?.sign as Acknowledgement['sign'] };
    expect(fakeVerify([check])).toEqual([true]);
    expect(counts(stage)).toEqual([[hashHex(block.hash), 1, 2]]);
  });

  it('is acknowledged once, also when it is heard again', () => {
    const { stage, remotes } = staged(b, c);
    for (const remote of remotes) share(remote, block);
    stage.pass(5_000);
    expect(remotes.map((remote) => heard(remote).length)).toEqual([1, 1]);
  });

  it.each([
    ['one that names others', c.block(root, [b.key, d.key])],
    ['one that names us behind three others', c.block(root, [b.key, d.key, e.key, self.key])],
    ['one of our own', self.block(root, [self.key, b.key])],
  ])('is not %s', (_, other) => {
    const { stage, remotes } = staged(b, c);
    share(remotes[1], other);
    expect([stage.machine.tip, remotes.flatMap(heard)]).toEqual([hashHex(other.hash), []]);
  });

  it('is not acknowledged by a thin peer, nor while neighbours hold more', () => {
    const chain = [root, c.block(root, [self.key, b.key])];
    const store = new SlowStore();
    store.blocks = storedBlocks([root]);
    const stage = new Stage({ self, store, config: { thin: true } });
    const remote = stage.join(b, { root: root.hash, last: root.hash, count: 1n });
    share(remote, chain[1] as Block);
    expect([stage.machine.count, heard(remote)]).toEqual([2, []]);
    const behind = staged(b);
    const ahead = b.chain(5, chain[1]);
    behind.remotes[0]?.say(
      extensionSaying({ kind: 'head', height: 6, tip: ahead.at(-1)?.hash as Hash, root: root.hash }),
    );
    behind.remotes[0]?.say({ kind: 'requestedBlock', block: chain[1] as Block });
    expect([behind.stage.machine.count, heard(behind.remotes[0])]).toEqual([2, []]);
  });

  it('keeps us from writing on a sibling of it, and one that takes its place is acknowledged too', () => {
    const { stage, remotes } = staged(b, c, d);
    const [better, worse] = [b, c].map((author) => author.block(root, [self.key])) as [Block, Block];
    share(remotes[1], worse);
    expect(heard(remotes[2])).toEqual([[hashHex(worse.hash), self.hex]]);
    share(remotes[0], better);
    expect(stage.machine.tip).toBe(hashHex(better.hash));
    expect(heard(remotes[2])).toEqual([worse, better].map((each) => [hashHex(each.hash), self.hex]));
    share(remotes[2], d.block(root, [self.key]));
    for (let passed = 0; passed < 3_000; passed += 500) {
      remotes.forEach((remote) => {
        remote.keepAlive();
      });
      remotes[0]?.say({ kind: 'shareData', data: b.item(`item ${passed}`) });
      stage.pass(500);
    }
    const written = remotes[2]?.of('shareBlock').filter((message) => keyHex(message.block.author) === self.hex) ?? [];
    expect(written.length).toBeGreaterThan(0);
    expect(written.map((message) => bytesToHex(message.block.parent as Hash))[0]).toBe(hashHex(better.hash));
    expect(heard(remotes[2])).toHaveLength(2);
  });
});

describe('a promise of another', () => {
  const block = b.block(root, [c.key, d.key, e.key, self.key]);
  const held = () => {
    const { stage, remotes } = staged(b, c, d);
    share(remotes[0], block);
    return { stage, remotes };
  };

  it('is checked, counted and passed on to the others, once', () => {
    const { stage, remotes } = held();
    const said = promise(c, block);
    remotes[1]?.say(saying(said));
    remotes[2]?.say(saying(said));
    remotes[1]?.say(saying(promise(c, block)));
    expect(remotes.map((remote) => heard(remote))).toEqual([
      [[hashHex(block.hash), c.hex]],
      [],
      [[hashHex(block.hash), c.hex]],
    ]);
    expect(counts(stage)).toEqual([[hashHex(block.hash), 1, 2]]);
    remotes[1]?.say(saying(promise(e, block)));
    expect(counts(stage).at(-1)).toEqual([hashHex(block.hash), 2, 3]);
  });

  it('is not sent back to whoever brought it while it was checked', () => {
    const { stage, remotes } = held();
    stage.answers.verify = false;
    const said = promise(c, block);
    for (const remote of remotes.slice(1)) remote.say(saying(said));
    stage.settle('verify');
    expect(remotes.map((remote) => heard(remote).length)).toEqual([1, 0, 0]);
  });

  it('that comes before its block waits for it', () => {
    const { stage, remotes } = staged(b, c);
    remotes[1]?.say(saying(promise(c, block)));
    expect(counts(stage)).toEqual([]);
    share(remotes[0], block);
    expect(counts(stage)).toEqual([[hashHex(block.hash), 1, 1]]);
    expect(heard(remotes[0])).toHaveLength(1);
  });

  it.each([
    ['of one who may not write next', promise(b, block)],
    ['of one who may write next, but is not among the first three', promise(self, block)],
    ['for another network', promise(c, block, 'other')],
    ['for another parent', promise(c, block, 'stage', block.hash)],
    ['whose signature is of another block', { ...promise(c, root), block: block.hash }],
    ['of another key than has signed', { ...promise(c, block), key: d.key }],
    ['for a block that nobody has seen', promise(c, c.block(block))],
  ])('%s is neither counted nor passed on, and ends no link', (_, said) => {
    const { stage, remotes } = held();
    remotes[1]?.say(saying(said));
    stage.pass(1_000);
    expect([counts(stage), remotes.flatMap(heard), stage.machine.links.length]).toEqual([[], [], 3]);
    remotes[1]?.say(saying(promise(c, block)));
    expect(counts(stage)).toHaveLength(1);
  });

  it('lapses when the walk leaves the branch', () => {
    const { stage, remotes } = staged(c, d);
    const [better, worse] = [c, d].map((author) => author.block(root, [b.key, e.key])) as [Block, Block];
    share(remotes[1], worse);
    remotes[1]?.say(saying(promise(e, worse)));
    share(remotes[0], better);
    expect(stage.machine.tip).toBe(hashHex(better.hash));
    remotes[1]?.say(saying(promise(b, worse)));
    expect(counts(stage)).toEqual([[hashHex(worse.hash), 1, 1]]);
  });
});

describe('what waits for its block', () => {
  it('is the newest 32 of a link', () => {
    const { stage, remotes } = staged(b, c);
    const blocks = Array.from({ length: 40 }, () => b.block(root, [c.key]));
    for (const block of blocks) remotes[1]?.say(saying(promise(c, block)));
    const counted = blocks.filter((block) => {
      const before = counts(stage).length;
      share(remotes[0], block);
      return counts(stage).length > before;
    });
    expect(counted.every((block) => blocks.indexOf(block) >= 8)).toBe(true);
    expect(counted.length).toBeGreaterThan(1);
  });
});

describe('how long a block of ours took', () => {
  it('is from when it was stored to the first promise', () => {
    const bench = new ChainBench({ self });
    bench.add(root);
    const took: number[] = [];
    const identity = { curve: fakeCurve, random: seeded.random, secret: self.secret, publicKey: self.key };
    const { chain } = bench;
    const effects = new Effects();
    const links = new Links(
      { accepts: ['cbc'], ...identity, network: 'stage' },
      { maxLinks: 8, count: 0 },
      new Effects(),
    );
    const members = new Members(self.key, seeded.random, 0);
    const acknowledgements = new Acknowledgements(
      { ...identity, network: 'stage', thin: false },
      { chain, members, links, effects, recorder: bench.recorder },
      { took: (delayMs) => took.push(delayMs) },
    );
    const block = self.block(root, [b.key, c.key]);
    chain.addSigned(candidateOf(block), 1_000, () => undefined);
    acknowledgements.advance(false, 1_000);
    bench.settle();
    acknowledgements.advance(false, 1_040);
    for (const author of [b, c]) acknowledgements.came(1, promise(author, block));
    const requests = effects.take().flatMap((effect) => (effect.kind === 'verify' ? [effect.request] : []));
    expect(requests).toHaveLength(2);
    requests.forEach((request, place) => {
      expect(acknowledgements.verified(request, true, 1_100 + 50 * place)).toBe(true);
    });
    expect(took).toEqual([60]);
    expect(acknowledgements.verified(4_711, true, 1_200)).toBe(false);
  });
});
