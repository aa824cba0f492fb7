/**
 * core/wire/session.ts against the recorded session of the reference, its payloads, and hostile neighbours.
 */
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, hexToBytes } from '../../../../core/codec/bytes.ts';
import { encode } from '../../../../core/codec/codec.ts';
import { encryptCbc } from '../../../../core/crypto/cbc.ts';
import type { PublicKey } from '../../../../core/crypto/keys.ts';
import { cbcMessages } from '../../../../core/wire/dialect.ts';
import { greetingFrame, sealedFrame } from '../../../../core/wire/frame.ts';
import type { Greeting } from '../../../../core/wire/messages.ts';
import { type Arrived, Session } from '../../../../core/wire/session.ts';
import { messageKinds, randomMessage } from '../../../model/random-values.ts';
import { secondGreetingPayload, secondMessage, secondOpen } from '../../../model/second-decoder.ts';
import { Seeded } from '../../../model/seeded.ts';
import { greetingOf, identity, keyBetween, rememberingCurve, sessionOf } from '../../../model/session-parts.ts';
import { prefixed } from '../../../model/signature-cases.ts';
import { messageVector, payloadVectors, sessionVector } from '../../../model/vectors.ts';

const vector = sessionVector();
const recordedKey = hexToBytes(vector.sessionKey);
const [alice, bob, carol] = [identity(0), identity(1), identity(2)];
const key = keyBetween(alice, bob.publicKey);
const mebibyte = 1024 * 1024;
const requestNone = encode(cbcMessages, { kind: 'requestBlocks', start: undefined });
const error = (code: string) => expect.objectContaining({ name: 'SessionError', code });

/** A session of Alice's that Bob has greeted. */
function greeted(changed: Partial<Greeting> = {}): Session {
  const session = sessionOf(alice);
  session.greet(greetingOf(alice));
  session.receive(greetingFrom(changed));
  return session;
}

function greetingFrom(changed: Partial<Greeting> = {}): Uint8Array {
  return greetingFrame(encode(cbcMessages, { kind: 'greeting', ...greetingOf(bob, changed) }));
}

/** A frame of Bob's. */
function sealed(nonce: number, payload: Uint8Array): Uint8Array {
  return sealedFrame(key, new Seeded(nonce).bytes(16), BigInt(nonce), payload);
}

/** The header of a frame that announces a ciphertext of this length. */
function announced(length: number): Uint8Array {
  const header = new Uint8Array(20);
  new DataView(header.buffer).setUint32(0, length, true);
  return header;
}

describe('the recorded session', () => {
  /** A session as one side of the recording had it; the curve knows the one secret that was not recorded. */
  function recorded(side: 'client' | 'reference', expected?: PublicKey): Session {
    return new Session({
      curve: { ...rememberingCurve, sharedX: () => hexToBytes(vector.ecdhX) },
      random: (length) => new Uint8Array(length),
      ...alice,
      publicKey: hexToBytes(vector[side].pubkey) as PublicKey,
      network: 'main',
      expected,
    });
  }

  function meaning(arrived: Arrived): unknown {
    if (arrived.kind === 'greeted') return messageVector({ kind: 'greeting', ...arrived.greeting });
    return arrived.kind === 'message' ? messageVector(arrived.message) : arrived;
  }

  it.each(['client', 'reference'] as const)('is read as it was meant, frame by frame, by the %s', (side) => {
    const session = recorded(side);
    const frames = vector.frames.filter(({ from }) => from !== side);
    expect(frames.length).toBeGreaterThan(10);
    for (const { bytes, message } of frames) {
      const arrived = session.receive(hexToBytes(bytes));
      expect(arrived.map(meaning)).toEqual([message]);
      const [only] = arrived;
      if (only?.kind === 'message') expect(only.bytes).toBe(bytes.length / 2);
    }
    expect(session.proven).toBe(true);
  });

  it.each(['client', 'reference'] as const)('is read by the %s whatever the cut', (side) => {
    const frames = vector.frames.filter(({ from }) => from !== side);
    const stream = hexToBytes(frames.map(({ bytes }) => bytes).join(''));
    const seeded = new Seeded(15);
    for (const mostPieceBytes of [1, 7, 100, 2_000, stream.length]) {
      const session = recorded(side);
      const arrived = seeded.cut(stream, mostPieceBytes).flatMap((piece) => session.receive(piece));
      expect(arrived.map(meaning)).toEqual(frames.map(({ message }) => message));
      expect(session.heldBytes).toBe(0);
    }
  });

  it('is opened with the secret of the client and the real curve', () => {
    const secret = hexToBytes(vector.client.secret) as typeof alice.secret;
    const publicKey = hexToBytes(vector.client.pubkey) as PublicKey;
    const expected = hexToBytes(vector.reference.pubkey) as PublicKey;
    const session = sessionOf({ secret, publicKey }, { expected });
    for (const { from, bytes } of vector.frames) {
      if (from === 'reference') expect(session.receive(hexToBytes(bytes)).length).toBe(1);
    }
  });

  it('is made again to the same bytes, in both directions', () => {
    for (const { bytes, nonce, plain, message } of vector.frames) {
      const payload = plain === undefined ? undefined : hexToBytes(plain);
      const frame = hexToBytes(bytes);
      const again =
        payload === undefined
          ? greetingFrame(secondGreetingPayload(frame))
          : sealedFrame(recordedKey, frame.subarray(4, 20), BigInt(nonce), payload);
      expect(bytesToHex(again), message.type).toBe(bytes);
    }
  });
});

describe("the reference's payloads", () => {
  it.each(payloadVectors().cbc)('$name: the reference $reference, and so does the session', ({ bytes, reference }) => {
    const session = greeted();
    const frame = sealed(2, hexToBytes(bytes));
    if (reference === 'closes') {
      expect(() => session.receive(frame)).toThrow(error('bad-message'));
      expect(session.proven).toBe(false);
    } else {
      session.receive(frame);
      expect(session.proven).toBe(true);
      expect(session.receive(sealed(3, requestNone)).map(({ kind }) => kind)).toEqual(['message']);
    }
  });

  it('pass over a second greeting: it changes nothing and means nothing', () => {
    const session = greeted();
    const second = encode(cbcMessages, { kind: 'greeting', ...greetingOf(carol) });
    expect(session.receive(sealed(2, second))).toEqual([]);
    expect(session.receive(sealed(2, requestNone))).toEqual([{ kind: 'dropped', why: 'nonce' }]);
  });
});

describe('what a session sends', () => {
  it('is read by the second decoder, frame by frame, for 300 random messages', () => {
    const seeded = new Seeded(16);
    const session = sessionOf(alice);
    const greeting = greetingOf(alice, { listen: 'host.example:29092', count: 7n });
    expect(secondMessage(secondGreetingPayload(session.greet(greeting)))).toEqual(
      messageVector({ kind: 'greeting', ...greeting }),
    );
    session.receive(greetingFrom());
    const ivs = new Set<string>();
    for (let nonce = 2n; nonce < 302n; nonce++) {
      const message = randomMessage(seeded, messageKinds[Number(nonce) % messageKinds.length]);
      const frame = session.seal(encode(cbcMessages, message));
      const opened = secondOpen(key, frame);
      expect(opened.nonce).toBe(nonce);
      expect(secondMessage(opened.payload)).toEqual(messageVector(message));
      ivs.add(bytesToHex(frame.subarray(4, 20)));
    }
    expect(ivs.size).toBe(300);
  });

  it('differs in every IV from what another session of the same two sends', () => {
    const seeded = new Seeded(17);
    const first = sessionOf(alice, { random: seeded.random });
    const second = sessionOf(alice, { random: seeded.random });
    const frames = [first, second].map((session) => {
      session.greet(greetingOf(alice));
      session.receive(greetingFrom());
      return bytesToHex(session.seal(requestNone));
    });
    expect(frames[0]).not.toBe(frames[1]);
  });

  it('is opened by the session at the other end', () => {
    const ours = sessionOf(alice);
    const theirs = sessionOf(bob, { expected: alice.publicKey });
    ours.receive(theirs.greet(greetingOf(bob)));
    const [met] = theirs.receive(ours.greet(greetingOf(alice)));
    expect(met).toEqual({ kind: 'greeted', greeting: greetingOf(alice), ours: true });
    const frame = ours.seal(requestNone);
    expect(theirs.receive(frame)).toEqual([
      { kind: 'message', message: { kind: 'requestBlocks', start: undefined }, bytes: frame.length },
    ]);
    expect(theirs.proven).toBe(true);
    expect(ours.proven).toBe(false);
  });

  it('begins with one greeting, and waits for the other one', () => {
    const session = sessionOf(alice);
    expect(() => session.seal(requestNone)).toThrow('invariant');
    session.greet(greetingOf(alice));
    expect(() => session.greet(greetingOf(alice))).toThrow('invariant');
    expect(() => session.seal(requestNone)).toThrow('invariant');
    const silent = sessionOf(alice);
    silent.receive(greetingFrom());
    expect(() => silent.seal(requestNone)).toThrow('invariant');
  });
});

describe('a nonce', () => {
  it('may leap, and a frame whose nonce has not risen is dropped while the session goes on', () => {
    const session = greeted();
    const kinds = [9, 9, 8, 1, 0, 10, 2 ** 40, 11].map((nonce) => session.receive(sealed(nonce, requestNone))[0]?.kind);
    expect(kinds).toEqual(['message', 'dropped', 'dropped', 'dropped', 'dropped', 'message', 'message', 'dropped']);
  });

  it('of a dropped frame proves nothing, and what it carries is not read', () => {
    const session = greeted();
    expect(session.receive(sealed(1, Uint8Array.of(42)))).toEqual([{ kind: 'dropped', why: 'nonce' }]);
    expect(session.proven).toBe(false);
  });

  it('is compared as a whole u64', () => {
    const session = greeted();
    const most = 2n ** 64n - 1n;
    const frame = sealedFrame(key, new Uint8Array(16), most, requestNone);
    expect(session.receive(frame)[0]?.kind).toBe('message');
    expect(session.receive(sealedFrame(key, new Uint8Array(16), most - 1n, requestNone))[0]?.kind).toBe('dropped');
  });
});

describe('a frame that no honest neighbour sends', () => {
  it('is one of our own reflected', () => {
    const session = greeted();
    const frames = [session.seal(requestNone), session.seal(requestNone)];
    expect(() => session.receive(frames[1] as Uint8Array)).toThrow(error('reflected'));
  });

  it('is one of our own reflected even when its nonce has not risen', () => {
    const session = greeted();
    const own = session.seal(requestNone);
    session.receive(sealed(100, requestNone));
    expect(() => session.receive(own)).toThrow(error('reflected'));
  });

  it('is our own greeting, in either parity of our key', () => {
    for (const parity of [2, 3]) {
      const session = sessionOf(alice);
      session.greet(greetingOf(alice));
      const mirrored = greetingOf(alice, { pubkey: prefixed(parity, alice.publicKey.subarray(1)) });
      const frame = greetingFrame(encode(cbcMessages, { kind: 'greeting', ...mirrored }));
      expect(() => session.receive(frame)).toThrow(error('own-key'));
    }
  });

  it('is sealed with the key of others', () => {
    const others = keyBetween(carol, bob.publicKey);
    for (let nonce = 2; nonce < 200; nonce++) {
      const session = greeted();
      const frame = sealedFrame(others, new Seeded(nonce).bytes(16), BigInt(nonce), requestNone);
      expect(() => session.receive(frame)).toThrow(expect.objectContaining({ name: 'SessionError' }));
      expect(session.proven).toBe(false);
    }
  });

  it.each([0, 7])('holds %d bytes, less than a nonce', (length) => {
    const ciphertext = encryptCbc(key, new Uint8Array(16), new Uint8Array(length));
    const frame = concatBytes(announced(ciphertext.length), ciphertext);
    expect(() => greeted().receive(frame)).toThrow(error('bad-frame'));
  });

  it('changes a ciphertext so that it does not open', () => {
    const frame = sealed(2, requestNone);
    const last = frame.length - 17;
    frame[last] = (frame[last] ?? 0) ^ 0x80;
    expect(() => greeted().receive(frame)).toThrow(error('bad-frame'));
  });

  it.each([0, 1, 15, 17, 31])('announces %d bytes: no whole number of blocks', (length) => {
    expect(() => greeted().receive(announced(length))).toThrow(error('bad-frame'));
  });
});

describe('the caps', () => {
  it('hold at the header, before a byte of the body has come', () => {
    expect(() => greeted().receive(announced(mebibyte + 16))).toThrow(error('frame-too-long'));
    expect(() => greeted().receive(announced(0xfffffff0))).toThrow(error('frame-too-long'));
    expect(greeted().receive(announced(mebibyte))).toEqual([]);
  });

  it('are 64 MiB for a neighbour that has shown its key', () => {
    const proven = greeted();
    proven.receive(sealed(2, requestNone));
    expect(proven.receive(announced(64 * mebibyte))).toEqual([]);
    const past = greeted();
    past.receive(sealed(2, requestNone));
    expect(() => past.receive(announced(64 * mebibyte + 32))).toThrow(error('frame-too-long'));
  });

  it('are 64 MiB before that while a request of ours is open', () => {
    const session = greeted();
    session.allowLargeFrames = true;
    expect(session.receive(announced(64 * mebibyte))).toEqual([]);
    const again = greeted();
    again.allowLargeFrames = true;
    again.allowLargeFrames = false;
    expect(() => again.receive(announced(2 * mebibyte))).toThrow(error('frame-too-long'));
  });

  it('leave room for a block of 64 MiB, its variant, the nonce and the padding', () => {
    const session = greeted();
    session.receive(sealed(2, requestNone));
    expect(session.receive(announced(64 * mebibyte + 16))).toEqual([]);
  });

  it('hold for a greeting', () => {
    const header = new Uint8Array(12);
    new DataView(header.buffer).setUint32(0, mebibyte + 1, true);
    header[4] = 1;
    expect(() => sessionOf(alice).receive(header)).toThrow(error('frame-too-long'));
  });
});

describe('an error', () => {
  it('comes after what was in order: that is returned, the error is kept, and the next call throws it', () => {
    const session = greeted();
    const stream = concatBytes(sealed(2, requestNone), sealed(3, Uint8Array.of(42)), sealed(4, requestNone));
    expect(session.receive(stream).map(({ kind }) => kind)).toEqual(['message']);
    expect(session.failure).toEqual(error('bad-message'));
    expect(() => session.receive(sealed(5, requestNone))).toThrow(error('bad-message'));
    expect(() => session.receive(new Uint8Array(0))).toThrow(error('bad-message'));
  });

  it('is thrown at once when nothing came before it, and again ever after', () => {
    const session = greeted();
    expect(session.failure).toBeUndefined();
    expect(() => session.receive(sealed(2, Uint8Array.of(42)))).toThrow(error('bad-message'));
    expect(session.failure).toEqual(error('bad-message'));
    expect(() => session.receive(sealed(3, requestNone))).toThrow(error('bad-message'));
  });

  it('of our own is no matter of the neighbour: it passes through and ends nothing', () => {
    const broken = new Error('the curve is broken');
    const sharedX = () => {
      throw broken;
    };
    const session = sessionOf(alice, { curve: { ...rememberingCurve, sharedX } });
    expect(() => session.receive(greetingFrom())).toThrow(broken);
    expect(session.failure).toBeUndefined();
  });
});
