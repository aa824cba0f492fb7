/**
 * What each message of a neighbour does (spec/wire.md, Messages; spec/safety.md goes before it).
 *
 * The session has parsed it; nothing in it is believed yet. Whatever needs a signature is handed to the machine that
 * has it checked and takes effect when the result comes back, by way of `peer.ts`.
 */

import type { CatchUp } from './catch-up.ts';
import { encode } from './codec/codec.ts';
import type { Milliseconds } from './config.ts';
import { keyHex } from './crypto/keys.ts';
import type { LinkId, RequestId } from './events.ts';
import type { Machines } from './machines.ts';
import { signaledAddress, unreachableAddress } from './network/addresses.ts';
import { type GreetedLink, greetedPhase, type OpenLink } from './network/links.ts';
import { sample } from './random.ts';
import { cbcMessages } from './wire/dialect.ts';
import { type Greeting, type KeepAlive, type Message, oursCommit, wireVersion } from './wire/messages.ts';

/**
 * What a new neighbour is told at most of who is online and of what is pending, together less than an outbox holds. Of
 * the rest it hears within a KeepAlive's time, and in the blocks of those who know it.
 */
const mostMembersGreeted = 64;
const mostPendingGreeted = 128;
/** An answer names no more than this, whatever was asked for. */
const mostIntroduced = 16;

export class Conversation {
  readonly #machines: Machines;
  readonly #catchUp: CatchUp;
  readonly #keepAlives = new Map<RequestId, { readonly keepAlive: KeepAlive; readonly link: LinkId }>();

  constructor(machines: Machines, catchUp: CatchUp) {
    this.#machines = machines;
    this.#catchUp = catchUp;
  }

  ownGreeting(): Greeting {
    const { config, publicKey, chain } = this.#machines;
    const { shown } = chain;
    return {
      pubkey: publicKey,
      listen: config.listen,
      root: shown === undefined ? undefined : this.#catchUp.ownRoot,
      last: shown?.block.hash,
      count: BigInt(shown === undefined ? 0 : shown.height + 1),
      thin: config.thin,
      version: { ...wireVersion, target: '', branch: config.network, commit: oursCommit },
    };
  }

  /** The other's greeting came: from now on it is spoken to. */
  greeted(link: OpenLink, greeting: Greeting, ours: boolean, now: Milliseconds): void {
    const { links, presence, chain } = this.#machines;
    link.phase = greetedPhase(greeting, ours, now);
    const greeted = link as GreetedLink;
    const own = presence.fresh(now);
    if (own !== undefined) this.#send(greeted, { kind: 'keepAlive', ...own }, 'kept');
    if (ours) this.#tellOfMembers(greeted);
    let sent = 0;
    for (const { data } of chain.pool.items()) {
      if (++sent > mostPendingGreeted) break;
      this.#send(greeted, { kind: 'shareData', data }, 'droppable');
    }
    this.#catchUp.greeted(greeted);
    if (links.link(link.id) !== undefined) this.#machines.neighbours.linked(link.address);
  }

  /** A frame of the other decrypted, so it is there, and this is what it says. */
  message(link: GreetedLink, message: Message, now: Milliseconds): void {
    const { links, members, neighbours, effects, gossip, serving } = this.#machines;
    const known = members.known.size;
    if (!link.phase.greeting.thin) members.provenBy(link.phase.key, now);
    const isFirst = links.prove(link, now);
    if (isFirst) neighbours.proven(link.address, link.phase.hex);
    if (isFirst || members.known.size !== known) effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
    switch (message.kind) {
      case 'greeting':
        return;
      case 'keepAlive':
        return this.#checkKeepAlive(link, message);
      case 'shareData':
        return gossip.offer(message.data, link.id);
      case 'requestBlocks':
        return serving.requested(link.id, message.start);
      case 'requestedBlock':
        return this.#catchUp.requestedBlock(link, message.block, now);
      case 'shareBlock':
        return this.#catchUp.sharedBlock(link, message.block);
      case 'requestNeighbours':
        return this.#introduce(link, message.count, new Set(message.exclude.map(keyHex)));
      case 'introduceNeighbours':
        for (const [, address] of message.neighbours.slice(0, mostIntroduced)) neighbours.told(address, now);
        return;
    }
  }

  /** A KeepAlive's signature was checked. @returns whether this request was one */
  verified(request: RequestId, held: boolean, now: Milliseconds): boolean {
    const checked = this.#keepAlives.get(request);
    if (checked === undefined) return false;
    this.#keepAlives.delete(request);
    const { presence, members, links, effects } = this.#machines;
    const before = members.known.size;
    if (presence.checked(checked.keepAlive, held, now)) {
      links.broadcast(
        encode(cbcMessages, { kind: 'keepAlive', ...checked.keepAlive }),
        'droppable',
        new Set([checked.link]),
      );
    }
    if (members.known.size !== before) effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
    return true;
  }

  /** What is said without being asked: our KeepAlive, items to share again, the question for more neighbours. */
  speak(now: Milliseconds): void {
    const { presence, chain, links, neighbours, config } = this.#machines;
    const keepAlive = presence.due(now);
    if (keepAlive !== undefined) links.broadcast(encode(cbcMessages, { kind: 'keepAlive', ...keepAlive }), 'droppable');
    for (const { data } of chain.pool.dueToShareAgain(now)) {
      links.broadcast(encode(cbcMessages, { kind: 'shareData', data }), 'droppable');
    }
    const linked = links.proven;
    if (neighbours.dueToAsk(linked.length, now)) {
      const exclude = linked.map((link) => link.phase.key);
      const { count } = config.relationship;
      links.broadcast(encode(cbcMessages, { kind: 'requestNeighbours', count, exclude }), 'droppable');
    }
  }

  /** Its own too: a peer whose clock was set back would be believed by nobody until the old time has come again. */
  #tellOfMembers(link: GreetedLink): void {
    const { members } = this.#machines;
    const its = members.keepAliveOf(link.phase.key);
    if (its !== undefined) this.#send(link, { kind: 'keepAlive', ...its }, 'kept');
    for (const keepAlive of members.keepAlives().slice(0, mostMembersGreeted)) {
      if (keepAlive !== its) this.#send(link, { kind: 'keepAlive', ...keepAlive }, 'droppable');
    }
  }

  #checkKeepAlive(link: GreetedLink, keepAlive: KeepAlive): void {
    const { presence, effects } = this.#machines;
    const check = presence.check(keepAlive);
    if (check === undefined) return;
    const request = effects.nextRequest();
    this.#keepAlives.set(request, { keepAlive, link: link.id });
    effects.put({ kind: 'verify', request, checks: [check] });
  }

  /** Up to `count` random neighbours, none of them excluded; no answer when there is none. */
  #introduce(link: GreetedLink, count: number, exclude: ReadonlySet<string>): void {
    if (count === 0) return;
    const { links, random, neighbours } = this.#machines;
    const introduced: (readonly [GreetedLink['phase']['key'], string])[] = [];
    for (const other of links.proven) {
      const { greeting, key, hex } = other.phase;
      if (other.id === link.id || hex === link.phase.hex || greeting.thin || exclude.has(hex)) continue;
      if (greeting.listen !== unreachableAddress) introduced.push([key, greeting.listen]);
      // A reference peer would resolve the name, and wait; and whom we dialled for the user is no member of a room.
      else if (link.phase.ours && !neighbours.isWanted(other.address)) introduced.push([key, signaledAddress(key)]);
    }
    const chosen = sample(random, introduced, Math.min(count, mostIntroduced));
    if (chosen.length > 0) this.#send(link, { kind: 'introduceNeighbours', neighbours: chosen }, 'droppable');
  }

  #send(link: GreetedLink, message: Message, urgency: 'droppable' | 'kept'): void {
    this.#machines.links.send(link, encode(cbcMessages, message), urgency);
  }
}
