import { describe, expect, it } from 'vitest';
import { Effects } from '../../../core/effects.ts';
import { Troubles } from '../../../core/troubles.ts';

describe('troubles with neighbours', () => {
  it('are over when they are over for the last of them', () => {
    const effects = new Effects();
    const troubles = new Troubles(effects);
    troubles.tell('a-code', 'told', [1, 2]);
    troubles.tell('a-code', 'told again', [3]);
    troubles.tell('other', 'of another', [2]);
    expect(effects.take()).toMatchObject([
      { code: 'a-code', message: 'told' },
      { code: 'a-code', message: 'told again' },
      { code: 'other', message: 'of another' },
    ]);
    troubles.over(1);
    troubles.over(3);
    troubles.over(9);
    expect(effects.take()).toEqual([]);
    troubles.over(2);
    expect(effects.take()).toEqual([
      { kind: 'report', code: 'a-code', message: undefined },
      { kind: 'report', code: 'other', message: undefined },
    ]);
    troubles.over(2);
    expect(effects.take()).toEqual([]);
  });

  it('are not told of nobody, or they would never be over', () => {
    const effects = new Effects();
    new Troubles(effects).tell('a-code', 'told', []);
    expect(effects.take()).toEqual([]);
  });
});
