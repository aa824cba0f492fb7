/**
 * Blocks between neighbours: what to ask for, what to take, what to pass on, and what to do when roots differ.
 *
 * Joins the machines of links (sync), bodies (intake), places (newcomers) and roots (spec/safety.md, Blocks 5 and Roots).
 */
import type { Block } from './chain/block.ts';
import { rankNotListed, rankOf } from './chain/fork-choice.ts';
import type { Newcomer } from './chain/intake.ts';
import type { Placement, Taken } from './chain/newcomers.ts';
import { settledBlocks } from './chain/roots.ts';
import type { Candidate } from './chain/tree.ts';
import type { Milliseconds } from './config.ts';
import { type Hash, type HashHex, hashHex, type ItemId, itemIdHex } from './crypto/keys.ts';
import { Differences } from './differences.ts';
import type { LinkId, Loaded, RequestId } from './events.ts';
import type { Machines } from './machines.ts';
import type { GreetedLink } from './network/open-link.ts';
import { OtherBodies } from './other-bodies.ts';
import { RootContest } from './root-contest.ts';

interface Lookup {
  readonly link: LinkId;
  readonly hash: Hash;
  readonly count: number;
}

type News = Pick<Newcomer, 'id' | 'bytes'> & { readonly block: Block };

export class CatchUp {
  readonly #machines: Machines;
  readonly #lookups = new Map<RequestId, Lookup>();
  readonly #rootContest: RootContest;
  readonly #differences: Differences;
  readonly #otherBodies: OtherBodies;
  /** Heights of blocks below what is held on which others stand. */
  readonly #deep = new Map<HashHex, number>();
  /** The tip moved by blocks that were asked for: neighbours that are behind hear of it when we have caught up. */
  #tipUnshared = false;
  /** Of our chain when links were last compared with it. */
  #root: HashHex | undefined;
  /** More blocks are to come out of a file. */
  #isTaking = false;

  constructor(machines: Machines) {
    this.#machines = machines;
    this.#root = machines.chain.root;
    this.#differences = new Differences(machines);
    this.#otherBodies = new OtherBodies(machines);
    this.#rootContest = new RootContest(machines, () => {
      this.#tipUnshared = true;
    });
  }

  /** Whether this is not the time to write a block: neighbours, or a file, hold what we do not. */
  busy(now: Milliseconds): boolean {
    const { sync, chain } = this.#machines;
    return this.#isTaking || sync.busy(now) || this.#rootContest.isReading || chain.isMoving || chain.isOpening;
  }

  /** The neighbour's greeting names its root, its newest block and how many it holds. */
  greeted(link: GreetedLink): void {
    const { root, last, count } = link.phase.greeting;
    if (last !== undefined) this.#named(link, last, root, Number(count));
    this.#otherBodies.ask(link);
  }

  /** A block we asked for. */
  requestedBlock(link: GreetedLink, block: Block, now: Milliseconds): void {
    const { sync, chain, links } = this.#machines;
    const id = hashHex(block.hash);
    const isHeld = chain.tree.holds(id);
    if (!sync.arrived(link.id, isHeld, now)) {
      if (chain.doubts.answered(id, link.id)) {
        this.#offer(link, block, true);
        this.#otherBodies.answered(link, block);
        return;
      }
      // One of ours that speaks `gcm-siv` takes us for the reference until our hello has come, and sends a forced block so.
      if (link.phase.ours && link.phase.dialect.name === 'gcm-siv') this.sharedBlock(link, block, now);
      return;
    }
    if (isHeld) sync.held(id);
    if (isHeld && chain.doubts.body(id) === undefined) return;
    if (this.#offer(link, block, true) !== undefined) {
      sync.useless(link.id, now);
      links.falsehood(link.id, now);
    }
  }

  /** A block somebody has just made, or the tip of one that has caught up. */
  sharedBlock(link: GreetedLink, block: Block, now: Milliseconds): void {
    const { chain, intake, links } = this.#machines;
    const id = hashHex(block.hash);
    link.head = id;
    this.#differences.holds(link.id, id);
    if (chain.tree.holds(id) && !chain.tree.onMain(id)) this.#differences.found(link.id);
    if ((chain.tree.holds(id) && chain.doubts.body(id) === undefined) || intake.waits(id)) return;
    if (this.#offer(link, block, false) !== undefined) links.falsehood(link.id, now);
  }

  /** Verified blocks out of a file, oldest first; those that do not follow our tip are passed over. */
  take(blocks: readonly Candidate[], more: boolean, now: Milliseconds): void {
    const { chain, sync, intake, newcomers } = this.#machines;
    this.#isTaking = more;
    for (const candidate of blocks) {
      const { parent, hash } = candidate.block;
      if ((parent === undefined ? undefined : hashHex(parent)) !== chain.tree.tip?.id) continue;
      chain.add(candidate, now);
      const id = hashHex(hash);
      sync.held(id);
      this.#tipUnshared = true;
      for (const waiting of intake.children(id)) this.#placed(newcomers.place(waiting, true, now), now);
    }
  }

  /** A block's checks came back. @returns whether this request was one */
  verified(request: RequestId, results: readonly boolean[], now: Milliseconds): boolean {
    const { intake, newcomers } = this.#machines;
    const checked = intake.verified(request, results);
    if (checked === undefined) return false;
    // The block's own signature comes first.
    if (results[0] === false) this.#machines.links.falsehood(checked.newcomer.link, now);
    this.#placed(newcomers.place(checked, this.busy(now), now), now);
    return true;
  }

  loaded(request: RequestId, result: Loaded, now: Milliseconds): boolean {
    const { chain, depths } = this.#machines;
    const lookup = this.#lookups.get(request);
    if (lookup !== undefined) {
      this.#lookups.delete(request);
      const height = result.kind === 'heightOf' ? result.height : undefined;
      if (height === undefined) this.#want(lookup);
      else this.#old(lookup, height);
      return true;
    }
    if (chain.loaded(request, result) || depths.loaded(request, result)) return true;
    return this.#rootContest.loaded(request, result, now);
  }

  get deadline(): Milliseconds | undefined {
    return this.#differences.deadline;
  }

  /** Timers of this part, and requests that are due. Called at the end of every event. */
  advance(now: Milliseconds): void {
    const { sync, newcomers, effects, links, chain, heads, depths } = this.#machines;
    this.#placed(newcomers.elapse(now), now);
    for (const { link, head } of heads.due(now)) this.#named(link, head.tip, head.root, head.height + 1);
    if (chain.doubts.elapse(now)) this.#tipUnshared = true;
    depths.advance();
    chain.settle(now);
    this.#placeDeep(now);
    if (chain.takeTurned()) this.#tipUnshared = true;
    const { again, givenUp } = sync.elapse(now);
    for (const { link, start } of again) this.#request(link, start);
    for (const { link, hasMoved } of givenUp) this.#givenUp(link, hasMoved, now);
    for (const { link, start } of sync.next(now)) this.#request(link, start);
    for (const { id, session } of links.greeted()) session.allowLargeFrames = sync.isOpen(id);
    if (this.#root !== chain.root) this.#greetAgain();
    this.#differences.advance(now);
    if (this.#tipUnshared && !this.busy(now)) {
      this.#tipUnshared = false;
      effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
      this.#shareTip();
    }
    heads.tell(this.busy(now), now);
  }

  ended(link: LinkId): void {
    this.#machines.sync.ended(link);
    this.#machines.heads.ended(link);
    this.#machines.roots.forget(link);
    this.#differences.ended(link);
    this.#machines.chain.doubts.ended(link);
    this.#machines.troubles.over(link);
  }

  /** A block of our own is on the disk. */
  announce(block: Block, bytes: Uint8Array): void {
    this.#broadcast({ id: hashHex(block.hash), block, bytes }, undefined);
  }

  /** @returns why the block is none, when that can be told without its checks */
  #offer(link: GreetedLink, block: Block, requested: boolean): string | undefined {
    const { intake, chain } = this.#machines;
    return intake.offer(block, link.id, requested, (id: ItemId) => chain.pool.has(itemIdHex(id)));
  }

  #placed(placements: readonly Placement[], now: Milliseconds): void {
    const { sync, links, members } = this.#machines;
    for (const placement of placements) {
      const { newcomer } = placement;
      switch (placement.kind) {
        case 'taken':
          // All that it holds is here, and we stay on another branch.
          if (placement.standing === 'side' && sync.wanted(newcomer.link) === newcomer.id)
            this.#differences.found(newcomer.link);
          sync.held(newcomer.id);
          if (newcomer.requested) sync.useful(newcomer.link, placement.standing === 'moved', now);
          else if (placement.standing === 'moved') members.wrote(newcomer.inspected.block.author, newcomer.link, now);
          if (placement.doubtful !== undefined) this.#otherBodies.doubt(placement.doubtful, newcomer.link, now);
          this.#gave(newcomer, placement.standing === 'moved', now);
          this.#taken(placement);
          break;
        case 'heldBack':
          if (placement.doubtful !== undefined) this.#otherBodies.doubt(placement.doubtful, newcomer.link, now);
          if (placement.relay) for (const link of links.greeted()) if (link.phase.ours) this.#share(link, newcomer);
          break;
        case 'orphaned': {
          const link = this.#greeted(newcomer.link);
          if (!newcomer.requested && link !== undefined)
            this.#lookUp(link, placement.parent, this.#machines.chain.count);
          break;
        }
        case 'foreign':
          if (newcomer.requested && placement.isNew) sync.useful(newcomer.link, false, now);
          this.#rootContest.grown(newcomer, placement.root, now);
          break;
        case 'invalid':
          if (newcomer.requested) sync.useless(newcomer.link, now);
          break;
      }
    }
  }

  /** A block is of use to us: it costs its link nothing, and is a merit if it moved the chain. */
  #gave({ link, bytes, inspected, requested }: Newcomer, moved: boolean, now: Milliseconds): void {
    const from = this.#greeted(link);
    if (from === undefined) return;
    if (!requested) from.account.useful(1 + inspected.block.data.length, bytes.length);
    if (moved) from.gave.blockAt = now;
  }

  #taken({ newcomer, standing, counts, doubtful }: Taken): void {
    const from = this.#greeted(newcomer.link);
    if (from !== undefined) from.root = this.#machines.chain.root;
    this.#machines.troubles.over(newcomer.link);
    const { id, bytes, inspected } = newcomer;
    // What is beside the main chain counts too: all must hold it, or they take different branches.
    if (counts && standing !== 'moved') this.#passOn(newcomer);
    if (newcomer.requested) {
      if (standing === 'moved') this.#tipUnshared = true;
      return;
    }
    if (standing === 'moved') {
      // Shared when its grace time is over.
      if (doubtful === undefined) this.#broadcast({ id, bytes, block: inspected.block }, newcomer.link);
      return;
    }
    // What it sent lost against a sibling: it does not know that one, or not yet.
    if (standing === 'side') this.#differences.found(newcomer.link);
  }

  /** A side block that counts for the walk. Reference peers do not walk. */
  #passOn({ id, bytes, link: from }: Newcomer): void {
    const { links } = this.#machines;
    for (const link of links.greeted()) {
      if (link.id === from || !link.phase.ours) continue;
      this.#differences.holds(link.id, id);
      links.send(link, { kind: 'shareBlock', bytes }, 'block');
    }
  }

  /** It stands on our main chain below what is held. Blocks on it are compared when their surroundings were read. */
  #old({ link, hash }: Lookup, height: number): void {
    const { depths, intake, troubles } = this.#machines;
    const parent = hashHex(hash);
    if (!intake.hasChildren(parent)) return;
    if (depths.isInReach(height)) {
      depths.reach(height);
      this.#deep.set(parent, height);
      return;
    }
    intake.children(parent);
    if (this.#greeted(link) !== undefined) troubles.tell('too-deep-a-fork', tooDeepMessage, [link]);
  }

  #placeDeep(now: Milliseconds): void {
    const { depths, intake, newcomers } = this.#machines;
    for (const [parent, height] of this.#deep) {
      if (!depths.reach(height)) continue;
      this.#deep.delete(parent);
      for (const waiting of intake.children(parent)) this.#placed(newcomers.place(waiting, true, now), now);
    }
  }

  /** The neighbour says what its chain ends in. @param count how many blocks it has */
  #named(link: GreetedLink, last: Hash, root: Hash | undefined, count: number): void {
    const { sync, chain } = this.#machines;
    link.head = hashHex(last);
    link.root = root === undefined ? undefined : hashHex(root);
    if (link.root === undefined || chain.root === undefined || link.root === chain.root)
      this.#lookUp(link, last, count);
    else sync.want(link.id, { target: last, count });
  }

  /** The neighbour may hold what it names only because it is behind us: the store knows our older blocks. */
  #lookUp(link: GreetedLink, hash: Hash, count: number): void {
    const { chain, effects, sync } = this.#machines;
    const id = hashHex(hash);
    if (chain.tree.holds(id) && !chain.tree.onMain(id)) this.#differences.found(link.id);
    if (chain.tree.holds(id) || sync.wanted(link.id) === id) return;
    if (chain.tree.lowest === 0) {
      this.#want({ link: link.id, hash, count });
      return;
    }
    const request = effects.nextRequest();
    this.#lookups.set(request, { link: link.id, hash, count });
    effects.put({ kind: 'load', request, query: { kind: 'heightOf', hash } });
  }

  #want({ link, hash, count }: Lookup): void {
    const { chain, sync, effects } = this.#machines;
    if (this.#greeted(link) === undefined || chain.tree.holds(hashHex(hash))) return;
    sync.want(link, { target: hash, count });
    effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
  }

  #request(id: LinkId, start: Hash | undefined): void {
    const link = this.#greeted(id);
    if (link === undefined) return;
    this.#machines.links.send(link, { kind: 'requestBlocks', start }, 'kept');
  }

  #givenUp(id: LinkId, hasMoved: boolean, now: Milliseconds): void {
    const { effects, chain, troubles } = this.#machines;
    effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
    this.#rootContest.givenUp(id, now);
    if (!hasMoved && chain.count > settledBlocks && this.#greeted(id) !== undefined) {
      troubles.tell('too-deep-a-fork', tooDeepMessage, [id]);
    }
  }

  /** Where we came as one that holds nothing and the roots are one now we come as ourselves, and the other way about. */
  #greetAgain(): void {
    const { links, chain } = this.#machines;
    this.#root = chain.root;
    for (const link of links.greeted()) {
      if ((link.phase.ours && !link.phase.quiet) || link.root === undefined) continue;
      const isForeign = link.root !== chain.root;
      if (link.phase.quiet === isForeign) continue;
      links.close(link, isForeign ? 'its chain has another root now' : 'greets again, for the roots are one now');
    }
  }

  /** Ours hear its name (heads.ts), and ask for what they lack. */
  #shareTip(): void {
    const { shown } = this.#machines.chain;
    if (shown === undefined) return;
    for (const link of this.#machines.links.greeted()) {
      if (!link.phase.ours && link.head !== shown.id) this.#share(link, shown);
    }
  }

  /**
   * One whose author was not named goes to reference peers as an answer, for they check no author there (spec/safety.md,
   * Writing): else those of one era refuse what the other has forced.
   */
  #broadcast({ id, block, bytes }: News, except: LinkId | undefined): void {
    const { links, chain } = this.#machines;
    const parent = block.parent === undefined ? undefined : chain.tree.header(hashHex(block.parent));
    const isForced = parent !== undefined && rankOf(block.author, parent.nextChoices) === rankNotListed;
    for (const link of links.greeted()) {
      if (link.id === except || link.head === id) continue;
      if (link.phase.ours || !isForced) this.#share(link, { id, bytes });
      else links.send(link, { kind: 'requestedBlock', bytes }, 'block');
    }
  }

  #share(link: GreetedLink, { id, bytes }: Pick<News, 'id' | 'bytes'>): void {
    link.head = id;
    link.told = id;
    this.#machines.links.send(link, { kind: 'shareBlock', bytes }, 'block');
  }

  #greeted(id: LinkId): GreetedLink | undefined {
    return this.#machines.links.greetedLink(id);
  }
}

const tooDeepMessage =
  'A neighbour holds a branch that left ours further back than is compared here; it is not taken, and nothing of ours is lost.';
