/**
 * core/wire/dialect.ts: every message of the dialect `cbc`, against the `borsh` package and the second decoder.
 */
import { describe, expect, it } from 'vitest';
import { encodeBlock } from '../../../../core/chain/block.ts';
import { bytesToHex, concatBytes, hexToBytes } from '../../../../core/codec/bytes.ts';
import { decode, encode } from '../../../../core/codec/codec.ts';
import { cbcMessages, requestedBlockVariant, shareBlockVariant } from '../../../../core/wire/dialect.ts';
import { oracleMessage } from '../../../model/borsh-oracle.ts';
import { messageKinds, randomBlock, randomMessage } from '../../../model/random-values.ts';
import { secondMessage } from '../../../model/second-decoder.ts';
import { Seeded } from '../../../model/seeded.ts';
import { messageVector, payloadVectors, sessionVector } from '../../../model/vectors.ts';

describe.each(messageKinds)('%s', (kind) => {
  it('has the bytes that the oracle makes, and the second decoder reads the same from them', () => {
    const seeded = new Seeded(19);
    for (let i = 0; i < 100; i++) {
      const message = randomMessage(seeded, kind);
      const bytes = encode(cbcMessages, message);
      expect(bytesToHex(bytes)).toBe(bytesToHex(oracleMessage(message)));
      expect(decode(cbcMessages, bytes)).toEqual(message);
      expect(secondMessage(bytes)).toEqual(messageVector(message));
    }
  });
});

describe('the variants', () => {
  it('are those of wire.md', () => {
    const numbers = messageKinds.map((kind) => encode(cbcMessages, randomMessage(new Seeded(20), kind))[0]);
    expect(numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('before an encoded block make a message of it', () => {
    const block = randomBlock(new Seeded(21));
    const sent = (variant: number) => decode(cbcMessages, concatBytes(Uint8Array.of(variant), encodeBlock(block)));
    expect(sent(requestedBlockVariant)).toEqual({ kind: 'requestedBlock', block });
    expect(sent(shareBlockVariant)).toEqual({ kind: 'shareBlock', block });
  });

  it.each([8, 9, 42, 255])('%d is none, and refused', (variant) => {
    const bytes = concatBytes(Uint8Array.of(variant), new Uint8Array(300));
    expect(() => decode(cbcMessages, bytes)).toThrow(expect.objectContaining({ code: 'bad-variant' }));
  });
});

describe('the recorded payloads', () => {
  it('mean what the recording says, and are the bytes of that meaning', () => {
    let payloads = 0;
    for (const { bytes, plain, message } of sessionVector().frames) {
      const payload = plain === undefined ? hexToBytes(bytes).slice(12) : hexToBytes(plain);
      const decoded = decode(cbcMessages, payload);
      expect(messageVector(decoded)).toEqual(message);
      expect(secondMessage(payload)).toEqual(message);
      expect(bytesToHex(encode(cbcMessages, decoded))).toBe(bytesToHex(payload));
      payloads++;
    }
    expect(payloads).toBe(sessionVector().frames.length);
  });

  it.each(payloadVectors().cbc)('$name: read or refused as by the second decoder', ({ bytes, reference }) => {
    const payload = hexToBytes(bytes);
    if (reference === 'closes') {
      expect(() => decode(cbcMessages, payload)).toThrow(expect.objectContaining({ name: 'CodecError' }));
      expect(() => secondMessage(payload)).toThrow();
    } else {
      expect(messageVector(decode(cbcMessages, payload))).toEqual(secondMessage(payload));
    }
  });
});
