/**
 * Signaling joins, seals, comes back, and believes a relay nothing that it cannot check.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PublicKey } from '../../../../core/crypto/keys.ts';
import { nobleCurve, nobleVerifier } from '../../../../core/crypto/noble-curve.ts';
import { openSignal, type Signal, sealSignal } from '../../../../core/wire/seal.ts';
import { challengeDigest } from '../../../../core/wire/signaling.ts';
import { Knock } from '../../../../web/links/knock.ts';
import { type RelayAddress, relayAddress } from '../../../../web/links/relay-address.ts';
import { RelaySignaling } from '../../../../web/links/relay-signaling.ts';
import type { Party } from '../../../../web/links/seals.ts';
import { FakePage, FakeTimers } from '../fake-timers.ts';
import { secretOf } from '../verifier/checks.ts';
import { FakeSocket } from './fake-socket.ts';

const relay = relayAddress('https://relay.example') as RelayAddress;
const relayNonce = new Uint8Array(32).fill(6);
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

function party(index: number): Party {
  const secret = secretOf(index);
  return { network: 'main', publicKey: nobleCurve.publicKey(secret), secret, curve: nobleCurve, random };
}

const self = party(1);
const other = party(2);
const third = party(3);
const signal: Signal = { call: new Uint8Array(16).fill(4), type: 'offer', body: '{"sdp":"v=0"}' };

let timers: FakeTimers;
let page: FakePage;
let sockets: FakeSocket[];
let isUp: boolean;
let knocks: number;
let served: (readonly RTCIceServer[])[];
let told: (readonly PublicKey[])[];
let signalled: (readonly [from: PublicKey, signal: Signal])[];
let unroutable: PublicKey[];
let problems: (string | undefined)[];
let signaling: RelaySignaling;
let identify: (party: Party) => void;

beforeEach(() => {
  timers = new FakeTimers();
  page = new FakePage();
  sockets = [];
  isUp = true;
  knocks = 0;
  served = [];
  told = [];
  signalled = [];
  unroutable = [];
  problems = [];
});

afterEach(() => {
  signaling.close();
  vi.restoreAllMocks();
});

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

async function begin(open: () => unknown = newSocket): Promise<void> {
  const knock = new Knock(async () => {
    knocks++;
    if (!isUp) throw new TypeError('Failed to fetch');
  });
  const identified = new Promise<Party>((resolve) => {
    identify = resolve;
  });
  signaling = new RelaySignaling(relay, identified, { timers, knock, page, random, open: open as () => WebSocket });
  await settled();
}

function newSocket(): FakeSocket {
  const socket = new FakeSocket();
  sockets.push(socket);
  return socket;
}

function listen(): void {
  signaling.start({
    served: (servers) => served.push(servers),
    told: (others) => told.push(others),
    signalled: (from, heard) => signalled.push([from, heard]),
    unroutable: (to) => unroutable.push(to),
    problem: (code, message) => {
      expect(code).toBe('relay-unreachable');
      problems.push(message);
    },
  });
}

/** The newest socket. */
function socket(): FakeSocket {
  const newest = sockets.at(-1);
  if (newest === undefined) throw new Error('no socket was opened');
  return newest;
}

async function join(others: readonly PublicKey[] = []): Promise<void> {
  identify(self);
  await settled();
  socket().open();
  socket().hear({ kind: 'challenge', nonce: relayNonce });
  socket().hear({ kind: 'told', others, archive: undefined });
}

async function begun(others: readonly PublicKey[] = []): Promise<void> {
  await begin();
  listen();
  await join(others);
}

describe('joining', () => {
  it('proves the key to this relay, for this network, with a nonce of its own', async () => {
    await begun([other.publicKey]);
    const [said] = socket().said;
    if (said?.kind !== 'join') throw new Error('no join was said');
    const { network, origin, pubkey, nonce: ownNonce, sign: signature } = said;
    expect([network, origin]).toEqual(['main', 'https://relay.example']);
    expect(pubkey).toEqual(self.publicKey);
    const digest = challengeDigest({ origin, network, relayNonce, ownNonce, pubkey });
    expect(await nobleVerifier.verify([{ key: pubkey, digest, signature }])).toEqual([true]);
    expect(told).toEqual([[other.publicKey]]);
  });

  it('begins before it is known who joins, and waits with the proof', async () => {
    await begin();
    listen();
    socket().open();
    socket().hear({ kind: 'challenge', nonce: relayNonce });
    expect(socket().said).toEqual([]);
    identify(self);
    await settled();
    expect(socket().said.map(({ kind }) => kind)).toEqual(['join']);
  });

  it('tells who listens later what was told before', async () => {
    await begin();
    await join([other.publicKey]);
    expect(told).toEqual([]);
    listen();
    expect(told).toEqual([[other.publicKey]]);
  });

  it('never tells of oneself', async () => {
    await begun([self.publicKey, other.publicKey]);
    expect(told).toEqual([[other.publicKey]]);
  });

  it.each([
    ['a word before the challenge', (at: FakeSocket) => at.hear({ kind: 'told', others: [], archive: undefined })],
    [
      'a second challenge',
      (at: FakeSocket) => {
        at.hear({ kind: 'challenge', nonce: relayNonce });
        at.hear({ kind: 'challenge', nonce: relayNonce });
      },
    ],
    ['text', (at: FakeSocket) => at.hearBytes('hello')],
    ['bytes that are no message', (at: FakeSocket) => at.hearBytes(Uint8Array.of(99, 1).buffer)],
    ['trailing bytes', (at: FakeSocket) => at.hearBytes(Uint8Array.of(3, ...self.publicKey, 0).buffer)],
  ])('ends at %s, and begins again', async (_, misbehave) => {
    await begin();
    listen();
    identify(self);
    await settled();
    const first = socket();
    first.open();
    misbehave(first);
    expect(first.closings).toBe(1);
    expect(problems.at(-1)).toMatch(/^The relay https:\/\/relay\.example cannot be reached: .+\.$/);
    timers.pass(5_000);
    await settled();
    expect(sockets).toHaveLength(2);
  });
});

describe('STUN and TURN servers', () => {
  it('are told as often as the relay names them, the newest of them to who listens later', async () => {
    await begin();
    await join();
    socket().hear({ kind: 'services', stun: 3478, turn: [] });
    listen();
    socket().hear({ kind: 'services', stun: 9, turn: [] });
    expect(served).toEqual([[{ urls: 'stun:relay.example:3478' }], [{ urls: 'stun:relay.example:9' }]]);
  });

  it('are no answer to a question', async () => {
    await begun();
    signaling.ask();
    socket().hear({ kind: 'services', stun: 1, turn: [] });
    timers.pass(5_000);
    expect(problems.at(-1)).toMatch('does not answer');
  });
});

describe('signals', () => {
  it('are sealed to the receiver', async () => {
    await begun();
    expect(signaling.send(other.publicKey, signal)).toBe(true);
    const said = socket().said.at(-1);
    if (said?.kind !== 'signal') throw new Error('no signal was sent');
    expect(said.to).toEqual(other.publicKey);
    const sharedX = nobleCurve.sharedX(other.secret, self.publicKey);
    const parties = { network: 'main', from: self.publicKey, to: other.publicKey, sharedX };
    expect(openSignal(parties, said.sealed)).toEqual(signal);
  });

  it('are heard only when the key that is named has made them for us', async () => {
    await begun();
    const sharedX = nobleCurve.sharedX(other.secret, self.publicKey);
    const sealed = sealSignal({ network: 'main', from: other.publicKey, to: self.publicKey, sharedX }, random, signal);
    socket().hear({ kind: 'signalled', from: third.publicKey, sealed });
    socket().hear({ kind: 'signalled', from: other.publicKey, sealed: sealed.subarray(1) });
    socket().hear({ kind: 'signalled', from: new Uint8Array(33).fill(2) as PublicKey, sealed });
    expect(signalled).toEqual([]);
    socket().hear({ kind: 'signalled', from: other.publicKey, sealed });
    expect(signalled).toEqual([[other.publicKey, signal]]);
  });

  it('that cannot be delivered are told of', async () => {
    await begun();
    socket().hear({ kind: 'unroutable', to: other.publicKey });
    expect(unroutable).toEqual([other.publicKey]);
  });

  it('are not taken while there is no relay, nor for what is no key', async () => {
    await begin();
    listen();
    expect(signaling.send(other.publicKey, signal)).toBe(false);
    await join();
    expect(signaling.send(new Uint8Array(33).fill(0xff).fill(2, 0, 1) as PublicKey, signal)).toBe(false);
    socket().end();
    expect(signaling.send(other.publicKey, signal)).toBe(false);
  });
});

describe('a relay that is lost', () => {
  it('is a problem until it is there again, and tells of others anew', async () => {
    await begun();
    expect(problems).toEqual([undefined]);
    socket().end();
    expect(problems.at(-1)).toMatch('cannot be reached');
    timers.pass(350);
    await settled();
    expect(sockets).toHaveLength(2);
    await join([other.publicKey]);
    expect(problems.at(-1)).toBeUndefined();
    expect(told.at(-1)).toEqual([other.publicKey]);
  });

  it('is asked for by fetch, after 250 ms, twice as long each time up to 2 s, and for ever', async () => {
    await begun();
    isUp = false;
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
    socket().end();
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      const before = knocks;
      let waited = 0;
      while (knocks === before && sockets.length === 1 && waited < 10_000) {
        timers.pass(10);
        waited += 10;
        await settled();
      }
      waits.push(waited);
      if (sockets.length > 1) break;
    }
    const [first = 0, second = 0, third = 0, ...later] = waits;
    expect(first).toBeGreaterThanOrEqual(180);
    expect(first).toBeLessThanOrEqual(330);
    expect(second).toBeLessThanOrEqual(640);
    expect(third).toBeLessThanOrEqual(1_270);
    for (const wait of later) expect(wait).toBeLessThanOrEqual(2_520);
    // The eighth time it is tried without having answered (knock.ts).
    expect(sockets).toHaveLength(2);
    expect(knocks).toBe(7);
  });

  it('that is back is joined within 3 s, without a WebSocket having failed meanwhile', async () => {
    await begun();
    isUp = false;
    socket().end();
    for (let i = 0; i < 300; i++) {
      timers.pass(10);
      await settled();
    }
    expect(sockets).toHaveLength(1);
    isUp = true;
    for (let i = 0; i < 300 && sockets.length === 1; i++) {
      timers.pass(10);
      await settled();
    }
    expect(sockets).toHaveLength(2);
  });

  it('is looked for at once when the page comes back', async () => {
    await begun();
    socket().end();
    page.comeBack();
    await settled();
    expect(sockets).toHaveLength(2);
    timers.pass(60_000);
    await settled();
    expect(sockets.length).toBeGreaterThan(1);
  });

  it('shows by its silence when the page comes back, though the socket says nothing', async () => {
    await begun();
    page.comeBack();
    expect(socket().said.at(-1)).toEqual({ kind: 'ask', exclude: [] });
    timers.pass(4_999);
    expect(problems.at(-1)).toBeUndefined();
    timers.pass(1);
    expect(problems.at(-1)).toMatch('does not answer');
    expect(sockets[0]?.closings).toBe(1);
  });

  it('is there as long as it answers', async () => {
    await begun();
    signaling.ask();
    socket().hear({ kind: 'told', others: [other.publicKey], archive: undefined });
    timers.pass(60_000);
    expect(sockets).toHaveLength(1);
    expect(told.at(-1)).toEqual([other.publicKey]);
  });

  it('that never begins to speak is given up after 10 s, its socket closed only once it is open', async () => {
    await begin();
    listen();
    identify(self);
    await settled();
    const first = socket();
    timers.pass(10_000);
    expect(problems.at(-1)).toMatch('does not answer');
    expect(first.closings).toBe(0);
    first.open();
    expect(first.closings).toBe(1);
    first.hear({ kind: 'challenge', nonce: relayNonce });
    expect(first.said).toEqual([]);
  });

  it('says why it refuses', async () => {
    await begun();
    socket().hear({ kind: 'refused', code: 'full', reason: 'there is no room for another tab' });
    socket().end(true);
    expect(problems.at(-1)).toMatch('it says: there is no room for another tab');
  });

  it('that the page may not connect to is a problem like any other', async () => {
    await begin(() => {
      throw new DOMException('mixed content', 'SecurityError');
    });
    listen();
    expect(problems.at(-1)).toMatch('this page may not connect to it');
  });
});

describe('closing', () => {
  it('ends the socket and every attempt', async () => {
    await begun();
    signaling.close();
    expect(socket().closings).toBe(1);
    page.comeBack();
    timers.pass(60_000);
    await settled();
    expect(sockets).toHaveLength(1);
    expect(timers.waiting).toBe(0);
  });

  it('follows when there is nobody to join as', async () => {
    await begin();
    signaling.close();
    const identity = Promise.reject<Party>(new Error('the disk is broken'));
    signaling = new RelaySignaling(relay, identity, {
      timers,
      knock: new Knock(async () => undefined),
      page,
      random,
      open: newSocket as unknown as () => WebSocket,
    });
    await settled();
    timers.pass(60_000);
    expect(timers.waiting).toBe(0);
  });
});
