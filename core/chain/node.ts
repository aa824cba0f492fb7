/**
 * What is held of one block of the tree: who wrote it, on what it stands, and its body while there is room for that.
 *
 * Thousands of these are held and few bodies, so nothing here keeps the bytes of a block alive. Of a longer list only
 * so many candidates are kept that no rank and no eligible key is missed (spec/safety.md, Fork choice).
 */

import type { Milliseconds } from '../config.ts';
import { type Hash, type HashHex, type Holder, hashHex, holderOf, type PublicKey } from '../crypto/keys.ts';
import type { Block } from './block.ts';
import { type Standing, standingOf } from './fork-choice.ts';

/** Candidates of a block that are kept when its body is not: past 99 no rank differs. */
const mostChoices = 256;

/** The link that brought a block. */
export type Bringer = number;
/** Of what the store gave, or this peer wrote. */
export const noLink: Bringer = 0;

/** How a block came into the tree. */
export interface Arrival {
  readonly height: number;
  readonly at: Milliseconds;
  readonly link: Bringer;
  /** Borsh of the block, in bytes. */
  readonly size: number;
}

export class TreeNode<Body> {
  readonly id: HashHex;
  readonly hash: Hash;
  readonly parentHash: Hash | undefined;
  readonly parentId: HashHex | undefined;
  readonly author: PublicKey;
  readonly holder: Holder;
  readonly height: number;
  readonly arrivedAt: Milliseconds;
  readonly link: Bringer;
  size: number;
  nextChoices: readonly PublicKey[];
  /** Undefined of a first block, and of the oldest held. */
  parent: TreeNode<Body> | undefined;
  readonly children: TreeNode<Body>[] = [];
  body: Body | undefined;
  /** Whether it stands on the main chain as it is now, which may be on its way to another branch. */
  onMain = false;
  /** Whether the store was told of it as a side block. */
  isStoredAside = false;
  /** Of a fork: what the walk found when it came by last; undefined when that may be another now. */
  verdict: Verdict<Body> | undefined;
  /** Of a fork: whose newest blocks count there. */
  eligible: ReadonlySet<Holder> | undefined;
  #standing: Standing | undefined;

  constructor({ hash, parent, author, nextChoices }: Block, { height, at, link, size }: Arrival) {
    this.id = hashHex(hash);
    this.hash = hash;
    this.parentHash = parent;
    this.parentId = parent === undefined ? undefined : hashHex(parent);
    this.author = author;
    this.holder = holderOf(author);
    this.height = height;
    this.arrivedAt = at;
    this.link = link;
    this.size = size;
    this.nextChoices = nextChoices.slice(0, mostChoices);
  }

  /** Its place among its siblings, whatever their support is. */
  get standing(): Standing {
    const { author, hash, parent } = this;
    this.#standing ??= standingOf({ author, hash, parent: parent?.hash }, parent?.nextChoices);
    return this.#standing;
  }

  /** Another body of the same hash takes the place of this one: ranks on it may be others. */
  recut(block: Block, size: number): void {
    this.nextChoices = block.nextChoices.slice(0, mostChoices);
    this.size = size;
    this.verdict = undefined;
    this.eligible = undefined;
    for (const child of this.children) child.#standing = undefined;
  }
}

export interface Verdict<Body> {
  readonly best: TreeNode<Body>;
  /** How many eligible keys have their newest block under each child; none named has none. */
  readonly support: ReadonlyMap<TreeNode<Body>, number>;
}

/** At most so many, and bytes of their blocks, but one. */
export function firstNodes<Body>(nodes: readonly TreeNode<Body>[], most: number, mostBytes: number): TreeNode<Body>[] {
  let bytes = 0;
  return nodes.slice(0, most).filter(({ size }, place) => {
    bytes += size;
    return place === 0 || bytes <= mostBytes;
  });
}
