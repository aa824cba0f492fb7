import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesToHex, hexToBytes } from '../../../../core/codec/bytes.ts';
import { isSameMac, macBytes, macOf } from '../../../../core/crypto/mac.ts';
import { Seeded } from '../../../model/seeded.ts';

describe('a MAC', () => {
  it('is HMAC-SHA256 (RFC 4231, test case 2)', () => {
    const mac = macOf(Buffer.from('Jefe'), Buffer.from('what do ya want '), Buffer.from('for nothing?'));
    expect(bytesToHex(mac)).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
    expect(mac.length).toBe(macBytes);
  });

  it('is over the parts as if they were one, as Node makes it', () => {
    const seeded = new Seeded(61);
    for (let round = 0; round < 200; round++) {
      const [key, bytes] = [seeded.bytes(seeded.below(100)), seeded.bytes(seeded.below(300))];
      const parts = seeded.cut(bytes, 50);
      expect(bytesToHex(macOf(key, ...parts))).toBe(createHmac('sha256', key).update(bytes).digest('hex'));
    }
  });
});

describe('two MACs', () => {
  const mac = hexToBytes('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');

  it('are the same when every byte is', () => {
    expect(isSameMac(mac, mac.slice())).toBe(true);
  });

  it('are not the same when any one bit differs', () => {
    for (let bit = 0; bit < 8 * macBytes; bit++) {
      const other = mac.slice();
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(isSameMac(mac, other)).toBe(false);
    }
  });

  it('are not the same when one is only the beginning of the other, or nothing', () => {
    for (let length = 0; length < macBytes; length++) expect(isSameMac(mac, mac.slice(0, length))).toBe(false);
  });
});
