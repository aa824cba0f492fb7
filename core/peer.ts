/**
 * The peer: a state machine that routes between the smaller ones (design.md, The peer is a state machine).
 *
 * `handle` never awaits and never throws because of remote bytes; what a session refuses ends its link here, at the one
 * catch there is. After every event all timers that are due are looked at, so a late wake or a received message does
 * the work of `elapsed` too (design.md, Time in a tab). Has no clock, no randomness and no I/O of its own.
 */
import { CatchUp } from './catch-up.ts';
import type { PoolItem } from './chain/pool.ts';
import { keptCandidate } from './chain/tree.ts';
import type { HeldChain } from './chain/verification.ts';
import { ChainReport } from './chain-report.ts';
import type { Milliseconds } from './config.ts';
import { Conversation } from './conversation.ts';
import { type HashHex, hashHex, holderOf, type PublicKey, type PublicKeyHex } from './crypto/keys.ts';
import { SessionError } from './errors.ts';
import type { Command, Effect, Event, LinkId, Loaded, RequestId } from './events.ts';
import type { WaitingFor } from './face.ts';
import { Greeter } from './greeter.ts';
import { type Machines, makeMachines, type PeerOptions } from './machines.ts';
import { lasting } from './network/anchors.ts';
import type { GreetedLink, OpenLink } from './network/open-link.ts';
import { Settling } from './settling.ts';
import type { Opened } from './storage/store.ts';
import { Whereabouts } from './whereabouts.ts';
import type { Arrived } from './wire/session.ts';

/** How long a peer that closes waits for the disk: a strict transaction of IndexedDB takes tens of milliseconds. */
const closingMs = 500;

export class PeerMachine {
  /** What is told of the chain besides its blocks. */
  readonly chainReport: ChainReport;
  readonly #machines: Machines;
  readonly #catchUp: CatchUp;
  readonly #greeter: Greeter;
  readonly #whereabouts: Whereabouts;
  readonly #conversation: Conversation;
  readonly #settling: Settling;
  /** Whether a change was stored during this event. */
  #storeChanged = false;
  /** Told to close, and until when a block of ours on its way to the disk is waited for. */
  #closing: Milliseconds | undefined;
  #closed = false;

  constructor(options: PeerOptions) {
    this.#machines = makeMachines(options);
    this.chainReport = new ChainReport(this.#machines);
    this.#catchUp = new CatchUp(this.#machines);
    this.#greeter = new Greeter(this.#machines);
    this.#whereabouts = new Whereabouts(this.#machines);
    this.#conversation = new Conversation(this.#machines, this.#catchUp, this.#whereabouts);
    this.#settling = new Settling(this.#machines);
  }

  get publicKey(): PublicKey {
    return this.#machines.publicKey;
  }

  /** Keys online now, without our own. */
  get known(): ReadonlySet<PublicKeyHex> {
    return this.#machines.members.known;
  }

  /** Links whose other end has shown that it holds its key. */
  get links(): readonly GreetedLink[] {
    return this.#machines.links.proven;
  }

  get count(): number {
    return this.#machines.chain.count;
  }

  get root(): HashHex | undefined {
    return this.#machines.chain.root;
  }

  get tip(): HashHex | undefined {
    return this.#machines.chain.tree.tip?.id;
  }

  /** Where others are told to dial us. */
  get listen(): string {
    return this.#machines.ownAddress.listen;
  }

  /** The chain as an imported one must begin. */
  get held(): HeldChain {
    const { count, tree, rootHash } = this.#machines.chain;
    return { count, root: rootHash, tip: tree.tip?.block };
  }

  pending(): Iterable<PoolItem> {
    return this.#machines.chain.pool.items();
  }

  /** Bytes of blocks that are not judged yet or wait for a parent: what others can make a peer hold. */
  get heldBytes(): number {
    return this.#machines.intake.heldBytes;
  }

  get syncing(): { readonly held: number; readonly of: number } | undefined {
    const { sync, chain } = this.#machines;
    const { target } = sync;
    return target === undefined ? undefined : { held: chain.count, of: Math.max(target, chain.count) };
  }

  /** The height up to which the application was told that the chain is final. */
  get final(): number | undefined {
    return this.#settling.final;
  }

  get waitingFor(): WaitingFor | undefined {
    return this.#machines.writer.waitingFor;
  }

  /** Whether the command to close has been carried out. */
  get closed(): boolean {
    return this.#closed;
  }

  /** When to call `handle` with `elapsed`, if nothing happens before. */
  get deadline(): Milliseconds | undefined {
    if (this.#closed || this.#closing !== undefined) return this.#closed ? undefined : this.#closing;
    const { presence, beacons, members, neighbours, links, sync, newcomers, chain, writer } = this.#machines;
    const { announcements, watchDog, crossing, gossip, heads, referenceSplit, poolDigests } = this.#machines;
    const online = [presence, beacons, members, announcements, watchDog, this.#whereabouts, referenceSplit];
    let earliest: Milliseconds | undefined;
    const blocks = [sync, heads, newcomers, this.#catchUp, chain.doubts, chain, writer, crossing, gossip, poolDigests];
    for (const { deadline } of [...online, neighbours, links, ...blocks]) {
      if (deadline !== undefined && (earliest === undefined || deadline < earliest)) earliest = deadline;
    }
    return earliest;
  }

  handle(now: Milliseconds, event: Event): Effect[] {
    this.#storeChanged = event.kind === 'stored' && this.#machines.recorder.stored(event.request);
    if (!this.#closed) {
      this.#take(now, event);
      if (!this.#closed) this.#advance(now);
    }
    if (this.#closed) this.#machines.recorder.finish();
    else this.#machines.recorder.flush();
    return this.#machines.effects.take();
  }

  /**
   * What was found in the store when the peer opened: our journal, the newest block in it, and what waited for a block.
   * A block that was signed but not stored on the chain before a crash takes its place now, and is sent like any other.
   */
  restore(
    { journal, lastSigned, notes }: Pick<Opened, 'journal' | 'lastSigned' | 'notes'>,
    pending: readonly PoolItem[],
    now: Milliseconds,
  ): void {
    const { writer, chain, neighbours, finality } = this.#machines;
    for (const { name, bytes } of notes) {
      if (name === 'addresses') neighbours.restore(bytes, now);
      else finality.restore(bytes);
    }
    for (const { parent } of journal) writer.signedBefore(parent === undefined ? undefined : hashHex(parent));
    for (const item of pending) chain.pool.add(item);
    if (lastSigned !== undefined) chain.add(keptCandidate({ bytes: lastSigned, unverified: [] }), now);
  }

  #take(now: Milliseconds, event: Event): void {
    const { links, neighbours, ownAddress, effects } = this.#machines;
    switch (event.kind) {
      case 'linkOpened':
        neighbours.linked(event.address);
        if (!this.#greeter.opened(event, now)) neighbours.unlinked(event.address, now);
        return;
      case 'dialFailed':
        return neighbours.dialFailed(event.dial, event.reason, now);
      case 'received':
        return this.#received(event.link, event.bytes, now);
      case 'drained':
        return links.link(event.link)?.outbox.drained(event.bytes, now);
      case 'closed':
        return links.closed(event.link);
      case 'discovered':
        for (const address of event.addresses) neighbours.discovered(address, now);
        return;
      case 'listening':
        if (ownAddress.lent(event.address)) effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
        return;
      case 'loaded':
        return this.#loaded(event.request, event.result, now);
      case 'verified':
        return this.#verified(event.request, event.results, now);
      case 'composed':
        return this.#composed(event, now);
      case 'commanded':
        return this.#commanded(event.command, now);
      case 'stored':
      case 'elapsed':
        return;
    }
  }

  /** Everything whose time has come, in the order in which one leads to the other. */
  #advance(now: Milliseconds): void {
    const { links, neighbours, serving, referenceSplit, acknowledgements, poolDigests } = this.#machines;
    for (const { link, reason } of links.overdue(now)) links.close(link, reason);
    this.#catchUp.advance(now);
    this.#settling.advance(now);
    this.#greeter.advance(now);
    this.#settleEnded(now);
    referenceSplit.look(now, this.#catchUp.busy(now));
    neighbours.dial(
      links.all().map(({ address, dialled, phase }) => ({
        address,
        key: phase.kind === 'greeting' ? undefined : phase.hex,
        dialled,
      })),
      now,
    );
    this.#whereabouts.advance(now);
    this.#conversation.speak(now);
    poolDigests.advance(now);
    acknowledgements.advance(this.#catchUp.busy(now), now);
    serving.advance((id) => links.greetedLink(id), this.#storeChanged);
    if (this.#closing === undefined) this.#write(now);
    links.flush(now);
    if (this.#closing !== undefined && (!this.#machines.chain.isSigning || this.#closing <= now)) this.#close(now);
    else if (neighbours.dueToKeep(now)) this.#keepAddresses(now);
  }

  #write(now: Milliseconds): void {
    const { writer, effects } = this.#machines;
    const waitedFor = writer.waitingFor;
    writer.consider(now, this.#catchUp.busy(now), (block, bytes) => this.#catchUp.announce(block, bytes));
    if (writer.waitingFor !== waitedFor) effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
  }

  #keepAddresses(now: Milliseconds): void {
    const { neighbours, links, recorder } = this.#machines;
    const bytes = neighbours.note(lasting(links.proven), now);
    if (bytes !== undefined) recorder.note({ name: 'addresses', bytes });
  }

  #close(now: Milliseconds): void {
    const { links } = this.#machines;
    this.#keepAddresses(now);
    for (const link of links.all()) links.close(link, 'this peer closed');
    this.#closed = true;
  }

  #received(id: LinkId, bytes: Uint8Array, now: Milliseconds): void {
    const { links } = this.#machines;
    const link = links.link(id);
    if (link === undefined) return;
    // A large block by Tor may take minutes until it is whole.
    link.heardAt = now;
    for (const arrived of this.#arrivals(link, bytes)) {
      if (links.link(id) === undefined) return;
      if (arrived.kind === 'greeted') {
        const greeted = this.#greeter.greeted(link, arrived.greeting, arrived.ours, now);
        if (greeted !== undefined) this.#conversation.greeted(greeted, now);
      } else if (arrived.kind === 'upgraded') this.#conversation.greeted(links.upgraded(link), now);
      else if (arrived.kind === 'message') {
        this.#conversation.message(link as GreetedLink, arrived.message, arrived.bytes, now);
      }
    }
    const { failure } = link.session;
    if (failure !== undefined) links.close(link, `${failure.code}: ${failure.message}`);
    else if (links.isTooMuch(link)) links.close(link, 'too many long greetings at once');
  }

  /** A session throws when nothing in order came before what it refuses; it remembers why. */
  #arrivals(link: OpenLink, bytes: Uint8Array): Arrived[] {
    try {
      return link.session.receive(bytes);
    } catch (error) {
      if (error instanceof SessionError) return [];
      throw error;
    }
  }

  #loaded(request: RequestId, result: Loaded, now: Milliseconds): void {
    const { gossip, serving, links, referenceSplit } = this.#machines;
    if (referenceSplit.loaded(request, result)) return;
    if (gossip.asked(request)) {
      this.#accept(gossip.looked(request, result.kind === 'containsItems' && result.contained[0] === true), now);
    } else if (!serving.loaded(request, result, (id) => links.greetedLink(id))) {
      this.#catchUp.loaded(request, result, now);
    }
  }

  #verified(request: RequestId, results: readonly boolean[], now: Milliseconds): void {
    const { gossip, acknowledgements, links, finality } = this.#machines;
    const held = results[0] === true;
    if (gossip.asked(request)) {
      if (!held) links.falsehood(gossip.bringer(request), now);
      return this.#accept(gossip.verified(request, held), now);
    }
    if (this.#whereabouts.verified(request, held, now) || acknowledgements.verified(request, held, now)) return;
    if (finality.verified(request, held)) return;
    this.#catchUp.verified(request, results, now);
  }

  /** An item that is signed by its author and on no block yet: kept, shown, passed on. */
  #accept(item: ReturnType<Machines['gossip']['verified']>, now: Milliseconds): void {
    if (item === undefined) return;
    const { chain, links, publicKey, gossip, members } = this.#machines;
    const { id, data, holders, link } = item;
    const mine = holderOf(data.author) === holderOf(publicKey);
    if (!chain.accept({ id, data, mine, arrivedAt: now })) {
      gossip.hide(item);
      return;
    }
    members.signed(data.author, now);
    const bringer = link === undefined ? undefined : links.greetedLink(link);
    if (bringer !== undefined) bringer.gave.itemAt = now;
    const from = bringer?.phase.key;
    const isFromAuthor = from !== undefined && holderOf(from) === holderOf(data.author);
    if (!isFromAuthor || !gossip.rest(item, now)) this.#conversation.passOn(id, data, holders, link, now);
  }

  #composed({ request, items }: Extract<Event, { kind: 'composed' }>, now: Milliseconds): void {
    if (this.#closing !== undefined) return;
    this.#machines.writer.composed(request, items, now, this.#catchUp.busy(now), (block, bytes) =>
      this.#catchUp.announce(block, bytes),
    );
  }

  #commanded(command: Command, now: Milliseconds): void {
    const { chain, neighbours, gossip, writer } = this.#machines;
    switch (command.kind) {
      case 'share': {
        const item: PoolItem = { id: command.id, data: command.data, mine: true, arrivedAt: now };
        chain.share(item);
        return this.#conversation.passOn(item.id, item.data, new Set(), undefined, now);
      }
      case 'pass':
        return gossip.offer(command.data, undefined);
      case 'connect':
        return neighbours.want(command.address, now);
      case 'take':
        return this.#catchUp.take(command.blocks, command.more, now);
      case 'compose':
        writer.composes = command.wanted;
        return;
      case 'close':
        // A block that was shown here as written would be lost to all others until this peer comes back.
        this.#closing ??= now + closingMs;
        return;
    }
  }

  #settleEnded(now: Milliseconds): void {
    const { links, neighbours, serving, effects, referenceSplit, acknowledgements, poolDigests } = this.#machines;
    const ended = links.takeEnded();
    for (const link of ended) {
      serving.ended(link.id);
      referenceSplit.ended(link.id);
      acknowledgements.ended(link.id);
      poolDigests.ended(link.id);
      this.#settling.ended(link.id);
      this.#catchUp.ended(link.id);
      neighbours.unlinked(link.address, now);
      this.#greeter.ended(link, now);
      this.#whereabouts.ended(link, now);
      this.#conversation.ended(link, now);
    }
    if (ended.length > 0) effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
  }
}
