/**
 * core/wire/upgraded-framing.ts: frames of an upgraded link byte by byte, and that none but the next one opens.
 */
import { describe, expect, it } from 'vitest';
import { bytesToHex, hexToBytes } from '../../../../core/codec/bytes.ts';
import { encryptCbc } from '../../../../core/crypto/cbc.ts';
import { macOf } from '../../../../core/crypto/mac.ts';
import type { SealedFrame } from '../../../../core/wire/framing.ts';
import {
  type DirectionKeys,
  openUpgradedFrame,
  upgradedBytes,
  upgradedFrame,
  upgradedIvBytes,
  upgradedShape,
} from '../../../../core/wire/upgraded-framing.ts';
import { secondOpenUpgraded, secondUpgradedFrame } from '../../../model/second-upgrade.ts';
import { Seeded } from '../../../model/seeded.ts';
import { upgradeVector } from '../../../model/vectors.ts';

const seeded = new Seeded(62);
const keys: DirectionKeys = { direction: 0, encryption: seeded.bytes(32), mac: seeded.bytes(32) };
const back: DirectionKeys = { ...keys, direction: 1 };
const iv = seeded.bytes(upgradedIvBytes);
const most = 2n ** 64n - 1n;
const error = expect.objectContaining({ name: 'SessionError', code: 'bad-frame' });

function parts(frame: Uint8Array): SealedFrame {
  return { kind: 'sealed', header: frame.slice(0, 20), ciphertext: frame.slice(20), bytes: frame.length };
}

describe('an upgraded frame', () => {
  it('is its length, the IV, the ciphertext of the payload alone, and the MAC over direction, counter, IV, ciphertext', () => {
    const payload = seeded.bytes(7);
    const ciphertext = encryptCbc(keys.encryption, iv, payload);
    const mac = macOf(keys.mac, hexToBytes('000201000000000000'), iv, ciphertext);
    const expected = `30000000${bytesToHex(iv)}${bytesToHex(ciphertext)}${bytesToHex(mac)}`;
    expect(bytesToHex(upgradedFrame(keys, iv, 258n, payload))).toBe(expected);
    expect([upgradedShape.sealedHeaderBytes, upgradedBytes(7)]).toEqual([20, 0x30]);
  });

  it.each(upgradeVector().frames)('of the vectors is made and opened: $from, $counter', (vector) => {
    const { encryption, mac } = upgradeVector()[vector.from].keys;
    const direction = vector.from === 'dialler' ? 0 : 1;
    const own: DirectionKeys = { direction, encryption: hexToBytes(encryption), mac: hexToBytes(mac) };
    const [counter, payload] = [BigInt(vector.counter), hexToBytes(vector.payload)];
    expect(bytesToHex(upgradedFrame(own, hexToBytes(vector.iv), counter, payload))).toBe(vector.bytes);
    expect(openUpgradedFrame(own, counter, parts(hexToBytes(vector.bytes)))).toEqual(payload);
  });

  it('is read by the second implementation, and that one’s by ours', () => {
    for (const length of [0, 1, 15, 16, 17, 1_000]) {
      for (const counter of [0n, 1n, 2n ** 32n, most]) {
        const payload = seeded.bytes(length);
        const frame = upgradedFrame(keys, iv, counter, payload);
        expect(bytesToHex(frame)).toBe(bytesToHex(secondUpgradedFrame(keys, counter, iv, payload)));
        expect(secondOpenUpgraded(keys, counter, frame)).toEqual(payload);
        expect(openUpgradedFrame(keys, counter, parts(frame))).toEqual(payload);
      }
    }
  });

  it('has a length that its header announces, and no other is possible', () => {
    for (const length of [0, 1, 15, 16, 1_000]) {
      const { header, ciphertext } = parts(upgradedFrame(keys, iv, 0n, new Uint8Array(length)));
      expect(new DataView(header.buffer).getUint32(0, true)).toBe(ciphertext.length);
      expect(upgradedBytes(length)).toBe(ciphertext.length);
      expect(upgradedShape.isCiphertextLength(ciphertext.length)).toBe(true);
    }
    const impossible = [0, 16, 32, 47, 49, 63, 65, 4_095];
    expect(impossible.filter((length) => upgradedShape.isCiphertextLength(length))).toEqual([]);
  });
});

describe('a frame that is not the one that comes next', () => {
  const payload = seeded.bytes(40);
  const frame = upgradedFrame(keys, iv, 5n, payload);

  it.each<[string, DirectionKeys, bigint]>([
    ['one that was sent before', keys, 6n],
    ['one before which another was left out', keys, 4n],
    ['the same count of another turn of 2³²', keys, 5n + 2n ** 32n],
    ['one of the other direction, though its keys were the same', back, 5n],
    ['one under another MAC key', { ...keys, mac: seeded.bytes(32) }, 5n],
  ])('does not open: %s', (_, other, counter) => {
    expect(() => openUpgradedFrame(other, counter, parts(frame))).toThrow(error);
  });

  it('does not open, whichever bit of IV, ciphertext or MAC differs', () => {
    for (let bit = 8 * 4; bit < 8 * frame.length; bit++) {
      const changed = frame.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => openUpgradedFrame(keys, 5n, parts(changed)), `bit ${bit}`).toThrow(error);
    }
  });

  it('does not open when it is cut, or has a block more', () => {
    const { header, ciphertext } = parts(frame);
    for (let length = 48; length < ciphertext.length; length += 16) {
      const cut = { ...parts(frame), ciphertext: ciphertext.slice(0, length) };
      expect(() => openUpgradedFrame(keys, 5n, cut)).toThrow(error);
    }
    const longer = new Uint8Array([...ciphertext, ...ciphertext.slice(-16)]);
    expect(() => openUpgradedFrame(keys, 5n, { ...parts(frame), header, ciphertext: longer })).toThrow(error);
  });

  it('is decrypted by nobody before its MAC was looked at: padding that is none says nothing of its own', () => {
    const open = (): void => void openUpgradedFrame(keys, 5n, parts(changed));
    const changed = frame.slice();
    const lastOfCiphertext = frame.length - 33;
    const messages = new Set<string>();
    for (let value = 0; value < 256; value++) {
      changed[lastOfCiphertext] = value;
      if (value === frame[lastOfCiphertext]) continue;
      try {
        open();
      } catch (thrown) {
        messages.add((thrown as Error).message);
      }
    }
    expect([...messages]).toEqual(['a frame is not the one that comes next']);
  });

  it('is refused too when its MAC holds and its ciphertext is none: only who has the keys can make it', () => {
    const ciphertext = seeded.bytes(16);
    const wrong = [...Array(40).keys()].flatMap((round) => {
      ciphertext[0] = round;
      const mac = macOf(keys.mac, new Uint8Array(9), iv, ciphertext);
      const made = new Uint8Array([0x30, 0, 0, 0, ...iv, ...ciphertext, ...mac]);
      try {
        openUpgradedFrame(keys, 0n, parts(made));
        return [];
      } catch (thrown) {
        return [thrown];
      }
    });
    // One in 256 has a padding by chance.
    expect(wrong.length).toBeGreaterThan(30);
    for (const thrown of wrong) expect(thrown).toEqual(error);
  });
});
