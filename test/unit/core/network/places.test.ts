/**
 * core/network/places.ts: who may have to go, held against what the protected have earned.
 */
import { describe, expect, it } from 'vitest';
import { mostWaiting, type Placed, Places } from '../../../../core/network/places.ts';
import { Seeded } from '../../../model/seeded.ts';

const start = 1_000_000;
const now = start + 3_600_000;

interface Drawn {
  readonly address?: string;
  readonly dialled?: boolean;
  readonly carrier?: Placed['carrier'];
  readonly kind?: 'greeted' | 'proven';
  readonly since?: number;
  readonly blockAt?: number;
  readonly itemAt?: number;
}

/** What counts here of a link. */
function link({
  address = 'm:1',
  dialled = false,
  carrier = 'tcp',
  kind = 'proven',
  since = start,
  ...gave
}: Drawn): Placed {
  const { blockAt, itemAt } = gave;
  return { address, dialled, carrier, phase: { kind, since }, gave: { blockAt, itemAt } };
}

function many(count: number, drawn: (place: number) => Drawn): Placed[] {
  return Array.from({ length: count }, (_, place) => link(drawn(place)));
}

const inbound = { dialled: false, address: '203.0.113.1:1', carrier: 'tcp' } as const;
const outbound = { ...inbound, dialled: true };

function places(maxLinks = 64, count = 3, seed = 1): Places {
  return new Places({ maxLinks, count }, new Seeded(seed).random);
}

/** All that ever go, over many lots. */
function victims(of: Places, links: readonly Placed[]): Set<Placed> {
  const gone = new Set<Placed>();
  for (let round = 0; round < 1_000; round++) {
    const victim = of.evictable(inbound, links, now);
    if (victim !== undefined) gone.add(victim);
  }
  return gone;
}

describe('all places are taken', () => {
  it.each([
    [64, 3, 61],
    [12, 4, 8],
    [512, 0, 512],
    [2, 3, 1],
    [1, 3, 1],
  ])('of %i, with %i kept for those we dial, by %i who dialled us', (maxLinks, count, most) => {
    const of = places(maxLinks, count);
    expect(
      of.isFull(
        inbound,
        many(most, () => ({})),
      ),
    ).toBe(true);
    expect(
      of.isFull(
        inbound,
        many(most - 1, () => ({})),
      ),
    ).toBe(false);
    expect(
      of.isFull(
        outbound,
        many(maxLinks - 1, () => ({})),
      ),
    ).toBe(false);
    expect(
      of.isFull(
        outbound,
        many(maxLinks, () => ({ dialled: true })),
      ),
    ).toBe(true);
  });

  it('for one network by half of them, but not for a private one, a carrier without addresses or those we dialled', () => {
    const of = places();
    for (const [drawn, isCrowded] of [
      [{ address: '203.0.77.7:1' }, true],
      [{ address: '203.1.77.7:1' }, false],
      [{ address: '203.0.77.7:1', dialled: true }, false],
      [{ address: '203.0.77.7:1', carrier: 'websocket' }, false],
    ] as const) {
      expect(
        of.isCrowded(
          inbound,
          many(32, () => drawn),
        ),
      ).toBe(isCrowded);
      expect(
        of.isCrowded(
          inbound,
          many(31, () => drawn),
        ),
      ).toBe(false);
    }
    const local = { ...inbound, address: '127.0.0.1:1' };
    expect(
      of.isCrowded(
        local,
        many(60, () => ({ address: '127.0.0.1:2' })),
      ),
    ).toBe(false);
  });
});

describe('who goes', () => {
  it('is never one that we dialled', () => {
    const links = [...many(30, () => ({ dialled: true })), ...many(30, () => ({}))];
    const gone = victims(places(), links);
    expect(gone.size).toBeGreaterThan(0);
    for (const { dialled } of gone) expect(dialled).toBe(false);
    expect(victims(places(), links.slice(0, 30)).size).toBe(0);
  });

  it('is none of the four that gave a block last, nor of the four that gave an item last', () => {
    const links = many(60, (place) => ({
      since: start + place,
      ...(place >= 50 && place < 55 ? { blockAt: start + place } : {}),
      ...(place >= 55 ? { itemAt: start + place } : {}),
    }));
    const gone = [...victims(places(), links)].map((victim) => links.indexOf(victim));
    for (const place of [51, 52, 53, 54, 56, 57, 58, 59]) expect(gone).not.toContain(place);
    expect(gone).toContain(50);
    expect(gone).toContain(55);
  });

  it('is none of the half that has lasted longest', () => {
    const links = many(60, (place) => ({ since: start + place }));
    const gone = [...victims(places(), links)].map((victim) => links.indexOf(victim));
    expect(Math.min(...gone)).toBe(30);
    expect(new Set(gone).size).toBe(30);
  });

  it('is of the network most come from, while others are there only once', () => {
    const links = [
      ...many(40, (place) => ({ address: `203.0.113.${place}:1`, since: start + place })),
      ...many(8, (place) => ({ address: `198.${place}.1.1:1`, since: start + 1_000 + place })),
    ];
    for (const { address } of victims(places(), links)) expect(address).toMatch(/^203\.0\./);
  });

  it('is first one that has greeted and shown nothing for five seconds, though it is the only one', () => {
    const silent = link({ kind: 'greeted', since: now - 5_000 });
    const young = link({ kind: 'greeted', since: now - 4_999 });
    expect(places().evictable(inbound, [young, silent], now)).toBe(silent);
    expect(places().evictable(inbound, [young], now)).toBeUndefined();
    expect(places().evictable(inbound, [link({})], now)).toBeUndefined();
  });

  it('goes no more often than every ten seconds for those who dial us, at once for whom we dial', () => {
    const links = many(60, () => ({}));
    const of = places();
    expect(of.evictable(inbound, links, now)).toBeDefined();
    of.evicted(now);
    expect(of.evictable(inbound, links, now + 9_999)).toBeUndefined();
    expect(of.evictable(outbound, links, now)).toBeDefined();
    expect(of.evictable(inbound, links, now + 10_000)).toBeDefined();
  });

  it('is by lot, so that honest ones that came late stay for a while among many that are not', () => {
    let stayed = 0;
    for (let seed = 0; seed < 200; seed++) {
      const links = many(61, (place) => ({ since: start + place }));
      const honest = links.at(-1) as Placed;
      const of = places(64, 3, seed);
      let held: Placed[] = links;
      for (let evictions = 0; evictions < 10; evictions++) {
        const victim = of.evictable(inbound, held, now);
        held = [...held.filter((other) => other !== victim), link({ since: now })];
      }
      if (held.includes(honest)) stayed++;
    }
    expect(stayed).toBeGreaterThan(120);
  });
});

it('few may wait beyond the places there are', () => expect(mostWaiting).toBeLessThanOrEqual(8));
