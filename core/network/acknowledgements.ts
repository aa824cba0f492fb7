/**
 * Acknowledgements: the next candidates of a block promise not to write on a sibling of it (docs/protocol.md,
 * Acknowledgement; spec/safety.md, What a receipt may promise).
 *
 * A candidate signs when the block is its newest and lies in its store. It needs nothing else to keep its word: a peer
 * writes on the newest block only, so it writes on no sibling while the block stands, and when the walk leaves the
 * branch the promise lapses, here and with everybody who has counted it. One that comes before its block waits for it.
 * Each is checked once, counted and passed on once. It says nothing of who may write.
 */
import type { Chain } from '../chain/chain.ts';
import type { TreeBlock } from '../chain/tree.ts';
import type { Milliseconds } from '../config.ts';
import type { Curve, SignatureCheck } from '../crypto/curve.ts';
import {
  type Hash,
  type HashHex,
  type Holder,
  hashHex,
  holderOf,
  type PublicKey,
  type SecretKey,
  signatureHex,
} from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import type { LinkId, RequestId } from '../events.ts';
import type { Random } from '../random.ts';
import type { Recorder } from '../storage/recorder.ts';
import { extensionSaying } from '../wire/carrier.ts';
import { type Acknowledgement, acknowledgementDigest } from '../wire/holdings.ts';
import type { Links } from './links.ts';
import type { Members } from './members.ts';

/** Whoever wants to know how long our blocks take to the next candidates: D follows it (spec/safety.md, Writing). */
export interface AcknowledgementDelays {
  /** From sharing a block of our own to the first promise of a next candidate. */
  took(delayMs: Milliseconds): void;
}

export interface Acknowledger {
  readonly curve: Curve;
  readonly random: Random;
  readonly secret: SecretKey;
  readonly publicKey: PublicKey;
  readonly network: string;
  readonly thin: boolean;
}

/** Of those who may write next, so many are asked for their promise. */
export const acknowledgingCandidates = 3;
/** Older blocks have enough on top of them. */
const mostCounted = 64;
const mostChecking = 256;
/** That came before their block, which may never come. */
const mostWaiting = 256;
const mostWaitingOfOneLink = 32;
/** Signatures that were looked at: true ones that came twice, and false ones. */
const mostSeen = 4_096;

interface Came {
  readonly link: LinkId;
  readonly acknowledgement: Acknowledgement;
}

export class Acknowledgements {
  readonly #self: Acknowledger;
  readonly #chain: Chain;
  readonly #members: Members;
  readonly #links: Links;
  readonly #recorder: Recorder;
  readonly #effects: Effects;
  readonly #delays: AcknowledgementDelays;
  /** Who has promised, for blocks of the main chain, in the order in which they were first promised. */
  readonly #counted = new Map<HashHex, Set<Holder>>();
  readonly #checking = new Map<RequestId, Came>();
  /** Links that brought the same one while it was checked: it is not sent back there. */
  readonly #holders = new Map<string, Set<LinkId>>();
  readonly #seen = new Set<string>();
  #waiting: Came[] = [];
  #tip: HashHex | undefined;
  #shown: HashHex | undefined;
  /** The newest block, when it names us and no promise of ours is out yet. */
  #owed: { readonly block: TreeBlock; isStored: boolean } | undefined;
  #shared: { readonly id: HashHex; readonly at: Milliseconds } | undefined;

  constructor(
    self: Acknowledger,
    {
      chain,
      members,
      links,
      recorder,
      effects,
    }: {
      readonly chain: Chain;
      readonly members: Members;
      readonly links: Links;
      readonly recorder: Recorder;
      readonly effects: Effects;
    },
    delays: AcknowledgementDelays,
  ) {
    this.#self = self;
    this.#chain = chain;
    this.#members = members;
    this.#links = links;
    this.#recorder = recorder;
    this.#effects = effects;
    this.#delays = delays;
    this.#tip = chain.tree.tip?.id;
    this.#shown = chain.shown?.id;
  }

  /** A neighbour of ours brought one, its sender's own or somebody else's. */
  came(link: LinkId, acknowledgement: Acknowledgement): void {
    const name = nameOf(acknowledgement);
    if (this.#seen.has(name)) {
      this.#holders.get(name)?.add(link);
      return;
    }
    const id = hashHex(acknowledgement.block);
    if (this.#chain.tree.onMain(id)) this.#check({ link, acknowledgement });
    else this.#wait({ link, acknowledgement });
  }

  /** A check came back. @returns whether this request was one */
  verified(request: RequestId, held: boolean, now: Milliseconds): boolean {
    const came = this.#checking.get(request);
    if (came === undefined) return false;
    this.#checking.delete(request);
    const { acknowledgement } = came;
    const name = nameOf(acknowledgement);
    const holders = this.#holders.get(name);
    this.#holders.delete(name);
    const block = this.#chain.tree.block(hashHex(acknowledgement.block));
    if (!held || block === undefined || !this.#count(block, acknowledgement.key)) return true;
    this.#say(acknowledgement, holders);
    if (this.#shared?.id === block.id) {
      this.#delays.took(now - this.#shared.at);
      this.#shared = undefined;
    }
    return true;
  }

  /**
   * Called at the end of every event, before what is to be stored is flushed.
   * @param isBehind whether neighbours hold what we do not: the newest block is none then
   */
  advance(isBehind: boolean, now: Milliseconds): void {
    this.#noteShared(now);
    const { tip } = this.#chain.tree;
    if (tip !== undefined && tip.id !== this.#tip) this.#moved(tip);
    if (isBehind || this.#owed?.isStored !== true) return;
    const { block } = this.#owed;
    this.#owed = undefined;
    if (this.#chain.tree.onMain(block.id)) this.#promise(block);
  }

  ended(link: LinkId): void {
    this.#waiting = this.#waiting.filter((came) => came.link !== link);
  }

  /** A block of our own is shared when it may be shown. */
  #noteShared(now: Milliseconds): void {
    const { shown } = this.#chain;
    if (shown === undefined || shown.id === this.#shown) return;
    this.#shown = shown.id;
    this.#shared = this.#isOwn(shown.block.author) ? { id: shown.id, at: now } : undefined;
  }

  #moved(tip: TreeBlock): void {
    const { tree } = this.#chain;
    this.#tip = tip.id;
    for (const id of this.#counted.keys()) if (!tree.onMain(id)) this.#counted.delete(id);
    const isNamed = !this.#self.thin && candidatesOf(tip).some((key) => this.#isOwn(key));
    const owed = isNamed ? { block: tip, isStored: false } : undefined;
    this.#owed = owed;
    if (owed !== undefined) {
      this.#recorder.afterwards(() => {
        owed.isStored = true;
      });
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const came of waiting) this.came(came.link, came.acknowledgement);
  }

  #promise(block: TreeBlock): void {
    const { curve, secret, random, publicKey } = this.#self;
    if (!this.#count(block, publicKey)) return;
    const sign = curve.sign(this.#digest(block), secret, random(32));
    const acknowledgement = { block: block.block.hash, key: publicKey, sign };
    this.#see(nameOf(acknowledgement));
    this.#say(acknowledgement, undefined);
  }

  #check(came: Came): void {
    const { acknowledgement, link } = came;
    const { block: hash, key, sign } = acknowledgement;
    const block = this.#chain.tree.block(hashHex(hash));
    if (block === undefined || this.#checking.size >= mostChecking) return;
    const holder = holderOf(key);
    if (!candidatesOf(block).some((candidate) => holderOf(candidate) === holder)) return;
    if (this.#isOwn(key) || this.#counted.get(block.id)?.has(holder) === true) return;
    const name = nameOf(acknowledgement);
    this.#see(name);
    this.#holders.set(name, new Set([link]));
    const request = this.#effects.nextRequest();
    this.#checking.set(request, came);
    const check: SignatureCheck = { key, digest: this.#digest(block), signature: sign };
    this.#effects.put({ kind: 'verify', request, checks: [check] });
  }

  #wait(came: Came): void {
    const ofLink = this.#waiting.filter(({ link }) => link === came.link);
    const oldest = ofLink.length >= mostWaitingOfOneLink ? ofLink[0] : undefined;
    if (oldest !== undefined) this.#waiting.splice(this.#waiting.indexOf(oldest), 1);
    else if (this.#waiting.length >= mostWaiting) this.#waiting.shift();
    this.#waiting.push(came);
  }

  /** @returns whether it is new and stands */
  #count(block: TreeBlock, key: PublicKey): boolean {
    if (!this.#chain.tree.onMain(block.id)) return false;
    const promised = this.#counted.get(block.id) ?? new Set();
    const holder = holderOf(key);
    if (promised.has(holder)) return false;
    promised.add(holder);
    this.#counted.set(block.id, promised);
    for (const oldest of this.#counted.keys()) {
      if (this.#counted.size <= mostCounted) break;
      this.#counted.delete(oldest);
    }
    const asked = candidatesOf(block).filter((candidate) => {
      return promised.has(holderOf(candidate)) || this.#isOwn(candidate) || this.#members.isOurs(candidate);
    });
    const delivery = { block: block.block.hash, by: promised.size, of: asked.length };
    this.#effects.put({ kind: 'deliver', delivery: { kind: 'acknowledged', ...delivery } });
    return true;
  }

  #say(acknowledgement: Acknowledgement, holders: ReadonlySet<LinkId> | undefined): void {
    const saying = extensionSaying({ kind: 'acknowledgement', ...acknowledgement });
    for (const link of this.#links.greeted()) {
      if (link.phase.ours && holders?.has(link.id) !== true) this.#links.send(link, saying, 'droppable');
    }
  }

  #see(name: string): void {
    this.#seen.add(name);
    for (const oldest of this.#seen) {
      if (this.#seen.size <= mostSeen) break;
      this.#seen.delete(oldest);
    }
  }

  #digest({ block }: TreeBlock): Hash {
    return acknowledgementDigest({ network: this.#self.network, block: block.hash, parent: block.parent });
  }

  #isOwn(key: PublicKey): boolean {
    return holderOf(key) === holderOf(this.#self.publicKey);
  }
}

/** The first keys that may write next. The author's own word would add nothing to its signature. */
function candidatesOf({ block }: TreeBlock): PublicKey[] {
  const seen = new Set<Holder>([holderOf(block.author)]);
  const distinct = block.nextChoices.filter((key) => {
    const holder = holderOf(key);
    return !seen.has(holder) && seen.add(holder) !== undefined;
  });
  return distinct.slice(0, acknowledgingCandidates);
}

/** By its signature too, so that a false one keeps no true one away. */
function nameOf({ block, key, sign }: Acknowledgement): string {
  return `${hashHex(block)} ${holderOf(key)} ${signatureHex(sign)}`;
}
