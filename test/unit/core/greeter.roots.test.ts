import { describe, expect, it } from 'vitest';
import type { Block } from '../../../core/chain/block.ts';
import { itemIdOf } from '../../../core/chain/data.ts';
import { hashHex } from '../../../core/crypto/keys.ts';
import { unreachableAddress } from '../../../core/network/addresses.ts';
import type { DialectName } from '../../../core/wire/dialect.ts';
import { type Message, wireVersion } from '../../../core/wire/messages.ts';
import { type Author, authors } from '../../model/author.ts';
import { greetingOf, holding } from '../../model/chains-on-stage.ts';
import { Seeded } from '../../model/seeded.ts';
import type { Opening, Remote, Stage } from '../../model/stage.ts';

const [self, b, c, d] = authors(4) as [Author, Author, Author, Author];
const reference = { version: { ...wireVersion, target: '', branch: '', commit: '' } };
const address = '192.0.2.7:29092';
const eachDialect: readonly DialectName[] = ['cbc', 'gcm-siv'];
const listen = '192.0.2.1:29092';
/** What a peer shows that holds nothing and is known to nobody. */
const nothing = { root: undefined, last: undefined, count: 0n, thin: true, known: [], listen: unreachableAddress };

/** What we show when we hold this chain. */
const itself = (chain: readonly Block[]) => ({ ...greetingOf(chain), thin: false, listen });

function wanting(stage: Stage): void {
  stage.handle({ kind: 'commanded', command: { kind: 'connect', address } });
}

const dialling: Opening = { dialled: true, address, carrier: 'tcp' };
const dials = (stage: Stage) => stage.of('dial').length;

/** A reference peer that dials us, and greets first. */
function accepted(stage: Stage, author: Author, chain: readonly Block[], dialect: DialectName = 'cbc'): Remote {
  return stage.join(author, { ...reference, ...greetingOf(chain) }, { carrier: 'tcp', dialect });
}

/** Says something by which its link is proven. */
function speak(remote: Remote): void {
  remote.say({ kind: 'requestNeighbours', count: 0, exclude: [] });
}

describe.each(eachDialect)('a reference peer of another root that has greeted first (%s)', (dialect) => {
  it('is greeted by one that holds nothing, names nobody and is named by nobody', () => {
    const stage = holding(self, b.chain(3), { config: { listen } });
    stage.join(d).keepAlive();
    wanting(stage);
    const its = { ...reference, ...greetingOf(c.chain(2)) };
    for (const remote of [accepted(stage, c, c.chain(2), dialect), stage.join(b, its, { ...dialling, dialect })]) {
      expect(remote.closedBecause).toBeUndefined();
      expect(remote.greeting).toMatchObject(nothing);
    }
  });

  it('is asked for its chain, and told nothing of who is online', () => {
    const stage = holding(self, b.chain(3), { config: { listen } });
    const [ours, other] = [stage.join(d), accepted(stage, b, b.chain(0), 'gcm-siv')];
    const remote = accepted(stage, c, c.chain(2), dialect);
    expect(remote.of('requestBlocks').map(({ start }) => start)).toContain(undefined);
    for (let times = 0; times < 10; times++) {
      ours.keepAlive();
      speak(remote);
      if (times === 5) other.close();
      stage.pass(1_000);
    }
    const said: Message['kind'][] = ['keepAlive', 'announce', 'leave'];
    expect(ours.of('keepAlive').length).toBeGreaterThan(5);
    expect(remote.heard.filter(({ kind }) => said.includes(kind))).toEqual([]);
  });

  it('is linked, but neither online here nor anybody of whom it says so: none of them may be named by our chain', () => {
    const stage = holding(self, b.chain(3), { config: { listen } });
    const remote = accepted(stage, c, c.chain(2), dialect);
    if (dialect === 'cbc') remote.keepAlive(5);
    else remote.say({ kind: 'announce', pubkey: d.key });
    speak(remote);
    expect([stage.machine.links.length, [...stage.machine.known]]).toEqual([1, []]);
  });

  it('says of nobody here that he has gone', () => {
    const stage = holding(self, b.chain(3), { config: { listen } });
    const near = accepted(stage, b, [], 'gcm-siv');
    near.say({ kind: 'announce', pubkey: d.key });
    const remote = accepted(stage, c, c.chain(2), dialect);
    if (dialect === 'gcm-siv') remote.say({ kind: 'leave', pubkey: d.key });
    remote.close();
    expect([...stage.machine.known].sort()).toEqual([b.hex, d.hex].sort());
    expect(near.of('leave')).toEqual([]);
  });
});

describe('a reference peer of another root that we had greeted already', () => {
  it('is dialled again at once when we had dialled it, and greeted by one that holds nothing', () => {
    const [ours, theirs] = [b.chain(3), c.chain(2)];
    const stage = holding(self, ours, { config: { listen } });
    wanting(stage);
    const first = stage.open(c, { ...dialling, dialect: 'gcm-siv' });
    stage.pass(100);
    expect(first.greeting).toMatchObject(itself(ours));
    first.greet({ ...reference, ...greetingOf(theirs) });
    expect([first.closedBecause, dials(stage)]).toEqual(['its chain has another root', 2]);
    const second = stage.open(c, dialling);
    expect(second.greeting).toMatchObject(nothing);
    second.greet({ ...reference, ...greetingOf(theirs) });
    speak(second);
    expect([second.closedBecause, stage.machine.links.length]).toEqual([undefined, 1]);
    expect(second.of('requestBlocks').map(({ start }) => start)).toContain(undefined);
  });

  it('is hung up on when it had dialled us: it comes again', () => {
    const stage = holding(self, b.chain(3), { config: { listen } });
    const remote = stage.open(c, { carrier: 'tcp' });
    stage.pass(1_000);
    remote.greet({ ...reference, ...greetingOf(c.chain(2)) });
    expect(remote.closedBecause).toBe('its chain has another root');
    stage.pass(10_000);
    expect(dials(stage)).toBe(0);
  });
});

describe('we come as ourselves', () => {
  it('to one of ours, whatever its root', () => {
    const ours = b.chain(3);
    const remote = holding(self, ours, { config: { listen } }).join(c, greetingOf(c.chain(2)), { carrier: 'tcp' });
    expect(remote.greeting).toMatchObject(itself(ours));
    expect(remote.of('keepAlive').length).toBeGreaterThan(0);
  });

  it.each(eachDialect)('to a reference peer of the same root, or that holds nothing (%s)', (dialect) => {
    const ours = b.chain(3);
    for (const theirs of [ours.slice(0, 2), []]) {
      expect(accepted(holding(self, ours, { config: { listen } }), c, theirs, dialect).greeting).toMatchObject(
        itself(ours),
      );
    }
  });

  it('when we hold nothing, or nothing that others may hear of yet', () => {
    expect(accepted(holding(self, [], { config: { listen } }), c, c.chain(2)).greeting).toMatchObject(itself([]));
    const stage = holding(self, [], { config: { listen } });
    stage.join(b).keepAlive();
    stage.answers.store = false;
    const data = self.item();
    stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
    stage.settle();
    for (let passed = 0; passed < 8 && stage.machine.count === 0; passed++) {
      stage.pass(1_000);
      stage.remotes.get(1)?.keepAlive();
    }
    expect(stage.machine.count).toBe(1);
    expect(accepted(stage, c, c.chain(2)).greeting).toMatchObject(itself([]));
  });
});

describe('once the roots have become one', () => {
  /** Our chain gives way to that of a reference peer, which it cannot leave. */
  const theirs = c.chain(2);

  it('the link is made anew, and we come as ourselves', () => {
    const stage = holding(self, b.chain(3), { config: { listen } });
    wanting(stage);
    const first = stage.join(c, { ...reference, ...greetingOf(theirs) }, dialling);
    expect(first.greeting).toMatchObject(nothing);
    first.serve(theirs);
    expect(stage.machine.root).toBe(hashHex((theirs[0] as Block).hash));
    expect([first.closedBecause, dials(stage)]).toEqual(['greets again, for the roots are one now', 2]);
    const second = stage.join(c, { ...reference, ...greetingOf(theirs) }, dialling);
    speak(second);
    expect(second.greeting).toMatchObject(itself(theirs));
    expect(second.of('keepAlive').length).toBeGreaterThan(0);
    expect([second.closedBecause, [...stage.machine.known]]).toEqual([undefined, [c.hex]]);
  });

  it('so it is when the other dials us, as soon as it comes again', () => {
    const stage = holding(self, b.chain(3), { config: { listen } });
    const first = accepted(stage, c, theirs);
    first.serve(theirs);
    expect(first.closedBecause).toBe('greets again, for the roots are one now');
    expect(accepted(stage, c, theirs).greeting).toMatchObject(itself(theirs));
  });

  it('so it is too when that came about while the link was down', () => {
    const stage = holding(self, b.chain(3), { config: { listen } });
    wanting(stage);
    const first = stage.open(c, dialling);
    stage.pass(100);
    first.greet({ ...reference, ...greetingOf(theirs) });
    const second = stage.join(c, { ...reference, ...greetingOf(theirs) }, dialling);
    expect(second.greeting).toMatchObject(nothing);
    second.close();
    const other = accepted(stage, d, theirs);
    other.serve(theirs);
    expect(stage.machine.root).toBe(hashHex((theirs[0] as Block).hash));
    stage.pass(20_000);
    const third = stage.join(c, { ...reference, ...greetingOf(theirs) }, dialling);
    expect(third.greeting).toMatchObject(nothing);
    expect(third.closedBecause).toBe('its chain has no other root any more');
    const fourth = stage.join(c, { ...reference, ...greetingOf(theirs) }, dialling);
    expect([dials(stage), fourth.closedBecause]).toEqual([4, undefined]);
    expect(fourth.greeting).toMatchObject(itself(theirs));
  });
});

describe('when we begin to hold a chain', () => {
  it.each(eachDialect)(
    'a reference peer of another root that we had come to as ourselves is told no more (%s)',
    (dialect) => {
      const [ours, theirs] = [b.chain(2), c.chain(2)];
      const stage = holding(self, [], { config: { listen } });
      wanting(stage);
      const first = stage.join(c, { ...reference, ...greetingOf(theirs) }, { ...dialling, dialect });
      expect(first.greeting).toMatchObject(itself([]));
      const near = stage.join(b, greetingOf(ours));
      stage.pass(1_500);
      near.serve(ours);
      expect(stage.machine.root).toBe(hashHex((ours[0] as Block).hash));
      expect([first.closedBecause, dials(stage)]).toEqual(['its chain has another root now', 2]);
      expect(stage.open(c, dialling).greeting).toMatchObject(nothing);
    },
  );
});

describe('one of ours', () => {
  it('stays linked when our root becomes another than its own: it will come over, or we shall', () => {
    const [ours, theirs] = [b.chain(2), c.chain(2)];
    const stage = holding(self, [], { config: { listen } });
    const [other, near] = [stage.join(c, greetingOf(theirs)), stage.join(b, greetingOf(ours))];
    stage.pass(1_500);
    near.serve(ours);
    expect(stage.machine.root).toBe(hashHex((ours[0] as Block).hash));
    expect([other.closedBecause, near.closedBecause]).toEqual([undefined, undefined]);
  });
});

describe('whatever the peer at an address does', () => {
  interface Behaviour {
    readonly seeded: Seeded;
    /** Whether it ever shows that it holds its key. */
    readonly proves: boolean;
  }

  /** A peer at the address that greets in any way, or in none, and hangs up. @returns how often we dialled in a minute */
  function dialledBy({ seeded, proves }: Behaviour): number {
    const stage = holding(self, b.chain(3), { config: { listen } });
    wanting(stage);
    const greetings = [greetingOf([]), greetingOf(c.chain(2)), greetingOf(d.chain(1)), greetingOf(b.chain(1))];
    let served = 0;
    for (const end = stage.now + 60_000; stage.now < end; stage.pass(50)) {
      while (served < dials(stage) && served < 1_000) {
        served = dials(stage);
        const remote = stage.open(c, { ...dialling, dialect: seeded.pick(eachDialect) });
        if (seeded.chance(0.5)) stage.pass(seeded.pick([99, 100, 101]));
        if (seeded.chance(0.8)) {
          remote.greet({ ...reference, ...seeded.pick(greetings) });
          if (proves && remote.greeting !== undefined) speak(remote);
        }
        if (remote.closedBecause === undefined) remote.close();
      }
    }
    return dials(stage);
  }

  it('it is dialled a few times a minute and no more, unless it shows its key', () => {
    for (let seed = 1; seed <= 40; seed++) {
      expect(dialledBy({ seeded: new Seeded(seed), proves: false }), `seed ${seed}`).toBeLessThan(20);
    }
  });

  it('and when it does that each time, a few times a second', () => {
    for (let seed = 1; seed <= 10; seed++) {
      expect(dialledBy({ seeded: new Seeded(seed), proves: true }), `seed ${seed}`).toBeLessThan(600);
    }
  });
});
