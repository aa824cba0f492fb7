/**
 * Blocks between neighbours: what to ask for, what to take, what to pass on, and what to do when roots differ.
 *
 * Joins the machines that know links (sync), bodies (intake), places (newcomers) and other roots (roots). Follows
 * spec/safety.md, Blocks 5 and Roots.
 */
import type { Block } from './chain/block.ts';
import type { Newcomer } from './chain/intake.ts';
import type { Placement } from './chain/newcomers.ts';
import { type Beginning, settledBlocks } from './chain/roots.ts';
import { keptCandidate, treeDepth } from './chain/tree.ts';
import { encode } from './codec/codec.ts';
import { concatBytes, hexToBytes } from './codec/bytes.ts';
import type { Milliseconds } from './config.ts';
import { type Hash, type HashHex, hashFrom, hashHex, type ItemId, itemIdHex } from './crypto/keys.ts';
import type { ChainBlock, LinkId, Loaded, RequestId } from './events.ts';
import type { Machines } from './machines.ts';
import type { GreetedLink } from './network/links.ts';
import { cbcMessages, shareBlockVariant } from './wire/dialect.ts';

interface Lookup {
  readonly link: LinkId;
  readonly hash: Hash;
  readonly count: number;
}

/** Bytes read to compare the beginning of our chain with another's. */
const beginningBytes = 64 * 1024 * 1024;

export class CatchUp {
  readonly #machines: Machines;
  readonly #lookups = new Map<RequestId, Lookup>();
  readonly #deciding = new Map<RequestId, { readonly root: HashHex; readonly link: LinkId }>();
  /** The tip moved by blocks that were asked for: neighbours that are behind hear of it when we have caught up. */
  #tipUnshared = false;

  constructor(machines: Machines) {
    this.#machines = machines;
  }

  get ownRoot(): Hash | undefined {
    const { root } = this.#machines.chain;
    return root === undefined ? undefined : hashFrom(hexToBytes(root));
  }

  get busy(): boolean {
    return this.#machines.sync.busy || this.#machines.intake.catchingUp || this.#deciding.size > 0;
  }

  /** The neighbour's greeting names its root, its newest block and how many it holds. */
  greeted(link: GreetedLink, now: Milliseconds): void {
    const { sync, chain, links } = this.#machines;
    const { root, last, count } = link.phase.greeting;
    if (last === undefined) return;
    link.head = hashHex(last);
    const blocks = Number(count);
    if (root === undefined || chain.root === undefined || hashHex(root) === chain.root) this.#lookUp(link, last, blocks);
    else if (!link.phase.ours) links.close(link, 'its chain has another root');
    else if (!this.#machines.roots.isRefused(link.id, now)) sync.want(link.id, last, blocks, true);
  }

  /** A block we asked for. */
  requestedBlock(link: GreetedLink, block: Block, now: Milliseconds): void {
    const { sync, chain } = this.#machines;
    if (!sync.arrived(link.id, now)) return;
    const id = hashHex(block.hash);
    if (chain.tree.block(id) !== undefined) sync.held(id);
    else this.#offer(link, block, true);
  }

  /** A block somebody has just made, or the tip of one that has caught up. */
  sharedBlock(link: GreetedLink, block: Block): void {
    const { chain, intake } = this.#machines;
    const id = hashHex(block.hash);
    link.head = id;
    if (chain.tree.block(id) !== undefined || intake.waits(id)) return;
    this.#offer(link, block, false);
  }

  /** A block's checks came back. @returns whether this request was one */
  verified(request: RequestId, results: readonly boolean[], now: Milliseconds): boolean {
    const { intake, newcomers } = this.#machines;
    const checked = intake.verified(request, results);
    if (checked === undefined) return false;
    this.#placed(newcomers.place(checked, this.busy, now), now);
    return true;
  }

  loaded(request: RequestId, result: Loaded, now: Milliseconds): boolean {
    const lookup = this.#lookups.get(request);
    if (lookup !== undefined) {
      this.#lookups.delete(request);
      if (result.kind === 'heightOf' && result.height === undefined) this.#want(lookup);
      else this.#machines.intake.children(hashHex(lookup.hash));
      return true;
    }
    const deciding = this.#deciding.get(request);
    if (deciding === undefined) return false;
    this.#deciding.delete(request);
    const kept = result.kind === 'blocks' ? result.blocks : [];
    const own = kept.map((block, height) => ({ height, ...keptCandidate(block) }));
    this.#decide(deciding.root, deciding.link, own, now);
    return true;
  }

  /** Timers of this part, and requests that are due. Called at the end of every event. */
  advance(now: Milliseconds): void {
    const { sync, newcomers, effects, links } = this.#machines;
    this.#placed(newcomers.elapse(now), now);
    const { again, givenUp } = sync.elapse(now);
    for (const { link, start } of again) this.#request(link, start);
    for (const link of givenUp) this.#givenUp(link, now);
    for (const { link, start } of sync.next(now)) this.#request(link, start);
    for (const { id, session } of links.greeted()) session.allowLargeFrames = sync.isOpen(id);
    if (this.#tipUnshared && !this.busy) {
      this.#tipUnshared = false;
      effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
      this.#shareTip();
    }
  }

  ended(link: LinkId): void {
    this.#machines.sync.ended(link);
    this.#machines.roots.forget(link);
  }

  /** A block of our own is on the disk. */
  announce(block: Block, bytes: Uint8Array): void {
    this.#broadcast(hashHex(block.hash), bytes, undefined);
  }

  #offer(link: GreetedLink, block: Block, requested: boolean): void {
    const { intake, chain } = this.#machines;
    intake.offer(block, link.id, requested, (id: ItemId) => chain.pool.has(itemIdHex(id)));
  }

  #placed(placements: readonly Placement[], now: Milliseconds): void {
    const { sync, links } = this.#machines;
    for (const placement of placements) {
      const { newcomer } = placement;
      switch (placement.kind) {
        case 'taken':
          sync.held(newcomer.id);
          this.#taken(newcomer, placement.moved);
          break;
        case 'heldBack':
          if (placement.relay) for (const link of links.greeted()) if (link.phase.ours) this.#share(link, newcomer);
          break;
        case 'orphaned': {
          const link = this.#greeted(newcomer.link);
          if (!newcomer.requested && link !== undefined) this.#lookUp(link, placement.parent, this.#machines.chain.count);
          break;
        }
        case 'foreign':
          this.#foreign(newcomer, placement.root, now);
          break;
        case 'invalid':
          break;
      }
    }
  }

  #taken(newcomer: Newcomer, moved: boolean): void {
    const from = this.#greeted(newcomer.link);
    if (newcomer.requested) {
      if (moved) this.#tipUnshared = true;
      return;
    }
    if (moved) return this.#broadcast(newcomer.id, newcomer.bytes, newcomer.link);
    // What it sent lost against a sibling: it does not know that one, or not yet.
    const { tip } = this.#machines.chain.tree;
    if (from !== undefined && tip !== undefined) this.#machines.links.send(from, sharePayload(tip.bytes), 'block');
  }

  #foreign(newcomer: Newcomer, root: HashHex, now: Milliseconds): void {
    const { roots, sync } = this.#machines;
    const target = sync.wanted(newcomer.link);
    if (roots.enough(root) || target?.id === newcomer.id) this.#compare(root, newcomer.link, now);
  }

  /** Reads as much of our own chain as the comparison needs. */
  #compare(root: HashHex, link: LinkId, now: Milliseconds): void {
    const { chain, effects } = this.#machines;
    for (const deciding of this.#deciding.values()) if (deciding.root === root) return;
    const { main } = chain.tree;
    if (main[0]?.height === 0) {
      this.#decide(root, link, main, now);
      return;
    }
    const request = effects.nextRequest();
    this.#deciding.set(request, { root, link });
    const query = { kind: 'blocks', from: 0, count: settledBlocks + 1, maxBytes: beginningBytes } as const;
    effects.put({ kind: 'load', request, query });
  }

  #decide(root: HashHex, link: LinkId, own: readonly ChainBlock[], now: Milliseconds): void {
    const { roots, chain, sync, effects } = this.#machines;
    const first = own[0];
    if (first === undefined || roots.lastOf(root) === undefined) return;
    const ours: Beginning = { root: first.block.hash, authors: own.map(({ block }) => block.author) };
    const verdict = roots.decide(ours, root);
    if (verdict !== 'theirs') {
      roots.refuse(root, link, now);
      sync.drop(link);
      if (verdict === 'undecidable') effects.put({ kind: 'report', code: 'other-root', message: otherRootMessage(root) });
      return;
    }
    const wanted = sync.wanted(link);
    chain.replace(roots.take(root), own, now);
    sync.drop(link);
    this.#tipUnshared = true;
    if (wanted !== undefined && chain.tree.block(wanted.id) === undefined) {
      sync.want(link, wanted.target, wanted.count, false);
    }
  }

  /** The neighbour may hold what it names only because it is behind us: the store knows our older blocks. */
  #lookUp(link: GreetedLink, hash: Hash, count: number): void {
    const { chain, effects, sync } = this.#machines;
    const id = hashHex(hash);
    if (chain.tree.block(id) !== undefined || sync.wanted(link.id)?.id === id) return;
    if (chain.count <= treeDepth) {
      this.#want({ link: link.id, hash, count });
      return;
    }
    const request = effects.nextRequest();
    this.#lookups.set(request, { link: link.id, hash, count });
    effects.put({ kind: 'load', request, query: { kind: 'heightOf', hash } });
  }

  #want({ link, hash, count }: Lookup): void {
    const { chain, sync, effects } = this.#machines;
    if (this.#greeted(link) === undefined || chain.tree.block(hashHex(hash)) !== undefined) return;
    sync.want(link, hash, count, false);
    effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
  }

  #request(id: LinkId, start: Hash | undefined): void {
    const link = this.#greeted(id);
    if (link === undefined) return;
    this.#machines.links.send(link, encode(cbcMessages, { kind: 'requestBlocks', start }), 'kept');
  }

  #givenUp(id: LinkId, now: Milliseconds): void {
    const { roots, effects, chain } = this.#machines;
    effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
    for (const root of roots.from(id)) this.#compare(root, id, now);
    if (chain.count > settledBlocks && this.#greeted(id) !== undefined) {
      effects.put({ kind: 'report', code: 'too-deep-a-fork', message: tooDeepMessage });
    }
  }

  #shareTip(): void {
    const { tip } = this.#machines.chain.tree;
    if (tip === undefined) return;
    for (const link of this.#machines.links.greeted()) if (link.head !== tip.id) this.#share(link, tip);
  }

  #broadcast(id: HashHex, bytes: Uint8Array, except: LinkId | undefined): void {
    for (const link of this.#machines.links.greeted()) {
      if (link.id !== except && link.head !== id) this.#share(link, { id, bytes });
    }
  }

  #share(link: GreetedLink, { id, bytes }: { readonly id: HashHex; readonly bytes: Uint8Array }): void {
    link.head = id;
    this.#machines.links.send(link, sharePayload(bytes), 'block');
  }

  #greeted(id: LinkId): GreetedLink | undefined {
    return this.#machines.links.greetedLink(id);
  }
}

function sharePayload(bytes: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(shareBlockVariant), bytes);
}

function otherRootMessage(root: HashHex): string {
  return `A neighbour holds a long chain that begins with another block (${root.slice(0, 16)}…); only an operator can decide between the two.`;
}

const tooDeepMessage =
  'A neighbour holds a branch that left ours further back than is compared here; it is not taken, and nothing of ours is lost.';
