/**
 * The blocks beside the main chain, counted: how many, how large, whose bodies stay in memory, and which leave first.
 *
 * Signing is free, so anybody can make as many side blocks as he likes, and none of them may push out the branch of an
 * honest half that was cut off. Therefore the branches that the fewest eligible keys support leave first: a self-signed
 * flood has no support, an honest half has its authors'. Among equals the link that brought most pays with the newest
 * it brought, so that a flood pushes out itself, and what was here before it stays.
 */
import type { Bringer, TreeNode } from './node.ts';

/** As deep as a reorganisation goes, so that the branch that was left fits in whole. */
export const mostSideBlocks = 4_096;
/** On the disk; the largest block fits (spec/safety.md, Blocks 7). */
const mostSideBytes = 64 * 1024 * 1024;
/** In memory. A larger one that is needed is read from the store. */
const mostBodyBytes = 8 * 1024 * 1024;
/** When there is no room, an eighth is made free at once. */
const keptShare = 7 / 8;

export class SideBlocks<Body> {
  readonly #supportOf: (node: TreeNode<Body>) => number;
  readonly #nodes = new Set<TreeNode<Body>>();
  /** Those whose bodies are held, the ones held longest first. */
  readonly #bodies = new Set<TreeNode<Body>>();
  #bytes = 0;
  #bodyBytes = 0;

  /** @param supportOf how many keys support the branch on which a side block stands */
  constructor(supportOf: (node: TreeNode<Body>) => number) {
    this.#supportOf = supportOf;
  }

  get count(): number {
    return this.#nodes.size;
  }

  nodes(): Iterable<TreeNode<Body>> {
    return this.#nodes;
  }

  added(node: TreeNode<Body>): void {
    this.#nodes.add(node);
    this.#bytes += node.size;
    if (node.body !== undefined) this.given(node);
  }

  removed(node: TreeNode<Body>): void {
    if (!this.#nodes.delete(node)) return;
    this.#bytes -= node.size;
    if (this.#bodies.delete(node)) this.#bodyBytes -= node.size;
  }

  /** Its body is held from now on, at the cost of those held longest. */
  given(node: TreeNode<Body>): void {
    if (this.#bodies.has(node)) return;
    this.#bodies.add(node);
    this.#bodyBytes += node.size;
    for (const oldest of this.#bodies) {
      if (this.#bodyBytes <= mostBodyBytes || oldest === node) return;
      this.#bodies.delete(oldest);
      this.#bodyBytes -= oldest.size;
      oldest.body = undefined;
    }
  }

  /** @param isNeeded whether the main chain is on its way there @returns what must leave, with all that stands on it */
  tooMany(isNeeded: (node: TreeNode<Body>) => boolean): TreeNode<Body>[] {
    if (this.#nodes.size <= mostSideBlocks && this.#bytes <= mostSideBytes) return [];
    let count = this.#nodes.size - Math.floor(mostSideBlocks * keptShare);
    let bytes = this.#bytes - Math.floor(mostSideBytes * keptShare);
    const leaving: TreeNode<Body>[] = [];
    for (const [, nodes] of [...this.#bySupport(isNeeded)].sort(([a], [b]) => a - b)) {
      const brought = byLink(nodes);
      while (count > 0 || bytes > 0) {
        const node = largest(brought)?.pop();
        if (node === undefined) break;
        leaving.push(node);
        count--;
        bytes -= node.size;
      }
    }
    return leaving;
  }

  #bySupport(isNeeded: (node: TreeNode<Body>) => boolean): Map<number, TreeNode<Body>[]> {
    const classes = new Map<number, TreeNode<Body>[]>();
    for (const node of this.#nodes) {
      if (isNeeded(node)) continue;
      const support = this.#supportOf(node);
      const nodes = classes.get(support);
      if (nodes === undefined) classes.set(support, [node]);
      else nodes.push(node);
    }
    return classes;
  }
}

/** In the order in which they came, and so that none stands before the one it stands on. */
function byLink<Body>(nodes: readonly TreeNode<Body>[]): TreeNode<Body>[][] {
  const brought = new Map<Bringer, TreeNode<Body>[]>();
  for (const node of nodes) {
    const others = brought.get(node.link);
    if (others === undefined) brought.set(node.link, [node]);
    else others.push(node);
  }
  const lists = [...brought.values()];
  for (const list of lists) list.sort((a, b) => a.arrivedAt - b.arrivedAt || a.height - b.height);
  return lists;
}

function largest<T>(lists: readonly T[][]): T[] | undefined {
  return lists.reduce<T[] | undefined>(
    (most, list) => (most === undefined || list.length > most.length ? list : most),
    undefined,
  );
}
