/**
 * Blocks on their way in: inspected, their signatures under check, and those that wait for a parent or a grace time.
 *
 * A block takes effect only when its checks have come back (design.md, rule 3). The same body is checked once, however
 * many links bring it; two bodies of one hash are two. What arrives past the budget is dropped and asked for again
 * (spec/safety.md, Frames and sessions: all under one budget). Where a block belongs is decided by `newcomers.ts`.
 */
import { bytesToHex, equalBytes } from '../codec/bytes.ts';
import { sha256 } from '../crypto/hash.ts';
import { type HashHex, hashHex, type ItemId } from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import type { LinkId, RequestId } from '../events.ts';
import { type Block, encodeBlock } from './block.ts';
import { type Inspected, inspectBlock } from './verify.ts';

/** A block as it came: by whom, and whether it was asked for. */
export interface Newcomer {
  readonly inspected: Inspected;
  readonly id: HashHex;
  readonly bytes: Uint8Array;
  readonly link: LinkId;
  readonly requested: boolean;
}

export interface Checked {
  readonly newcomer: Newcomer;
  readonly results: readonly boolean[];
}

/** Bytes of blocks under check or waiting, in all: the largest block fits (spec/safety.md, Blocks 7). */
const mostBytes = 96 * 1024 * 1024;
const mostOrphans = 1_024;
/** Bodies of one hash that wait at most: whoever re-cuts one can make many. */
const mostBodies = 4;

export class Intake {
  readonly #effects: Effects;
  readonly #checking = new Map<RequestId, { readonly newcomer: Newcomer; readonly body: string }>();
  readonly #bodies = new Set<string>();
  readonly #orphans = new Map<HashHex, Checked[]>();
  #orphanCount = 0;
  #bytes = 0;

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  /** Bytes held here, for tests and the budget. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /** Whether blocks that this link was asked for are under check. */
  isChecking(link: LinkId): boolean {
    for (const { newcomer } of this.#checking.values()) if (newcomer.requested && newcomer.link === link) return true;
    return false;
  }

  /**
   * Begins to check a block.
   * @returns why it is invalid; undefined when its checks are under way or it was dropped
   */
  offer(block: Block, link: LinkId, requested: boolean, verifiedAlready: (id: ItemId) => boolean): string | undefined {
    const bytes = encodeBlock(block);
    // Blocks that wait for a parent that may never come keep no other away.
    while (this.#bytes + bytes.length > mostBytes && this.#forgetOrphan());
    if (this.#bytes + bytes.length > mostBytes) return undefined;
    const body = bytesToHex(sha256(bytes));
    if (this.#bodies.has(body)) return undefined;
    const inspected = inspectBlock(block, verifiedAlready);
    if (inspected.kind === 'invalid') return inspected.why;
    const newcomer: Newcomer = { inspected, id: hashHex(block.hash), bytes, link, requested };
    const request = this.#effects.nextRequest();
    this.#checking.set(request, { newcomer, body });
    this.#bodies.add(body);
    this.#bytes += bytes.length;
    this.#effects.put({ kind: 'verify', request, checks: inspected.checks });
    return undefined;
  }

  /** @returns the block whose checks came back, if this was such a request */
  verified(request: RequestId, results: readonly boolean[]): Checked | undefined {
    const checking = this.#checking.get(request);
    if (checking === undefined) return undefined;
    this.#checking.delete(request);
    this.#bodies.delete(checking.body);
    this.#bytes -= checking.newcomer.bytes.length;
    return { newcomer: checking.newcomer, results };
  }

  /** Its parent is not held: it waits for it, at the cost of the one that has waited longest. */
  wait(checked: Checked, parent: HashHex): void {
    const siblings = this.#orphans.get(parent) ?? [];
    const same = siblings.filter(({ newcomer }) => newcomer.id === checked.newcomer.id);
    if (same.some(({ newcomer }) => equalBytes(newcomer.bytes, checked.newcomer.bytes))) return;
    if (same.length >= mostBodies) return;
    siblings.push(checked);
    this.#orphans.set(parent, siblings);
    this.#orphanCount++;
    this.#bytes += checked.newcomer.bytes.length;
    while ((this.#orphanCount > mostOrphans || this.#bytes > mostBytes) && this.#forgetOrphan());
  }

  /** Blocks that waited for this one; they are no longer held here. */
  children(parent: HashHex): Checked[] {
    const waiting = this.#orphans.get(parent);
    if (waiting === undefined) return [];
    this.#orphans.delete(parent);
    this.#orphanCount -= waiting.length;
    for (const { newcomer } of waiting) this.#bytes -= newcomer.bytes.length;
    return waiting;
  }

  hasChildren(parent: HashHex): boolean {
    return this.#orphans.has(parent);
  }

  /** Whether a block waits here for its parent, with a body that cannot be better. */
  waits(id: HashHex): boolean {
    for (const waiting of this.#orphans.values()) {
      if (waiting.some(({ newcomer, results }) => newcomer.id === id && results.every(Boolean))) return true;
    }
    return false;
  }

  /** Those that have waited longest for one parent. @returns whether there were any */
  #forgetOrphan(): boolean {
    const oldest = this.#orphans.keys().next().value;
    if (oldest !== undefined) this.children(oldest);
    return oldest !== undefined;
  }
}
