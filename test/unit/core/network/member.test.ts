import { describe, expect, it } from 'vitest';
import {
  isOurs,
  knownMs,
  type Member,
  newMember,
  onlineForWritingMs,
  shownUntil,
  stands,
} from '../../../../core/network/member.ts';
import { Author } from '../../../model/author.ts';

const author = new Author(2);
const member = (changed: Partial<Member> = {}): Member => ({ ...newMember(author.key), ...changed });
const standing = { link: 1, leavesAt: undefined };

describe('a key', () => {
  it('has shown nothing at first', () => {
    const unseen = member();
    expect([stands(unseen), isOurs(unseen), shownUntil(unseen)]).toEqual([false, false, knownMs]);
  });

  it.each<[string, Partial<Member>, boolean]>([
    ['that was announced', { standing }, true],
    ['that was announced, and about which a Leave came', { standing: { link: 1, leavesAt: 9 } }, true],
    ['that was announced and has a link', { standing, linked: true }, true],
    ['for which KeepAlives speak too', { standing, lapses: true }, false],
    ['that runs our program', { standing, ours: true }, false],
    ['that nobody has announced', { linked: true, aliveAt: 9 }, false],
  ])('%s: its silence says nothing: %#', (_, shown, isSo) => {
    expect(stands(member(shown))).toBe(isSo);
  });

  it.each<[string, Partial<Member>, boolean]>([
    ['a link has shown it', { ours: true }, true],
    ['its KeepAlives count Unix time', { keepAlive: author.keepAlive(1_000_000_000_000n) }, true],
    [
      'they count time, and a link has not shown it',
      { ours: false, keepAlive: author.keepAlive(1_797_000_000_000n) },
      true,
    ],
    ['they count from 1, for however long', { keepAlive: author.keepAlive(999_999_999_999n) }, false],
    ['it has shown neither', { standing, linked: true }, false],
  ])('is ours when %s', (_, shown, isSo) => {
    expect(isOurs(member(shown))).toBe(isSo);
  });

  it('is shown for longer when it has a link, whose end would be seen', () => {
    expect(shownUntil(member({ aliveAt: 100 }))).toBe(100 + knownMs);
    expect(shownUntil(member({ aliveAt: 100, linked: true }))).toBe(100 + onlineForWritingMs);
  });
});
