/**
 * Problems of the tab reach the peer whenever they arise, before it listens or after.
 */
import { describe, expect, it } from 'vitest';
import { Problems } from '../../../web/problems.ts';

function listened(problems: Problems): (readonly [string, string | undefined])[] {
  const heard: (readonly [string, string | undefined])[] = [];
  problems.start({
    accepted: () => undefined,
    discovered: () => undefined,
    listening: () => undefined,
    problem: (code, message) => heard.push([code, message]),
  });
  return heard;
}

describe('problems of a tab', () => {
  it('are told when somebody listens, the newest of each code', () => {
    const problems = new Problems();
    problems.report('storage-full', 'It is full.');
    problems.report('no-locks', 'There are none.');
    problems.report('storage-full', undefined);
    expect(listened(problems)).toEqual([
      ['storage-full', undefined],
      ['no-locks', 'There are none.'],
    ]);
  });

  it('are told at once afterwards', () => {
    const problems = new Problems();
    const heard = listened(problems);
    problems.report('storage-full', 'It is full.');
    expect(heard).toEqual([['storage-full', 'It is full.']]);
  });

  it('lead to nobody', async () => {
    const problems = new Problems();
    expect(problems.reaches()).toBe(false);
    await expect(problems.dial('127.0.0.1:1')).rejects.toMatchObject({ code: 'unsupported' });
  });
});
