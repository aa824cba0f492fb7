/**
 * The links of one peer, from their first byte to their last: greeting, session, outbox, and the limits on each.
 *
 * A link is `greeting` until the other's greeting came; between two of ours `upgrading` until its hello came too;
 * `greeted` until a frame of the other has decrypted, on an upgraded link one behind its hello; `proven` from then on.
 * Only proven links count as connected (spec/safety.md, Who is online), and nothing is said before `greeted`. What a message means is not
 * known here. On TCP a side may wait for the other to greet first, for it may be a reference peer of either dialect
 * (spec/safety.md, Which dialect). Of two links to one peer one is closed as Two links to one peer says.
 */
import { compareBytes } from '../codec/bytes.ts';
import type { Milliseconds } from '../config.ts';
import { hashHex } from '../crypto/keys.ts';
import type { Effects } from '../effects.ts';
import { invariant } from '../errors.ts';
import type { Event, LinkId } from '../events.ts';
import { extensionSaying } from '../wire/carrier.ts';
import type { Dialect, DialectName } from '../wire/dialect.ts';
import type { Greeting } from '../wire/messages.ts';
import { payloadOf, type Saying } from '../wire/saying.ts';
import { Session, type SessionOptions } from '../wire/session.ts';
import { Account } from './account.ts';
import { sourceOf } from './addresses.ts';
import { type GreetedLink, isGreeted, type Opening, type OpenLink, type Origin } from './open-link.ts';
import { Outbox, type Urgency } from './outbox.ts';
import { type Limits, mostWaiting, Places } from './places.ts';

/** spec/safety.md, Frames and sessions. */
export const greetingTimeoutMs = 5_000;
/** spec/safety.md, Secure upgrade. */
export const helloTimeoutMs = 5_000;
const beginWithinMs = 1_000;
const mostUngreeted = 64;
const mostUngreetedOfOneSource = 4;
const mostLargeGreetings = 16;
const largeGreetingBytes = 64 * 1024;
/** spec/safety.md, Two links to one peer. */
const contestMs = 1_500;
/** Of those who send a KeepAlive every 0.6 s. As long as `stalledMs` (outbox.ts), the other direction's. */
export const silentMs = 30_000;
const noRoom = 'no room for another link';
const nobody: ReadonlySet<LinkId> = new Set();

export class Links {
  readonly #links = new Map<LinkId, OpenLink>();
  readonly #effects: Effects;
  readonly #session: Omit<SessionOptions, 'expected' | 'dialled'>;
  readonly #places: Places;
  readonly #ended: OpenLink[] = [];

  constructor(session: Omit<SessionOptions, 'expected' | 'dialled'>, limits: Limits, effects: Effects) {
    this.#session = session;
    this.#places = new Places(limits, session.random);
    this.#effects = effects;
  }

  link(id: LinkId): OpenLink | undefined {
    return this.#links.get(id);
  }

  greetedLink(id: LinkId): GreetedLink | undefined {
    const link = this.#links.get(id);
    return link !== undefined && isGreeted(link) ? link : undefined;
  }

  greeted(): GreetedLink[] {
    return [...this.#links.values()].filter(isGreeted);
  }

  get proven(): GreetedLink[] {
    return this.greeted().filter((link) => link.phase.kind === 'proven');
  }

  all(): OpenLink[] {
    return [...this.#links.values()];
  }

  /**
   * The link waits for the other's greeting, at most for `waitMs`; then `greet` is called.
   * @returns false when there is no room and the link is closed
   */
  opened(event: Extract<Event, { kind: 'linkOpened' }>, { waitMs, isFar }: Opening, now: Milliseconds): boolean {
    const { link: id, carrier, address, dialled, dial, remote } = event;
    if (!this.#makeRoom(event, now)) {
      this.#effects.put({ kind: 'close', link: id, reason: noRoom });
      return false;
    }
    const link: OpenLink = {
      id,
      carrier,
      address,
      dialled,
      dial,
      session: new Session({ ...this.#session, dialled, expected: remote }),
      outbox: new Outbox(now),
      isFar,
      heardAt: now,
      phase: { kind: 'greeting', until: now + waitMs + greetingTimeoutMs, speakAt: now + waitMs },
      head: undefined,
      told: undefined,
      root: undefined,
      account: new Account(now),
      gave: { blockAt: undefined, itemAt: undefined },
      contest: undefined,
    };
    this.#links.set(id, link);
    return true;
  }

  /** Links whose turn it is to greet, for the other has not. */
  dueToGreet(now: Milliseconds): OpenLink[] {
    return this.all().filter(
      ({ phase }) => phase.kind === 'greeting' && phase.speakAt !== undefined && phase.speakAt <= now,
    );
  }

  /** Whether too many who have not greeted take too much memory, this one among them. */
  isTooMuch(link: OpenLink): boolean {
    if (link.phase.kind !== 'greeting' || link.session.heldBytes <= largeGreetingBytes) return false;
    return (
      this.#ungreeted().filter(({ session }) => session.heldBytes > largeGreetingBytes).length > mostLargeGreetings
    );
  }

  /** Our greeting, once. */
  greet(link: OpenLink, greeting: Greeting, first: DialectName, now: Milliseconds): void {
    const frame = link.session.greet(greeting, first);
    link.told = greeting.last === undefined ? undefined : hashHex(greeting.last);
    if (link.phase.kind === 'greeting') link.phase = { ...link.phase, speakAt: undefined };
    this.#put(link, frame, now);
  }

  /** Our hello, once, before anything else. Where the other's is waited for nothing more is said until it has come. */
  hello(link: GreetedLink, now: Milliseconds): void {
    this.#put(link, link.session.hello(), now);
    if (!link.session.upgrades) return;
    (link as OpenLink).phase = { ...link.phase, kind: 'upgrading', until: now + helloTimeoutMs };
  }

  /** The hello that was waited for came. */
  upgraded(link: OpenLink): GreetedLink {
    const { phase } = link;
    invariant(phase.kind === 'upgrading', 'only a hello that was waited for upgrades');
    const { until: _, ...acquaintance } = phase;
    link.phase = { ...acquaintance, kind: 'greeted' };
    return link as GreetedLink;
  }

  /** In `gcm-siv` a hello tells whose program it is. */
  recognise(link: GreetedLink, now: Milliseconds): void {
    if (link.phase.ours) return;
    link.phase = { ...link.phase, ours: true };
    if (link.phase.kind === 'proven') this.#contest(link, now);
  }

  /** A frame of the other decrypted. @returns whether it was the first, by which the link is proven */
  prove(link: GreetedLink, now: Milliseconds): boolean {
    if (link.contest !== undefined) this.#settle(link, { ...link.contest, answered: true });
    if (link.phase.kind === 'proven') return false;
    link.phase = { ...link.phase, kind: 'proven' };
    this.#contest(link, now);
    if (this.#links.has(link.id)) this.#evictFor(link, now);
    return true;
  }

  /** Nothing, when its dialect has no such message. */
  send(link: GreetedLink, saying: Saying, urgency: Urgency): void {
    if (link.phase.quiet && isPresence(saying)) return;
    const payload = payloadOf(saying, link.phase.dialect);
    if (payload !== undefined) link.outbox.push(payload, urgency);
  }

  /** To every greeted link but those. */
  broadcast(saying: Saying, urgency: Urgency, except: ReadonlySet<LinkId> = nobody): void {
    const payloads = new Map<Dialect, Uint8Array | undefined>();
    for (const link of this.greeted()) {
      const { dialect, quiet } = link.phase;
      if (except.has(link.id) || (quiet && isPresence(saying))) continue;
      if (!payloads.has(dialect)) payloads.set(dialect, payloadOf(saying, dialect));
      const payload = payloads.get(dialect);
      if (payload !== undefined) link.outbox.push(payload, urgency);
    }
  }

  /** Seals and sends what the links have credit for. */
  flush(now: Milliseconds): void {
    for (const link of this.#links.values()) {
      if (!isGreeted(link)) continue;
      for (let payload = link.outbox.next(); payload !== undefined; payload = link.outbox.next()) {
        this.#put(link, link.session.seal(payload), now);
      }
    }
  }

  /** What this link brought is false in itself. One of ours checks what it passes on, so there it is its own doing. */
  falsehood(id: LinkId | undefined, now: Milliseconds): void {
    const link = id === undefined ? undefined : this.greetedLink(id);
    if (link?.account.falsehood(link.phase.ours, now) === true) this.close(link, 'what it sends is false');
  }

  /** We end it. */
  close(link: OpenLink, reason: string): void {
    if (!this.#links.delete(link.id)) return;
    this.#effects.put({ kind: 'close', link: link.id, reason });
    this.#ended.push(link);
  }

  /** The other side or the carrier ended it; a link that we ended is not known any more. */
  closed(id: LinkId): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    this.#links.delete(id);
    this.#ended.push(link);
  }

  /** Links that ended since the last call, whoever ended them. */
  takeEnded(): OpenLink[] {
    return this.#ended.splice(0);
  }

  get deadline(): Milliseconds | undefined {
    let earliest: Milliseconds | undefined;
    for (const link of this.#links.values()) {
      for (const at of [...deadlinesOf(link), link.contest?.until, link.outbox.deadline, silentAt(link)]) {
        if (at !== undefined && (earliest === undefined || at < earliest)) earliest = at;
      }
    }
    return earliest;
  }

  /** Links whose time is over. @returns them, with why */
  overdue(now: Milliseconds): { readonly link: OpenLink; readonly reason: string }[] {
    const over: { link: OpenLink; reason: string }[] = [];
    const contested = this.all().filter(({ contest }) => contest !== undefined && contest.until <= now);
    for (const link of contested) {
      if (!this.#outlives(link)) over.push({ link, reason: 'another link to this peer took its place' });
    }
    for (const link of contested) link.contest = undefined;
    for (const link of this.#links.values()) {
      const { outbox } = link;
      const { kind } = link.phase;
      if (kind === 'greeting' && link.phase.until <= now) over.push({ link, reason: 'no greeting in time' });
      if (kind === 'upgrading' && link.phase.until <= now) over.push({ link, reason: 'no hello in time' });
      if ((outbox.deadline ?? Number.POSITIVE_INFINITY) <= now)
        over.push({ link, reason: 'nothing was taken for 30 s' });
      else if ((silentAt(link) ?? Number.POSITIVE_INFINITY) <= now)
        over.push({ link, reason: 'nothing came for 30 s' });
    }
    return over;
  }

  /** Hands a frame to the link at once. */
  #put(link: OpenLink, bytes: Uint8Array, now: Milliseconds): void {
    link.outbox.sent(bytes.length, now);
    this.#effects.put({ kind: 'send', link: link.id, bytes });
  }

  /**
   * When it is full, the oldest that has sent nothing for a second makes room; where there is none, the oldest, whether it
   * has begun to greet or not: else many that have begun would keep the others out, or have only those make room whose
   * greeting is on its way. @returns whether there is room now
   */
  #makeRoom(newcomer: Origin, now: Milliseconds): boolean {
    const source = limitedSource(newcomer);
    const ofSource = this.#ungreeted().filter((link) => source !== undefined && limitedSource(link) === source);
    if (ofSource.length >= mostUngreetedOfOneSource && !this.#closeFirst(ofSource.filter(isSilent))) return false;
    const greeted = this.greeted();
    const isFull = this.#places.isFull(newcomer, greeted);
    if (this.#places.isCrowded(newcomer, greeted)) return false;
    if (isFull && this.#places.evictable(newcomer, greeted, now) === undefined) return false;
    const mostOpen = this.#places.maxLinks + (isFull ? mostWaiting : 0);
    const ungreeted = this.#ungreeted();
    if (this.#links.size < mostOpen && ungreeted.length < mostUngreeted) return true;
    // Those that we dial make no room for others that dial us.
    const others = ungreeted.filter((link) => newcomer.dialled || !link.dialled);
    const late = others.filter((link) => isSilent(link) && isLate(link, now));
    return this.#closeFirst(late.length > 0 ? late : others);
  }

  /** Who goes for a link that is proven now, if all places are taken; if nobody may, itself. */
  #evictFor(link: GreetedLink, now: Milliseconds): void {
    const others = this.greeted().filter((other) => other !== link);
    if (!this.#places.isFull(link, others)) return;
    const evicted = this.#places.evictable(link, others, now);
    if (evicted === undefined) return this.close(link, noRoom);
    this.#places.evicted(now);
    this.close(evicted, 'all places are taken, and another peer has its');
  }

  #ungreeted(): OpenLink[] {
    return this.all().filter((link) => link.phase.kind === 'greeting');
  }

  /** @returns whether there was one */
  #closeFirst([link]: readonly OpenLink[]): boolean {
    if (link !== undefined) this.close(link, 'another link needs its place');
    return link !== undefined;
  }

  /** Of two links dialled by one side the newer stays; else both are asked for a sign of life. Never between reference peers. */
  #contest(link: GreetedLink, now: Milliseconds): void {
    for (const other of this.#rivals(link)) {
      if (other.dialled === link.dialled) {
        this.close(other.id < link.id ? other : link, 'a newer link to this peer took its place');
        continue;
      }
      for (const each of [other, link]) {
        each.contest = { until: now + contestMs, answered: false };
        this.send(each, extensionSaying({ kind: 'ping', nonce: BigInt(each.id) }), 'kept');
      }
    }
  }

  /** One of two has answered; when both have, the one dialled by the smaller key stays. */
  #settle(link: GreetedLink, contest: NonNullable<OpenLink['contest']>): void {
    link.contest = contest;
    const ownIsSmaller = compareBytes(this.#session.publicKey, link.phase.key) < 0;
    for (const other of this.#rivals(link)) {
      if (other.dialled === link.dialled || other.contest?.answered !== true) continue;
      const [stays, goes] = link.dialled === ownIsSmaller ? [link, other] : [other, link];
      stays.contest = undefined;
      this.close(goes, 'two links to this peer: the smaller key dials');
    }
  }

  /** When the time is over: who has answered stays, and where nobody has, the newer, which was the last to show life. */
  #outlives(link: OpenLink): boolean {
    if (!isGreeted(link) || link.contest?.answered === true) return true;
    return !this.#rivals(link).some((rival) => rival.contest?.answered === true || rival.id > link.id);
  }

  /** Other proven links of ours to the same key. */
  #rivals(link: GreetedLink): GreetedLink[] {
    if (!link.phase.ours) return [];
    return this.proven.filter((other) => other !== link && other.phase.ours && other.phase.hex === link.phase.hex);
  }
}

function isSilent({ session }: OpenLink): boolean {
  return session.heldBytes === 0;
}

/** It has had a second to begin its greeting. */
function isLate({ phase }: OpenLink, now: Milliseconds): boolean {
  return phase.kind === 'greeting' && phase.until - now <= greetingTimeoutMs - beginWithinMs;
}

function isPresence({ kind }: Saying): boolean {
  return kind === 'keepAlive' || kind === 'announce' || kind === 'leave';
}

/**
 * When a link that stays as it is has been silent for too long. Undefined where its carrier would tell that the other is
 * gone, and where nothing is to be expected of who is there.
 */
function silentAt({ isFar, heardAt, phase }: OpenLink): Milliseconds | undefined {
  if (!isFar || phase.kind === 'greeting' || phase.kind === 'upgrading') return undefined;
  // Whoever is not thin sends KeepAlives; in the other dialect nobody does.
  return phase.dialect.name === 'cbc' && !phase.greeting.thin ? heardAt + silentMs : undefined;
}

function deadlinesOf({ phase }: OpenLink): readonly (Milliseconds | undefined)[] {
  if (phase.kind === 'greeting') return [phase.until, phase.speakAt];
  return phase.kind === 'upgrading' ? [phase.until] : [];
}

/**
 * Where somebody dialled us from, if that counts: links that we dial are our own doing, and the address of a WebSocket
 * may be that of a server in front of the relay, one for all tabs.
 */
function limitedSource({ carrier, address, dialled }: Origin): string | undefined {
  return (carrier === 'tcp' || carrier === 'bridge') && !dialled ? sourceOf(address) : undefined;
}
