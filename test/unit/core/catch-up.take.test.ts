import { describe, expect, it } from 'vitest';
import type { Block } from '../../../core/chain/block.ts';
import { hashHex } from '../../../core/crypto/keys.ts';
import { type Author, authors, candidateOf } from '../../model/author.ts';
import { holding } from '../../model/chains-on-stage.ts';
import { extensions } from '../../model/extensions.ts';
import type { Stage } from '../../model/stage.ts';

const [self, b, c] = authors(3) as [Author, Author, Author];
const chain = b.chain(30);
const hashes = (blocks: readonly Block[]) => blocks.map(({ hash }) => hashHex(hash));

function take(stage: Stage, blocks: readonly Block[], more = false, height = 0): void {
  const verified = blocks.map((block, at) => ({ ...candidateOf(block), height: height + at, forced: false }));
  stage.handle({ kind: 'commanded', command: { kind: 'take', blocks: verified, more } });
}

describe('blocks out of a file', () => {
  it('are added one after the other, stored and told of', () => {
    const stage = holding(self, chain.slice(0, 5));
    take(stage, chain.slice(5), false, 5);
    expect(stage.store.hashes).toEqual(hashes(chain));
    expect(stage.delivered('applied').map(({ block }) => block.height)).toEqual(chain.map((_, at) => at).slice(5));
  });

  it('begin a chain where there is none', () => {
    const stage = holding(self, []);
    take(stage, chain.slice(0, 3));
    expect(stage.store.hashes).toEqual(hashes(chain.slice(0, 3)));
  });

  it('are passed over when they do not follow the tip', () => {
    const stage = holding(self, chain.slice(0, 5));
    take(stage, [...chain.slice(0, 4), ...c.chain(2, chain[3]), ...c.chain(1), ...chain.slice(6)]);
    expect(stage.store.hashes).toEqual(hashes(chain.slice(0, 5)));
    take(stage, [...chain.slice(3, 7), ...c.chain(2, chain[7])], false, 3);
    expect(stage.store.hashes).toEqual(hashes(chain.slice(0, 7)));
  });

  it('are told to neighbours by the newest of them, when all have come', () => {
    const stage = holding(self, chain.slice(0, 5));
    const remote = stage.join(c, { root: chain[0]?.hash, last: chain[4]?.hash, count: 5n });
    remote.keepAlive();
    take(stage, chain.slice(5, 20), true, 5);
    const heads = () => extensions(remote, 'head').map(({ tip }) => hashHex(tip));
    expect(heads()).toEqual([]);
    take(stage, chain.slice(20), true, 20);
    take(stage, []);
    expect(heads()).toEqual(hashes(chain.slice(29)));
  });

  it('are asked of no neighbour any more', () => {
    const stage = holding(self, chain.slice(0, 5));
    const remote = stage.join(c, { root: chain[0]?.hash, last: chain[29]?.hash, count: 30n });
    remote.keepAlive();
    expect(stage.machine.syncing).toEqual({ held: 5, of: 30 });
    take(stage, chain.slice(5), false, 5);
    expect(stage.machine.syncing).toBeUndefined();
  });

  it('bring those along that waited for them', () => {
    const stage = holding(self, chain.slice(0, 5));
    const remote = stage.join(c, { root: chain[0]?.hash, last: chain[4]?.hash, count: 5n });
    remote.keepAlive();
    remote.say({ kind: 'shareBlock', block: chain[10] as Block });
    expect(stage.machine.count).toBe(5);
    take(stage, chain.slice(5, 10), false, 5);
    expect(stage.store.hashes).toEqual(hashes(chain.slice(0, 11)));
  });
});

describe('the chain that an imported one must begin with', () => {
  it('is what is held now', () => {
    const stage = holding(self, chain.slice(0, 20));
    const { count, root, tip } = stage.machine.held;
    expect([count, root, tip?.hash]).toEqual([20, chain[0]?.hash, chain[19]?.hash]);
    expect(holding(self, []).machine.held).toEqual({ count: 0, root: undefined, tip: undefined });
  });
});
