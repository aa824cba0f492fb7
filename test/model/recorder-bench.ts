/**
 * A recorder over a slow store, whose changes a test stores when it likes.
 */
import { expect } from 'vitest';
import { Effects } from '../../core/effects.ts';
import type { Effect } from '../../core/events.ts';
import { Recorder } from '../../core/storage/recorder.ts';
import type { Change } from '../../core/storage/store.ts';
import { SlowStore } from './slow-store.ts';

type StoreEffect = Extract<Effect, { kind: 'store' }>;

export class Bench {
  readonly effects = new Effects();
  readonly recorder = new Recorder(this.effects);
  readonly store = new SlowStore();
  readonly changes: Change[] = [];
  readonly #underWay: StoreEffect[] = [];

  flush(): void {
    this.recorder.flush();
    for (const effect of this.effects.take()) {
      if (effect.kind !== 'store') throw new Error('a recorder only stores');
      this.changes.push(effect.change);
      this.#underWay.push(effect);
    }
  }

  get underWay(): number {
    return this.#underWay.length;
  }

  /** The change under way is stored, as a host would tell. */
  stored(): void {
    const effect = this.#underWay.shift();
    if (effect === undefined) throw new Error('nothing is under way');
    this.store.apply(effect.change);
    expect(this.recorder.stored(effect.request)).toBe(true);
    this.flush();
  }

  finish(): void {
    this.flush();
    for (let changes = 0; this.underWay > 0; changes++) {
      if (changes > 1_000) throw new Error('it stores without end');
      this.stored();
    }
  }
}
