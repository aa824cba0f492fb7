/**
 * What a user should know about neighbours, told once and taken back when it is over for the last of them.
 *
 * A neighbour is no trouble any more when its link ends, or when a block of it has found its place on our chain.
 */
import type { Effects } from './effects.ts';
import type { LinkId } from './events.ts';

export class Troubles {
  readonly #effects: Effects;
  readonly #links = new Map<string, Set<LinkId>>();

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  /** @param code for programs; @param message for people */
  tell(code: string, message: string, links: readonly LinkId[]): void {
    const troubled = this.#links.get(code) ?? new Set();
    for (const link of links) troubled.add(link);
    if (troubled.size === 0) return;
    this.#links.set(code, troubled);
    this.#effects.put({ kind: 'report', code, message });
  }

  over(link: LinkId): void {
    for (const [code, links] of this.#links) {
      if (!links.delete(link) || links.size > 0) continue;
      this.#links.delete(code);
      this.#effects.put({ kind: 'report', code, message: undefined });
    }
  }
}
