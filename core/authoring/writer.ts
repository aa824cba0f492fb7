/**
 * Writes the next block when it is this peer's turn: asks the authoring, lets the application compose, signs once.
 *
 * Tip, turn and journal are looked at again in the very call that signs (spec/safety.md, Writing): no identity ever
 * signs two children of one block. The creation callback works on a copy of the pool; while it runs nothing waits for
 * it here, and when it fails or comes too late nothing is lost. What it drops leaves this peer's pool.
 */
import { type Block, createBlock, encodeBlock, writtenBlockBytes } from '../chain/block.ts';
import type { Chain } from '../chain/chain.ts';
import { type Data, encodedDataBytes, itemIdOf } from '../chain/data.ts';
import { recentAuthors } from '../chain/recent-authors.ts';
import type { Milliseconds } from '../config.ts';
import type { Curve } from '../crypto/curve.ts';
import { type HashHex, hashHex, type ItemIdHex, itemIdHex, type PublicKey, type SecretKey } from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import type { Composed, RequestId } from '../events.ts';
import type { WaitingFor } from '../face.ts';
import type { Members } from '../network/members.ts';
import type { Random } from '../random.ts';
import { journalEntries } from '../storage/store.ts';
import type { Authoring, Turn } from './authoring.ts';
import type { RankDelay } from './rank-delay.ts';
import { ReferenceAuthors } from './reference-authors.ts';
import { freshestKeys } from './riddle.ts';

export interface WriterOptions {
  readonly curve: Curve;
  readonly random: Random;
  readonly secret: SecretKey;
  readonly publicKey: PublicKey;
  readonly thin: boolean;
  readonly rankDelay: RankDelay;
  /** When the others last heard of us, as far as that is up to us. */
  readonly spokeAt: (now: Milliseconds) => Milliseconds;
}

/** The signing journal's key for the first block, which has no parent. */
const noParent = '' as HashHex;

type WriterState =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'composing';
      readonly request: RequestId;
      readonly parent: HashHex;
      readonly offered: readonly ItemIdHex[];
      readonly until: Milliseconds;
    };

/** After the callback failed it is not asked again at once. */
const afterFailureMs = 1_000;
/** How long the creation callback may take before its answer is not waited for any more. */
const composeMs = 5_000;
const stalledMessage =
  'Those who may write the next block are gone, and too few of those who wrote the newest ones are online to go on without them.';

export class Writer {
  readonly #options: WriterOptions;
  readonly #authoring: Authoring;
  readonly #chain: Chain;
  readonly #members: Members;
  readonly #effects: Effects;
  readonly #signedChildren = new Set<HashHex>();
  readonly #references: ReferenceAuthors;
  #state: WriterState = { kind: 'idle' };
  #deadline: Milliseconds | undefined;
  #waitingFor: WaitingFor | undefined;
  #notBefore: Milliseconds = 0;
  #isStalled = false;
  /** Whether the application composes. */
  composes = false;

  constructor(options: WriterOptions, authoring: Authoring, chain: Chain, members: Members, effects: Effects) {
    this.#options = options;
    this.#authoring = authoring;
    this.#chain = chain;
    this.#members = members;
    this.#references = new ReferenceAuthors(options.publicKey, members);
    this.#effects = effects;
  }

  /** From the journal: this identity has signed a child of this block. */
  signedBefore(parent: HashHex | undefined): void {
    this.#remember(parent ?? noParent);
  }

  /** Whether this identity has signed a child of this block, or a first one. */
  hasSignedOn(parent: HashHex | undefined): boolean {
    return this.#signedChildren.has(parent ?? noParent);
  }

  get deadline(): Milliseconds | undefined {
    const { deadline: muteAt } = this.#references;
    if (this.#deadline === undefined || muteAt === undefined) return this.#deadline ?? muteAt;
    return Math.min(this.#deadline, muteAt);
  }

  get waitingFor(): WaitingFor | undefined {
    return this.#waitingFor;
  }

  /**
   * Asked at the end of every event.
   * @param catchingUp a neighbour holds blocks that we do not hold yet
   * @param announce called with the block once it is on the disk
   */
  consider(now: Milliseconds, catchingUp: boolean, announce: (block: Block, bytes: Uint8Array) => void): void {
    this.#deadline = undefined;
    this.#waitingFor = undefined;
    this.#references.look(this.#chain.tree.tip, this.#chain.pool.pendingSince, now);
    if (this.#state.kind === 'composing') {
      if (now < this.#state.until) {
        this.#deadline = this.#state.until;
        return;
      }
      this.#failed('it took too long', now);
    }
    const turn = this.#turn(now, catchingUp);
    this.#tellStalled(turn?.kind === 'wait' && turn.waitingFor === 'more of the authors');
    if (turn === undefined) return;
    if (turn.kind === 'wait') {
      this.#waitingFor = turn.waitingFor;
      this.#deadline = turn.until;
    } else if (now < Math.max(turn.at, this.#notBefore)) this.#deadline = Math.max(turn.at, this.#notBefore);
    else if (this.composes) this.#compose(now);
    else
      this.#write(
        now,
        this.#chain.pool.forBlock().map(({ data }) => data),
        announce,
      );
  }

  /** The application has composed. What it kept is written if it is still our turn on the same tip. */
  composed(
    request: RequestId,
    items: readonly Composed[] | undefined,
    now: Milliseconds,
    catchingUp: boolean,
    announce: (block: Block, bytes: Uint8Array) => void,
  ): void {
    if (this.#state.kind !== 'composing' || this.#state.request !== request) return;
    const { parent, offered } = this.#state;
    this.#state = { kind: 'idle' };
    if (items === undefined) {
      this.#notBefore = now + afterFailureMs;
      return;
    }
    const turn = this.#turn(now, catchingUp);
    if (turn?.kind !== 'write' || now < turn.at || parent !== this.#parent()) return;
    const data = this.#kept(items);
    if (data.length > 1 && encodedBytes(data) > writtenBlockBytes) {
      this.#failed('it makes too large a block', now);
      return;
    }
    const kept = new Set(items.map((item) => ('keep' in item ? itemIdHex(item.keep) : undefined)));
    for (const id of offered) if (!kept.has(id)) this.#chain.dropPending(id);
    this.#write(now, data, announce);
  }

  /** Told once, until something else is waited for. */
  #tellStalled(isStalled: boolean): void {
    if (isStalled === this.#isStalled) return;
    this.#isStalled = isStalled;
    this.#effects.put({ kind: 'report', code: 'stalled', message: isStalled ? stalledMessage : undefined });
  }

  #turn(now: Milliseconds, catchingUp: boolean): Turn | undefined {
    const { pool, tree } = this.#chain;
    const { pendingSince } = pool;
    if (pendingSince === undefined || this.#options.thin || this.#chain.isSigning) return undefined;
    if (catchingUp) return { kind: 'wait', waitingFor: 'the chain of a neighbour', until: undefined };
    if (this.#signedChildren.has(this.#parent())) {
      return { kind: 'wait', waitingFor: 'the author of the next block', until: undefined };
    }
    const { tip } = tree;
    const online = this.#members.online(now);
    const turn = this.#authoring.turn(now, {
      own: this.#options.publicKey,
      tip: tip === undefined ? undefined : { nextChoices: tip.block.nextChoices, arrivedAt: tip.arrivedAt },
      pendingSince,
      online,
      isAmongFreshest: this.#isAmongFreshest(online, now),
      onlineUntil: (key) => this.#members.onlineUntil(key, tip?.arrivedAt),
      rankDelayMs: this.#options.rankDelay.delayMs,
      isReference: (key) => this.#references.writes(key),
      referenceDelayMs: (key) => this.#members.referenceDelayMs(key, now),
      referencesAreNear: this.#members.referencesAreNear(now),
      recentAuthors: recentAuthors(tree.headers),
      onlineSince: (key) => this.#members.onlineSince(key, now),
      membershipChangedAt: this.#members.changedAt,
    });
    if (turn.kind === 'wait' || tip === undefined) return turn;
    const since = Math.max(pendingSince, tip.arrivedAt);
    return { kind: 'write', at: Math.max(turn.at, this.#references.holdUntil(tip.block.nextChoices, since)) };
  }

  #isAmongFreshest(online: readonly PublicKey[], now: Milliseconds): boolean {
    const last = online[freshestKeys - 1];
    return last === undefined || this.#options.spokeAt(now) >= (this.#members.aliveAt(last) ?? 0);
  }

  #compose(now: Milliseconds): void {
    const request = this.#effects.nextRequest();
    const items = this.#chain.pool.forBlock().map(({ id, data }) => ({ id, data }));
    const offered = items.map(({ id }) => itemIdHex(id));
    this.#state = { kind: 'composing', request, parent: this.#parent(), offered, until: now + composeMs };
    this.#deadline = now + composeMs;
    this.#effects.put({ kind: 'compose', request, items });
  }

  #failed(why: string, now: Milliseconds): void {
    this.#state = { kind: 'idle' };
    this.#notBefore = now + afterFailureMs;
    const message = `The block creation callback failed: ${why}`;
    this.#effects.put({ kind: 'report', code: 'block-creation-failed', message });
  }

  /** Each item once, as the pool holds it. */
  #kept(items: readonly Composed[]): Data[] {
    const held = new Map<ItemIdHex, Data>();
    for (const { id, data } of this.#chain.pool.items()) held.set(itemIdHex(id), data);
    const kept: Data[] = [];
    for (const item of items) {
      const id = 'keep' in item ? itemIdHex(item.keep) : undefined;
      const data = 'add' in item ? item.add : held.get(itemIdHex(item.keep));
      if (id !== undefined) held.delete(id);
      if (data !== undefined) kept.push(data);
    }
    return kept;
  }

  #write(now: Milliseconds, data: readonly Data[], announce: (block: Block, bytes: Uint8Array) => void): void {
    if (data.length === 0) return;
    const { curve, random, secret, publicKey } = this.#options;
    const live = this.#members.candidates(now).filter((key) => !this.#references.isMute(key));
    const block = createBlock(curve, random, secret, {
      parent: this.#chain.tree.tip?.block.hash,
      data,
      nextChoices: this.#authoring.nextChoices(random, live),
      author: publicKey,
    });
    this.#remember(this.#parent());
    const bytes = encodeBlock(block);
    const candidate = { block, bytes, ids: data.map(itemIdOf), verified: data.map(() => true) };
    this.#chain.addSigned(candidate, now, () => {
      if (this.#chain.tree.onMain(hashHex(block.hash))) announce(block, bytes);
    });
  }

  /** As the stores keep it: the newest entries, and the one without parent (storage/journal.ts). */
  #remember(parent: HashHex): void {
    this.#signedChildren.add(parent);
    for (const oldest of this.#signedChildren) {
      if (this.#signedChildren.size <= journalEntries + 1) break;
      if (oldest !== noParent) this.#signedChildren.delete(oldest);
    }
  }

  #parent(): HashHex {
    return this.#chain.tree.tip?.id ?? noParent;
  }
}

function encodedBytes(items: readonly Data[]): number {
  return items.reduce((bytes, item) => bytes + encodedDataBytes(item), 0);
}
