/**
 * test/model/reference/session.ts judges as the reference was seen to judge: the recorded session, the payloads, the
 * greetings that are refused, the nonces that have not risen.
 */
import { describe, expect, it } from 'vitest';
import { hexToBytes } from '../../../../core/codec/bytes.ts';
import type { SecretKey } from '../../../../core/crypto/keys.ts';
import { encodeGreetingFrame, encodeMessage, encodeSealedFrame, ivBytes } from '../../../model/reference/encoder.ts';
import { type Arrived, parsesAsAddress, ReferenceSession } from '../../../model/reference/session.ts';
import type { SecondDialect, SecondGreeting } from '../../../model/second-decoder.ts';
import { Seeded } from '../../../model/seeded.ts';
import { type PayloadVector, readVector, type SessionVector } from '../../../model/vectors.ts';
import { realCrypto } from '../../../simulator/crypto.ts';

const dialects = ['cbc', 'gcm-siv'] as const;
const crypto = realCrypto();
const requestNone = { type: 'requestBlocks', start: null } as const;
const vectors = { cbc: recorded('cbc'), 'gcm-siv': recorded('gcm-siv') };

function recorded(dialect: SecondDialect): SessionVector {
  return readVector(`session-${dialect}.json`);
}

/** A session of the recorded client, which has greeted. */
function client(dialect: SecondDialect, root: string | null = null): ReferenceSession {
  const secret = hexToBytes(vectors[dialect].client.secret) as SecretKey;
  const session = new ReferenceSession({ dialect, crypto, secret, random: new Seeded(1).random });
  session.greet(greeting(dialect, vectors[dialect].client.pubkey, { root }));
  return session;
}

function greeting(dialect: SecondDialect, pubkey: string, changed: Partial<SecondGreeting> = {}): SecondGreeting {
  const chain = { root: null, last: null, count: 0n, thin: false };
  const numbers = { major: 0, minor: 1, patch: 0 };
  const common = { pubkey, listen: '127.0.0.1:29092', ...chain };
  const whole =
    dialect === 'cbc'
      ? { ...common, version: { ...numbers, target: '', branch: '', commit: '' } }
      : { ...common, version: numbers, known: [] };
  return { ...whole, ...changed } as SecondGreeting;
}

/** What the client makes of a greeting of the recorded reference. */
function greetedBy(dialect: SecondDialect, changed: Partial<SecondGreeting>, ownRoot: string | null = null): Arrived[] {
  const own = greeting(dialect, vectors[dialect].reference.pubkey, changed);
  return client(dialect, ownRoot).receive(greetingFrame(own, dialect));
}

function greetingFrame(own: SecondGreeting, dialect: SecondDialect): Uint8Array {
  return encodeGreetingFrame(encodeMessage({ type: 'greeting', ...own }, dialect), dialect);
}

/** A client that the recorded reference has greeted, and frames of the latter. */
function linked(dialect: SecondDialect): {
  session: ReferenceSession;
  frame: (nonce: bigint, of: Uint8Array) => Uint8Array;
} {
  const session = client(dialect);
  const own = greeting(dialect, vectors[dialect].reference.pubkey);
  expect(session.receive(greetingFrame(own, dialect))).toHaveLength(1);
  const key = hexToBytes(vectors[dialect].sessionKey);
  const iv = new Seeded(2).bytes(ivBytes[dialect]);
  return { session, frame: (nonce, payload) => encodeSealedFrame({ key, iv, nonce }, payload, dialect) };
}

describe.each(dialects)('a session of %s', (dialect) => {
  it('reads what the reference sent, whatever the cut', () => {
    const frames = vectors[dialect].frames.filter(({ from }) => from === 'reference');
    const stream = hexToBytes(frames.map(({ bytes }) => bytes).join(''));
    for (const mostPieceBytes of [1, 30, 5_000]) {
      const session = client(dialect);
      const arrived = new Seeded(3).cut(stream, mostPieceBytes).flatMap((piece) => session.receive(piece));
      const types = arrived.map((one) => (one.kind === 'message' ? one.message.type : one.kind));
      expect(types).toEqual(['greeted', ...frames.slice(1).map(({ message }) => message.type)]);
    }
  });

  it('is read by another that has the same key', () => {
    const [a, b] = [1, 2].map((seed) => {
      const secret = new Seeded(seed).bytes(32) as SecretKey;
      const session = new ReferenceSession({ dialect, crypto, secret, random: new Seeded(seed).random });
      return {
        session,
        frame: session.greet(greeting(dialect, Buffer.from(crypto.curve.publicKey(secret)).toString('hex'))),
      };
    });
    if (a === undefined || b === undefined) throw new Error('there are two');
    expect(a.session.receive(b.frame)).toMatchObject([{ kind: 'greeted' }]);
    expect(b.session.receive(a.frame)).toMatchObject([{ kind: 'greeted' }]);
    for (let i = 0; i < 3; i++)
      expect(a.session.receive(b.session.seal(requestNone))).toEqual([{ kind: 'message', message: requestNone }]);
  });

  it.each(readVector<Record<SecondDialect, readonly PayloadVector[]>>('payloads.json')[dialect])(
    '$name: the reference $reference, and so does it',
    ({ bytes, reference }) => {
      const { session, frame } = linked(dialect);
      const [arrived] = session.receive(frame(2n, hexToBytes(bytes)));
      expect(arrived?.kind === 'refused').toBe(reference === 'closes');
    },
  );

  it.each([
    ['another version', { version: { major: 0, minor: 2, patch: 0, target: '', branch: '', commit: '' } }],
    ['no address', { listen: 'nowhere' }],
  ] as const)('refuses a greeting with %s', (why, changed) => {
    expect(greetedBy(dialect, changed)).toEqual([{ kind: 'refused', why }]);
  });

  it('refuses another root only when both have one', () => {
    const [root, other] = ['11'.repeat(32), '22'.repeat(32)];
    expect(greetedBy(dialect, { root: other }, root)).toEqual([{ kind: 'refused', why: 'another root' }]);
    expect(greetedBy(dialect, { root }, root)).toMatchObject([{ kind: 'greeted' }]);
    expect(greetedBy(dialect, { root: other }, null)).toMatchObject([{ kind: 'greeted' }]);
    expect(greetedBy(dialect, { root: null }, root)).toMatchObject([{ kind: 'greeted' }]);
  });

  it('refuses a first message that is none of a greeting', () => {
    const payload = encodeMessage(requestNone, dialect);
    const [arrived] = client(dialect).receive(encodeGreetingFrame(payload, dialect));
    expect(arrived).toEqual({ kind: 'refused', why: 'the first message is no greeting' });
  });

  it('crashes at a key that is no point', () => {
    expect(greetedBy(dialect, { pubkey: '07'.repeat(33) })).toEqual([{ kind: 'crashed' }]);
  });

  it('reads nothing behind what it refuses', () => {
    const { session, frame } = linked(dialect);
    session.receive(frame(2n, Uint8Array.of(42)));
    expect(session.receive(frame(3n, encodeMessage(requestNone, dialect)))).toEqual([]);
  });

  it('ends at a frame that was changed', () => {
    const { session, frame } = linked(dialect);
    const changed = frame(2n, encodeMessage(requestNone, dialect));
    const last = changed.length - 17;
    changed[last] = (changed[last] as number) ^ 1;
    expect(session.receive(changed)).toMatchObject([{ kind: 'refused' }]);
  });
});

describe('a nonce that has not risen', () => {
  it('is dropped in cbc, whose greeting carries 1', () => {
    const { session, frame } = linked('cbc');
    const payload = encodeMessage(requestNone, 'cbc');
    expect(session.receive(frame(1n, payload))).toEqual([]);
    expect(session.receive(frame(5n, payload))).toHaveLength(1);
    expect(session.receive(frame(5n, payload))).toEqual([]);
    expect(session.receive(frame(6n, payload))).toHaveLength(1);
  });

  it('ends the connection in gcm-siv, which counts from 1 after the greeting', () => {
    const { session, frame } = linked('gcm-siv');
    const payload = encodeMessage(requestNone, 'gcm-siv');
    expect(session.receive(frame(1n, payload))).toMatchObject([{ kind: 'message' }]);
    expect(session.receive(frame(1n, payload))).toMatchObject([{ kind: 'refused' }]);
  });
});

describe('a greeting of the other dialect', () => {
  it('is refused by gcm-siv, and waited on for ever by cbc, for it is eight bytes short there', () => {
    const of = (dialect: SecondDialect) => greetingFrame(greeting(dialect, vectors[dialect].reference.pubkey), dialect);
    expect(client('gcm-siv').receive(of('cbc'))).toMatchObject([{ kind: 'refused' }]);
    expect(client('cbc').receive(of('gcm-siv'))).toEqual([]);
  });
});

it.each([
  ['127.0.0.1:29092', true],
  ['a.b.webrtc.invalid:1', true],
  ['[::1]:80', true],
  ['127.0.0.1', false],
  [':80', false],
  ['host:', false],
  ['host:65536', false],
  ['host:8o', false],
])('%j is an address: %j', (address, is) => {
  expect(parsesAsAddress(address)).toBe(is);
});
