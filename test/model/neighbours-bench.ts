/**
 * What decides whom to dial, with dials that succeed or fail as a test says, and no network.
 */
import { type Config, defaultConfig } from '../../core/config.ts';
import type { PublicKeyHex } from '../../core/crypto/keys.ts';
import { Effects } from '../../core/effects.ts';
import { type Neighbour, Neighbours } from '../../core/network/neighbours.ts';
import { OwnAddress } from '../../core/network/own-address.ts';
import { Author } from './author.ts';
import { Seeded } from './seeded.ts';

export const self = new Author(1);
export const start = 1_000;
export const teller = { address: '198.51.100.1:40000', key: new Author(9).hex };

export class Bench {
  now = start;
  readonly effects = new Effects();
  readonly ownAddress: OwnAddress;
  readonly neighbours: Neighbours;
  /** What the user was told, by its code. */
  readonly problems = new Map<string, string | undefined>();
  links: Neighbour[] = [];
  /** How long each address may take to answer. */
  readonly timeouts = new Map<string, number>();
  readonly #dials = new Map<string, number>();

  constructor(count = 3, more: Partial<Config['relationship'] & Pick<Config, 'listen' | 'proxied'>> = {}) {
    const { listen = defaultConfig.listen, proxied = false, ...relationship } = more;
    this.ownAddress = new OwnAddress({ listen, proxied });
    const settings = { ...defaultConfig.relationship, count, ...relationship };
    this.neighbours = new Neighbours(settings, this.ownAddress, self.hex, new Seeded(1).random, this.effects, start);
  }

  /** What a peer does at the end of an event. @returns addresses dialled */
  dial(): string[] {
    this.neighbours.dial(this.links, this.now);
    const dialled: string[] = [];
    for (const effect of this.effects.take()) {
      if (effect.kind === 'report') {
        this.problems.set(effect.code, effect.message);
        continue;
      }
      if (effect.kind !== 'dial') throw new Error('neighbours only dial');
      dialled.push(effect.address);
      this.#dials.set(effect.address, effect.dial);
      this.timeouts.set(effect.address, effect.timeoutMs);
    }
    return dialled;
  }

  fail(address: string): void {
    this.neighbours.dialFailed(this.#dials.get(address) ?? -1, `${address} is off`, this.now);
  }

  /** Dialled by us, if we have dialled it. */
  link(address: string, key?: PublicKeyHex): void {
    this.neighbours.linked(address);
    this.links.push({ address, key, dialled: this.#dials.has(address) });
  }

  unlink(address: string): void {
    this.links = this.links.filter((link) => link.address !== address);
    this.neighbours.unlinked(address, this.now);
  }

  /** By a neighbour. */
  told(...addresses: readonly string[]): void {
    for (const address of addresses) this.neighbours.told(address, teller, this.now);
  }

  /** Time passes in steps of 10 ms until something is dialled. @returns how long it took, undefined after `mostMs` */
  untilDialled(mostMs: number): number | undefined {
    for (let passed = 0; passed <= mostMs; passed += 10) {
      if (this.dial().length > 0) return passed;
      this.now += 10;
    }
    return undefined;
  }
}
