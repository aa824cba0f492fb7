/**
 * What neighbours say of who is online, and what they are told: KeepAlives, Announces, Leaves (spec/safety.md, Who is
 * online).
 *
 * Joins who is known (members), our own KeepAlive (presence), what `gcm-siv` neighbours hear (announcements) and the
 * watch-dog. Nothing that needs a signature counts before it was checked.
 */
import { Beaconing } from './beaconing.ts';
import { equalBytes } from './codec/bytes.ts';
import type { Milliseconds } from './config.ts';
import { isSameHolder, type PublicKey } from './crypto/keys.ts';
import type { LinkId, RequestId } from './events.ts';
import type { Machines } from './machines.ts';
import type { Announcement } from './network/announcements.ts';
import { isCountOfOurs } from './network/member.ts';
import type { GreetedLink, OpenLink } from './network/open-link.ts';
import type { CarriedBeacon } from './wire/beacon.ts';
import type { KeepAlive } from './wire/messages.ts';

/** What a new neighbour is told at most of who is online; of the rest it hears within a KeepAlive's time. */
const mostMembersGreeted = 64;
/**
 * Keys known up to which everybody's KeepAlive is passed on. Twice as many as those for which each peer sends its own
 * (network/beacons.ts), for not all see the network grow past that at once.
 */
const mostFlooded = 64;
/** A `gcm-siv` neighbour says nothing when idle: so often it is asked something, for a key is drawn that spoke within 30 s. */
const askSilentMs = 10_000;

export class Whereabouts {
  readonly #machines: Machines;
  readonly #keepAlives = new Map<RequestId, { readonly keepAlive: KeepAlive; readonly link: LinkId }>();
  /** When each silent neighbour is asked something again. */
  readonly #askAt = new Map<LinkId, Milliseconds>();

  readonly #beaconing: Beaconing;

  constructor(machines: Machines) {
    this.#machines = machines;
    this.#beaconing = new Beaconing(machines);
  }

  get deadline(): Milliseconds | undefined {
    let earliest: Milliseconds | undefined;
    for (const at of this.#askAt.values()) if (earliest === undefined || at < earliest) earliest = at;
    return earliest;
  }

  /** Both have greeted. */
  greeted(link: GreetedLink, now: Milliseconds): void {
    const { presence, links, members, effects } = this.#machines;
    const { ours, dialect, greeting, key } = link.phase;
    const own = presence.fresh(now);
    if (own !== undefined) links.send(link, { kind: 'keepAlive', ...own }, 'kept');
    if (ours) this.#tellOfMembers(link, now);
    if (dialect.name !== 'gcm-siv') return;
    this.#ask(link, now);
    if (greeting.thin || link.phase.quiet) return;
    members.shown(key, link.id, now);
    effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
  }

  /** A frame of this link decrypted. */
  spoke(link: GreetedLink, now: Milliseconds): void {
    const { members } = this.#machines;
    const { kind, greeting, key, ours, quiet, dialect } = link.phase;
    if (this.#askAt.has(link.id)) this.#askAt.set(link.id, now + askSilentMs);
    if (greeting.thin || quiet) return;
    // One of ours says nothing in `gcm-siv` while it is idle, as others do not: it stands like them.
    if (dialect.name === 'gcm-siv') members.provenBy(key, now, false, link.id);
    else members.provenBy(key, now, ours);
    if (kind === 'proven') return;
    for (const known of greeting.known) if (!this.#isOwn(known)) members.announced(known, link.id, now);
  }

  keepAlive(link: GreetedLink, keepAlive: KeepAlive, now: Milliseconds): void {
    if (link.phase.quiet) return;
    const { presence, effects } = this.#machines;
    if (!this.#isFlooded(keepAlive, now) && !equalBytes(keepAlive.pubkey, link.phase.key)) return;
    const check = presence.check(keepAlive);
    if (check === undefined) return;
    const request = effects.nextRequest();
    this.#keepAlives.set(request, { keepAlive, link: link.id });
    effects.put({ kind: 'verify', request, checks: [check] });
  }

  /** The signature of a KeepAlive or a beacon was checked. @returns whether this request was one */
  verified(request: RequestId, held: boolean, now: Milliseconds): boolean {
    const checked = this.#keepAlives.get(request);
    if (checked === undefined) return this.#beaconing.verified(request, held, now);
    this.#keepAlives.delete(request);
    const { presence, links } = this.#machines;
    const { keepAlive, link } = checked;
    if (!held) links.falsehood(link, now);
    if (presence.checked(keepAlive, held, now, link) && this.#isFlooded(keepAlive, now)) {
      links.broadcast({ kind: 'keepAlive', ...keepAlive }, 'droppable', new Set([link]));
    }
    return true;
  }

  beacon(link: GreetedLink, beacon: CarriedBeacon, now: Milliseconds): void {
    this.#beaconing.arrived(link, beacon, now);
  }

  announce(link: GreetedLink, key: PublicKey, now: Milliseconds): void {
    if (!link.phase.quiet && !this.#isOwn(key)) this.#machines.members.announced(key, link.id, now);
  }

  /** About the sender it counts at once, about ourselves or a neighbour never; else later, if nothing is said against it. */
  leave(link: GreetedLink, key: PublicKey, now: Milliseconds): void {
    if (link.phase.quiet) return;
    const { members, announcements, links, config, effects } = this.#machines;
    if (equalBytes(key, link.phase.key)) return members.gone(key, true, now);
    const isNeighbour = links.proven.some(({ phase }) => equalBytes(phase.key, key));
    if (isNeighbour || (this.#isOwn(key) && !config.thin)) announcements.contradict(key, now);
    else if (members.leaving(key, link.id, now)) effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
  }

  ended({ id, phase }: OpenLink, now: Milliseconds): void {
    const { links, members } = this.#machines;
    this.#askAt.delete(id);
    this.#beaconing.ended(id);
    members.linkEnded(id, phase.kind === 'greeted' ? phase.key : undefined, now);
    // A key that was only shown has not gone with its link, and keeps none from going that is gone.
    if (phase.kind === 'proven' && !links.proven.some((other) => other.phase.hex === phase.hex)) {
      members.unlinked(phase.key, now);
    }
    if (!links.greeted().some(({ phase }) => phase.dialect.name === 'gcm-siv')) members.forgetStanding(now);
  }

  /** What is said without being asked. Called at the end of every event. */
  advance(now: Milliseconds): void {
    const { presence, links, members, announcements, effects } = this.#machines;
    members.elapse(now);
    this.#watch(now);
    this.#beaconing.advance(now);
    const keepAlive = presence.due(now, this.#speaksByKeepAlive(now));
    if (keepAlive !== undefined) links.broadcast({ kind: 'keepAlive', ...keepAlive }, 'droppable');
    const changes = members.takeChanges();
    if (changes.length > 0) effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
    for (const announcement of announcements.changed(changes, now)) this.#say(announcement);
    for (const announcement of announcements.due(now)) this.#say(announcement);
    for (const [id, at] of this.#askAt) {
      const link = links.greetedLink(id);
      if (at <= now && link !== undefined) this.#ask(link, now);
    }
  }

  /** In a large network only who may write next, and who has a neighbour of the `cbc` era, for its sake. */
  #speaksByKeepAlive(now: Milliseconds): boolean {
    const { beacons, members, links } = this.#machines;
    if (!beacons.isLarge || (beacons.isCandidate && members.hearsReferenceKeepAlives(now))) return true;
    return links.greeted().some(({ phase }) => !phase.ours && phase.dialect.name === 'cbc');
  }

  /** In a large network one of ours is only for peers of the `cbc` era. */
  #isFlooded({ pubkey, count }: KeepAlive, now: Milliseconds): boolean {
    const { members } = this.#machines;
    const isLarge = members.known.size > mostFlooded;
    return !isLarge || members.hearsReferenceKeepAlives(now) || !(isCountOfOurs(count) || members.isOurs(pubkey));
  }

  #say({ kind, pubkey, except }: Announcement): void {
    // Before its first frame that decrypts nobody is announced: anybody can show any key in a greeting.
    const { links } = this.#machines;
    links.broadcast({ kind, pubkey }, 'droppable', new Set(except === undefined ? [] : [except]));
  }

  #watch(now: Milliseconds): void {
    const { watchDog, chain, members } = this.#machines;
    const { tip } = chain.tree;
    const view = {
      pendingSince: chain.pool.pendingSince,
      tipAt: tip?.arrivedAt,
      nextChoices: tip?.block.nextChoices ?? [],
    };
    for (const key of watchDog.look(view, now)) members.gone(key, true, now);
  }

  /** Something that every `gcm-siv` peer answers which has anything: its neighbours, or its newest block. */
  #ask(link: GreetedLink, now: Milliseconds): void {
    const { links, chain } = this.#machines;
    this.#askAt.set(link.id, now + askSilentMs);
    links.send(link, { kind: 'requestNeighbours', count: 1, exclude: [] }, 'droppable');
    const { last } = link.phase.greeting;
    const parent = last === undefined ? undefined : chain.parentOf(last);
    const start = parent ?? chain.shown?.block.hash;
    if (start !== undefined) links.send(link, { kind: 'requestBlocks', start }, 'droppable');
  }

  /** Its own too: a peer whose clock was set back would be believed by nobody until the old time has come again. */
  #tellOfMembers(link: GreetedLink, now: Milliseconds): void {
    const { members, links } = this.#machines;
    const its = members.keepAliveOf(link.phase.key);
    if (its !== undefined) links.send(link, { kind: 'keepAlive', ...its }, 'kept');
    const left = mostMembersGreeted - this.#beaconing.tell(link, mostMembersGreeted, now);
    const others = members.keepAlives().filter(({ pubkey }) => members.beaconOf(pubkey) === undefined);
    for (const keepAlive of others.slice(0, left)) {
      if (keepAlive !== its) links.send(link, { kind: 'keepAlive', ...keepAlive }, 'droppable');
    }
  }

  #isOwn(key: PublicKey): boolean {
    return isSameHolder(key, this.#machines.publicKey);
  }
}
