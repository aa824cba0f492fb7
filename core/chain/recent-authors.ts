/**
 * Who has written the newest blocks of the main chain, for the rule that a majority of them must be there before a block
 * is forced (spec/safety.md, Writing, `forcedRestart`).
 *
 * Moves with the chain and decides nothing. More blocks are remembered than are looked at, so that a reorganisation
 * leaves enough; after a start only as many are known as the store has given back.
 */
import { type Holder, holderOf, type PublicKey } from '../crypto/keys.ts';

/** Blocks whose authors are asked after. */
export const authorBlocks = 64;
const mostRemembered = 4 * authorBlocks;

export class RecentAuthors {
  /** One for each block, oldest first. */
  #authors: PublicKey[] = [];
  #distinct: readonly PublicKey[] | undefined;

  /** Each once, by whichever parity wrote last; the newest author first. */
  get distinct(): readonly PublicKey[] {
    this.#distinct ??= distinctOf(this.#authors.slice(-authorBlocks).reverse());
    return this.#distinct;
  }

  /** The main chain lost so many blocks, then gained some. @param gained their authors, oldest first */
  moved(lost: number, gained: readonly PublicKey[]): void {
    const left = this.#authors.slice(0, Math.max(0, this.#authors.length - lost));
    this.#authors = [...left, ...gained].slice(-mostRemembered);
    this.#distinct = undefined;
  }
}

function distinctOf(authors: readonly PublicKey[]): PublicKey[] {
  const seen = new Set<Holder>();
  return authors.filter((author) => {
    const holder = holderOf(author);
    if (seen.has(holder)) return false;
    seen.add(holder);
    return true;
  });
}
