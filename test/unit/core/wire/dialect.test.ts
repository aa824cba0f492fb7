/**
 * core/wire/dialect.ts: every message of both dialects, against the `borsh` package and the second decoder.
 */
import { describe, expect, it } from 'vitest';
import { encodeBlock } from '../../../../core/chain/block.ts';
import { bytesToHex, concatBytes, hexToBytes } from '../../../../core/codec/bytes.ts';
import { decode, encode } from '../../../../core/codec/codec.ts';
import { type DialectName, dialectOfByte, dialects, speaks } from '../../../../core/wire/dialect.ts';
import type { Message } from '../../../../core/wire/messages.ts';
import { oracleMessage } from '../../../model/borsh-oracle.ts';
import { messageKinds, randomBlock, randomMessage } from '../../../model/random-values.ts';
import { secondDialect, secondMessage } from '../../../model/second-decoder.ts';
import { Seeded } from '../../../model/seeded.ts';
import { messageVector, payloadVectors, sessionVector } from '../../../model/vectors.ts';

const names = ['cbc', 'gcm-siv'] as const;
const allKinds = [...new Set(names.flatMap((name) => messageKinds[name]))];
const badVariant = expect.objectContaining({ name: 'CodecError', code: 'bad-variant' });

/** What wire.md has under Messages. */
const variants: Readonly<Record<DialectName, Partial<Record<Message['kind'], number>>>> = {
  cbc: {
    greeting: 0,
    keepAlive: 1,
    shareData: 2,
    requestBlocks: 3,
    requestedBlock: 4,
    shareBlock: 5,
    requestNeighbours: 6,
    introduceNeighbours: 7,
  },
  'gcm-siv': {
    greeting: 0,
    shareData: 1,
    requestBlocks: 2,
    requestedBlock: 3,
    shareBlock: 4,
    requestNeighbours: 5,
    introduceNeighbours: 6,
    announce: 7,
    leave: 8,
  },
};

describe.each(names)('the dialect %s', (name) => {
  const { messages, requestedBlockVariant, shareBlockVariant } = dialects[name];

  it('stands under its own name', () => {
    expect(dialects[name].name).toBe(name);
  });

  it.each(messageKinds[name])('makes of %s the bytes that the oracle makes, and the second decoder reads', (kind) => {
    const seeded = new Seeded(19);
    for (let i = 0; i < 100; i++) {
      const message = randomMessage(seeded, name, kind);
      const bytes = encode(messages, message);
      expect(bytesToHex(bytes)).toBe(bytesToHex(oracleMessage(message, name)));
      expect(decode(messages, bytes)).toEqual(message);
      expect(secondMessage(bytes, name)).toEqual(messageVector(message, name));
    }
  });

  it('has the variants of wire.md, and no others', () => {
    const numbers = messageKinds[name].map((kind) => [
      kind,
      encode(messages, randomMessage(new Seeded(20), name, kind))[0],
    ]);
    expect(Object.fromEntries(numbers)).toEqual(variants[name]);
  });

  it('makes a message of an encoded block by the variant before it', () => {
    const block = randomBlock(new Seeded(21));
    const sent = (variant: number) => decode(messages, concatBytes(Uint8Array.of(variant), encodeBlock(block)));
    expect(sent(requestedBlockVariant)).toEqual({ kind: 'requestedBlock', block });
    expect(sent(shareBlockVariant)).toEqual({ kind: 'shareBlock', block });
  });

  it.each([messageKinds[name].length, 9, 42, 255])('refuses the variant %d', (variant) => {
    const bytes = concatBytes(Uint8Array.of(variant), new Uint8Array(300));
    expect(() => decode(messages, bytes)).toThrow(badVariant);
  });

  it.each(allKinds)('speaks of %s if it has a variant for it', (kind) => {
    expect(speaks(dialects[name], kind)).toBe(kind in variants[name]);
  });
});

describe('the greeting', () => {
  it('of cbc has no place for keys, that of gcm-siv none for strings', () => {
    const seeded = new Seeded(23);
    const [cbc, gcmSiv] = names.map((name) => randomMessage(seeded, name, 'greeting'));
    if (cbc?.kind !== 'greeting' || gcmSiv?.kind !== 'greeting') throw new Error('both are greetings');
    const both: Message = { ...cbc, known: [cbc.pubkey, gcmSiv.pubkey] };
    const heard = (name: DialectName) => decode(dialects[name].messages, encode(dialects[name].messages, both));
    expect(heard('cbc')).toEqual({ ...both, known: [] });
    expect(heard('gcm-siv')).toEqual({ ...both, version: { ...both.version, target: '', branch: '', commit: '' } });
  });

  it.each(names)('of %s is none in the other dialect', (name) => {
    const other = dialects[name === 'cbc' ? 'gcm-siv' : 'cbc'];
    for (const { bytes } of sessionVector(name).frames.filter(({ message }) => message.type === 'greeting')) {
      const payload = hexToBytes(bytes).slice(dialects[name].framing.greetingHeaderBytes);
      expect(decode(dialects[name].messages, payload).kind).toBe('greeting');
      expect(() => decode(other.messages, payload)).toThrow(expect.objectContaining({ name: 'CodecError' }));
    }
  });
});

describe('the fifth byte of a stream', () => {
  it('tells the dialects apart, as the second decoder says', () => {
    for (let byte = 0; byte < 256; byte++) {
      const expected = byte > 1 ? undefined : secondDialect(Uint8Array.of(9, 9, 9, 9, byte));
      expect(dialectOfByte(byte)?.name).toBe(expected);
    }
  });

  it.each(names)('is that of the dialect in the recorded greetings of %s', (name) => {
    const greetings = sessionVector(name).frames.filter(({ message }) => message.type === 'greeting');
    expect(greetings).toHaveLength(2);
    for (const { bytes } of greetings) expect(dialectOfByte(hexToBytes(bytes)[4] as number)?.name).toBe(name);
  });
});

describe.each(names)('the recorded payloads of %s', (name) => {
  const { messages, framing } = dialects[name];

  it('mean what the recording says, and are the bytes of that meaning', () => {
    let payloads = 0;
    for (const { bytes, plain, message } of sessionVector(name).frames) {
      const payload = hexToBytes(plain ?? bytes.slice(2 * framing.greetingHeaderBytes));
      const decoded = decode(messages, payload);
      expect(messageVector(decoded, name)).toEqual(message);
      expect(secondMessage(payload, name)).toEqual(message);
      expect(bytesToHex(encode(messages, decoded))).toBe(bytesToHex(payload));
      payloads++;
    }
    expect(payloads).toBeGreaterThan(15);
  });

  it.each(payloadVectors(name))('$name: read or refused as by the second decoder', ({ bytes, reference }) => {
    const payload = hexToBytes(bytes);
    if (reference === 'closes') {
      expect(() => decode(messages, payload)).toThrow(expect.objectContaining({ name: 'CodecError' }));
      expect(() => secondMessage(payload, name)).toThrow();
    } else {
      expect(messageVector(decode(messages, payload), name)).toEqual(secondMessage(payload, name));
    }
  });
});
