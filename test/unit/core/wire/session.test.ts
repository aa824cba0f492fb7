/**
 * core/wire/session.ts in both dialects: the recorded sessions of the reference, its payloads, and hostile neighbours.
 * What differs between the dialects is in session.dialects.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, hexToBytes } from '../../../../core/codec/bytes.ts';
import { encode } from '../../../../core/codec/codec.ts';
import type { PublicKey } from '../../../../core/crypto/keys.ts';
import { dialects } from '../../../../core/wire/dialect.ts';
import type { Greeting } from '../../../../core/wire/messages.ts';
import { type Arrived, Session } from '../../../../core/wire/session.ts';
import { messageKinds, randomMessage } from '../../../model/random-values.ts';
import { secondGreetingPayload, secondMessage, secondOpen } from '../../../model/second-decoder.ts';
import { Seeded } from '../../../model/seeded.ts';
import {
  framesFrom,
  greetingOf,
  heardIn,
  identity,
  keyBetween,
  rememberingCurve,
  sessionOf,
} from '../../../model/session-parts.ts';
import { prefixed } from '../../../model/signature-cases.ts';
import { messageVector, payloadVectors, sessionVector } from '../../../model/vectors.ts';

const [alice, bob, carol] = [identity(0), identity(1), identity(2)];
const mebibyte = 1024 * 1024;
const error = (code: string) => expect.objectContaining({ name: 'SessionError', code });

describe.each(['cbc', 'gcm-siv'] as const)('in %s', (name) => {
  const { messages, framing } = dialects[name];
  const { key, greeting, payload, sealed, announced } = framesFrom(bob, alice, name);
  const requestNone = payload({ kind: 'requestBlocks', start: undefined });
  /** The nonce of a first sealed frame. */
  const first = name === 'cbc' ? 2 : 1;

  /** A session of Alice's that Bob has greeted. */
  function greeted(changed: Partial<Greeting> = {}): Session {
    const session = sessionOf(alice);
    session.greet(greetingOf(alice), name);
    session.receive(greeting(changed));
    return session;
  }

  describe('the recorded session', () => {
    const vector = sessionVector(name);

    /** A session as one side of the recording had it; the curve knows the one secret that was not recorded. */
    function recorded(side: 'client' | 'reference', expected?: PublicKey): Session {
      return new Session({
        curve: { ...rememberingCurve, sharedX: () => hexToBytes(vector.ecdhX) },
        random: (length) => new Uint8Array(length),
        ...alice,
        publicKey: hexToBytes(vector[side].pubkey) as PublicKey,
        network: 'main',
        dialled: side === 'client',
        expected,
        accepts: ['cbc', 'gcm-siv'],
      });
    }

    function meaning(arrived: Arrived): unknown {
      if (arrived.kind === 'greeted') return messageVector({ kind: 'greeting', ...arrived.greeting }, name);
      return arrived.kind === 'message' ? messageVector(arrived.message, name) : arrived;
    }

    it.each(['client', 'reference'] as const)('is read as it was meant, frame by frame, by the %s', (side) => {
      const session = recorded(side);
      const frames = vector.frames.filter(({ from }) => from !== side);
      expect(frames.length).toBeGreaterThan(7);
      for (const { bytes, message } of frames) {
        const arrived = session.receive(hexToBytes(bytes));
        expect(arrived.map(meaning)).toEqual([message]);
        const [only] = arrived;
        if (only?.kind === 'message') expect(only.bytes).toBe(bytes.length / 2);
      }
      expect(session.proven).toBe(true);
      expect(session.dialect).toBe(dialects[name]);
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
      const recordedKey = hexToBytes(vector.sessionKey);
      for (const { bytes, nonce, plain, message } of vector.frames) {
        const frame = hexToBytes(bytes);
        const iv = frame.subarray(4, 4 + framing.ivBytes);
        const again =
          plain === undefined
            ? framing.greetingFrame(secondGreetingPayload(frame, name))
            : framing.sealedFrame(recordedKey, iv, BigInt(nonce), hexToBytes(plain));
        expect(bytesToHex(again), message.type).toBe(bytes);
      }
    });
  });

  describe("the reference's payloads", () => {
    it.each(payloadVectors(name))('$name: the reference $reference, and so does the session', (vector) => {
      const session = greeted();
      const frame = sealed(first, hexToBytes(vector.bytes));
      if (vector.reference === 'closes') {
        expect(() => session.receive(frame)).toThrow(error('bad-message'));
        expect(session.proven).toBe(false);
      } else {
        session.receive(frame);
        expect(session.proven).toBe(true);
        expect(session.receive(sealed(first + 1, requestNone)).map(({ kind }) => kind)).toEqual(['message']);
      }
    });

    it('pass over a second greeting: it changes nothing and means nothing', () => {
      const session = greeted();
      const second = payload({ kind: 'greeting', ...greetingOf(carol) });
      expect(session.receive(sealed(first, second))).toEqual([]);
      expect(session.receive(sealed(first + 1, requestNone)).map(({ kind }) => kind)).toEqual(['message']);
    });
  });

  describe('what a session sends', () => {
    it('is read by the second decoder, frame by frame, for 300 random messages', () => {
      const seeded = new Seeded(16);
      const session = sessionOf(alice);
      const own = greetingOf(alice, { listen: 'host.example:29092', count: 7n, known: [bob.publicKey] });
      expect(secondMessage(secondGreetingPayload(session.greet(own, name), name), name)).toEqual(
        messageVector({ kind: 'greeting', ...own }, name),
      );
      session.receive(greeting());
      const ivs = new Set<string>();
      for (let nonce = first; nonce < first + 300; nonce++) {
        const message = randomMessage(seeded, name, messageKinds[name][nonce % messageKinds[name].length]);
        const frame = session.seal(encode(messages, message));
        const opened = secondOpen(key, frame, name);
        expect(opened.nonce).toBe(BigInt(nonce));
        expect(secondMessage(opened.payload, name)).toEqual(messageVector(message, name));
        ivs.add(bytesToHex(frame.subarray(4, 4 + framing.ivBytes)));
      }
      expect(ivs.size).toBe(300);
    });

    it('differs in every IV from what another session of the same two sends', () => {
      const seeded = new Seeded(17);
      const sessions = [1, 2].map(() => sessionOf(alice, { random: seeded.random }));
      const frames = sessions.map((session) => {
        session.greet(greetingOf(alice), name);
        session.receive(greeting());
        return bytesToHex(session.seal(requestNone));
      });
      expect(frames[0]).not.toBe(frames[1]);
    });

    it('is opened by the session at the other end', () => {
      const ours = sessionOf(alice);
      const theirs = sessionOf(bob, { expected: alice.publicKey });
      ours.receive(theirs.greet(greetingOf(bob), name));
      const [met] = theirs.receive(ours.greet(greetingOf(alice), name));
      expect(met).toEqual({ kind: 'greeted', greeting: heardIn(name, greetingOf(alice)), ours: false });
      const frame = ours.seal(requestNone);
      expect(theirs.receive(frame)).toEqual([
        { kind: 'message', message: { kind: 'requestBlocks', start: undefined }, bytes: frame.length },
      ]);
      expect(theirs.proven).toBe(true);
      expect(ours.proven).toBe(false);
    });

    it('begins with one greeting, and waits for the other one', () => {
      const session = sessionOf(alice);
      expect(session.hasGreeted).toBe(false);
      expect(() => session.seal(requestNone)).toThrow('invariant');
      session.greet(greetingOf(alice), name);
      expect(session.hasGreeted).toBe(true);
      expect(() => session.greet(greetingOf(alice), name)).toThrow('invariant');
      expect(() => session.seal(requestNone)).toThrow('invariant');
      const silent = sessionOf(alice);
      silent.receive(greeting());
      expect(() => silent.seal(requestNone)).toThrow('invariant');
    });
  });

  describe('a nonce', () => {
    it('may leap', () => {
      const session = greeted();
      for (const nonce of [9, 10, 2 ** 32, 2 ** 40, 2n ** 64n - 1n]) {
        expect(session.receive(sealed(nonce, requestNone))[0]?.kind).toBe('message');
      }
    });
  });

  describe('a frame that no honest neighbour sends', () => {
    it('is one of our own reflected, the first or a later one', () => {
      for (const reflected of [0, 1, 2]) {
        const session = greeted();
        const own = [1, 2, 3].map(() => session.seal(requestNone));
        expect(() => session.receive(own[reflected] as Uint8Array)).toThrow(error('reflected'));
        expect(session.proven).toBe(false);
      }
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
        session.greet(greetingOf(alice), name);
        const mirrored = greeting({ pubkey: prefixed(parity, alice.publicKey.subarray(1)) });
        expect(() => session.receive(mirrored)).toThrow(error('own-key'));
      }
    });

    it('is sealed with the key of others', () => {
      const others = keyBetween(carol, bob.publicKey);
      const seeded = new Seeded(29);
      for (let nonce = first; nonce < 200; nonce++) {
        const session = greeted();
        const frame = framing.sealedFrame(others, seeded.bytes(framing.ivBytes), BigInt(nonce), requestNone);
        expect(() => session.receive(frame)).toThrow(expect.objectContaining({ name: 'SessionError' }));
        expect(session.proven).toBe(false);
      }
    });

    it('shows a key that is no point', () => {
      const noPoint = prefixed(2, new Uint8Array(32).fill(0xff));
      expect(() => sessionOf(alice).receive(greeting({ pubkey: noPoint }))).toThrow(error('bad-greeting'));
    });

    it('changes a ciphertext so that it does not open', () => {
      const frame = sealed(first, requestNone);
      // In `cbc` the padding of the last block is changed by the block before it.
      const last = frame.length - 17;
      frame[last] = (frame[last] ?? 0) ^ 0x80;
      expect(() => greeted().receive(frame)).toThrow(error('bad-frame'));
    });
  });

  describe('the caps', () => {
    /** The ciphertext of a block of 64 MiB with its variant. */
    const largest = 64 * mebibyte + (name === 'cbc' ? 16 : 17);

    function proven(): Session {
      const session = greeted();
      session.receive(sealed(first, requestNone));
      return session;
    }

    it('hold at the header, before a byte of the body has come', () => {
      for (const length of [mebibyte + 16, largest, 0xfffffff0]) {
        const session = greeted();
        expect(() => session.receive(announced(length))).toThrow(error('frame-too-long'));
        expect(session.heldBytes).toBe(0);
      }
      expect(greeted().receive(announced(mebibyte))).toEqual([]);
    });

    it('are 64 MiB for a neighbour that has shown its key', () => {
      expect(proven().receive(announced(64 * mebibyte))).toEqual([]);
      expect(() => proven().receive(announced(64 * mebibyte + 32))).toThrow(error('frame-too-long'));
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

    it('leave room for a block of 64 MiB and what a frame puts around it', () => {
      const around = sealed(first, new Uint8Array(16)).length - framing.sealedHeaderBytes - 16;
      expect(largest).toBe(64 * mebibyte + (name === 'cbc' ? 16 : 1 + around));
      expect(proven().receive(announced(largest))).toEqual([]);
      expect(() => proven().receive(announced(largest + 16))).toThrow(error('frame-too-long'));
    });

    it('hold for a greeting', () => {
      const session = sessionOf(alice);
      const header = greeting().slice(0, 12);
      new DataView(header.buffer).setUint32(0, mebibyte + 1, true);
      expect(() => session.receive(header)).toThrow(error('frame-too-long'));
      expect(session.heldBytes).toBe(0);
    });
  });

  describe('an error', () => {
    const bad = (nonce: number) => sealed(nonce, Uint8Array.of(42));

    it('comes after what was in order: that is returned, the error is kept, and the next call throws it', () => {
      const session = greeted();
      const stream = concatBytes(sealed(2, requestNone), bad(3), sealed(4, requestNone));
      expect(session.receive(stream).map(({ kind }) => kind)).toEqual(['message']);
      expect(session.failure).toEqual(error('bad-message'));
      expect(() => session.receive(sealed(5, requestNone))).toThrow(error('bad-message'));
      expect(() => session.receive(new Uint8Array(0))).toThrow(error('bad-message'));
    });

    it('is thrown at once when nothing came before it, and again ever after', () => {
      const session = greeted();
      expect(session.failure).toBeUndefined();
      expect(() => session.receive(bad(2))).toThrow(error('bad-message'));
      expect(session.failure).toEqual(error('bad-message'));
      expect(() => session.receive(sealed(3, requestNone))).toThrow(error('bad-message'));
    });

    it('of our own is no matter of the neighbour: it passes through and ends nothing', () => {
      const broken = new Error('the curve is broken');
      const sharedX = () => {
        throw broken;
      };
      const session = sessionOf(alice, { curve: { ...rememberingCurve, sharedX } });
      expect(() => session.receive(greeting())).toThrow(broken);
      expect(session.failure).toBeUndefined();
    });
  });
});
