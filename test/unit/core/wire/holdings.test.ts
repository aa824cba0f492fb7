import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import type { Hash, PublicKey } from '../../../../core/crypto/keys.ts';
import { CodecError } from '../../../../core/errors.ts';
import { type ExtensionMessage, packExtension, unpackExtension } from '../../../../core/wire/carrier.ts';
import { acknowledgementDigest } from '../../../../core/wire/holdings.ts';
import { Author } from '../../../model/author.ts';
import { fakeCurve } from '../../../model/fake-curve.ts';

const hash = (byte: number) => new Uint8Array(32).fill(byte) as Hash;

function signedBy({ key, secret }: Author) {
  const digest = acknowledgementDigest({ network: 'main', block: hash(0x33), parent: undefined });
  return { block: hash(0x33), key, sign: fakeCurve.sign(digest, secret, new Uint8Array(32)) };
}

const messages: readonly (readonly [string, ExtensionMessage, number])[] = [
  ['a head', { kind: 'head', height: 7, tip: hash(0x11), root: hash(0x22) }, 68],
  ['an acknowledgement', { kind: 'acknowledgement', ...signedBy(new Author(3)) }, 129],
  ['a digest of a pool', { kind: 'poolDigest', salt: new Uint8Array(16).fill(4), ids: [1n, 2n ** 64n - 1n] }, 36],
  ['items wanted', { kind: 'itemsWanted', ids: [] }, 4],
  ['as many items as may be wanted', { kind: 'itemsWanted', ids: Array(1_024).fill(3n) }, 8_196],
];

/** The same items, saying another length and filled up to it. */
function lengthened([first, ...rest]: readonly PublicKey[], by: number): Uint8Array[] {
  const changed = (first as PublicKey).slice();
  const view = new DataView(changed.buffer);
  const length = view.getUint32(6, true) + by;
  view.setUint32(6, length, true);
  const count = 1 + Math.max(0, Math.ceil((length - 23) / 33));
  const items = [changed, ...rest, new Uint8Array(33)].slice(0, count);
  const last = items.at(-1) as Uint8Array;
  const filled = last.slice();
  filled.fill(0, count === 1 ? 10 + length : length - 23 - 33 * (count - 2));
  return [...items.slice(0, -1), filled];
}

describe.each(messages)('%s', (_, message, bytes) => {
  it('comes back as it was, from as many bytes as it has', () => {
    const items = packExtension(message);
    expect(items).toHaveLength(1 + Math.ceil((bytes - 23) / 33));
    expect(unpackExtension(items)).toEqual(message);
    expect(unpackExtension(lengthened(items, 0))).toEqual(message);
  });

  it.each([-1, 1])('is none with %i bytes more', (by) => {
    expect(() => unpackExtension(lengthened(packExtension(message), by))).toThrow(CodecError);
  });
});

describe('what an acknowledgement signs', () => {
  it('is another for another network, block or parent', () => {
    const contents = [
      { network: 'main', block: hash(1), parent: hash(2) },
      { network: 'mai', block: hash(1), parent: hash(2) },
      { network: 'main', block: hash(2), parent: hash(2) },
      { network: 'main', block: hash(1), parent: hash(3) },
      { network: 'main', block: hash(1), parent: undefined },
    ];
    expect(new Set(contents.map((content) => bytesToHex(acknowledgementDigest(content)))).size).toBe(contents.length);
  });
});
