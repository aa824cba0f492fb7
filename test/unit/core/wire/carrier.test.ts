import { describe, expect, it } from 'vitest';
import { bytesToHex, hexToBytes } from '../../../../core/codec/bytes.ts';
import { isPublicKey, type PublicKey } from '../../../../core/crypto/keys.ts';
import { CodecError } from '../../../../core/errors.ts';
import { packExtension, unpackExtension } from '../../../../core/wire/carrier.ts';

const ping = hexToBytes(`006d637801 02 08000000 0700000000000000 ${'00'.repeat(15)}`.replaceAll(' ', ''));
const changed = (place: number, byte: number) => {
  const item = ping.slice();
  item[place] = byte;
  return item;
};

describe('a message in the carrier', () => {
  it('is items that are no keys', () => {
    const items = packExtension({ kind: 'ping', nonce: 7n });
    expect(items.map(bytesToHex)).toEqual([bytesToHex(ping)]);
    expect(items.some(isPublicKey)).toBe(false);
  });

  it('comes back as it was', () => {
    for (const kind of ['ping', 'pong'] as const) {
      expect(unpackExtension(packExtension({ kind, nonce: 2n ** 64n - 1n }))).toEqual({ kind, nonce: 2n ** 64n - 1n });
    }
  });
});

describe('a hello', () => {
  const ephemeral = hexToBytes(`02${'ab'.repeat(32)}`) as PublicKey;

  it('comes back as it was, with a key and without one, of the shortest network and of the longest', () => {
    for (const network of ['a', 'main', 'z'.repeat(64)]) {
      for (const key of [ephemeral, undefined]) {
        const hello = { kind: 'hello', network, features: 0xffff_ffff, ephemeral: key } as const;
        expect(unpackExtension(packExtension(hello))).toEqual(hello);
      }
    }
  });

  it('is two items for the network main, of type 1', () => {
    const items = packExtension({ kind: 'hello', network: 'main', features: 0, ephemeral });
    expect(items.map((item) => item.length)).toEqual([33, 33]);
    expect(bytesToHex(items[0] as PublicKey)).toMatch(/^006d637801012e000000040000006d61696e0000000001/);
  });

  it('of a longer name of a network is none', () => {
    const [first, ...rest] = packExtension({
      kind: 'hello',
      network: 'z'.repeat(64),
      features: 0,
      ephemeral: undefined,
    });
    const longer = (first as PublicKey).slice();
    longer[10] = 65;
    expect(() => unpackExtension([longer, ...rest])).toThrow(CodecError);
  });
});

describe('what is passed over', () => {
  it.each([
    ['no items', []],
    ['a key', [changed(0, 2)]],
    ['another mark', [changed(1, 0)]],
    ['another version', [changed(4, 2)]],
    ['a type that nobody knows', [changed(5, 200)]],
    ['a type that nobody knows, in more items than it says', [changed(5, 200), ping]],
  ])('%s', (_, items) => {
    expect(unpackExtension(items)).toBeUndefined();
  });
});

describe('what only its sender can have made', () => {
  it.each([
    ['a length of more items', [changed(6, 24)]],
    ['a length beyond all bounds', [changed(9, 255)]],
    ['an item too many', [ping, new Uint8Array(33)]],
    ['bytes behind its end', [changed(32, 1)]],
    ['a payload too short', [changed(6, 7)]],
    ['a payload too long', [changed(6, 9)]],
  ])('%s', (_, items) => {
    expect(() => unpackExtension(items)).toThrow(CodecError);
  });
});
