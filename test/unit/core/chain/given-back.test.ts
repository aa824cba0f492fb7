import { describe, expect, it } from 'vitest';
import { GivenBack } from '../../../../core/chain/given-back.ts';
import { itemIdFrom, itemIdHex } from '../../../../core/crypto/keys.ts';
import { Effects } from '../../../../core/effects.ts';
import { Seeded } from '../../../model/seeded.ts';

const seeded = new Seeded(2);
const [one, two] = [itemIdFrom(seeded.bytes(32)), itemIdFrom(seeded.bytes(32))] as const;

function begin() {
  const effects = new Effects();
  const givenBack = new GivenBack(effects);
  return { effects, givenBack };
}

describe('items that were given back', () => {
  it('are asked of the store once, which names those that stand on the chain', () => {
    const { effects, givenBack } = begin();
    for (const id of [one, two]) givenBack.add(id);
    givenBack.ask();
    givenBack.ask();
    const [effect, ...others] = effects.take();
    expect([effect, others]).toMatchObject([{ kind: 'load', query: { kind: 'containsItems', ids: [one, two] } }, []]);
    const result = { kind: 'containsItems', contained: [false, true] } as const;
    expect(givenBack.loaded(99, result)).toBeUndefined();
    expect(givenBack.loaded(1, result)).toEqual([itemIdHex(two)]);
    givenBack.ask();
    expect(effects.take()).toEqual([]);
  });

  it('are asked for again when the chain was cut meanwhile', () => {
    const { effects, givenBack } = begin();
    givenBack.add(one);
    givenBack.ask();
    givenBack.cut();
    expect(givenBack.loaded(1, { kind: 'containsItems', contained: [true] })).toBeUndefined();
    givenBack.ask();
    expect(effects.take()).toHaveLength(2);
    expect(givenBack.loaded(2, { kind: 'containsItems', contained: [true] })).toEqual([itemIdHex(one)]);
  });
});
