/**
 * The blocks with several children, what was decided at each, and the walk along them (spec/safety.md, Fork choice).
 *
 * A decision is kept until the newest block of a key that is eligible there changes, so that a flood of side blocks
 * costs a look at each fork and not a count. Knows the tree only by the nodes it is told of.
 */
import type { Holder } from '../crypto/keys.ts';
import type { TreeNode } from './node.ts';
import { Support, siblingsBy } from './support.ts';

/** A longer side branch was somebody's main chain, and is asked for. */
const mostTold = 64;

export class Forks<Body> {
  readonly #forks = new Set<TreeNode<Body>>();
  readonly #support: Support<Body>;
  readonly #mainAt: (height: number) => TreeNode<Body> | undefined;

  /** @param anchors when there are any, only these count @param mainAt a block of the main chain */
  constructor(anchors: ReadonlySet<Holder>, mainAt: (height: number) => TreeNode<Body> | undefined) {
    this.#support = new Support(anchors);
    this.#mainAt = mainAt;
  }

  /** @param node linked with its parent already */
  added(node: TreeNode<Body>): void {
    const { parent } = node;
    if (parent !== undefined) {
      parent.verdict = undefined;
      if (parent.children.length > 1) this.#forks.add(parent);
    }
    this.#support.added(node);
  }

  /** @param node linked with its parent still */
  removed(node: TreeNode<Body>): void {
    const { parent } = node;
    this.#support.removed(node);
    this.#forks.delete(node);
    if (parent === undefined) return;
    parent.verdict = undefined;
    if (parent.children.length <= 2) this.#forks.delete(parent);
  }

  /** What counts for this key is another now: the forks where it counts are decided anew. */
  changed(holder: Holder): void {
    for (const fork of this.#forks) {
      if (fork.verdict !== undefined && this.#support.eligible(fork).has(holder)) fork.verdict = undefined;
    }
  }

  /** More is known of who wrote below the forks. */
  reconsider(): void {
    for (const fork of this.#forks) {
      fork.eligible = undefined;
      fork.verdict = undefined;
    }
  }

  counted(holder: Holder): TreeNode<Body> | undefined {
    return this.#support.counted(holder);
  }

  hasForked(holder: Holder): boolean {
    return this.#support.hasForked(holder);
  }

  /** Whether this key counts at one of the forks. */
  isEligible(holder: Holder): boolean {
    for (const fork of this.#forks) if (this.#support.eligible(fork).has(holder)) return true;
    return false;
  }

  walk(start: TreeNode<Body>): TreeNode<Body> {
    for (let node = start; ; ) {
      const [only] = node.children;
      if (only === undefined) return node;
      node = node.children.length > 1 ? this.#support.verdict(node, this.#towards).best : only;
    }
  }

  /** By how many keys the branch is supported on which a side block stands; what shows that a key forked counts one. */
  supportOf(node: TreeNode<Body>): number {
    let top = node;
    while (top.parent !== undefined && !top.parent.onMain) top = top.parent;
    if (top.parent === undefined) return 0;
    const support = this.#support.verdict(top.parent, this.#towards).support.get(top) ?? 0;
    return siblingsBy(node) > 0 && this.#support.isEstablished(node.holder) ? Math.max(support, 1) : support;
  }

  /** Side blocks on which the walk rests, each after the one it stands on. */
  decisive(side: Iterable<TreeNode<Body>>): TreeNode<Body>[] {
    const eligible = new Set<Holder>();
    for (const fork of this.#forks) for (const holder of this.#support.eligible(fork)) eligible.add(holder);
    const chosen = new Set<TreeNode<Body>>();
    for (const node of side) {
      const counts = this.#support.counted(node.holder) === node || siblingsBy(node) > 0;
      if (!counts || !eligible.has(node.holder)) continue;
      const branch: TreeNode<Body>[] = [];
      for (let next: typeof node | undefined = node; next?.onMain === false; next = next.parent) branch.push(next);
      if (branch.length > mostTold) continue;
      for (const block of branch.reverse()) if (chosen.size < 4 * mostTold) chosen.add(block);
    }
    return [...chosen];
  }

  readonly #towards = (fork: TreeNode<Body>, node: TreeNode<Body>): TreeNode<Body> | undefined => {
    let below: TreeNode<Body> | undefined = node;
    while (below !== undefined && below.height > fork.height + 1) {
      below = below.onMain ? this.#mainAt(fork.height + 1) : below.parent;
    }
    return below?.parent === fork ? below : undefined;
  };
}
