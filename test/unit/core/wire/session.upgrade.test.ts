/**
 * core/wire/session.ts between two of ours: hello and the frames behind it (spec/safety.md, Secure upgrade).
 */
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, hexToBytes } from '../../../../core/codec/bytes.ts';
import { encode } from '../../../../core/codec/codec.ts';
import type { PublicKey, SecretKey } from '../../../../core/crypto/keys.ts';
import { nobleCurve } from '../../../../core/crypto/noble-curve.ts';
import { cbcFraming } from '../../../../core/wire/cbc-framing.ts';
import { cbcMessages, type DialectName, dialects } from '../../../../core/wire/dialect.ts';
import { type Greeting, oursCommit } from '../../../../core/wire/messages.ts';
import { type Arrived, mostHelloBytes, Session } from '../../../../core/wire/session.ts';
import { SecondLink } from '../../../model/second-upgrade.ts';
import { Seeded } from '../../../model/seeded.ts';
import {
  greetingOf,
  type Identity,
  identity,
  keyBetween,
  rememberingCurve,
  sessionOf,
} from '../../../model/session-parts.ts';
import { upgradeVector } from '../../../model/vectors.ts';

const [alice, bob] = [identity(0), identity(1)];
const mebibyte = 1024 * 1024;
const error = (code: string) => expect.objectContaining({ name: 'SessionError', code });
const request = { kind: 'requestBlocks', start: undefined } as const;
const requestNone = encode(cbcMessages, request);
const asked = encode(cbcMessages, { kind: 'requestNeighbours', count: 3, exclude: [alice.publicKey] });
const ours = (own: Identity, changed: Partial<Greeting> = {}): Greeting => {
  const { version } = greetingOf(own);
  return greetingOf(own, { version: { ...version, commit: oursCommit }, ...changed });
};
const kinds = (arrived: readonly Arrived[]) => arrived.map(({ kind }) => kind);

/** Alice has dialled Bob. */
class Pair {
  readonly alice: Session;
  readonly bob: Session;
  readonly seeded: Seeded;
  /** Alice's, as a frame. */
  hello: Uint8Array = new Uint8Array(0);
  readonly ephemeral = new Map<string, SecretKey>();

  constructor(seed = 65) {
    this.seeded = new Seeded(seed);
    const curve = {
      ...rememberingCurve,
      publicKey: (secret: SecretKey): PublicKey => {
        const key = nobleCurve.publicKey(secret);
        this.ephemeral.set(bytesToHex(key), secret.slice() as SecretKey);
        return key;
      },
      sharedX: (secret: SecretKey, other: PublicKey) =>
        (secret === alice.secret || secret === bob.secret ? rememberingCurve : nobleCurve).sharedX(secret, other),
    };
    const { random } = this.seeded;
    this.alice = sessionOf(alice, { curve, random, dialled: true });
    this.bob = sessionOf(bob, { curve, random, dialled: false });
  }

  greet(): this {
    const greetings = [this.alice.greet(ours(alice), 'cbc'), this.bob.greet(ours(bob), 'cbc')] as const;
    this.bob.receive(greetings[0]);
    this.alice.receive(greetings[1]);
    return this;
  }

  upgrade(): this {
    this.greet();
    this.hello = this.alice.hello();
    this.bob.receive(this.hello);
    this.alice.receive(this.bob.hello());
    return this;
  }
}

describe('two of ours', () => {
  it('say hello, and then what they have to say, upgraded', () => {
    const { alice: a, bob: b } = new Pair();
    const greeted = b.receive(a.greet(ours(alice), 'cbc'));
    expect(greeted).toEqual([{ kind: 'greeted', greeting: ours(alice), ours: true }]);
    a.receive(b.greet(ours(bob), 'cbc'));
    expect([a.upgrades, b.upgrades, a.proven, b.proven]).toEqual([true, true, false, false]);
    const [fromA, fromB] = [a.hello(), b.hello()];
    expect(a.receive(fromB)).toEqual([{ kind: 'upgraded' }]);
    expect(b.receive(fromA)).toEqual([{ kind: 'upgraded' }]);
    // Hello decrypts for whoever has the session's key: it proves nothing of the new ones.
    expect([a.proven, b.proven]).toEqual([false, false]);
    const frame = a.seal(requestNone);
    expect(b.receive(frame)).toEqual([{ kind: 'message', message: request, bytes: frame.length }]);
    expect([a.proven, b.proven]).toEqual([false, true]);
    for (let times = 0; times < 20; times++) {
      expect(kinds(a.receive(b.seal(times % 2 === 0 ? asked : requestNone)))).toEqual(['message']);
      expect(kinds(b.receive(a.seal(asked)))).toEqual(['message']);
    }
  });

  it('are read to the last frame by the second implementation, which has all secrets', () => {
    const pair = new Pair();
    const { alice: a, bob: b, ephemeral, seeded } = pair;
    const link = new SecondLink((one, other) => {
      const secret = ephemeral.get(one) ?? (one === bytesToHex(alice.publicKey) ? alice.secret : undefined);
      if (secret === undefined) throw new Error('nobody has this secret');
      return nobleCurve.sharedX(secret, hexToBytes(other) as PublicKey);
    });
    const read = (by: 'dialler' | 'acceptor', frame: Uint8Array) => {
      (by === 'dialler' ? b : a).receive(frame);
      return link.read(by, frame).message.type;
    };
    expect(read('dialler', a.greet(ours(alice), 'cbc'))).toBe('greeting');
    expect(read('acceptor', b.greet(ours(bob), 'cbc'))).toBe('greeting');
    expect(read('acceptor', b.hello())).toBe('requestNeighbours');
    expect(read('dialler', a.hello())).toBe('requestNeighbours');
    for (let times = 0; times < 40; times++) {
      const [by, from] = seeded.chance(0.5) ? (['dialler', a] as const) : (['acceptor', b] as const);
      expect(read(by, from.seal(requestNone))).toBe('requestBlocks');
    }
  });

  it.each(['dialler', 'acceptor'] as const)('send the bytes of the vectors, seen from the %s', (name) => {
    const vector = upgradeVector();
    const [own, far] =
      name === 'dialler' ? ([vector.dialler, vector.acceptor] as const) : ([vector.acceptor, vector.dialler] as const);
    const drawn = [new Uint8Array(32), hexToBytes(own.ephemeralSecret)];
    const session = new Session({
      curve: nobleCurve,
      random: () => drawn.shift() ?? new Uint8Array(32),
      secret: hexToBytes(own.secret) as SecretKey,
      publicKey: hexToBytes(own.pubkey) as PublicKey,
      network: vector.network,
      dialled: name === 'dialler',
      expected: hexToBytes(far.pubkey) as PublicKey,
      accepts: ['cbc'],
    });
    const greeting = session.greet(
      ours(alice, {
        pubkey: hexToBytes(own.pubkey) as PublicKey,
        listen: name === 'dialler' ? '127.0.0.1:1' : 'host.example:29092',
      }),
      'cbc',
    );
    expect(own.stream.startsWith(bytesToHex(greeting))).toBe(true);
    expect(kinds(session.receive(hexToBytes(far.stream)))).toEqual(['greeted', 'upgraded']);
    session.hello();
    const frames = vector.frames.filter(({ from }) => from !== name).map(({ bytes }) => hexToBytes(bytes));
    expect(kinds(session.receive(concatBytes(...frames)))).toEqual(frames.map(() => 'message'));
  });

  it('are understood whatever the cut, all at once too', () => {
    for (const mostPieceBytes of [1, 7, 100, 10_000]) {
      const pair = new Pair();
      const { alice: a, bob: b, seeded } = pair;
      const greeting = a.greet(ours(alice), 'cbc');
      b.receive(greeting);
      a.receive(b.greet(ours(bob), 'cbc'));
      a.receive(b.hello());
      const stream = concatBytes(a.hello(), a.seal(requestNone), a.seal(asked));
      const arrived = seeded.cut(stream, mostPieceBytes).flatMap((piece) => b.receive(piece));
      expect(kinds(arrived)).toEqual(['upgraded', 'message', 'message']);
      expect(b.heldBytes).toBe(0);
    }
  });

  it('have other keys on every link', () => {
    const [one, other] = [65, 67].map((seed) => new Pair(seed).upgrade()) as [Pair, Pair];
    const frame = one.alice.seal(requestNone);
    expect(() => other.bob.receive(frame)).toThrow(error('bad-frame'));
    expect(kinds(one.bob.receive(frame))).toEqual(['message']);
  });

  it('have no key in common when one byte of what was said in plain is changed on its way', () => {
    const { alice: a, bob: b } = new Pair();
    const greeting = a.greet(ours(alice, { listen: 'host.example:1' }), 'cbc');
    const changed = greeting.slice();
    changed[12 + 1 + 33 + 4] = 'H'.charCodeAt(0);
    expect(b.receive(changed)).toEqual([expect.objectContaining({ kind: 'greeted', ours: true })]);
    a.receive(b.greet(ours(bob), 'cbc'));
    const [fromA, fromB] = [a.hello(), b.hello()];
    a.receive(fromB);
    b.receive(fromA);
    expect(() => b.receive(a.seal(requestNone))).toThrow(error('bad-frame'));
    expect(() => a.receive(b.seal(requestNone))).toThrow(error('bad-frame'));
  });

  it('have none when both have dialled, as they think', () => {
    const [a, b] = [alice, bob].map((own) => sessionOf(own, { dialled: true, random: new Seeded(66).random })) as [
      Session,
      Session,
    ];
    b.receive(a.greet(ours(alice), 'cbc'));
    a.receive(b.greet(ours(bob), 'cbc'));
    expect(() => {
      b.receive(a.hello());
      a.receive(b.hello());
      b.receive(a.seal(requestNone));
    }).toThrow(expect.objectContaining({ name: 'SessionError' }));
  });

  it('say nothing before hello, and hello once', () => {
    const { alice: a, bob: b } = new Pair().greet();
    expect(() => a.seal(requestNone)).toThrow('invariant');
    const hello = a.hello();
    expect(() => a.hello()).toThrow('invariant');
    expect(() => a.seal(requestNone)).toThrow('invariant');
    b.receive(hello);
    // The other's has come, ours has not been said.
    expect(() => b.seal(requestNone)).toThrow('invariant');
    b.hello();
    expect(b.seal(requestNone).length).toBe(20 + 16 + 32);
  });
});

describe('what a neighbour of ours sends in place of what has to come', () => {
  const sealed = (nonce: bigint, payload: Uint8Array): Uint8Array =>
    cbcFraming.sealedFrame(keyBetween(alice, bob.publicKey), new Seeded(Number(nonce)).bytes(16), nonce, payload);

  it.each<[string, string, (pair: Pair) => Uint8Array]>([
    ['RequestBlocks', 'no-upgrade', () => sealed(2n, requestNone)],
    [
      'RequestBlocks, and hello behind it',
      'no-upgrade',
      ({ alice: a }) => concatBytes(sealed(2n, requestNone), a.hello()),
    ],
    ['a second greeting', 'no-upgrade', () => sealed(2n, encode(cbcMessages, { kind: 'greeting', ...ours(alice) }))],
    ['a frame that was counted before', 'bad-hello', () => sealed(1n, requestNone)],
    ['no message', 'bad-hello', () => sealed(2n, Uint8Array.of(42))],
    ['our hello', 'reflected', ({ bob: b }) => b.hello()],
    // The IV changes the nonce, which rises by it, and nothing else.
    ['our hello under another IV', 'reflected', ({ bob: b }) => flipped(b.hello(), 4 + 7, 0x40)],
    ['what does not decrypt', 'bad-frame', () => Uint8Array.of(16, 0, 0, 0, ...new Uint8Array(32))],
    ['a long frame', 'frame-too-long', () => Uint8Array.of(...[0x10, 0x04, 0, 0], ...new Uint8Array(16))],
  ])('is refused: %s', (_, code, make) => {
    const pair = new Pair().greet();
    const frame = make(pair);
    expect(() => pair.bob.receive(frame)).toThrow(error(code));
    expect(pair.bob.failure).toEqual(error(code));
  });

  it('is refused when it comes before it was greeted: it cannot know that hello is due', () => {
    const session = sessionOf(alice);
    const greeting = sessionOf(bob).greet(ours(bob), 'cbc');
    expect(kinds(session.receive(concatBytes(greeting, sealed(2n, requestNone))))).toEqual(['greeted']);
    expect(session.failure).toEqual(error('bad-hello'));
  });

  it('is refused when it is what it has said under the key of the session', () => {
    const pair = new Pair().upgrade();
    expect(() => pair.bob.receive(sealed(9n, requestNone))).toThrow(error('bad-frame'));
  });

  it('is no hello of more than 1 KiB, whatever is announced, and none of it is held', () => {
    const pair = new Pair().greet();
    const header = new Uint8Array(20);
    new DataView(header.buffer).setUint32(0, mostHelloBytes + 16, true);
    expect(() => pair.bob.receive(header)).toThrow(error('frame-too-long'));
    expect(pair.bob.heldBytes).toBe(0);
  });
});

describe('an upgraded link that its carrier tampers with', () => {
  const frames = (pair: Pair, count: number) => Array.from({ length: count }, () => pair.alice.seal(asked));

  it.each<[string, (pair: Pair) => Uint8Array]>([
    ['a frame twice', (pair) => concatBytes(...frames(pair, 1).flatMap((frame) => [frame, frame]))],
    ['two frames in the other order', (pair) => concatBytes(...frames(pair, 2).reverse())],
    ['the second frame alone', (pair) => frames(pair, 2)[1] as Uint8Array],
    [
      'the last of a frame cut off',
      (pair) => concatBytes((frames(pair, 1)[0] as Uint8Array).slice(0, -1), ...frames(pair, 1)),
    ],
    ['our own frame', (pair) => pair.bob.seal(asked)],
    ['its hello again', ({ hello }) => hello],
    ['a bit of the IV', (pair) => flipped(frames(pair, 1)[0] as Uint8Array, 4)],
    ['a bit of the ciphertext', (pair) => flipped(frames(pair, 1)[0] as Uint8Array, 20)],
    ['a bit of the MAC', (pair) => flipped(frames(pair, 1)[0] as Uint8Array, -1)],
    ['a shorter length', (pair) => flipped(frames(pair, 1)[0] as Uint8Array, 0, 0x10)],
  ])('is closed: %s', (_, tamper) => {
    const pair = new Pair().upgrade();
    const hostile = tamper(pair);
    const before = kinds(receiveAll(pair.bob, hostile));
    expect(before.length).toBeLessThanOrEqual(1);
    expect(pair.bob.failure).toEqual(error('bad-frame'));
    expect(() => pair.bob.receive(pair.alice.seal(asked))).toThrow(error('bad-frame'));
  });
});

describe('the caps of an upgraded link', () => {
  const announced = (length: number): Uint8Array => {
    const header = new Uint8Array(20);
    new DataView(header.buffer).setUint32(0, length, true);
    return header;
  };
  const largest = 64 * mebibyte + 16 + 32;

  it('are 1 MiB before the first frame that verifies, and room for a block of 64 MiB after it', () => {
    const begun = new Pair().upgrade();
    expect(() => begun.bob.receive(announced(mebibyte + 16))).toThrow(error('frame-too-long'));
    for (const [length, code] of [
      [largest, undefined],
      [largest + 16, 'frame-too-long'],
    ] as const) {
      const { alice: a, bob: b } = new Pair().upgrade();
      b.receive(a.seal(asked));
      if (code === undefined) expect(b.receive(announced(length))).toEqual([]);
      else expect(() => b.receive(announced(length))).toThrow(error(code));
    }
  });

  it('are those of a block while a request of ours is open', () => {
    const { bob: b } = new Pair().upgrade();
    b.allowLargeFrames = true;
    expect(b.receive(announced(largest))).toEqual([]);
  });

  it('hold a length that no upgraded frame has', () => {
    const { bob: b } = new Pair().upgrade();
    expect(() => b.receive(announced(32))).toThrow(error('bad-frame'));
  });
});

describe('one of ours that meets a peer of the reference', () => {
  it.each<[string, DialectName, Greeting]>([
    ['whose commit is another', 'cbc', greetingOf(bob)],
    [
      'whose commit is that of ours before the upgrade',
      'cbc',
      ours(bob, { version: { ...ours(bob).version, commit: 'mcx0' } }),
    ],
    ['that speaks gcm-siv, and has no commit', 'gcm-siv', ours(bob)],
  ])('has no upgrade with it: %s', (_, dialect, greeting) => {
    const [a, b] = [sessionOf(alice, { dialled: true }), sessionOf(bob)];
    a.receive(b.greet(greeting, dialect));
    b.receive(a.greet(ours(alice), dialect));
    expect([a.upgrades, b.upgrades]).toEqual([false, false]);
    expect(kinds(b.receive(a.seal(encode(dialects[dialect].messages, request))))).toEqual(['message']);
    expect(a.seal(encode(dialects[dialect].messages, request)).length).toBe(dialect === 'cbc' ? 36 : 42);
  });

  it('says hello in gcm-siv all the same, without a key', () => {
    const [a, b] = [sessionOf(alice, { dialled: true }), sessionOf(bob)];
    a.receive(b.greet(greetingOf(bob), 'gcm-siv'));
    b.receive(a.greet(ours(alice), 'gcm-siv'));
    const [hello] = b.receive(a.hello());
    expect(hello).toMatchObject({ kind: 'message', message: { kind: 'requestNeighbours', count: 0 } });
    expect(kinds(b.receive(a.seal(encode(dialects['gcm-siv'].messages, request))))).toEqual(['message']);
  });
});

/** What came before the violation, if anything did. */
function receiveAll(session: Session, bytes: Uint8Array): Arrived[] {
  try {
    return session.receive(bytes);
  } catch (thrown) {
    expect(thrown).toEqual(error('bad-frame'));
    return [];
  }
}

function flipped(frame: Uint8Array, at: number, bits = 1): Uint8Array {
  const changed = frame.slice();
  const place = at < 0 ? changed.length + at : at;
  changed[place] = (changed[place] as number) ^ bits;
  return changed;
}
