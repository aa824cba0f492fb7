/**
 * Links worth coming back to: those that lead where their address says, and of them the two that have lasted longest and
 * given blocks.
 *
 * They are dialled first at the next start, so that whoever makes this peer start again does not choose its neighbours
 * anew. Two, so that of the usual three places one is left to others: a neighbour that lies well is no anchor for ever.
 */
import { groupOf } from './addresses.ts';
import type { GreetedLink } from './open-link.ts';

export interface Lasting {
  readonly leading: readonly string[];
  readonly anchors: readonly string[];
}

const mostAnchors = 2;

export function lasting(proven: readonly GreetedLink[]): Lasting {
  const leading = proven.filter(leadsThere);
  const useful = leading
    .filter(({ gave }) => gave.blockAt !== undefined)
    .sort((a, b) => a.phase.since - b.phase.since)
    .map(({ address }) => address);
  const anchors: string[] = [];
  for (const address of useful) {
    const group = groupOf(address);
    if (group !== undefined && anchors.some((other) => groupOf(other) === group)) continue;
    if (anchors.length < mostAnchors) anchors.push(address);
  }
  return { leading: leading.map(({ address }) => address), anchors };
}

/** Dialled by us, or by a carrier that has proven the key in its address. */
export function leadsThere({ dialled, carrier }: Pick<GreetedLink, 'dialled' | 'carrier'>): boolean {
  return dialled || carrier === 'webrtc';
}
