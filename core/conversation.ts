/**
 * What each message of a neighbour does (spec/wire.md, Messages; spec/safety.md goes before it).
 *
 * The session has parsed it; nothing in it is believed yet. Whatever needs a signature is handed to the machine that
 * has it checked and takes effect when the result comes back, by way of `peer.ts`.
 */

import type { CatchUp } from './catch-up.ts';
import type { Data } from './chain/data.ts';
import type { Milliseconds } from './config.ts';
import { type ItemId, itemIdHex, keyHex } from './crypto/keys.ts';
import type { LinkId } from './events.ts';
import { Extension } from './extension.ts';
import type { Machines } from './machines.ts';
import { signaledAddress, unreachableAddress } from './network/addresses.ts';
import { leadsThere } from './network/anchors.ts';
import { type GreetedLink, isGreeted, type OpenLink } from './network/open-link.ts';
import { sample } from './random.ts';
import type { Whereabouts } from './whereabouts.ts';
import { type DialectName, otherDialect } from './wire/dialect.ts';
import type { Message } from './wire/messages.ts';

/** What a new neighbour that is not ours is told at most of what is pending; of the rest it hears in the blocks of those who know it. */
const mostPendingGreeted = 128;
/** An answer names no more than this, whatever was asked for. */
const mostIntroduced = 16;

export class Conversation {
  readonly #machines: Machines;
  readonly #catchUp: CatchUp;
  readonly #whereabouts: Whereabouts;
  readonly #extension: Extension;

  constructor(machines: Machines, catchUp: CatchUp, whereabouts: Whereabouts) {
    this.#machines = machines;
    this.#whereabouts = whereabouts;
    this.#catchUp = catchUp;
    this.#extension = new Extension(machines, whereabouts);
  }

  /** The other's greeting came: from now on it is spoken to. */
  greeted(link: GreetedLink, now: Milliseconds): void {
    const { poolDigests, referenceSplit } = this.#machines;
    this.#whereabouts.greeted(link, now);
    if (link.phase.ours) poolDigests.greeted(link, now);
    else this.#tellPending(link);
    this.#catchUp.greeted(link);
    referenceSplit.shown(link, link.phase.greeting.last);
  }

  /** A frame of the other decrypted, so it is there, and this is what it says. @param bytes of the frame */
  message(link: GreetedLink, message: Message, bytes: number, now: Milliseconds): void {
    const { links, gossip, serving, sync, neighbours, referenceSplit } = this.#machines;
    this.#whereabouts.spoke(link, now);
    if (links.prove(link, now)) this.#proven(link, now);
    if (!link.account.admits(message, bytes, message.kind === 'requestedBlock' && sync.isOpen(link.id), now)) return;
    switch (message.kind) {
      case 'greeting':
        return;
      case 'keepAlive':
        return this.#whereabouts.keepAlive(link, message, now);
      case 'announce':
        return this.#whereabouts.announce(link, message.pubkey, now);
      case 'leave':
        return this.#whereabouts.leave(link, message.pubkey, now);
      case 'shareData':
        return gossip.offer(message.data, link.id);
      case 'requestBlocks':
        return serving.requested(link.id, message.start);
      case 'requestedBlock':
        referenceSplit.shown(link, message.block.hash);
        return this.#catchUp.requestedBlock(link, message.block, now);
      case 'shareBlock':
        referenceSplit.shown(link, message.block.hash);
        return this.#catchUp.sharedBlock(link, message.block, now);
      case 'requestNeighbours':
        if (message.count === 0) return this.#extension.arrived(link, message.exclude, now);
        return this.#introduce(link, message.count, new Set(message.exclude.map(keyHex)));
      case 'introduceNeighbours':
        for (const [, address] of message.neighbours.slice(0, mostIntroduced)) {
          neighbours.told(address, { address: link.address, key: link.phase.hex }, now);
        }
        return;
    }
  }

  /** A link has ended: where its peer listens is worth knowing, if it was one. */
  ended(link: OpenLink, now: Milliseconds): void {
    if (isGreeted(link) && link.phase.kind === 'proven') this.#claimed(link, now);
  }

  /** An item that waits for a block from now on. @param holders links whose other end has it @param by the link it came by */
  passOn(id: ItemId, data: Data, holders: ReadonlySet<LinkId>, by: LinkId | undefined, now: Milliseconds): void {
    const { links, crossing } = this.#machines;
    const dialect = by === undefined ? undefined : links.greetedLink(by)?.phase.dialect.name;
    this.#share(data, holders, crossing.came(itemIdHex(id), dialect, now));
  }

  /** What is said without being asked: items to share again, the question for more neighbours. */
  speak(now: Milliseconds): void {
    const { chain, links, neighbours, config, crossing, gossip } = this.#machines;
    for (const { id, data, holders, link } of gossip.due(now)) this.passOn(id, data, holders, link, now);
    for (const { id, data } of chain.dueToShareAgain(now)) this.passOn(id, data, new Set(), undefined, now);
    for (const { item, into } of crossing.due(now)) this.#share(item.data, new Set(), otherDialect(into));
    const linked = links.proven;
    if (neighbours.dueToAsk(linked.length, now)) {
      const exclude = linked.map((link) => link.phase.key);
      const { count } = config.relationship;
      links.broadcast({ kind: 'requestNeighbours', count, exclude }, 'droppable');
    }
  }

  #proven(link: GreetedLink, now: Milliseconds): void {
    const { neighbours, effects } = this.#machines;
    neighbours.proven(link.address, link.phase.hex);
    if (leadsThere(link)) neighbours.reached(link.address, now);
    this.#claimed(link, now);
    effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
  }

  /** Who was dialled by TCP was dialled where it is. */
  #claimed(link: GreetedLink, now: Milliseconds): void {
    const { listen, thin } = link.phase.greeting;
    if (link.dialled || thin || link.phase.quiet) return;
    this.#machines.neighbours.claimed(listen, { address: link.address, key: link.phase.hex }, now);
  }

  #tellPending(link: GreetedLink): void {
    const { links, chain, crossing } = this.#machines;
    let sent = 0;
    for (const item of chain.pool.items()) {
      if (++sent > mostPendingGreeted) break;
      if (!crossing.allows(item, link.phase.dialect.name)) continue;
      links.send(link, { kind: 'shareData', data: item.data }, 'droppable');
    }
  }

  /** @param unsaid the dialect in which it is not said */
  #share(data: Data, holders: ReadonlySet<LinkId>, unsaid: DialectName | undefined): void {
    const { links } = this.#machines;
    const except = new Set(holders);
    for (const { id, phase } of links.greeted()) if (phase.dialect.name === unsaid) except.add(id);
    links.broadcast({ kind: 'shareData', data }, 'droppable', except);
  }

  /** Up to `count` random neighbours, none of them excluded; no answer when there is none. */
  #introduce(link: GreetedLink, count: number, exclude: ReadonlySet<string>): void {
    const { links, random, neighbours } = this.#machines;
    const introduced: (readonly [GreetedLink['phase']['key'], string])[] = [];
    for (const other of links.proven) {
      const { greeting, key, hex } = other.phase;
      if (other.id === link.id || hex === link.phase.hex || greeting.thin || exclude.has(hex)) continue;
      // Two tabs reach each other better without the relay that lends one of them a port.
      const canBeDialled = greeting.listen !== unreachableAddress && !(isTab(link) && isTab(other));
      if (canBeDialled) introduced.push([key, greeting.listen]);
      // A reference peer would resolve the name, and wait; and whom we dialled for the user is no member of a room.
      else if (link.phase.ours && !neighbours.isWanted(other.address)) introduced.push([key, signaledAddress(key)]);
    }
    const chosen = sample(random, introduced, Math.min(count, mostIntroduced));
    if (chosen.length > 0) links.send(link, { kind: 'introduceNeighbours', neighbours: chosen }, 'droppable');
  }
}

/** Whether it is reached by signaling: by a data channel, or as one that has come to us who are at a relay. */
function isTab({ carrier, dialled, phase }: GreetedLink): boolean {
  return phase.ours && (carrier === 'webrtc' || (carrier === 'websocket' && !dialled));
}
