import { describe, expect, it } from 'vitest';
import {
  isOurs,
  knownMs,
  type Member,
  onlineForWritingMs,
  shownUntil,
  stands,
} from '../../../../core/network/member.ts';
import { Author } from '../../../model/author.ts';

const author = new Author(3);
const start = 50_000;
const nobody: Member = {
  key: author.key,
  keepAlive: undefined,
  keepAliveAt: 0,
  aliveAt: start,
  linked: false,
  ours: false,
  standing: undefined,
};
const announced = { link: 1, leavesAt: undefined };

describe('a key', () => {
  it.each([
    ['announced', { standing: announced }, true],
    ['not announced', {}, false],
    ['announced, and heard by KeepAlive', { standing: announced, keepAlive: author.keepAlive(1) }, false],
    ['announced, and ours', { standing: announced, ours: true }, false],
  ])('stands or lapses: %s', (_, known, expected) => {
    expect(stands({ ...nobody, ...known })).toBe(expected);
  });

  it.each([
    ['its link has shown it', { ours: true }, true],
    ['it counts KeepAlives by Unix time', { keepAlive: author.keepAlive(1_700_000_000_000n) }, true],
    ['it counts them from one', { keepAlive: author.keepAlive(999_999_999_999n) }, false],
    ['nothing is known', {}, false],
  ])('is ours or a reference peer’s: %s', (_, known, expected) => {
    expect(isOurs({ ...nobody, ...known })).toBe(expected);
  });

  it('is shown longer when it has a link of its own', () => {
    expect(shownUntil(nobody)).toBe(start + knownMs);
    expect(shownUntil({ ...nobody, linked: true })).toBe(start + onlineForWritingMs);
  });
});
