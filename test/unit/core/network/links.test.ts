import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import { Effects } from '../../../../core/effects.ts';
import { greetingTimeoutMs, Links } from '../../../../core/network/links.ts';
import type { GreetedLink } from '../../../../core/network/open-link.ts';
import { stalledMs } from '../../../../core/network/outbox.ts';
import { Session } from '../../../../core/wire/session.ts';
import { type Author, authors } from '../../../model/author.ts';
import { fakeCurve } from '../../../model/fake-curve.ts';
import { accepts, Bench, large, phaseOf, self, small, start } from '../../../model/links-bench.ts';
import { Seeded } from '../../../model/seeded.ts';

describe('a link', () => {
  it('is greeted at once by our own greeting', () => {
    const bench = new Bench();
    const link = bench.open();
    const [sent] = bench.taken('send');
    expect(sent?.link).toBe(link);
    const { secret, key: publicKey } = large;
    const random = new Seeded(2).random;
    const identity = { curve: fakeCurve, random, secret, publicKey, dialled: true, network: 'main' };
    const other = new Session({ ...identity, expected: undefined, accepts });
    const [greeted] = other.receive(sent?.bytes ?? new Uint8Array());
    expect(greeted?.kind === 'greeted' && bytesToHex(greeted.greeting.pubkey)).toBe(self.hex);
  });

  it('is closed when no greeting comes within 5 s', () => {
    const bench = new Bench();
    const link = bench.open(false, start);
    expect(bench.links.deadline).toBe(start + greetingTimeoutMs);
    bench.elapse(start + greetingTimeoutMs - 1);
    expect(bench.ids).toEqual([link]);
    bench.elapse(start + greetingTimeoutMs);
    expect(bench.ids).toEqual([]);
    expect(bench.links.takeEnded().map(({ id }) => id)).toEqual([link]);
    expect(bench.links.deadline).toBeUndefined();
  });

  it('is greeted, then proven, and only then connected', () => {
    const bench = new Bench();
    const link = bench.greet(large);
    expect(bench.links.greetedLink(link.id)).toBe(link);
    expect([bench.links.greeted().length, bench.links.proven.length]).toEqual([1, 0]);
    expect(bench.links.prove(link, start)).toBe(true);
    expect(bench.links.prove(link, start)).toBe(false);
    expect(bench.links.proven).toEqual([link]);
  });

  it('is sent nothing but the greeting before the other has greeted', () => {
    const bench = new Bench();
    const ungreeted = bench.open();
    const link = bench.greet(large);
    bench.effects.take();
    bench.links.broadcast({ kind: 'requestBlocks', start: undefined }, 'kept');
    bench.links.flush(start);
    expect(bench.taken('send').map((effect) => effect.link)).toEqual([link.id]);
    expect(bench.links.link(ungreeted)?.outbox.idle).toBe(true);
  });

  it('is left out of a broadcast that it brought', () => {
    const bench = new Bench();
    const [one, two] = [bench.prove(small), bench.prove(large)];
    bench.effects.take();
    bench.links.broadcast({ kind: 'requestBlocks', start: undefined }, 'kept', new Set([one.id]));
    bench.links.flush(start);
    expect(bench.taken('send').map(({ link }) => link)).toEqual([two.id]);
  });

  it('is closed when it takes nothing for 30 s', () => {
    const bench = new Bench();
    const link = bench.prove(large);
    expect(bench.links.deadline).toBe(start + stalledMs);
    bench.elapse(start + stalledMs);
    expect(bench.ids).toEqual([]);
    expect(bench.links.link(link.id)).toBeUndefined();
  });

  it('has ended once, whoever ended it', () => {
    const bench = new Bench();
    const link = bench.prove(large);
    bench.links.close(link, 'why');
    bench.links.close(link, 'again');
    bench.links.closed(link.id);
    expect(bench.taken('close')).toEqual([{ kind: 'close', link: link.id, reason: 'why' }]);
    expect(bench.links.takeEnded()).toEqual([link]);
    expect(bench.links.takeEnded()).toEqual([]);
    const other = bench.prove(large);
    bench.links.closed(other.id);
    bench.links.closed(other.id);
    expect(bench.taken('close')).toEqual([]);
    expect(bench.links.takeEnded()).toEqual([other]);
  });
});

describe('when there are too many links', () => {
  it('another one is refused when we dialled them all', () => {
    const bench = new Bench(2);
    bench.prove(small, true);
    bench.prove(large, true);
    bench.effects.take();
    const refused = bench.open();
    expect(bench.taken('close')).toMatchObject([{ link: refused }]);
    expect(bench.ids).not.toContain(refused);
    expect(bench.links.takeEnded()).toEqual([]);
  });

  it('a newcomer is let in until it is proven, and then one that dialled us goes for it', () => {
    const bench = new Bench(6, 2);
    const ours = [bench.prove(small, true), bench.prove(large, true)];
    const theirs = authors(4, 20).map((author) => bench.prove(author));
    bench.effects.take();
    const [author] = authors(1, 30) as [Author];
    const newcomer = bench.greet(author, false, start + 60_000);
    expect(bench.taken('close')).toEqual([]);
    bench.links.prove(newcomer, start + 60_000);
    const [closed, ...more] = bench.taken('close');
    expect(more).toEqual([]);
    expect(theirs.map(({ id }) => id)).toContain(closed?.link);
    expect(bench.ids).toEqual(expect.arrayContaining([...ours.map(({ id }) => id), newcomer.id]));
    const next = bench.open(false, start + 60_001);
    expect(bench.taken('close')).toMatchObject([{ link: next }]);
  });

  it('none of those that we dial, whatever their state, goes for one that dials us', () => {
    const bench = new Bench(4, 2);
    const dialling = [bench.open(true), bench.open(true)];
    for (let count = 0; count < 20; count++) bench.open(false, start + 2_000 + count);
    expect(bench.ids).toEqual(expect.arrayContaining(dialling));
    expect(bench.ids.length).toBeLessThanOrEqual(4);
  });

  it('half of them are the most for one network', () => {
    const bench = new Bench(8);
    for (const [place, author] of authors(4, 20).entries()) {
      const link = bench.prove(author);
      Object.assign(link, { carrier: 'tcp', address: `203.0.113.${place}:1` });
    }
    bench.effects.take();
    const refused = bench.open(false, start, 'tcp', '203.0.77.7:1');
    expect(bench.taken('close')).toMatchObject([{ link: refused }]);
    const taken = bench.open(false, start, 'tcp', '198.51.100.7:1');
    expect(bench.ids).toContain(taken);
  });

  it('the oldest that has sent nothing for a second makes room', () => {
    const bench = new Bench(3);
    const speaking = bench.open();
    bench.speak(speaking);
    const silent = bench.open();
    bench.prove(large);
    const next = bench.open(false, start + 1_000);
    expect(bench.ids).not.toContain(silent);
    expect(bench.ids).toContain(speaking);
    expect(bench.ids).toContain(next);
  });

  it('the oldest makes room where all have begun to greet, or nobody has had a second for it', () => {
    const bench = new Bench(1_000);
    const opened = Array.from({ length: 64 }, () => bench.open());
    for (const link of opened) bench.speak(link);
    const next = Array.from({ length: 3 }, (_, place) => bench.open(false, start + 2_000 + 300 * place));
    expect(bench.ids).toEqual([...opened.slice(3), ...next]);
    const later = bench.open(false, start + 3_000);
    expect(bench.ids).toEqual([...opened.slice(3), ...next.slice(1), later]);
  });

  it('no more than 64 have not greeted', () => {
    const bench = new Bench(1_000);
    const opened = Array.from({ length: 100 }, () => bench.open());
    expect(bench.ids).toEqual(opened.slice(36));
  });
});

describe('of those who dial us by TCP and have not greeted', () => {
  function openFrom(bench: Bench, ...addresses: string[]): number[] {
    return addresses.map((address) => bench.open(false, start, 'tcp', address));
  }

  function from(host: string, count: number): string[] {
    return Array.from({ length: count }, (_, index) => `${host}:${40_000 + index}`);
  }

  it.each([
    ['an IPv4 address', '192.0.2.7', '192.0.2.8'],
    ['half of an IPv6 address', '[2001:db8::7]', '[2001:db8:0:1::7]'],
  ])('no more than 4 are from %s: the oldest that has sent nothing makes room', (_, host, other) => {
    const bench = new Bench();
    const elsewhere = openFrom(bench, ...from(other, 4));
    const [speaking, silent, ...rest] = openFrom(bench, ...from(host, 4));
    bench.speak(speaking ?? 0);
    bench.effects.take();
    const next = openFrom(bench, `${host}:50000`);
    expect(bench.taken('close')).toMatchObject([{ link: silent }]);
    expect(bench.ids).toEqual([...elsewhere, speaking, ...rest, ...next]);
    expect(bench.links.takeEnded().map(({ id }) => id)).toEqual([silent]);
  });

  it('a fifth is refused when the 4 from its address have all begun to greet', () => {
    const bench = new Bench();
    const links = openFrom(bench, ...from('192.0.2.7', 4));
    const elsewhere = openFrom(bench, '192.0.2.8:1');
    for (const link of links) bench.speak(link);
    bench.effects.take();
    const [refused] = openFrom(bench, '192.0.2.7:50000');
    expect(bench.taken('close')).toMatchObject([{ link: refused }]);
    expect(bench.ids).toEqual([...links, ...elsewhere]);
  });

  it('those who have greeted do not count', () => {
    const bench = new Bench();
    const links = openFrom(bench, ...from('192.0.2.7', 4));
    for (const id of links.slice(0, 2)) {
      const link = bench.links.link(id);
      if (link !== undefined) link.phase = phaseOf(large, true, start);
    }
    const next = openFrom(bench, ...from('192.0.2.7', 2));
    expect(bench.ids).toEqual([...links, ...next]);
  });

  it('any number is from loopback, and 64 from everywhere', () => {
    const bench = new Bench(1_000);
    const local = openFrom(bench, ...from('127.0.0.1', 30), ...from('[::1]', 30));
    expect(bench.ids).toEqual(local);
    const others = openFrom(bench, ...Array.from({ length: 10 }, (_, index) => `192.0.2.${index}:1`));
    expect(bench.ids).toEqual([...local.slice(6), ...others]);
  });

  it('neither links that we dial count, nor those of other carriers', () => {
    const bench = new Bench();
    const address = '192.0.2.7:1';
    const links = Array.from({ length: 5 }, () => bench.open(true, start, 'tcp', address));
    for (let count = 0; count < 5; count++) links.push(bench.open(false, start, 'websocket', address));
    links.push(...openFrom(bench, ...from('192.0.2.7', 4)));
    expect(bench.ids).toEqual(links);
  });
});

describe('two links to one peer', () => {
  const contestMs = 1_500;

  it.each([true, false])(
    'of which one side dialled both (we: %s): the newer stays, whichever is proven first',
    (dialled) => {
      for (const olderFirst of [true, false]) {
        const bench = new Bench();
        const older = bench.greet(large, dialled);
        const newer = bench.greet(large, dialled);
        for (const link of olderFirst ? [older, newer] : [newer, older]) bench.links.prove(link, start);
        expect(bench.ids).toEqual([newer.id]);
      }
    },
  );

  it.each([
    ['smaller', small],
    ['larger', large],
  ])('dialled by both sides, both alive, the other key %s: the one dialled by the smaller key stays', (_, other) => {
    for (const oursFirst of [true, false]) {
      for (const olderAnswersFirst of [true, false]) {
        const bench = new Bench();
        const older = bench.prove(other, oursFirst);
        const newer = bench.prove(other, !oursFirst);
        for (const link of olderAnswersFirst ? [older, newer] : [newer, older]) bench.links.prove(link, start + 500);
        const weStay = other === large;
        const stays = older.dialled === weStay ? older : newer;
        expect(bench.ids).toEqual([stays.id]);
        bench.elapse(start + 10_000);
        expect(bench.ids).toEqual([stays.id]);
      }
    }
  });

  it.each([
    ['older', 0],
    ['newer', 1],
  ])('of which only the %s shows that it lives within 1.5 s: that one stays', (_, alive) => {
    for (const other of [small, large]) {
      const bench = new Bench();
      const links = [bench.prove(other, true), bench.prove(other, false)];
      const lives = links[alive] as GreetedLink;
      expect(bench.links.deadline).toBe(start + contestMs);
      bench.links.prove(lives, start + 600);
      expect(bench.ids).toHaveLength(2);
      bench.elapse(start + contestMs);
      expect(bench.ids).toEqual([lives.id]);
      expect(bench.links.deadline ?? Number.POSITIVE_INFINITY).toBeGreaterThan(start + contestMs);
    }
  });

  it('of which neither shows that it lives: the newer stays, which had just done so', () => {
    const bench = new Bench();
    bench.prove(large, true);
    const newer = bench.prove(large, false);
    bench.elapse(start + contestMs);
    expect(bench.ids).toEqual([newer.id]);
  });

  it('both stay when the peer is a reference', () => {
    const bench = new Bench();
    for (const dialled of [true, true, false, false]) bench.prove(large, dialled, start, false);
    bench.elapse(start + contestMs);
    expect(bench.ids).toHaveLength(4);
  });

  it('are judged the same at both ends, whatever reaches whom first', () => {
    const seeded = new Seeded(8);
    for (let round = 0; round < 200; round++) {
      const [mine, theirs] = seeded.chance(0.5) ? [small, large] : [large, small];
      const dialledByMine = [seeded.chance(0.5), seeded.chance(0.5)];
      const ends = [mine, theirs].map((own) => {
        const links = new Links(
          { accepts, curve: fakeCurve, random: seeded.random, secret: own.secret, publicKey: own.key, network: 'main' },
          { maxLinks: 64, count: 0 },
          new Effects(),
        );
        const other = own === mine ? theirs : mine;
        return { own, other, links };
      });
      for (const { own, other, links } of ends) {
        const both = dialledByMine.map((byMine, place) => {
          const dialled = byMine === (own === mine);
          const event = {
            kind: 'linkOpened',
            link: place,
            carrier: 'memory',
            address: '',
            dial: undefined,
            dialled,
          } as const;
          links.opened({ ...event, remote: undefined }, { waitMs: 0, isFar: false }, start);
          const link = links.link(place);
          if (link === undefined) throw new Error('the link is open');
          link.phase = phaseOf(other, true, start);
          return link as GreetedLink;
        });
        for (const link of seeded.shuffled(both)) links.prove(link, start);
        for (const link of seeded.shuffled(both)) if (links.link(link.id) !== undefined) links.prove(link, start + 600);
      }
      const [here, there] = ends.map(({ links }) => links.all().map(({ id }) => id));
      expect(here).toHaveLength(1);
      expect(here).toEqual(there);
    }
  });
});
