/**
 * core/wire/signaling.ts against test/vectors/ours/signaling.json, whose bytes were laid out by hand.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, hexToBytes } from '../../../../core/codec/bytes.ts';
import { type Codec, decode, encode } from '../../../../core/codec/codec.ts';
import { type PublicKey, publicKeyFromHex, secretKeyFrom, signatureFrom } from '../../../../core/crypto/keys.ts';
import { nobleCurve, nobleVerifier } from '../../../../core/crypto/noble-curve.ts';
import {
  challengeDigest,
  isIceUrl,
  mostTold,
  mostTurnServers,
  relayMessages,
  sealedBytes,
  signalingMessageBytes,
  signalledFrameBytes,
  tabMessages,
  turnTextBytes,
} from '../../../../core/wire/signaling.ts';
import { signalingVector } from '../../../model/vectors.ts';

const vector = signalingVector();
const { challenge } = vector;
const content = {
  origin: challenge.origin,
  network: challenge.network,
  relayNonce: hexToBytes(challenge.relayNonce),
  ownNonce: hexToBytes(challenge.ownNonce),
  pubkey: publicKeyFromHex(challenge.pubkey),
};

/** Bytes as hex and undefined as null: the form of the vectors. */
function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (value instanceof Uint8Array) return bytesToHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}

describe.each([
  ['the relay', relayMessages as Codec<unknown>, vector.fromRelay],
  ['a tab', tabMessages as Codec<unknown>, vector.fromTab],
] as const)('what %s says', (_, codec, messages) => {
  it.each(messages)('$message.kind is read from its bytes and written to them', ({ bytes, message }) => {
    const decoded = decode(codec, hexToBytes(bytes));
    expect(plain(decoded)).toEqual(message);
    expect(bytesToHex(encode(codec, decoded))).toBe(bytes);
  });

  it.each(messages)('$message.kind is refused cut short anywhere, and with a byte more', ({ bytes }) => {
    const whole = hexToBytes(bytes);
    const refused = expect.objectContaining({ name: 'CodecError' });
    for (let length = 0; length < whole.length; length++) {
      expect(() => decode(codec, whole.subarray(0, length))).toThrow(refused);
    }
    expect(() => decode(codec, concatBytes(whole, new Uint8Array(1)))).toThrow(refused);
  });

  it('has no other variant', () => {
    const next = Math.max(...messages.map(({ bytes }) => Number.parseInt(bytes.slice(0, 2), 16))) + 1;
    const bytes = concatBytes(Uint8Array.of(next), new Uint8Array(200));
    expect(() => decode(codec, bytes)).toThrow(expect.objectContaining({ code: 'bad-variant' }));
  });
});

describe('the challenge', () => {
  it('is answered by a signature over this digest', async () => {
    const digest = challengeDigest(content);
    expect(bytesToHex(digest)).toBe(challenge.digest);
    const sign = nobleCurve.sign(digest, secretKeyFrom(hexToBytes(vector.tab.secret)), new Uint8Array(32));
    expect(bytesToHex(sign)).toBe(challenge.signWithoutAuxiliary);
    const signature = signatureFrom(hexToBytes(challenge.signWithoutAuxiliary));
    expect(await nobleVerifier.verify([{ key: content.pubkey, digest, signature }])).toEqual([true]);
  });

  it('has the digest of its bytes under the tag mccloud/challenge/1', () => {
    const hash = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
    const tag = hash(Buffer.from('mccloud/challenge/1'));
    expect(hash(tag, tag, hexToBytes(challenge.preimage)).toString('hex')).toBe(challenge.digest);
  });

  it('is another one for every change of what it names', () => {
    const changes: readonly Partial<typeof content>[] = [
      { origin: 'http://127.0.0.1:8081' },
      { network: 'main2' },
      { relayNonce: content.ownNonce },
      { ownNonce: content.relayNonce },
      { pubkey: publicKeyFromHex(vector.other.pubkey) },
      // Moving a byte from one text to the next is a change too.
      { origin: `${content.origin}m`, network: 'ain' },
    ];
    const digests = changes.map((change) => bytesToHex(challengeDigest({ ...content, ...change })));
    expect(new Set([...digests, challenge.digest]).size).toBe(changes.length + 1);
  });
});

describe('the caps', () => {
  const key = publicKeyFromHex(vector.tab.pubkey);

  it('let a relay tell of 10 others and no more', () => {
    expect(mostTold).toBe(10);
    const others = Array.from({ length: 10 }, (): PublicKey => key);
    const bytes = encode(relayMessages, { kind: 'told', others, archive: undefined });
    expect(decode(relayMessages, bytes)).toEqual({ kind: 'told', others, archive: undefined });
    const more = concatBytes(bytes.subarray(0, -1), key, new Uint8Array(1));
    more[1] = 11;
    expect(() => decode(relayMessages, more)).toThrow(expect.objectContaining({ code: 'too-long' }));
  });

  it('let the longest signal through in one message', () => {
    const bytes = encode(tabMessages, { kind: 'signal', to: key, sealed: new Uint8Array(sealedBytes) });
    expect(bytes.length).toBeLessThanOrEqual(signalingMessageBytes);
    const longer = concatBytes(bytes, new Uint8Array(1));
    new DataView(longer.buffer).setUint32(34, sealedBytes + 1, true);
    expect(() => decode(tabMessages, longer)).toThrow(expect.objectContaining({ code: 'too-long' }));
  });

  it('say how long a signal is that the relay passes on', () => {
    for (const sealed of [new Uint8Array(0), new Uint8Array(500), new Uint8Array(sealedBytes)]) {
      const message = { kind: 'signalled', from: key, sealed } as const;
      const bytes = encode(relayMessages, message);
      expect(bytes.length).toBe(signalledFrameBytes + sealed.length);
      expect(encode(relayMessages, message, bytes.length)).toEqual(bytes);
    }
  });

  it('let the longest join and refusal through in one message', () => {
    const join = {
      kind: 'join',
      network: 'n'.repeat(64),
      pubkey: key,
      nonce: content.ownNonce,
      origin: 'o'.repeat(512),
      sign: signatureFrom(new Uint8Array(64)),
    } as const;
    expect(encode(tabMessages, join).length).toBeLessThanOrEqual(signalingMessageBytes);
    const refused = { kind: 'refused', code: 'c'.repeat(512), reason: 'r'.repeat(512) } as const;
    expect(encode(relayMessages, refused).length).toBeLessThanOrEqual(signalingMessageBytes);
  });

  it('let a relay name 8 TURN servers and no more, in one message', () => {
    expect(mostTurnServers).toBe(8);
    const longest = 'x'.repeat(turnTextBytes);
    const server = { url: longest, username: longest, credential: longest };
    const services = { kind: 'services', stun: 65_535, turn: Array.from({ length: 8 }, () => server) } as const;
    const bytes = encode(relayMessages, services);
    expect(bytes.length).toBeLessThanOrEqual(signalingMessageBytes);
    expect(decode(relayMessages, bytes)).toEqual(services);
    const tooLong = expect.objectContaining({ code: 'too-long' });
    for (const [at, value] of [
      [4, mostTurnServers + 1],
      [8, turnTextBytes + 1],
    ] as const) {
      const changed = bytes.slice();
      new DataView(changed.buffer).setUint32(at, value, true);
      expect(() => decode(relayMessages, changed)).toThrow(tooLong);
    }
  });
});

describe('isIceUrl', () => {
  it.each([
    'stun:relay.example:3478',
    'stun:127.0.0.1:1',
    'stun:[::1]:65535',
    'turn:turn.example',
    'turn:turn.example:3478?transport=udp',
    'turns:[2001:DB8::7]:443?transport=tcp',
    'turns:xn--bcher-kva.example:443',
  ])('takes %s', (url) => {
    expect(isIceUrl(url)).toBe(true);
  });

  it.each([
    '',
    'turn',
    'turn:',
    'turn::3478',
    'turn:a:',
    'turn:a:0',
    'turn:a:65536',
    'turn:a:123456',
    'turn:a:-1',
    'turn:a:1?transport=',
    'turn:a:1?transport=tls',
    'turn:a:1?transport=udp&x=1',
    'turn:a?x',
    'turn://a:1',
    'turn:user@a:1',
    'turn:a b:1',
    'turn:a:1 ',
    'turn:a:1\n',
    'turn:::1:1',
    'turn:[a:1',
    'turn:[::g]:1',
    'turn:bücher.example:1',
    'turn:a/b',
    'turn:a#b',
    'TURN:a:1',
    'stuns:a:1',
    'stun:a:1?transport=udp',
    'https://a:1',
    'javascript:alert(1)',
  ])('does not take %j', (url) => {
    expect(isIceUrl(url)).toBe(false);
  });
});
