import { describe, expect, it } from 'vitest';
import type { Config } from '../../../core/config.ts';
import type { Carrier } from '../../../core/link.ts';
import type { DialectName } from '../../../core/wire/dialect.ts';
import { oursCommit, wireVersion } from '../../../core/wire/messages.ts';
import { Session } from '../../../core/wire/session.ts';
import { type Author, authors } from '../../model/author.ts';
import { fakeCurve } from '../../model/fake-curve.ts';
import { Seeded } from '../../model/seeded.ts';
import { type Opening, type Remote, Stage } from '../../model/stage.ts';

const [self, b, c] = authors(3) as [Author, Author, Author];
const reference = { version: { ...wireVersion, target: '', branch: '', commit: '' } };
const address = '192.0.2.7:29092';
const onion = 'abcdefghijklmnop.onion:29092';
const make = (config: Partial<Config> = {}) => new Stage({ self, config });
const eachDialect: readonly DialectName[] = ['cbc', 'gcm-siv'];

/** In which dialect this link was greeted; undefined while it was not (spec/wire.md, Greeting: byte 4). */
function greetedIn(stage: Stage, { link }: Remote): DialectName | undefined {
  const first = stage.of('send').find((effect) => effect.link === link)?.bytes[4];
  return first === undefined ? undefined : first === 1 ? 'cbc' : 'gcm-siv';
}

/** How long a link that says nothing is let wait for our greeting. */
function silence(stage: Stage, remote: Remote): number {
  const began = stage.now;
  while (greetedIn(stage, remote) === undefined && stage.now < began + 60_000) stage.pass(1);
  return stage.now - began;
}

/** What the user wants dialled, by TCP unless told otherwise. */
function wanting(stage: Stage, wanted = address): void {
  stage.handle({ kind: 'commanded', command: { kind: 'connect', address: wanted } });
}

function dialled(stage: Stage, author: Author, opening: Opening = {}): Remote {
  return stage.open(author, { dialled: true, address, carrier: 'tcp', ...opening });
}

const dials = (stage: Stage) => stage.of('dial').length;

/** The greeting of a reference peer that speaks this dialect and no other. */
function frameOf(author: Author, dialect: DialectName): Uint8Array {
  const { secret, key: publicKey } = author;
  const random = new Seeded(9).random;
  const identity = { curve: fakeCurve, random, secret, publicKey, network: '', dialled: true, expected: undefined };
  const nothing = { root: undefined, last: undefined, count: 0n, thin: false, listen: '127.0.0.1:1', known: [] };
  return new Session({ ...identity, accepts: [dialect] }).greet(
    { pubkey: publicKey, ...nothing, ...reference },
    dialect,
  );
}

describe('a link that is no TCP', () => {
  it.each<[Carrier, boolean, Config['wire'], DialectName]>([
    ['webrtc', true, 'auto', 'cbc'],
    ['webrtc', false, 'auto', 'cbc'],
    ['websocket', true, 'cbc', 'cbc'],
    ['websocket', false, 'gcm-siv', 'gcm-siv'],
    ['memory', true, 'gcm-siv', 'gcm-siv'],
  ])(
    'is greeted at once in the configured dialect: %s, dialled by us: %s, wire %s',
    (carrier, isDialled, wire, spoken) => {
      const stage = make({ wire });
      expect(greetedIn(stage, stage.open(b, { carrier, dialled: isDialled }))).toBe(spoken);
    },
  );
});

describe('whoever dials us by TCP', () => {
  it.each(eachDialect)('is answered at once in its own dialect: %s', (dialect) => {
    const stage = make();
    const remote = stage.join(b, reference, { carrier: 'tcp', dialect });
    expect(greetedIn(stage, remote)).toBe(dialect);
    remote.say({ kind: 'requestNeighbours', count: 1, exclude: [] });
    expect(stage.machine.links.map(({ phase }) => phase.dialect.name)).toEqual([dialect]);
  });

  it.each<[Partial<Config>, number, DialectName]>([
    [{}, 1_000, 'cbc'],
    [{ wire: 'cbc' }, 1_000, 'cbc'],
    [{ wire: 'gcm-siv' }, 1_000, 'gcm-siv'],
    [{ listen: onion }, 10_000, 'cbc'],
  ])('and is silent is sent the configured dialect after its time: %j', (config, waitMs, dialect) => {
    const stage = make(config);
    const remote = stage.open(b, { carrier: 'tcp' });
    expect([silence(stage, remote), greetedIn(stage, remote)]).toEqual([waitMs, dialect]);
  });

  it('has 5 s from then on for its own greeting', () => {
    const stage = make();
    const [late, silent] = [stage.open(b, { carrier: 'tcp' }), stage.open(c, { carrier: 'tcp' })];
    stage.pass(5_999);
    late.greet();
    late.keepAlive();
    expect([silent.closedBecause, stage.machine.links.length]).toEqual([undefined, 1]);
    stage.pass(1);
    expect([late.closedBecause, silent.closedBecause]).toEqual([undefined, 'no greeting in time']);
  });

  it('is never dialled again by us, however its link ends', () => {
    const stage = make();
    const hungUp = stage.open(b, { carrier: 'tcp', address });
    stage.pass(1_000);
    hungUp.close();
    const speaksOther = stage.open(c, { carrier: 'tcp', address });
    stage.pass(1_000);
    speaksOther.raw(frameOf(c, 'gcm-siv'));
    expect(speaksOther.closedBecause).toContain('other-dialect');
    stage.pass(20_000);
    expect(dials(stage)).toBe(0);
  });
});

describe('a link that a relay carries', () => {
  it.each(eachDialect)('is answered in the dialect of whom we dialled, who has greeted already: %s', (dialect) => {
    const stage = make();
    const remote = dialled(stage, b, { carrier: 'bridge', dialect });
    stage.pass(9_999);
    expect(greetedIn(stage, remote)).toBeUndefined();
    remote.greet(reference);
    expect(greetedIn(stage, remote)).toBe(dialect);
  });

  it.each<[Partial<Config>, number]>([
    [{}, 1_000],
    [{ listen: onion }, 10_000],
  ])('is greeted by us after a time when we were dialled and hear nothing: %j', (config, waitMs) => {
    const stage = make(config);
    const remote = stage.open(b, { carrier: 'bridge' });
    expect([silence(stage, remote), greetedIn(stage, remote)]).toEqual([waitMs, 'cbc']);
  });
});

describe('whom we dial by TCP', () => {
  it.each<[Partial<Config>, string, number, DialectName]>([
    [{}, address, 100, 'cbc'],
    [{}, onion, 10_000, 'cbc'],
    [{ listen: onion }, address, 10_000, 'cbc'],
    [{ proxied: true }, address, 10_000, 'cbc'],
    [{ wire: 'cbc' }, address, 0, 'cbc'],
    [{ wire: 'gcm-siv' }, address, 0, 'gcm-siv'],
    [{ wire: 'gcm-siv' }, onion, 0, 'gcm-siv'],
  ])('is let speak first for its time: %j, %s', (config, wanted, waitMs, dialect) => {
    const stage = make(config);
    wanting(stage, wanted);
    const remote = dialled(stage, b, { address: wanted });
    expect([silence(stage, remote), greetedIn(stage, remote)]).toEqual([waitMs, dialect]);
  });

  it.each(eachDialect)(
    'is answered at once when it speaks first, and greeted at once in %s the next time',
    (dialect) => {
      const stage = make();
      wanting(stage);
      const first = dialled(stage, b, { dialect });
      stage.pass(50);
      first.greet(reference);
      expect(greetedIn(stage, first)).toBe(dialect);
      first.close();
      stage.pass(20_000);
      expect(greetedIn(stage, dialled(stage, b))).toBe(dialect);
    },
  );

  it('and hangs up on us is dialled again at once, and then let speak first for 10 s', () => {
    const stage = make();
    wanting(stage);
    const first = dialled(stage, b);
    stage.pass(100);
    first.close();
    expect(dials(stage)).toBe(2);
    const second = dialled(stage, b, { dialect: 'gcm-siv' });
    stage.pass(9_999);
    expect(greetedIn(stage, second)).toBeUndefined();
    second.greet(reference);
    expect(greetedIn(stage, second)).toBe('gcm-siv');
  });

  it.each<[DialectName, DialectName]>([
    ['cbc', 'gcm-siv'],
    ['gcm-siv', 'cbc'],
  ])('and answers %s with %s is dialled again at once, and then let speak first', (wrong, right) => {
    const stage = make();
    wanting(stage);
    dialled(stage, b, { dialect: wrong }).greet(reference);
    stage.remotes.get(1)?.close();
    stage.pass(20_000);
    const before = dials(stage);
    const first = dialled(stage, b);
    expect(greetedIn(stage, first)).toBe(wrong);
    first.raw(frameOf(b, right));
    expect([first.closedBecause, dials(stage)]).toEqual([`other-dialect: speaks ${right}`, before + 1]);
    const second = dialled(stage, b, { dialect: right });
    expect(greetedIn(stage, second)).toBeUndefined();
    second.greet(reference);
    expect(greetedIn(stage, second)).toBe(right);
  });

  it('and stays silent for 10 s then is greeted all the same, and has 5 s more', () => {
    const stage = make();
    wanting(stage);
    dialled(stage, b);
    stage.pass(100);
    stage.remotes.get(1)?.close();
    const second = dialled(stage, b);
    expect([silence(stage, second), greetedIn(stage, second)]).toEqual([10_000, 'cbc']);
    stage.pass(4_999);
    expect(second.closedBecause).toBeUndefined();
    stage.pass(1);
    expect(second.closedBecause).toBe('no greeting in time');
  });

  it('is dialled again at once only once: who hangs up again is left alone for a while', () => {
    const stage = make();
    wanting(stage);
    for (const waitMs of [100, 10_000]) {
      const remote = dialled(stage, b);
      stage.pass(waitMs);
      remote.close();
    }
    expect(dials(stage)).toBe(2);
    stage.pass(2_000);
    expect(dials(stage)).toBe(3);
  });

  it.each<[string, Carrier, (remote: Remote) => void]>([
    [
      'a version that we do not speak',
      'tcp',
      (remote) => remote.greet({ version: { ...reference.version, minor: 9 } }),
    ],
    ['nothing that is a greeting', 'tcp', (remote) => remote.raw(new Uint8Array(40).fill(0xff))],
    ['the end of a link that is no TCP', 'websocket', (remote) => remote.close()],
  ])('is not dialled again at once for %s', (_, carrier, end) => {
    const stage = make();
    wanting(stage);
    const remote = dialled(stage, b, { carrier });
    stage.pass(100);
    end(remote);
    stage.pass(100);
    expect([stage.machine.links, dials(stage)]).toEqual([[], 1]);
  });
});

describe('a peer that is told to speak one dialect only', () => {
  it.each<[DialectName, DialectName]>([
    ['cbc', 'gcm-siv'],
    ['gcm-siv', 'cbc'],
  ])('%s refuses the other, and has said nothing', (wire, other) => {
    const stage = make({ wire });
    const remote = stage.open(b, { carrier: 'tcp', dialect: other });
    remote.raw(frameOf(b, other));
    expect([remote.closedBecause, greetedIn(stage, remote)]).toEqual([`other-dialect: speaks ${other}`, undefined]);
    const right = stage.join(c, reference, { carrier: 'tcp', dialect: wire });
    expect(greetedIn(stage, right)).toBe(wire);
  });
});

describe('our own key', () => {
  it('behind an address that we dial: we hang up before we greet, and never dial it again', () => {
    const stage = make();
    wanting(stage);
    const remote = dialled(stage, self);
    remote.greet({ version: { ...wireVersion, target: '', branch: 'stage', commit: oursCommit } });
    expect(remote.closedBecause).toContain('own-key');
    expect(greetedIn(stage, remote)).toBeUndefined();
    stage.handle({ kind: 'discovered', addresses: [address] });
    stage.pass(600_000);
    expect(dials(stage)).toBe(1);
  });

  it('is not dialled again when we are told of its address, though the user never wanted it', () => {
    const stage = make();
    stage.handle({ kind: 'discovered', addresses: [address] });
    dialled(stage, self).greet();
    for (let times = 0; times < 10; times++) {
      stage.handle({ kind: 'discovered', addresses: [address] });
      stage.pass(20_000);
    }
    expect(dials(stage)).toBe(1);
  });

  it('of somebody who dials us ends the link', () => {
    const stage = make();
    const remote = stage.open(self, { carrier: 'tcp' });
    remote.greet(reference);
    expect([remote.closedBecause?.slice(0, 7), greetedIn(stage, remote)]).toEqual(['own-key', undefined]);
  });

  it('at both ends of one link: the end that dialled comes to know it', () => {
    const stage = make();
    wanting(stage);
    const first = dialled(stage, b);
    stage.pass(100);
    first.close();
    const second = dialled(stage, b);
    stage.pass(1_000);
    second.raw(frameOf(self, 'cbc'));
    expect(second.closedBecause).toContain('own-key');
    stage.pass(600_000);
    expect(dials(stage)).toBe(2);
  });
});

describe('a key that is linked already', () => {
  /** A reference peer that has dialled us. */
  function linkedReference(stage: Stage, dialect: DialectName): Remote {
    const remote = stage.join(b, reference, { carrier: 'tcp', dialect });
    remote.say({ kind: 'requestNeighbours', count: 1, exclude: [] });
    return remote;
  }

  it.each(eachDialect)(
    'of a reference peer that we dial: we hang up before we greet, and the first link stays (%s)',
    (dialect) => {
      const stage = make();
      const first = linkedReference(stage, dialect);
      wanting(stage);
      const second = dialled(stage, b, { dialect });
      second.greet(reference);
      expect([second.closedBecause, greetedIn(stage, second)]).toEqual(['this peer is linked already', undefined]);
      expect(first.closedBecause).toBeUndefined();
      const before = dials(stage);
      for (let passed = 0; passed < 60; passed++) {
        stage.pass(1_000);
        first.say({ kind: 'requestNeighbours', count: 1, exclude: [] });
      }
      expect(dials(stage)).toBe(before);
      first.close();
      stage.pass(5_000);
      expect(dials(stage)).toBe(before + 1);
    },
  );

  it('of a reference peer that we had greeted already, or that dials us, is let be: never is one of two established closed', () => {
    const stage = make({ wire: 'cbc' });
    const first = linkedReference(stage, 'cbc');
    wanting(stage);
    const second = dialled(stage, b);
    const third = stage.join(b, reference, { carrier: 'tcp' });
    second.greet(reference);
    for (const remote of [second, third]) remote.keepAlive();
    expect([first, second, third].map(({ closedBecause }) => closedBecause)).toEqual([undefined, undefined, undefined]);
    expect(stage.machine.links).toHaveLength(3);
  });

  it('that was only shown, and by no frame, keeps nobody from being greeted', () => {
    const stage = make();
    stage.join(b, reference, { carrier: 'tcp' });
    wanting(stage);
    const second = dialled(stage, b);
    second.greet(reference);
    expect([second.closedBecause, greetedIn(stage, second)]).toEqual([undefined, 'cbc']);
  });

  it('of one of ours is greeted, and which link stays is seen later', () => {
    const stage = make();
    stage.join(b, {}, { carrier: 'tcp' }).keepAlive();
    wanting(stage);
    const second = dialled(stage, b);
    second.greet();
    expect([second.closedBecause, greetedIn(stage, second)]).toEqual([undefined, 'cbc']);
  });
});
