/**
 * What must hold in the end, whatever the scenario was (witness.ts holds what must hold all the time).
 *
 * Each checker returns what is wrong, in words; an empty list is good.
 */
import { bytesToHex, equalBytes } from '../../core/codec/bytes.ts';
import { hashHex, itemIdHex, type PublicKey } from '../../core/crypto/keys.ts';
import { mostMembers } from '../../core/network/member.ts';
import type { SimulatedPeer } from './host.ts';
import type { Simulator } from './simulator.ts';

/** The caps of core/chain/pool.ts, core/chain/intake.ts, core/config.ts, core/wire/session.ts, core/network/outbox.ts. */
const mostItems = 100_000;
const mostHeldBytes = 96 * 1024 * 1024;
const mostLinks = 64;
const mostFrameBytes = 64 * 1024 * 1024 + 17;
const mostWaiting = 256;

export function hasOneTip({ running }: Simulator): boolean {
  const [first] = running;
  return running.every(({ machine }) => machine.tip === first?.machine.tip);
}

/** Whether nothing is left to do: one tip, nothing pending, all stored, and of each block one body. */
export function isSettled(simulator: Simulator): boolean {
  const { running } = simulator;
  return (
    hasOneTip(simulator) &&
    running.every(({ machine, isStored }) => isStored && noneOf(machine.pending())) &&
    severalBodies(simulator).length === 0
  );
}

/** All that must hold when a simulation has settled, or should have. */
export function violations(simulator: Simulator): string[] {
  return [
    ...simulator.world.witness.violations,
    ...severalTips(simulator),
    ...severalBodies(simulator),
    ...lostItems(simulator),
    ...brokenPromises(simulator),
    ...severalFinals(simulator),
    ...simulator.running.flatMap((peer) => [
      ...wrongBlocks(simulator, peer),
      ...wrongStore(peer),
      ...wrongPending(peer),
    ]),
  ];
}

function severalTips({ running }: Simulator): string[] {
  const tips = new Map<string | undefined, string[]>();
  for (const { machine, name } of running) {
    const tip = machine.tip === undefined ? undefined : `${machine.count} ${machine.tip.slice(0, 8)}`;
    tips.set(tip, [...(tips.get(tip) ?? []), name]);
  }
  if (tips.size <= 1) return [];
  return [`several tips: ${[...tips].map(([tip, names]) => `${tip} (${names.join(', ')})`).join('; ')}`];
}

/** A hash does not fix the body (spec/safety.md, Blocks 2), so all must hold the same one. */
function severalBodies({ running }: Simulator): string[] {
  const [first] = running;
  return running.flatMap(({ name, disk }) => {
    const place = disk.blocks.findIndex(({ hash, bytes }, at) => {
      const other = first?.disk.blocks[at];
      return other !== undefined && equalBytes(hash, other.hash) && !equalBytes(bytes, other.bytes);
    });
    return place < 0 ? [] : [`${name}: block ${place} has another body than that of ${first?.name}`];
  });
}

/** What is over a bound at this moment, however it came to be. */
export function overBounds({ running }: Simulator): string[] {
  return running.flatMap(({ name, machine }) => {
    const over: string[] = [];
    const hold = (what: string, is: number, most: number): void => {
      if (is > most) over.push(`${name}: ${what} ${is}, more than ${most}`);
    };
    hold('items pending', [...machine.pending()].length, mostItems);
    hold('bytes of blocks on their way in', machine.heldBytes, mostHeldBytes);
    hold('links', machine.links.length, mostLinks);
    hold('members', machine.known.size, mostMembers);
    for (const { outbox, session } of machine.links) {
      hold('messages waiting on a link', outbox.size, mostWaiting);
      hold('bytes of an unfinished frame', session.heldBytes, mostFrameBytes);
    }
    return over;
  });
}

/**
 * Every item of a peer that stayed stands on the main chain once, and no item stands there twice; unless it was a
 * reference peer that wrote it again, whose pool remembers nothing (spec/wire.md, Who writes the next block), an
 * attacker, which writes what it likes, or one who held a body of the first block in which the item was cut to pieces.
 */
function lostItems({ running, shared, references, world }: Simulator): string[] {
  const wrong: string[] = [];
  const forgetful = new Set(references.map(({ hex }) => hex));
  const mayRepeat = (author: PublicKey): boolean =>
    forgetful.has(bytesToHex(author)) || world.witness.isDistrusted(author);
  for (const peer of running) {
    const places = new Map<string, number>();
    const mayComeAgain = new Set<string>();
    for (const { block, ids } of peer.delivered.chain) {
      for (const id of ids) {
        const hex = itemIdHex(id);
        const times = places.get(hex) ?? 0;
        if (times === 0 || !(mayRepeat(block.author) || mayComeAgain.has(hex))) places.set(hex, times + 1);
        if (world.witness.wasRecut(block.hash)) mayComeAgain.add(hex);
      }
    }
    for (const { id, by, mayBeLost } of shared) {
      const times = places.get(id) ?? 0;
      if (times > 1) wrong.push(`${peer.name}: item ${id.slice(0, 8)} of ${by.name} stands in ${times} blocks`);
      if (times === 0 && by.isRunning && !mayBeLost)
        wrong.push(`${peer.name}: item ${id.slice(0, 8)} of ${by.name} is in no block`);
    }
  }
  return wrong;
}

/** Who has shared an item and read that it is acknowledged may go away for good: the item stays. */
function brokenPromises({ running, shared }: Simulator): string[] {
  const promised = shared.filter(({ id, by }) => 'promised' in by && by.promised.acknowledged.has(id));
  return running.flatMap(({ name, delivered }) => {
    const held = new Set(delivered.chain.flatMap(({ ids }) => ids.map(itemIdHex)));
    const lost = promised.filter(({ id }) => !held.has(id));
    return lost.map(({ id, by }) => `${name}: the acknowledged item ${id.slice(0, 8)} of ${by.name} is in no block`);
  });
}

/** Of all that ever ran, whether they run now or not. */
function severalFinals({ peers }: Simulator): string[] {
  const longest = peers.reduce<readonly string[]>((most, { promised: { final } }) => {
    return final.length > most.length ? final : most;
  }, []);
  return peers.flatMap(({ name, promised: { final } }) => {
    const place = final.findIndex((hash, height) => hash !== longest[height]);
    return place < 0 ? [] : [`${name}: block ${place} is final and another one elsewhere`];
  });
}

function wrongBlocks({ world }: Simulator, { name, delivered, disk }: SimulatedPeer): string[] {
  const wrong: string[] = [];
  disk.blocks.forEach(({ bytes, unverified, height, items }, place) => {
    const { block, wrong: why, itemsHold } = world.witness.sighted(bytes);
    const parent = disk.blocks[place - 1]?.hash;
    const tell = (what: string): number => wrong.push(`${name}: block ${place} ${what}`);
    if (why !== undefined) tell(`has ${why}`);
    if (height !== place) tell(`is stored as ${height}`);
    if (block.parent === undefined ? parent !== undefined : parent === undefined || !equalBytes(block.parent, parent)) {
      tell('does not stand on the one before');
    }
    if (items.length !== block.data.length) tell('is stored with other items');
    const told = delivered.chain[place]?.verified;
    itemsHold.forEach((holds, item) => {
      if (unverified.includes(item) === holds) tell(`has item ${item} stored as ${holds ? 'un' : ''}verified`);
      if (told?.[item] !== holds) tell(`has item ${item} delivered as ${holds ? 'un' : ''}verified`);
    });
  });
  return wrong;
}

function wrongStore({ name, delivered, disk, machine }: SimulatedPeer): string[] {
  const stored = disk.blocks.map(({ hash }) => bytesToHex(hash));
  const told = delivered.chain.map(({ block }) => hashHex(block.hash));
  const wrong: string[] = [];
  if (stored.join() !== told.join())
    wrong.push(`${name}: ${stored.length} blocks stored, ${told.length} delivered, not the same`);
  if (machine.tip !== delivered.tip || machine.count !== told.length)
    wrong.push(`${name}: says another tip than it delivered`);
  return wrong;
}

function wrongPending({ name, delivered, machine }: SimulatedPeer): string[] {
  const held = new Set([...machine.pending()].map(({ id }) => itemIdHex(id)));
  const same = held.size === delivered.pending.size && [...held].every((id) => delivered.pending.has(id));
  return same ? [] : [`${name}: holds ${held.size} items pending, ${delivered.pending.size} were delivered`];
}

function noneOf(values: Iterable<unknown>): boolean {
  for (const _ of values) return false;
  return true;
}
