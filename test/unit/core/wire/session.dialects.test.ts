/**
 * core/wire/session.ts: how it tells the dialects apart, what it answers in, and what only one of them has: nonces that
 * drop a frame or end the connection, ciphertexts that may be changed or may not, announced lengths.
 */
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../core/codec/bytes.ts';
import { encryptCbc } from '../../../../core/crypto/cbc.ts';
import { type DialectName, dialects } from '../../../../core/wire/dialect.ts';
import type { Session } from '../../../../core/wire/session.ts';
import { secondDialect, secondGreetingPayload, secondMessage, secondOpen } from '../../../model/second-decoder.ts';
import { Seeded } from '../../../model/seeded.ts';
import { framesFrom, greetingOf, heardIn, identity, sessionOf } from '../../../model/session-parts.ts';

const names = ['cbc', 'gcm-siv'] as const;
const [alice, bob] = [identity(0), identity(1)];
const from = { cbc: framesFrom(bob, alice, 'cbc'), 'gcm-siv': framesFrom(bob, alice, 'gcm-siv') };
const { key } = from.cbc;
const request = { kind: 'requestBlocks', start: undefined } as const;
const requestNone = { cbc: from.cbc.payload(request), 'gcm-siv': from['gcm-siv'].payload(request) };
const error = (code: string) => expect.objectContaining({ name: 'SessionError', code });
const other = (name: DialectName) => (name === 'cbc' ? 'gcm-siv' : 'cbc');

/** A session of Alice's that Bob has greeted in this dialect, and that has answered. */
function greeted(name: DialectName): Session {
  const session = sessionOf(alice);
  session.receive(from[name].greeting());
  session.greet(greetingOf(alice), name);
  return session;
}

function kinds(session: Session, ...frames: readonly Uint8Array[]): (string | undefined)[] {
  return frames.map((frame) => session.receive(frame)[0]?.kind);
}

describe.each(names)('a neighbour that speaks %s', (name) => {
  const { greeting, sealed } = from[name];
  const message = sealed(5, requestNone[name]);

  it('is understood from its fifth byte, whatever the cut', () => {
    const stream = concatBytes(greeting(), message);
    for (let cut = 0; cut <= stream.length; cut++) {
      const session = sessionOf(alice);
      const arrived = session.receive(stream.slice(0, cut));
      expect(session.dialect).toBe(cut < 5 ? undefined : dialects[name]);
      arrived.push(...session.receive(stream.slice(cut)));
      expect(arrived).toEqual([
        { kind: 'greeted', greeting: heardIn(name, greetingOf(bob)), ours: false },
        { kind: 'message', message: request, bytes: message.length },
      ]);
    }
  });

  it('is understood byte by byte', () => {
    const session = sessionOf(alice);
    const arrived = [...concatBytes(greeting(), message)].flatMap((byte) => session.receive(Uint8Array.of(byte)));
    expect(arrived.map(({ kind }) => kind)).toEqual(['greeted', 'message']);
  });

  it.each(names)('is answered in its own dialect, though %s was to come first', (first) => {
    const session = greeted(name);
    expect(session.dialect).toBe(dialects[name]);
    for (const heard of [5, 30, greeting().length]) {
      const answering = sessionOf(alice);
      answering.receive(greeting().slice(0, heard));
      const answer = answering.greet(greetingOf(alice), first);
      expect(secondDialect(answer)).toBe(name);
      expect(secondMessage(secondGreetingPayload(answer, name), name).type).toBe('greeting');
      answering.receive(concatBytes(greeting().slice(heard), message));
      const frame = answering.seal(requestNone[name]);
      expect(secondOpen(key, frame, name)).toEqual({ nonce: name === 'cbc' ? 2n : 1n, payload: requestNone[name] });
    }
  });

  it.each(names)('is greeted in %s if that was to come first and its fifth byte has not come', (first) => {
    for (let heard = 0; heard < 5; heard++) {
      const session = sessionOf(alice);
      session.receive(greeting().slice(0, heard));
      expect(secondDialect(session.greet(greetingOf(alice), first))).toBe(first);
      expect(session.dialect).toBe(dialects[first]);
    }
  });

  it('is refused when it greets after we have, in the other dialect', () => {
    const session = sessionOf(alice);
    session.greet(greetingOf(alice), other(name));
    expect(session.receive(greeting().slice(0, -1))).toEqual([]);
    expect(() => session.receive(concatBytes(greeting().slice(-1), message))).toThrow(error('other-dialect'));
    expect(session.failure).toEqual(error('other-dialect'));
    // What it speaks is known, for a next try.
    expect(session.dialect).toBe(dialects[name]);
    expect(() => session.seal(requestNone[name])).toThrow('invariant');
  });

  it('is refused where only the other dialect is accepted, before we have greeted or after', () => {
    for (const greets of [true, false]) {
      const session = sessionOf(alice, { accepts: [other(name)] });
      if (greets) session.greet(greetingOf(alice), other(name));
      expect(() => session.receive(greeting())).toThrow(error('other-dialect'));
      expect(session.proven).toBe(false);
    }
    expect(kinds(sessionOf(alice, { accepts: [name] }), greeting(), message)).toEqual(['greeted', 'message']);
  });

  it('is refused for its dialect before anything it says is looked at', () => {
    const session = sessionOf(alice, { accepts: [other(name)] });
    const nonsense = dialects[name].framing.greetingFrame(new Uint8Array(9));
    expect(() => session.receive(nonsense)).toThrow(error('other-dialect'));
  });

  it('is not answered in a dialect that is not accepted, however much of its greeting has come', () => {
    for (let heard = 0; heard < greeting().length; heard++) {
      const session = sessionOf(alice, { accepts: [other(name)] });
      session.receive(greeting().slice(0, heard));
      expect(secondDialect(session.greet(greetingOf(alice), other(name)))).toBe(other(name));
      expect(() => session.receive(greeting().slice(heard))).toThrow(error('other-dialect'));
    }
  });

  it('is not understood when it goes on in the other dialect', () => {
    for (let nonce = 2; nonce < 40; nonce++) {
      const session = greeted(name);
      const frame = from[other(name)].sealed(nonce, requestNone[other(name)]);
      expect(() => session.receive(concatBytes(frame, frame))).toThrow(
        expect.objectContaining({ name: 'SessionError' }),
      );
      expect(session.proven).toBe(false);
    }
  });

  it('says nothing with an empty greeting', () => {
    const empty = dialects[name].framing.greetingFrame(new Uint8Array(0));
    // In `gcm-siv` the fifth byte is of what comes next: a length, whatever it is.
    for (const next of [0, 1, 2, 255]) {
      const stream = concatBytes(empty, new Uint8Array(12).fill(next));
      const session = sessionOf(alice);
      expect(() => session.receive(stream), `${next}`).toThrow(error('bad-greeting'));
      expect(session.heldBytes).toBe(0);
    }
  });
});

describe('an empty greeting of gcm-siv', () => {
  it('is waited on while nothing follows it: four zeros are the beginning of something', () => {
    const session = sessionOf(alice);
    expect(session.receive(new Uint8Array(4))).toEqual([]);
    expect(session.dialect).toBeUndefined();
    expect(() => session.receive(new Uint8Array(1))).toThrow(error('bad-greeting'));
  });
});

describe('a nonce in cbc', () => {
  const { sealed } = from.cbc;

  it('that has not risen drops its frame, and the session goes on', () => {
    const session = greeted('cbc');
    const frames = [9, 9, 8, 1, 0, 10, 2 ** 40, 11].map((nonce) => sealed(nonce, requestNone.cbc));
    const expected = ['message', 'dropped', 'dropped', 'dropped', 'dropped', 'message', 'message', 'dropped'];
    expect(kinds(session, ...frames)).toEqual(expected);
  });

  it('is 2 in the first frame after the greeting, and may not be 1', () => {
    expect(kinds(greeted('cbc'), sealed(1, requestNone.cbc), sealed(2, requestNone.cbc))).toEqual([
      'dropped',
      'message',
    ]);
  });

  it('of a dropped frame proves nothing, and what it carries is not read', () => {
    const session = greeted('cbc');
    expect(session.receive(sealed(1, Uint8Array.of(42)))).toEqual([{ kind: 'dropped', why: 'nonce' }]);
    expect(session.proven).toBe(false);
  });

  it('is compared as a whole u64', () => {
    const most = 2n ** 64n - 1n;
    const frames = [sealed(most, requestNone.cbc), sealed(most - 1n, requestNone.cbc)];
    expect(kinds(greeted('cbc'), ...frames)).toEqual(['message', 'dropped']);
  });

  it('of a second greeting counts like any other', () => {
    const session = greeted('cbc');
    const second = from.cbc.payload({ kind: 'greeting', ...greetingOf(bob) });
    expect(session.receive(sealed(2, second))).toEqual([]);
    expect(session.receive(sealed(2, requestNone.cbc))).toEqual([{ kind: 'dropped', why: 'nonce' }]);
  });
});

describe('a nonce in gcm-siv', () => {
  const { sealed, payload } = from['gcm-siv'];
  const none = requestNone['gcm-siv'];
  const iv = (number: number) => new Seeded(1_000 + number).bytes(12);

  it('is 1 in the first frame after the greeting, and may not be 0', () => {
    expect(kinds(greeted('gcm-siv'), sealed(1, none), sealed(2, none))).toEqual(['message', 'message']);
    expect(() => greeted('gcm-siv').receive(sealed(0, none))).toThrow(error('bad-frame'));
  });

  it.each([9, 8, 1, 0])('that has not risen ends the session: %d after 9', (nonce) => {
    const session = greeted('gcm-siv');
    expect(session.receive(sealed(9, none, iv(1)))[0]?.kind).toBe('message');
    expect(() => session.receive(sealed(nonce, none, iv(2)))).toThrow(error('bad-frame'));
    expect(() => session.receive(sealed(10, none, iv(3)))).toThrow(error('bad-frame'));
  });

  it('that has not risen ends the session behind what was in order', () => {
    const session = greeted('gcm-siv');
    const stream = concatBytes(sealed(9, none, iv(1)), sealed(9, none, iv(2)), sealed(10, none, iv(3)));
    expect(session.receive(stream).map(({ kind }) => kind)).toEqual(['message']);
    expect(session.failure).toEqual(error('bad-frame'));
  });

  it('is compared as a whole u64', () => {
    const most = 2n ** 64n - 1n;
    const session = greeted('gcm-siv');
    expect(session.receive(sealed(most, none, iv(1)))[0]?.kind).toBe('message');
    expect(() => session.receive(sealed(most - 1n, none, iv(2)))).toThrow(error('bad-frame'));
  });

  it('of a second greeting counts like any other', () => {
    const session = greeted('gcm-siv');
    expect(session.receive(sealed(1, payload({ kind: 'greeting', ...greetingOf(bob) }), iv(1)))).toEqual([]);
    expect(() => session.receive(sealed(1, none, iv(2)))).toThrow(error('bad-frame'));
  });
});

describe('a frame of gcm-siv', () => {
  const { sealed } = from['gcm-siv'];
  const none = requestNone['gcm-siv'];
  /** Anybody may do this: the nonce stands in plain. */
  function raised(frame: Uint8Array, nonce: bigint): Uint8Array {
    const copy = frame.slice();
    new DataView(copy.buffer).setBigUint64(16, nonce, true);
    return copy;
  }

  it('is refused when it comes again, its nonce raised or not', () => {
    for (const nonce of [1n, 2n, 3n, 2n ** 63n]) {
      const session = greeted('gcm-siv');
      const first = sealed(1, none);
      expect(kinds(session, first, sealed(2, none))).toEqual(['message', 'message']);
      expect(() => session.receive(raised(first, nonce))).toThrow(error('reflected'));
    }
  });

  it('of our own is refused, its nonce raised or not', () => {
    for (const nonce of [1n, 2n, 2n ** 63n]) {
      const session = greeted('gcm-siv');
      const own = session.seal(none);
      expect(() => session.receive(raised(own, nonce))).toThrow(error('reflected'));
      expect(session.proven).toBe(false);
    }
  });

  it('may have its nonce raised on its way once: the neighbour is then behind, and the session ends', () => {
    const session = greeted('gcm-siv');
    expect(session.receive(raised(sealed(1, none), 7n))[0]?.kind).toBe('message');
    expect(() => session.receive(sealed(2, none))).toThrow(error('bad-frame'));
  });

  it('is refused with any bit of IV, ciphertext or tag changed, and of its nonce while that rises is not', () => {
    const frame = sealed(1, none);
    for (let bit = 8 * 4; bit < 8 * frame.length; bit++) {
      const place = bit >> 3;
      const changed = frame.slice();
      changed[place] = (changed[place] as number) ^ (1 << (bit & 7));
      const session = greeted('gcm-siv');
      if (bit === 8 * 16) expect(() => session.receive(changed)).toThrow(error('bad-frame'));
      else if (place >= 16 && place < 24) expect(session.receive(changed)[0]?.kind).toBe('message');
      else expect(() => session.receive(changed), `bit ${bit}`).toThrow(error('bad-frame'));
    }
  });

  it('is refused with another length, and what is behind it is not read', () => {
    const frame = sealed(1, none);
    for (const length of [frame.length - 25, frame.length - 23, frame.length]) {
      const changed = frame.slice();
      new DataView(changed.buffer).setUint32(0, length, true);
      const session = greeted('gcm-siv');
      expect(() => session.receive(concatBytes(changed, sealed(2, none)))).toThrow(error('bad-frame'));
      expect(session.proven).toBe(false);
    }
  });

  it.each([0, 1, 15])('that announces %d bytes, less than a tag, is none', (length) => {
    expect(() => greeted('gcm-siv').receive(from['gcm-siv'].announced(length))).toThrow(error('bad-frame'));
  });

  it('that is a tag and nothing else holds no message', () => {
    const frame = sealed(1, new Uint8Array(0));
    expect(frame.length).toBe(24 + 16);
    expect(() => greeted('gcm-siv').receive(frame)).toThrow(error('bad-message'));
  });
});

describe('a frame of cbc', () => {
  const { sealed, announced } = from.cbc;

  it.each([0, 7])('that holds %d bytes, less than a nonce, is none', (length) => {
    const ciphertext = encryptCbc(key, new Uint8Array(16), new Uint8Array(length));
    const frame = concatBytes(announced(ciphertext.length), ciphertext);
    expect(() => greeted('cbc').receive(frame)).toThrow(error('bad-frame'));
  });

  it.each([0, 1, 15, 17, 31])('that announces %d bytes, no whole number of blocks, is none', (length) => {
    expect(() => greeted('cbc').receive(announced(length))).toThrow(error('bad-frame'));
  });

  it('that comes again is dropped like any whose nonce has not risen', () => {
    const session = greeted('cbc');
    const frame = sealed(2, requestNone.cbc);
    expect(kinds(session, frame, frame, sealed(3, requestNone.cbc))).toEqual(['message', 'dropped', 'message']);
  });

  it('of our own gets by with another IV, as any first block may be changed: only the upgrade is against that', () => {
    const session = greeted('cbc');
    const own = session.seal(requestNone.cbc);
    own[6] = (own[6] as number) ^ 1;
    expect(session.receive(own)[0]?.kind).toBe('message');
  });
});
