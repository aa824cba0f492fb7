/**
 * Whose newest block stands where: what rule 1 of the fork choice counts (spec/safety.md, Fork choice).
 *
 * Follows every block that is held, on the main chain or beside it. A key counts once, by its newest block (greatest
 * height, then smaller hash); one that signed two children of one parent counts nowhere, as long as both are held.
 */
import type { Holder } from '../crypto/keys.ts';
import { compareStandings, eligibleAncestors, eligibleHolders } from './fork-choice.ts';
import type { TreeNode, Verdict } from './node.ts';

interface Author<Body> {
  readonly blocks: Set<TreeNode<Body>>;
  newest: TreeNode<Body>;
  /** Parents on which it signed more than one child. */
  forked: number;
}

export class Support<Body> {
  readonly #authors = new Map<Holder, Author<Body>>();
  readonly #anchors: ReadonlySet<Holder>;

  /** @param anchors when there are any, only these count */
  constructor(anchors: ReadonlySet<Holder>) {
    this.#anchors = anchors;
  }

  /** @param node linked with its parent already @returns whether anything that counts has changed */
  added(node: TreeNode<Body>): boolean {
    const author = this.#authors.get(node.holder);
    if (author === undefined) {
      this.#authors.set(node.holder, { blocks: new Set([node]), newest: node, forked: 0 });
      return true;
    }
    const before = author.forked > 0 ? undefined : author.newest;
    author.blocks.add(node);
    if (siblingsBy(node) === 1) author.forked++;
    if (isNewer(node, author.newest)) author.newest = node;
    return (author.forked > 0 ? undefined : author.newest) !== before;
  }

  /** @param node linked with its parent still */
  removed(node: TreeNode<Body>): void {
    const author = this.#authors.get(node.holder);
    if (author === undefined) return;
    author.blocks.delete(node);
    if (siblingsBy(node) === 1) author.forked--;
    if (author.newest !== node) return;
    const [first, ...others] = author.blocks;
    if (first === undefined) this.#authors.delete(node.holder);
    else author.newest = others.reduce((newest, other) => (isNewer(other, newest) ? other : newest), first);
  }

  /** The block by which this key counts; undefined when it counts nowhere. */
  counted(holder: Holder): TreeNode<Body> | undefined {
    const author = this.#authors.get(holder);
    return author === undefined || author.forked > 0 ? undefined : author.newest;
  }

  hasForked(holder: Holder): boolean {
    return (this.#authors.get(holder)?.forked ?? 0) > 0;
  }

  /** Whether it has written a block of the main chain that is held: signing is free, this is not. */
  isEstablished(holder: Holder): boolean {
    for (const { onMain } of this.#authors.get(holder)?.blocks ?? []) if (onMain) return true;
    return false;
  }

  /** Keys whose newest blocks count at this fork. Kept there. */
  eligible(fork: TreeNode<Body>): ReadonlySet<Holder> {
    fork.eligible ??= this.#anchors.size > 0 ? this.#anchors : eligibleHolders(fork.nextChoices, authorsUpTo(fork));
    return fork.eligible;
  }

  /** What the walk finds at a fork. Kept there until something that counts has changed. */
  verdict(fork: TreeNode<Body>, towards: Towards<Body>): Verdict<Body> {
    if (fork.verdict !== undefined) return fork.verdict;
    const support = new Map<TreeNode<Body>, number>();
    for (const holder of this.eligible(fork)) {
      const newest = this.counted(holder);
      const child = newest === undefined ? undefined : towards(fork, newest);
      if (child !== undefined) support.set(child, (support.get(child) ?? 0) + 1);
    }
    const best = fork.children.reduce((a, b) => {
      const more = (support.get(b) ?? 0) - (support.get(a) ?? 0);
      return more > 0 || (more === 0 && compareStandings(b.standing, a.standing) < 0) ? b : a;
    });
    fork.verdict = { best, support };
    return fork.verdict;
  }
}

/** The child of the fork under which the block stands; undefined when it stands under none. */
export type Towards<Body> = (fork: TreeNode<Body>, node: TreeNode<Body>) => TreeNode<Body> | undefined;

function isNewer(a: { height: number; id: string }, b: { height: number; id: string }): boolean {
  return a.height > b.height || (a.height === b.height && a.id < b.id);
}

/** Other children of its parent by the same holder. */
export function siblingsBy<Body>({ parent, holder, id }: TreeNode<Body>): number {
  let count = 0;
  for (const sibling of parent?.children ?? []) if (sibling.holder === holder && sibling.id !== id) count++;
  return count;
}

function* authorsUpTo<Body>(fork: TreeNode<Body>): Generator<Holder> {
  let node: TreeNode<Body> | undefined = fork;
  for (let count = 0; count < eligibleAncestors && node !== undefined; count++) {
    yield node.holder;
    node = node.parent;
  }
}
