/**
 * core/crypto/key-codecs.ts: keys as the wire carries them, unjudged.
 */
import { expect, it } from 'vitest';
import { type Codec, decode, encode } from '../../../../core/codec/codec.ts';
import { hashCodec, publicKeyCodec, signatureCodec } from '../../../../core/crypto/key-codecs.ts';

const codecs: readonly (readonly [name: string, codec: Codec<Uint8Array>, length: number])[] = [
  ['a key', publicKeyCodec, 33],
  ['a hash', hashCodec, 32],
  ['a signature', signatureCodec, 64],
];

it.each(codecs)('%s is its bytes and nothing more, any bytes', (_, codec, length) => {
  for (const bytes of [new Uint8Array(length), new Uint8Array(length).fill(255)]) {
    expect(encode(codec, decode(codec, bytes))).toEqual(bytes);
  }
  expect(() => decode(codec, new Uint8Array(length - 1))).toThrow(expect.objectContaining({ code: 'truncated' }));
  expect(() => decode(codec, new Uint8Array(length + 1))).toThrow(expect.objectContaining({ code: 'trailing' }));
});
