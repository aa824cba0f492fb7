/**
 * What must hold in the end, whatever the scenario was (witness.ts holds what must hold all the time).
 *
 * Each checker returns what is wrong, in words; an empty list is good.
 */
import { bytesToHex, equalBytes } from '../../core/codec/bytes.ts';
import { hashHex, itemIdHex } from '../../core/crypto/keys.ts';
import type { SimulatedPeer } from './host.ts';
import type { Simulator } from './simulator.ts';

/** Whether nothing is left to do: one tip, nothing pending, all stored. */
export function isSettled(simulator: Simulator): boolean {
  const { running } = simulator;
  const [first] = running;
  return running.every(
    ({ machine, isStored }) => machine.tip === first?.machine.tip && isStored && noneOf(machine.pending()),
  );
}

/** All that must hold when a simulation has settled, or should have. */
export function violations(simulator: Simulator): string[] {
  return [
    ...simulator.world.witness.violations,
    ...severalTips(simulator),
    ...lostItems(simulator),
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

/**
 * Every item of a peer that stayed stands on the main chain once, and no item stands there twice; unless it was a
 * reference peer that wrote it again, whose pool remembers nothing (spec/wire.md, Who writes the next block).
 */
function lostItems({ running, shared, references }: Simulator): string[] {
  const wrong: string[] = [];
  const forgetful = new Set(references.map(({ hex }) => hex));
  for (const peer of running) {
    const places = new Map<string, number>();
    for (const { block, ids } of peer.delivered.chain) {
      for (const id of ids) {
        const times = places.get(itemIdHex(id)) ?? 0;
        if (times === 0 || !forgetful.has(bytesToHex(block.author))) places.set(itemIdHex(id), times + 1);
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
