/**
 * 200 hostile hosts of 12 networks against a peer that knows 8 honest ones of 8 (spec/safety.md, Frames and sessions).
 */
import { describe, expect, it } from 'vitest';
import { AddressBook, mostOfOneGroup, mostOfOneSource } from '../../core/network/address-book.ts';
import { restoreNote } from '../../core/network/address-note.ts';
import { groupOf } from '../../core/network/addresses.ts';
import { Seeded } from '../model/seeded.ts';
import { violations } from './checkers.ts';
import { type Eclipse, eclipse, honestLinks } from './eclipse.ts';
import type { SimulatedPeer } from './host.ts';

const seeds = [1, 2, 3];

/** The victim has lived among the honest for so long that its book was kept. */
function lived(seed: number): Eclipse {
  const scene = eclipse(seed);
  const { simulator, victim, honest } = scene;
  simulator.run(1_000);
  victim.handle({ kind: 'discovered', addresses: honest.map(({ address }) => address) });
  for (let item = 0; item < 5; item++) {
    simulator.share(simulator.seeded.pick(honest));
    simulator.run(13_000);
  }
  expect(honestLinks(scene)).toBeGreaterThan(0);
  expect(victim.machine.tip).toBe(honest[0]?.machine.tip);
  return scene;
}

/** @returns for how long, of this time, it had no honest link */
function alone(scene: Eclipse, forMs: number): number {
  let aloneMs = 0;
  for (let passed = 0; passed < forMs; passed += 500) {
    scene.simulator.run(500);
    if (honestLinks(scene) === 0) aloneMs += 500;
  }
  return aloneMs;
}

/** The book as it lies on its disk. */
function kept({ disk }: SimulatedPeer): AddressBook {
  const book = new AddressBook(new Seeded(1).random, 3);
  const note = disk.opened().notes.find(({ name }) => name === 'addresses');
  if (note !== undefined) restoreNote(book, note.bytes, false, Number.MAX_SAFE_INTEGER);
  return book;
}

describe('a peer that 200 hostile hosts dial and tell of each other', () => {
  it.each(seeds)('keeps an honest link, and finds one again after a restart (seed %i)', (seed) => {
    const scene = lived(seed);
    const { simulator, victim, honest, hostile } = scene;
    for (const host of hostile) host.besiege(victim.address);
    // Now and then a link breaks, on the internet; then it takes a moment.
    expect(alone(scene, 15_000)).toBeLessThanOrEqual(3_000);
    expect(hostile.filter(({ linked }) => linked > 0).length).toBeGreaterThan(30);
    victim.stop();
    const book = kept(victim);
    const reached = new Set(book.tried.map(({ address }) => address));
    expect(honest.filter(({ address }) => reached.has(address)).length).toBeGreaterThan(1);
    for (const { address } of hostile) {
      const source = groupOf(address);
      expect(book.fresh.filter((entry) => entry.source === source).length).toBeLessThanOrEqual(mostOfOneSource);
      expect(book.fresh.filter((entry) => entry.group === source).length).toBeLessThanOrEqual(mostOfOneGroup);
    }
    simulator.run(2_000);
    victim.start();
    expect(simulator.runUntil(() => honestLinks(scene) > 0, 20_000)).toBe(true);
    simulator.share(honest[0] ?? victim);
    expect(simulator.runUntil(() => victim.machine.tip === honest[0]?.machine.tip, 20_000)).toBe(true);
    expect(alone(scene, 8_000)).toBeLessThanOrEqual(3_000);
    expect(violations(simulator).filter((wrong) => !wrong.startsWith('several tips'))).toEqual([]);
  });
});
