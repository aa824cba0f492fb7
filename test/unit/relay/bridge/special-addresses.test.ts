import { describe, expect, it } from 'vitest';
import { addressList, isRange, isSpecial } from '../../../../relay/bridge/special-addresses.ts';

/** By hand, one octet after the other, from IANA's registry: slow, and about the first two octets only. */
function slowlySpecial([a, b]: readonly [number, number]): boolean | undefined {
  if (a === 0 || a === 10 || a === 127 || a >= 224) return true;
  if (a === 100) return b >= 64 && b < 128;
  if (a === 169) return b === 254;
  if (a === 172) return b >= 16 && b < 32;
  if (a === 198 && (b === 18 || b === 19)) return true;
  if (a === 192 && b === 168) return true;
  const isPartly = a === 192 && [0, 31, 52, 88, 175].includes(b);
  return isPartly || (a === 198 && b === 51) || (a === 203 && b === 0) || (a === 168 && b === 63) ? undefined : false;
}

describe('a special address', () => {
  it('is told as a slow reading of the registry tells it, for every first and second octet', () => {
    const differing: string[] = [];
    for (let a = 0; a < 256; a++) {
      for (let b = 0; b < 256; b++) {
        const expected = slowlySpecial([a, b]);
        const ip = `${a}.${b}.7.9`;
        if (expected !== undefined && isSpecial(ip) !== expected) differing.push(ip);
      }
    }
    expect(differing).toEqual([]);
  });

  it('is every IPv6 address outside of global unicast', () => {
    for (let first = 0; first < 0x10000; first += 0x40) {
      const ip = `${first.toString(16)}:1::1`;
      const isGlobal = first >= 0x2000 && first < 0x4000;
      if (!isGlobal) expect([ip, isSpecial(ip)]).toEqual([ip, true]);
    }
    expect(isSpecial('2606:4700::1111')).toBe(false);
    expect(isSpecial('2a00:1450:4001::8')).toBe(false);
    expect(isSpecial('2001:4860:4860::8888')).toBe(false);
  });
});

describe('a range', () => {
  it.each([
    ['10.0.0.1', true],
    ['10.0.0.0/8', true],
    ['10.0.0.0/0', true],
    ['10.0.0.0/32', true],
    ['fd00::/8', true],
    ['::1', true],
    ['::/128', true],
    ['10.0.0.0/33', false],
    ['::/129', false],
    ['10.0.0.0/', false],
    ['10.0.0.0/8/8', false],
    ['10.0.0.0/-1', false],
    ['10.0.0/8', false],
    ['example.org', false],
    ['', false],
    ['/8', false],
  ])('is an address, or one with the length of its prefix: %s', (text, expected) => {
    expect(isRange(text)).toBe(expected);
  });

  it('holds what begins alike', () => {
    const list = addressList(['10.1.0.0/16', 'fd00::/8', '192.0.2.1']);
    const held = (ip: string, family: 'ipv4' | 'ipv6') => list.check(ip, family);
    expect([held('10.1.255.255', 'ipv4'), held('10.2.0.0', 'ipv4'), held('192.0.2.2', 'ipv4')]).toEqual([
      true,
      false,
      false,
    ]);
    expect([held('fdff::1', 'ipv6'), held('fe00::1', 'ipv6')]).toEqual([true, false]);
  });
});
