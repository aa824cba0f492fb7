import { describe, expect, it } from 'vitest';
import { KnownKeys, type MemberChange } from '../../../../core/network/known-keys.ts';
import { type Author, authors } from '../../../model/author.ts';
import { otherParity } from '../../../model/fake-curve.ts';

const [a, b] = authors(2) as [Author, Author];

describe('the known keys', () => {
  it('are one set, changed in place, and say when a key came or went', () => {
    const known = new KnownKeys(1);
    const { keys } = known;
    expect([known.add(a.key, 2), known.add(b.key, 3), known.add(a.key, 4), known.changedAt]).toEqual([
      true,
      true,
      false,
      3,
    ]);
    expect([known.remove(a.key, 5), known.remove(a.key, 6), known.changedAt]).toEqual([true, false, 5]);
    expect([...keys]).toEqual([b.hex]);
    expect([known.has(a.key), known.has(b.key)]).toEqual([false, true]);
  });

  it('are no others when one gives way or is renamed', () => {
    const known = new KnownKeys(1);
    known.add(a.key, 2);
    known.rename(a.key, otherParity(a.key));
    known.rename(b.key, otherParity(b.key));
    expect([known.keys.size, known.has(a.key), known.has(otherParity(a.key))]).toEqual([1, false, true]);
    known.forget(otherParity(a.key));
    expect([known.keys.size, known.changedAt]).toEqual([0, 2]);
  });

  it('have changed when another may write though none came or went', () => {
    const known = new KnownKeys(1);
    known.changed(7);
    expect([known.keys.size, known.changedAt]).toEqual([0, 7]);
  });

  it('tell what others are to hear once, in order', () => {
    const known = new KnownKeys(1);
    const changes: MemberChange[] = [
      { key: a.key, isHere: true, seen: true, link: undefined },
      { key: a.key, isHere: false, seen: false, link: 3 },
    ];
    for (const change of changes) known.tell(change);
    expect([known.takeChanges(), known.takeChanges()]).toEqual([changes, []]);
  });
});
