import { describe, expect, it } from 'vitest';
import { itemIdOf } from '../../../core/chain/data.ts';
import { itemIdHex } from '../../../core/crypto/keys.ts';
import { Author } from '../../model/author.ts';
import { Stage } from '../../model/stage.ts';

describe('bytes that a session refuses', () => {
  it.each([
    ['as the first thing that comes', new Uint8Array(16).fill(0xff)],
    ['as a greeting that is none', Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9)],
  ])('end the link and nothing else: %s', (_, bytes) => {
    const stage = new Stage();
    const remote = stage.open(new Author(2));
    expect(() => remote.raw(bytes)).not.toThrow();
    expect(remote.closedBecause).toBeDefined();
    expect(stage.machine.links).toEqual([]);
  });

  it('end a link that was greeted', () => {
    const stage = new Stage();
    const remote = stage.join(new Author(2));
    remote.keepAlive();
    expect(stage.machine.links).toHaveLength(1);
    expect(() => remote.raw(new Uint8Array(100))).not.toThrow();
    expect(remote.closedBecause).toBeDefined();
    expect(stage.machine.links).toEqual([]);
  });
});

describe('a peer that is told to close', () => {
  it('asks for all to be stored that waits for a change under way', () => {
    const stage = new Stage();
    stage.answers.store = false;
    const items = [1, 2, 3].map((count) => stage.self.item(`item ${count}`));
    for (const data of items) stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
    expect(stage.of('store')).toHaveLength(1);
    stage.handle({ kind: 'commanded', command: { kind: 'close' } });
    stage.settle();
    expect(stage.store.pendingIds).toEqual(items.map((data) => itemIdHex(itemIdOf(data))));
    expect(stage.machine.deadline).toBeUndefined();
  });
});
