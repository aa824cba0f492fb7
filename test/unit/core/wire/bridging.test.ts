/**
 * The bridge's messages: what is nearly one is refused. Their bytes stand in docs/protocol.md (test/unit/docs).
 */
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8Bytes } from '../../../../core/codec/bytes.ts';
import { type Codec, decode, encode } from '../../../../core/codec/codec.ts';
import type { PublicKey, Signature } from '../../../../core/crypto/keys.ts';
import {
  addressBytes,
  type BridgeMessage,
  type BridgingMessage,
  bridgeDigest,
  bridgeMessages,
  bridgingMessageBytes,
  bridgingMessages,
  type Wish,
} from '../../../../core/wire/bridging.ts';
import { challengeDigest } from '../../../../core/wire/signaling.ts';
import { identity } from '../../../model/bridge-stage.ts';

const { key } = identity(1);
const nonce = new Uint8Array(32).fill(7);
const sign = new Uint8Array(64).fill(8) as Signature;
const longest = `${'a'.repeat(addressBytes - 6)}:65535`;
const dial: Wish = { kind: 'dial', target: longest, byProxy: true };
const proof = { network: 'n'.repeat(64), pubkey: key, nonce, origin: `http://${'o'.repeat(505)}`, sign };

const fromRelay: readonly BridgeMessage[] = [
  { kind: 'challenge', nonce },
  { kind: 'opened' },
  { kind: 'leased', address: longest },
  { kind: 'called', ticket: new Uint8Array(16), from: longest },
  { kind: 'refused', code: 'c'.repeat(512), reason: 'r'.repeat(512) },
];
const fromTab: readonly BridgingMessage[] = [
  { kind: 'ask', proof, wish: dial },
  { kind: 'ask', proof, wish: { kind: 'lease' } },
  { kind: 'take', ticket: new Uint8Array(16) },
];

describe.each([
  ['the relay', bridgeMessages as Codec<unknown>, fromRelay],
  ['a tab', bridgingMessages as Codec<unknown>, fromTab],
])('what %s says at the bridge', (_, codec, messages) => {
  it.each(messages.map((message) => [message.kind, message] as const))(
    'is read as it was written: %s',
    (_kind, message) => {
      const bytes = encode(codec, message);
      expect(decode(codec, bytes)).toEqual(message);
      expect(bytes.length).toBeLessThanOrEqual(bridgingMessageBytes);
    },
  );

  it.each(messages.map((message) => [message.kind, encode(codec, message)] as const))(
    'is refused cut short anywhere, and with a byte more: %s',
    (_kind, whole) => {
      const refused = expect.objectContaining({ name: 'CodecError' });
      for (let length = 0; length < whole.length; length++) {
        expect(() => decode(codec, whole.subarray(0, length))).toThrow(refused);
      }
      expect(() => decode(codec, concatBytes(whole, new Uint8Array(1)))).toThrow(refused);
    },
  );

  it('has no other variant', () => {
    expect(() => decode(codec, concatBytes(Uint8Array.of(5), new Uint8Array(500)))).toThrow('5');
  });
});

describe('an address', () => {
  it('is no longer than a name and a port', () => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, addressBytes + 1, true);
    const bytes = concatBytes(Uint8Array.of(2), length, utf8Bytes('a'.repeat(addressBytes + 1)));
    expect(() => decode(bridgeMessages, bytes)).toThrow(expect.objectContaining({ code: 'too-long' }));
  });
});

describe('what is signed', () => {
  const content = {
    origin: 'https://relay.example',
    network: 'main',
    relayNonce: nonce,
    ownNonce: nonce,
    pubkey: key,
    wish: dial as Wish,
  };

  it.each<[string, Partial<typeof content>]>([
    ['relay', { origin: 'https://other.example' }],
    ['network', { network: 'other' }],
    ['nonce of the relay', { relayNonce: new Uint8Array(32) }],
    ['nonce of the tab', { ownNonce: new Uint8Array(32) }],
    ['key', { pubkey: identity(2).key as PublicKey }],
    ['target', { wish: { kind: 'dial', target: 'a:2', byProxy: true } }],
    ['way', { wish: { kind: 'dial', target: longest, byProxy: false } }],
    ['wish', { wish: { kind: 'lease' } }],
  ])('is another for another %s', (_, change) => {
    expect(bridgeDigest({ ...content, ...change })).not.toEqual(bridgeDigest(content));
  });

  it('is no challenge of signaling', () => {
    const { wish: _, ...challenge } = content;
    expect(bridgeDigest({ ...content, wish: { kind: 'lease' } })).not.toEqual(challengeDigest(challenge));
  });
});
