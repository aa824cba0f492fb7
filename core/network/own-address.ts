/**
 * Where others are told to dial this peer, and whether what passes between them goes by Tor.
 *
 * The address is set when the peer opens, or lent to it while it runs: a port that a relay keeps for a tab comes and goes
 * (docs/protocol.md, Bridge). Links that have greeted are not told of a change; the greeting is the wire's one place for it.
 */
import type { Config } from '../config.ts';
import { isOnion } from './addresses.ts';

export class OwnAddress {
  readonly #configured: string;
  readonly #proxied: boolean;
  #lent: string | undefined;

  constructor({ listen, proxied }: Pick<Config, 'listen' | 'proxied'>) {
    this.#configured = listen;
    this.#proxied = proxied;
  }

  /** `host:port`, as greetings carry it. */
  get listen(): string {
    return this.#lent ?? this.#configured;
  }

  /** @returns whether it is another than before */
  lent(address: string | undefined): boolean {
    const before = this.listen;
    this.#lent = address;
    return this.listen !== before;
  }

  /** Whether who dials us comes by Tor. */
  get isOnion(): boolean {
    return isOnion(this.listen);
  }

  /** Whether whatever this peer dials goes by Tor. */
  get dialsByTor(): boolean {
    return this.#proxied;
  }

  /** Whether that does, or whoever dials this peer. */
  get isByTor(): boolean {
    return this.#proxied || this.isOnion;
  }

  /** Whether it takes long to dial this address: who is announced by an onion address reaches everybody by Tor. */
  isFar(address: string): boolean {
    return this.isByTor || isOnion(address);
  }
}
