/**
 * A slot's key is made once, kept, on the disk before it is used, and never another network's or slot's.
 */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bytesToHex } from '../../../core/codec/bytes.ts';
import { nobleCurve } from '../../../core/crypto/noble-curve.ts';
import { Keys, newSecret } from '../../../web/identity.ts';

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function secretOf(network: string, slot: number): Promise<string> {
  const keys = new Keys(network);
  const secret = await keys.secretOf(slot, nobleCurve, random);
  keys.close();
  return bytesToHex(secret);
}

describe('the key of a slot', () => {
  it('is the same every time', async () => {
    expect(await secretOf('main', 0)).toBe(await secretOf('main', 0));
  });

  it('is another in another slot or network', async () => {
    const secrets = [await secretOf('main', 0), await secretOf('main', 1), await secretOf('other', 0)];
    expect(new Set(secrets).size).toBe(3);
  });

  it('is on the disk before it is used', async () => {
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
    await secretOf('main', 0);
    expect(transaction.mock.calls.at(-1)?.slice(1)).toEqual(['readwrite', { durability: 'strict' }]);
  });

  it('is drawn again when what was drawn is none', async () => {
    const draws = [new Uint8Array(32), new Uint8Array(32).fill(0xff), new Uint8Array(32).fill(5)];
    expect(bytesToHex(newSecret(nobleCurve, () => draws.shift() ?? new Uint8Array()))).toBe('05'.repeat(32));
  });

  it.each([
    ['of another length', new Uint8Array(31).fill(1)],
    ['that is none', new Uint8Array(32)],
  ])('that is kept, but %s, is not used and not replaced', async (_, broken) => {
    await secretOf('main', 0);
    const database = await openDB('mccloud/main/keys');
    await database.put('keys', broken, 0);
    await expect(secretOf('main', 0)).rejects.toMatchObject({ name: 'StoreError', code: 'corrupt' });
    expect(await database.get('keys', 0)).toEqual(broken);
    database.close();
  });

  it('cannot be had where IndexedDB is refused', async () => {
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
      throw new DOMException('no storage here', 'SecurityError');
    });
    await expect(secretOf('main', 0)).rejects.toMatchObject({ name: 'StoreError', code: 'unavailable' });
  });
});

describe('the slots of a network', () => {
  it('are those that have a key', async () => {
    for (const slot of [3, 0, 11]) await secretOf('main', slot);
    await secretOf('other', 7);
    const keys = new Keys('main');
    expect(await keys.slots()).toEqual([0, 3, 11]);
    keys.close();
  });
});
