import { describe, expect, it } from 'vitest';
import { Places } from '../../../../relay/bridge/places.ts';

const limits = { inAll: 5, ofClient: 3, ofKey: 2 };

describe('places', () => {
  it('are as many for one key, one client and in all as there may be', () => {
    const places = new Places(limits);
    const take = (client: string | undefined, key: string) => {
      const place = places.take({ client, key });
      return typeof place === 'function' ? 'taken' : place;
    };
    expect([take('a', '1'), take('a', '1'), take('a', '1')]).toEqual(['taken', 'taken', 'of-one']);
    expect([take('a', '2'), take('a', '3'), take('b', '3')]).toEqual(['taken', 'of-one', 'taken']);
    expect([take('b', '4'), take('c', '5'), places.taken]).toEqual(['taken', 'in-all', 5]);
  });

  it('are given back once, however often that is said', () => {
    const places = new Places(limits);
    const release = places.take({ client: 'a', key: '1' });
    places.take({ client: 'a', key: '1' });
    if (typeof release !== 'function') throw new Error('there was room');
    release();
    release();
    expect(places.taken).toBe(1);
    expect(
      [places.take({ client: 'a', key: '1' }), places.take({ client: 'a', key: '1' })].map((place) => typeof place),
    ).toEqual(['function', 'string']);
  });

  it('are not counted by address for clients that have none', () => {
    const places = new Places(limits);
    const keys = ['1', '2', '3', '4', '5'];
    expect(keys.every((key) => typeof places.take({ client: undefined, key }) === 'function')).toBe(true);
  });
});
