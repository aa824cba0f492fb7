/**
 * The one way out of a relay: opens TCP connections for tabs, directly to what was checked, or all by a SOCKS5 proxy.
 *
 * With a proxy nothing is ever dialled past it, whatever fails (issue 5, SOCKS5 egress); each connection has credentials
 * of its own. Without one a tab that asks for one gets nothing.
 */
import type { Socket } from 'node:net';
import type { Milliseconds } from '../../core/config.ts';
import { LinkError } from '../../core/errors.ts';
import { type HostAndPort, isOnion } from '../../core/network/addresses.ts';
import { openThroughProxy } from '../links/proxy.ts';
import { openSocket } from '../links/tcp.ts';
import { Refusal } from './refusal.ts';
import type { Targets } from './targets.ts';

/** spec/safety.md, Frames and sessions. */
const dialMs: Milliseconds = 10_000;
const farDialMs: Milliseconds = 60_000;

export interface Way {
  readonly target: string;
  /** By the proxy or not at all. */
  readonly byProxy: boolean;
}

export class Egress {
  readonly #targets: Targets;
  readonly #proxy: HostAndPort | undefined;

  constructor(targets: Targets, proxy: HostAndPort | undefined) {
    this.#targets = targets;
    this.#proxy = proxy;
  }

  /** Whether it takes as long as by Tor to hear from there. */
  isFar(target: string): boolean {
    return this.#proxy !== undefined || isOnion(target);
  }

  /** @throws Refusal `no-proxy`, `no-target`, `unreachable` */
  async open({ target, byProxy }: Way, signal: AbortSignal): Promise<Socket> {
    if (this.#proxy !== undefined) return await this.#byProxy(this.#proxy, target, signal);
    if (byProxy) throw new Refusal('no-proxy');
    const literals = await this.#targets.literals(target);
    if (literals === undefined) throw new Refusal('no-target', target);
    return await firstOf(literals, signal);
  }

  async #byProxy(proxy: HostAndPort, target: string, signal: AbortSignal): Promise<Socket> {
    const unresolved = this.#targets.unresolved(target);
    if (unresolved === undefined) throw new Refusal('no-target', target);
    const within = AbortSignal.any([signal, AbortSignal.timeout(farDialMs)]);
    try {
      return await openThroughProxy(proxy, unresolved, farDialMs, within);
    } catch (error) {
      throw unreachable(error);
    }
  }
}

/** One after the other, each for its part of the time. */
async function firstOf(addresses: readonly HostAndPort[], signal: AbortSignal): Promise<Socket> {
  const partMs = Math.floor(dialMs / addresses.length);
  let last: unknown;
  for (const address of addresses) {
    try {
      return await openSocket(address, partMs, AbortSignal.any([signal, AbortSignal.timeout(partMs)]));
    } catch (error) {
      last = error;
      if (signal.aborted) break;
    }
  }
  throw unreachable(last);
}

function unreachable(error: unknown): Refusal {
  if (error instanceof LinkError) return new Refusal('unreachable', error.message);
  throw error;
}
