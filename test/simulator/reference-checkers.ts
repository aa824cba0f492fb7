/**
 * What must hold in the end where models of the reference are among our peers: one chain, nothing lost.
 *
 * Each returns what is wrong, in words; an empty list is good. That an item stands in several blocks is no fault here,
 * for a reference's pool remembers nothing of what is in a block: `writtenTwice` counts it.
 */

import type { ReferencePeer } from '../model/reference/reference-peer.ts';
import { secondItemId } from '../model/reference/signing.ts';
import { isSettled } from './checkers.ts';
import type { Simulator } from './simulator.ts';

/** Whether all have one tip and hold every item that was shared. */
export function isSettledWithReferences(simulator: Simulator): boolean {
  return isSettled(simulator) && severalChains(simulator).length === 0 && missingItems(simulator).length === 0;
}

/** Chains that are not the same, told by who holds them. */
export function severalChains({ running, references }: Simulator): string[] {
  const chains = new Map<string, string[]>();
  const tell = (name: string, count: number, tip: string | undefined): void => {
    const chain = `${count} blocks to ${tip?.slice(0, 8)}`;
    chains.set(chain, [...(chains.get(chain) ?? []), name]);
  };
  for (const { name, machine } of running) tell(name, machine.count, machine.tip);
  for (const { name, isRunning, chain, tip } of references) if (isRunning) tell(name, chain.length, tip);
  if (chains.size <= 1) return [];
  return [`several chains: ${[...chains].map(([chain, names]) => `${chain} (${names.join(', ')})`).join('; ')}`];
}

/** Items of whoever still runs that a reference peer has in no block. Of ours, checkers.ts tells. */
export function missingItems({ references, shared }: Simulator): string[] {
  return references
    .filter(({ isRunning }) => isRunning)
    .flatMap((reference) => {
      const written = writtenIn(reference);
      return shared
        .filter(({ id, by, mayBeLost }) => by.isRunning && !mayBeLost && !written.has(id))
        .map(({ id, by }) => `${reference.name}: item ${id.slice(0, 8)} of ${by.name} is in no block`);
    });
}

/** How many items stand in more than one block. */
export function writtenTwice(reference: ReferencePeer): number {
  return [...writtenIn(reference).values()].filter((times) => times > 1).length;
}

function writtenIn({ chain }: ReferencePeer): Map<string, number> {
  const written = new Map<string, number>();
  for (const id of chain.flatMap(({ data }) => data.map(secondItemId))) written.set(id, (written.get(id) ?? 0) + 1);
  return written;
}
