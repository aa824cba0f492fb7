import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../../../core/codec/bytes.ts';
import { keyHex } from '../../../core/crypto/keys.ts';
import type { CarriedBeacon } from '../../../core/wire/beacon.ts';
import { extensionSaying, unpackExtension } from '../../../core/wire/carrier.ts';
import { wireVersion } from '../../../core/wire/messages.ts';
import { type Author, authors } from '../../model/author.ts';
import { beaconOf } from '../../model/beacon.ts';
import { type Remote, Stage } from '../../model/stage.ts';

const everybody = authors(90);
const [self, b, c, d, e] = everybody as [Author, Author, Author, Author, Author];
const crowd = everybody.slice(5);
const reference = { version: { ...wireVersion, target: '', branch: '', commit: '' } };

/** What this neighbour was sent of beacons, by the names of their keys. */
function beaconsTo(remote: Remote): CarriedBeacon[] {
  return remote.of('requestNeighbours').flatMap(({ exclude }) => {
    const message = unpackExtension(exclude);
    return message?.kind === 'beacon' ? [message] : [];
  });
}

const keysOf = (beacons: readonly CarriedBeacon[]) => beacons.map(({ pubkey }) => keyHex(pubkey));

function says(remote: Remote, author: Author, counter: number, ageMs = 0): void {
  remote.say(extensionSaying({ kind: 'beacon', ...beaconOf(author, { network: 'stage', counter }), ageMs }));
}

/** A stage on which so many others are known, of whom b has told. */
function large(count = 40, told = crowd): { stage: Stage; remote: Remote } {
  const stage = new Stage({ self });
  const remote = stage.join(b);
  remote.keepAlive();
  for (const author of told.slice(0, count)) says(remote, author, 1, 1_000);
  remote.heard.length = 0;
  return { stage, remote };
}

describe('in a network of up to 32', () => {
  it('nobody beacons, and everybody’s KeepAlive is flooded', () => {
    const { stage, remote } = large(20);
    stage.pass(2_900);
    expect(beaconsTo(remote)).toEqual([]);
    expect(remote.of('keepAlive').length).toBeGreaterThan(3);
  });
});

describe('in a larger one', () => {
  it('a peer beacons, and sends no KeepAlive', () => {
    const { stage, remote } = large();
    stage.pass(6_000);
    expect(keysOf(beaconsTo(remote))).toContain(self.hex);
    expect(remote.of('keepAlive')).toEqual([]);
    expect(beaconsTo(remote).every(({ ageMs }) => ageMs === 0)).toBe(true);
  });

  it('it sends KeepAlives too when it has a neighbour of the `cbc` era, which is sent no beacons', () => {
    const { stage, remote } = large();
    const other = stage.join(c, reference);
    other.keepAlive(5);
    other.heard.length = 0;
    remote.heard.length = 0;
    stage.pass(2_500);
    for (const { of } of [other, remote]) expect(of.call(other, 'keepAlive').length).toBeGreaterThan(2);
    says(remote, d, 3);
    expect(other.of('requestNeighbours').filter(({ count }) => count === 0)).toEqual([]);
  });

  it('a KeepAlive of ours is believed from its own link, and passed on to nobody while no reference peer is heard', () => {
    const { stage, remote } = large(80);
    const third = stage.join(d);
    third.heard.length = 0;
    const count = 1_800_000_000_000n;
    remote.keepAlive(count);
    remote.say({ kind: 'keepAlive', ...e.keepAlive(count) });
    expect([...stage.machine.known]).not.toContain(e.hex);
    expect(third.of('keepAlive')).toEqual([]);
    remote.say({ kind: 'keepAlive', ...c.keepAlive(7) });
    remote.say({ kind: 'keepAlive', ...e.keepAlive(count) });
    expect(third.of('keepAlive').map(({ pubkey }) => keyHex(pubkey))).toEqual([c.hex, e.hex]);
  });

  it('a beacon that comes is passed on to the others of ours, once', () => {
    const { stage, remote } = large();
    const others = [stage.join(c), stage.join(d)];
    for (const other of [remote, ...others]) other.heard.length = 0;
    says(remote, e, 4);
    says(others[0] as Remote, e, 4);
    expect([remote, ...others].map((other) => keysOf(beaconsTo(other)).filter((hex) => hex === e.hex).length)).toEqual([
      0, 1, 1,
    ]);
    expect([...stage.machine.known]).toContain(e.hex);
  });

  it('a forged one ends the link by which it came', () => {
    const { stage, remote } = large();
    remote.say(extensionSaying({ kind: 'beacon', ...beaconOf(e, { network: 'other', counter: 4 }), ageMs: 0 }));
    expect(remote.closedBecause).toMatch('bad-beacon');
    expect([...stage.machine.known]).not.toContain(e.hex);
  });

  it('one that a reference peer says is nothing', () => {
    const { stage } = large();
    const other = stage.join(c, reference);
    other.keepAlive(5);
    says(other, e, 4);
    expect([...stage.machine.known]).not.toContain(e.hex);
    expect(other.closedBecause).toBeUndefined();
  });
});

describe('a new neighbour', () => {
  it('is told of the newest beacons of those who are known, the newest first, with their age, and first of its own', () => {
    const { stage, remote } = large(60);
    says(remote, crowd[60] as Author, 1, 500);
    says(remote, c, 9);
    stage.pass(700);
    const told = beaconsTo(stage.join(c)).filter(({ ageMs }) => ageMs > 0);
    expect(keysOf(told).slice(0, 2)).toEqual([c.hex, (crowd[60] as Author).hex]);
    expect(told[1]?.ageMs).toBe(1_200);
    expect(new Set(keysOf(told)).size).toBe(told.length);
    expect(told).toHaveLength(62);
  });

  it('is told of 64 at most, and a reference peer of none', () => {
    const { stage } = large(85);
    expect(beaconsTo(stage.join(c)).filter(({ ageMs }) => ageMs > 0)).toHaveLength(64);
    expect(beaconsTo(stage.join(d, reference))).toEqual([]);
  });

  it('hears that its own counter was higher before, and exceeds it', () => {
    const { stage, remote } = large();
    says(remote, self, stage.now + 50_000, 1_000);
    const own = beaconsTo(remote).filter(({ pubkey }) => bytesToHex(pubkey) === self.hex);
    expect(own.map(({ counter }) => counter)).toEqual([BigInt(stage.now) + 50_001n]);
  });
});
