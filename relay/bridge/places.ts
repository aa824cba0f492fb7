/**
 * How many of something there may be at once: in all, for one client's address, for one key.
 *
 * A client on this machine counts for no address: there it is one for all tabs, and for all that come by a reverse proxy
 * that is not told of (`--behind-proxy`).
 */
export interface PlaceLimits {
  readonly inAll: number;
  readonly ofClient: number;
  readonly ofKey: number;
}

/** Whose place it is. */
export interface Occupant {
  readonly client: string | undefined;
  readonly key: string;
}

export class Places {
  readonly #limits: PlaceLimits;
  readonly #ofClients = new Map<string, number>();
  readonly #ofKeys = new Map<string, number>();
  #taken = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  get taken(): number {
    return this.#taken;
  }

  /** @returns what gives the place back, once however often it is called; or which limit is reached */
  take({ client, key }: Occupant): (() => void) | 'in-all' | 'of-one' {
    const { inAll, ofClient, ofKey } = this.#limits;
    if (this.#taken >= inAll) return 'in-all';
    const isFull = client !== undefined && (this.#ofClients.get(client) ?? 0) >= ofClient;
    if (isFull || (this.#ofKeys.get(key) ?? 0) >= ofKey) return 'of-one';
    const counts = [
      [this.#ofKeys, key] as const,
      ...(client === undefined ? [] : [[this.#ofClients, client] as const]),
    ];
    this.#taken++;
    for (const [map, name] of counts) map.set(name, (map.get(name) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#taken--;
      for (const [map, name] of counts) lower(map, name);
    };
  }
}

function lower(counts: Map<string, number>, name: string): void {
  const left = (counts.get(name) ?? 0) - 1;
  if (left > 0) counts.set(name, left);
  else counts.delete(name);
}
