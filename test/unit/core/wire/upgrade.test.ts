/**
 * core/wire/upgrade.ts: hello and the keys that come of two of them. What a session does with them is in
 * session.upgrade.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, hexToBytes } from '../../../../core/codec/bytes.ts';
import { encode } from '../../../../core/codec/codec.ts';
import type { PublicKey } from '../../../../core/crypto/keys.ts';
import { nobleCurve } from '../../../../core/crypto/noble-curve.ts';
import { packExtension } from '../../../../core/wire/carrier.ts';
import { cbcMessages, dialects } from '../../../../core/wire/dialect.ts';
import {
  helloPayload,
  Upgraded,
  Upgrading,
  type UpgradingOptions,
  upgradeKeys,
} from '../../../../core/wire/upgrade.ts';
import { exactMessage } from '../../../model/second-decoder.ts';
import { secondHello, secondHelloPayload, secondUpgradeKeys } from '../../../model/second-upgrade.ts';
import { Seeded } from '../../../model/seeded.ts';
import { upgradeVector } from '../../../model/vectors.ts';

const vector = upgradeVector();
const { network } = vector;
const sharedX = hexToBytes(vector.sharedX);
const error = (code: string) => expect.objectContaining({ name: 'SessionError', code });

/** A side of the vectors; what it sent so far as bytes. */
function side(name: 'dialler' | 'acceptor', changed: Partial<UpgradingOptions> = {}) {
  const { greeting, hello, ephemeralSecret } = vector[name];
  const secret = hexToBytes(ephemeralSecret);
  const options = { curve: nobleCurve, random: () => secret, network, dialled: name === 'dialler', sharedX };
  return {
    upgrading: new Upgrading({ ...options, ...changed }),
    greeting: hexToBytes(greeting),
    hello: hexToBytes(hello),
    secret,
  };
}

const greetings = (own: 'dialler' | 'acceptor') => {
  const [mine, theirs] =
    own === 'dialler' ? ([vector.dialler, vector.acceptor] as const) : [vector.acceptor, vector.dialler];
  return { own: hexToBytes(mine.greeting), other: hexToBytes(theirs.greeting) };
};

describe('a hello', () => {
  it.each(['dialler', 'acceptor'] as const)('of the %s of the vectors is made to the same bytes', (name) => {
    expect(bytesToHex(side(name).upgrading.hello)).toBe(vector[name].hello);
  });

  it('is read by the second implementation, in both dialects', () => {
    for (const dialect of ['cbc', 'gcm-siv'] as const) {
      for (const ephemeral of [undefined, hexToBytes(vector.dialler.ephemeral) as PublicKey]) {
        const said = {
          network: 'a.b-c_2',
          features: 0,
          ephemeral: ephemeral === undefined ? null : bytesToHex(ephemeral),
        };
        const payload = helloPayload('a.b-c_2', ephemeral, dialects[dialect]);
        expect(secondHello(exactMessage(payload, dialect))).toEqual(said);
        expect(secondHelloPayload(said, dialect)).toEqual(payload);
      }
    }
  });

  it('shows another key each time', () => {
    const { random } = new Seeded(63);
    const hellos = Array.from({ length: 20 }, () => bytesToHex(side('dialler', { random }).upgrading.hello));
    expect(new Set(hellos).size).toBe(20);
  });
});

describe('the keys', () => {
  it('are those of the vectors, at both ends, and open each other’s frames', () => {
    const ends = {
      dialler: side('dialler').upgrading.complete(greetings('dialler'), hexToBytes(vector.acceptor.hello)),
      acceptor: side('acceptor').upgrading.complete(greetings('acceptor'), hexToBytes(vector.dialler.hello)),
    };
    const to = { dialler: ends.acceptor, acceptor: ends.dialler };
    for (const { from, iv, payload, bytes } of vector.frames) {
      expect(bytesToHex(ends[from].seal(hexToBytes(iv), hexToBytes(payload)))).toBe(bytes);
      const [header, ciphertext] = [hexToBytes(bytes).slice(0, 20), hexToBytes(bytes).slice(20)];
      const opened = to[from].open({ kind: 'sealed', header, ciphertext, bytes: bytes.length / 2 });
      expect(bytesToHex(opened)).toBe(payload);
    }
  });

  it('are four that differ, and depend on every byte that goes into them', () => {
    const seeded = new Seeded(64);
    const inputs = Array.from({ length: 6 }, (_, place) => (place < 2 ? seeded.bytes(32) : seeded.bytes(20)));
    const keysOf = (made: readonly Uint8Array[]) => {
      const [ephemeralX, identityX, a, b, c, d] = made as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ];
      const transcript = { diallerGreeting: a, acceptorGreeting: b, diallerHello: c, acceptorHello: d };
      const ours = upgradeKeys(ephemeralX, identityX, transcript);
      const { dialler, acceptor } = secondUpgradeKeys(ephemeralX, identityX, [a, b, c, d]);
      expect(ours).toEqual([dialler, acceptor]);
      return ours.flatMap(({ encryption, mac }) => [encryption, mac]).map(bytesToHex);
    };
    const seen = keysOf(inputs);
    for (let place = 0; place < inputs.length; place++) {
      const changed = inputs.map((bytes) => bytes.slice());
      const bytes = changed[place] as Uint8Array;
      const at = seeded.below(bytes.length);
      bytes[at] = (bytes[at] as number) ^ 1;
      seen.push(...keysOf(changed));
    }
    seen.push(...keysOf([...inputs.slice(0, 2), ...inputs.slice(2).reverse()]));
    expect(new Set(seen).size).toBe(4 * 8);
  });
});

describe('the ephemeral secret', () => {
  it('is overwritten once the keys are there, and makes no others', () => {
    const { upgrading, secret } = side('dialler');
    expect(secret.some((byte) => byte !== 0)).toBe(true);
    const other = hexToBytes(vector.acceptor.hello);
    expect(upgrading.complete(greetings('dialler'), other)).toBeInstanceOf(Upgraded);
    expect(secret.every((byte) => byte === 0)).toBe(true);
    expect(() => upgrading.complete(greetings('dialler'), other)).toThrow('invariant');
  });

  it('is overwritten too when the other’s key is no point', () => {
    const { upgrading, secret } = side('dialler');
    const ephemeral = concatBytes(Uint8Array.of(2), new Uint8Array(32).fill(0xff)) as PublicKey;
    const hello = helloPayload(network, ephemeral, dialects.cbc);
    expect(() => upgrading.complete(greetings('dialler'), hello)).toThrow(error('bad-hello'));
    expect(secret.every((byte) => byte === 0)).toBe(true);
  });
});

function withType(item: PublicKey, type: number): PublicKey {
  const changed = item.slice() as PublicKey;
  changed[5] = type;
  return changed;
}

describe('what is refused in place of the other’s hello', () => {
  const { acceptor } = vector;
  const ephemeral = hexToBytes(acceptor.ephemeral) as PublicKey;
  const prefixed = (prefix: number) => concatBytes(Uint8Array.of(prefix), ephemeral.subarray(1)) as PublicKey;
  const extension = (exclude: PublicKey[], count = 0) =>
    encode(cbcMessages, { kind: 'requestNeighbours', count, exclude });
  const hello = { kind: 'hello', network, features: 0, ephemeral } as const;
  const [first, ...rest] = packExtension(hello) as [PublicKey, ...PublicKey[]];

  it.each<[string, string, Uint8Array]>([
    [
      'a KeepAlive',
      'no-upgrade',
      encode(cbcMessages, { kind: 'keepAlive', pubkey: ephemeral, count: 1n, sign: new Uint8Array(64) as never }),
    ],
    ['RequestBlocks', 'no-upgrade', encode(cbcMessages, { kind: 'requestBlocks', start: undefined })],
    ['a question for neighbours', 'no-upgrade', extension([first, ...rest], 1)],
    ['a list of keys', 'no-upgrade', extension([ephemeral])],
    ['another extension message', 'no-upgrade', extension(packExtension({ kind: 'ping', nonce: 1n }))],
    ['an unknown extension message', 'no-upgrade', extension([withType(first, 200)])],
    ['no message', 'bad-hello', Uint8Array.of(42)],
    ['a hello with bytes behind it', 'bad-hello', concatBytes(extension([first, ...rest]), Uint8Array.of(0))],
    ['a hello that is cut', 'bad-hello', extension([first])],
    ['a hello with too many items', 'bad-hello', extension([first, ...rest, ephemeral])],
    ['a hello of another network', 'other-network', extension(packExtension({ ...hello, network: 'other' }))],
    ['a hello without a key', 'bad-hello', extension(packExtension({ ...hello, ephemeral: undefined }))],
    [
      'a hello whose key has another prefix',
      'bad-hello',
      extension(packExtension({ ...hello, ephemeral: prefixed(4) })),
    ],
    ['our own hello', 'reflected', hexToBytes(vector.dialler.hello)],
  ])('%s: %s', (_, code, payload) => {
    expect(() => side('dialler').upgrading.complete(greetings('dialler'), payload)).toThrow(error(code));
  });

  it('is not a hello that can do more than we know of', () => {
    const more = extension(packExtension({ ...hello, features: 0xffff_ffff }));
    expect(side('dialler').upgrading.complete(greetings('dialler'), more)).toBeInstanceOf(Upgraded);
  });
});
