/**
 * core/config.ts: the reference's defaults, and names of networks.
 */
import { describe, expect, it } from 'vitest';
import { defaultConfig, isNetworkName } from '../../../core/config.ts';
import { isHostAndPort } from '../../../core/wire/identify.ts';

describe('the defaults', () => {
  it('are those of wire.md', () => {
    expect(defaultConfig).toMatchObject({
      thin: false,
      keepAliveMs: 600,
      dataGatherTimeMs: 750,
      relationship: { count: 3, timeMs: 10_000 },
      riddle: { nextCandidates: 3, forcedRestart: 'majority' },
    });
  });

  it('can be greeted with', () => {
    expect(isHostAndPort(defaultConfig.listen)).toBe(true);
    expect(isNetworkName(defaultConfig.network)).toBe(true);
  });
});

describe('the name of a network', () => {
  it.each(['main', 'a', '0', 'two-words', 'a.b_c-d', 'x'.repeat(64)])('may be %j', (name) => {
    expect(isNetworkName(name)).toBe(true);
  });

  it.each(['', 'Main', 'x'.repeat(65), '.', '..', '-a', '_a', 'a/b', 'a b', 'a\n', 'ä', '../a'])(
    'may not be %j',
    (name) => {
      expect(isNetworkName(name)).toBe(false);
    },
  );
});
