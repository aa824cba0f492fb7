/**
 * core/wire/identify.ts: whom a session speaks with.
 */
import { describe, expect, it } from 'vitest';
import { concatBytes, hexToBytes } from '../../../../core/codec/bytes.ts';
import { encode } from '../../../../core/codec/codec.ts';
import type { PublicKey } from '../../../../core/crypto/keys.ts';
import { type DialectName, dialects } from '../../../../core/wire/dialect.ts';
import { identify, isHostAndPort } from '../../../../core/wire/identify.ts';
import { type Greeting, oursCommit, wireVersion } from '../../../../core/wire/messages.ts';
import { greetingOf, heardIn, identity } from '../../../model/session-parts.ts';
import { prefixed } from '../../../model/signature-cases.ts';
import { messageVector, sessionVector } from '../../../model/vectors.ts';

const [alice, bob] = [identity(0), identity(1)];
const version = { ...greetingOf(bob).version, commit: oursCommit };
const error = (code: string) => expect.objectContaining({ name: 'SessionError', code });
const payloadIn = (dialect: DialectName, changed: Partial<Greeting> = {}) =>
  encode(dialects[dialect].messages, { kind: 'greeting', ...greetingOf(bob, changed) });
const seenIn = (dialect: DialectName, changed: Partial<Greeting>, expected?: PublicKey) => {
  const own = { publicKey: alice.publicKey, network: 'main', expected };
  return identify(payloadIn(dialect, changed), dialects[dialect], own);
};

describe('a greeting in cbc', () => {
  const seen = (changed: Partial<Greeting>) => seenIn('cbc', changed);

  it('of ours is known by its commit', () => {
    expect(seen({ version })).toEqual({ greeting: greetingOf(bob, { version }), ours: true });
    expect(seen({ version: { ...version, commit: 'mcx1-2026' } }).ours).toBe(true);
  });

  it('of the reference is taken, whatever its branch', () => {
    for (const commit of ['', 'b9b851c9', 'MCX1', 'xmcx1', 'mcx']) {
      expect(seen({ version: { ...version, branch: 'other', commit } }).ours).toBe(false);
    }
  });

  it('of ours from before the secure upgrade counts for the reference', () => {
    expect(seen({ version: { ...version, branch: 'other', commit: 'mcx0' } }).ours).toBe(false);
  });

  it.each([
    ['another network of ours', { version: { ...version, branch: 'other' } }],
    ['a network of ours in capitals', { version: { ...version, branch: 'Main' } }],
  ])('with %s is refused', (_, changed) => {
    expect(() => seen(changed)).toThrow(error('other-network'));
  });
});

describe('a greeting in gcm-siv', () => {
  it('says nothing of ours: it has no place for the strings, so it counts for the reference', () => {
    const known = [identity(2).publicKey, identity(3).publicKey];
    const { greeting, ours } = seenIn('gcm-siv', { known });
    expect(ours).toBe(false);
    expect(greeting).toEqual({ ...heardIn('gcm-siv', greetingOf(bob)), known });
  });

  it('is of no network', () => {
    const ours = { version: { ...version, branch: 'other' } };
    expect(() => seenIn('cbc', ours)).toThrow(error('other-network'));
    expect(seenIn('gcm-siv', ours).greeting.version.branch).toBe('');
  });

  it('may name our own key among those that are online', () => {
    expect(seenIn('gcm-siv', { known: [alice.publicKey] }).greeting.known).toEqual([alice.publicKey]);
  });
});

describe.each(['cbc', 'gcm-siv'] as const)('a greeting in %s', (name) => {
  const seen = (changed: Partial<Greeting>, expected?: PublicKey) => seenIn(name, changed, expected);
  const payloadOf = () => payloadIn(name);

  it('that the reference has sent is taken, and is none of ours', () => {
    const { frames } = sessionVector(name);
    const greetings = frames.filter(({ message }) => message.type === 'greeting');
    expect(greetings).toHaveLength(2);
    for (const { bytes, message } of greetings) {
      const payload = hexToBytes(bytes).slice(dialects[name].framing.greetingHeaderBytes);
      const { greeting, ours } = identify(payload, dialects[name], { ...alice, network: 'main', expected: undefined });
      expect(ours).toBe(false);
      expect(messageVector({ kind: 'greeting', ...greeting }, name)).toEqual(message);
    }
  });

  it('may show the key that the carrier has proven', () => {
    expect(seen({}, bob.publicKey).greeting.pubkey).toEqual(bob.publicKey);
  });

  const refused: readonly (readonly [string, Partial<Greeting>, string])[] = [
    ['another major number', { version: { ...version, major: 1 } }, 'bad-version'],
    ['another minor number', { version: { ...version, minor: 2 } }, 'bad-version'],
    ['another patch number', { version: { ...version, patch: 1 } }, 'bad-version'],
    ['our own key', { pubkey: alice.publicKey }, 'own-key'],
    ['our own key in the other parity', { pubkey: prefixed(3, alice.publicKey.subarray(1)) }, 'own-key'],
    ['a key with prefix 4', { pubkey: prefixed(4, bob.publicKey.subarray(1)) }, 'bad-greeting'],
    ['a key of zeros', { pubkey: new Uint8Array(33) as PublicKey }, 'bad-greeting'],
    ['no address', { listen: '' }, 'bad-greeting'],
    ['an address without a port', { listen: 'host.example' }, 'bad-greeting'],
  ];

  it.each(refused)('with %s is refused', (_, changed, code) => {
    expect(() => seen(changed)).toThrow(error(code));
  });

  it('with another key than the carrier has proven is refused, the other parity too', () => {
    const others = prefixed(bob.publicKey[0] === 2 ? 3 : 2, bob.publicKey.subarray(1));
    for (const expected of [identity(2).publicKey, others])
      expect(() => seen({}, expected)).toThrow(error('unexpected-key'));
  });

  it.each([
    ['another message', encode(dialects[name].messages, { kind: 'requestBlocks', start: undefined })],
    ['nothing', new Uint8Array(0)],
    ['one byte more', concatBytes(payloadOf(), new Uint8Array(1))],
    ['one byte less', payloadOf().slice(0, -1)],
    ['an unknown variant', Uint8Array.of(9)],
    ['one of the other dialect', payloadIn(name === 'cbc' ? 'gcm-siv' : 'cbc')],
  ])('that is %s is refused', (_, payload) => {
    const own = { ...alice, network: 'main', expected: undefined };
    expect(() => identify(payload, dialects[name], own)).toThrow(error('bad-greeting'));
  });
});

it('a greeting carries the numbers of wire.md', () => {
  expect(wireVersion).toEqual({ major: 0, minor: 1, patch: 0 });
});

describe('host:port', () => {
  it.each([
    '127.0.0.1:1',
    '0.0.0.0:29092',
    'localhost:65535',
    'host.example:0',
    'a_b-c.example:1',
    '[::1]:29092',
    '[fe80::1]:1',
    `${'a'.repeat(56)}.onion:29092`,
    `${'02'.repeat(16)}2.${'0'.repeat(33)}.webrtc.invalid:1`,
  ])('is %s', (address) => {
    expect(isHostAndPort(address)).toBe(true);
  });

  it.each([
    '',
    ':',
    ':1',
    'host',
    'host:',
    'host:65536',
    'host:100000',
    'host:-1',
    'host:1 ',
    ' host:1',
    'ho st:1',
    'host:1\n',
    'host\u0000:1',
    'host:0x1',
    'host:1:2',
    '::1:29092',
    '[]:1',
    '[::1]',
    '[::1:1',
    'http://host:1',
    'user@host:1',
    'hôst:1',
    `${'a'.repeat(254)}:1`,
  ])('is not %j', (address) => {
    expect(isHostAndPort(address)).toBe(false);
  });
});
