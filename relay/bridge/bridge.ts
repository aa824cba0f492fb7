/**
 * The relay's bridge: tabs reach TCP peers by it, and TCP peers tabs (docs/protocol.md, Bridge).
 *
 * It opens what may be opened and carries bytes that it cannot read. Who asks has proven a key; what is asked for has a
 * place among so many, and for a while only; nothing is carried for who is no peer. The conversation at its door is
 * visitor.ts's.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { bytesToHex } from '../../core/codec/bytes.ts';
import type { Milliseconds } from '../../core/config.ts';
import { type HostAndPort, sourceOf } from '../../core/network/addresses.ts';
import { bridgingMessageBytes, ticketBytes } from '../../core/wire/bridging.ts';
import { Attempts } from './attempts.ts';
import { carryInward, carryOutward, type Holder } from './carrying.ts';
import { Egress, type Way } from './egress.ts';
import { Places } from './places.ts';
import { type Lease, type PortRange, Ports } from './ports.ts';
import { Refusal } from './refusal.ts';
import { Targets } from './targets.ts';
import { type Asker, type Ends, type Grants, type PortEvents, Visitor } from './visitor.ts';

export interface BridgeOptions {
  /** Special addresses and ranges that are dialled all the same. */
  readonly allow: readonly string[];
  /** Whether this machine itself is dialled. */
  readonly loopback: boolean;
  /** A SOCKS5 proxy for all that is dialled. */
  readonly proxy: HostAndPort | undefined;
  readonly mostConnections: number;
  readonly mostPorts: number;
  /** Where the ports of tabs listen. */
  readonly host: string;
  /** Undefined: the system chooses. */
  readonly ports: PortRange | undefined;
  /** What the addresses of these ports begin with; undefined: the name by which the tab knows the relay. */
  readonly announcedHost: string | undefined;
  readonly networks: ReadonlySet<string>;
}

/** For the server that accepts these sockets: what a tab sends in one message once a connection is carried. */
export const bridgeSocketOptions = {
  perMessageDeflate: false,
  maxPayload: Math.max(bridgingMessageBytes, 256 * 1024),
} as const;

/** A tab has some four neighbours, and may be reloaded while the old ones are still taken leave of. */
const ofOne = { connections: { ofClient: 64, ofKey: 16 }, ports: { ofClient: 32, ofKey: 2 } };
/** A minute's worth of a tab that tries all it has heard of, and then one every other second. */
const attemptLimits = { burst: 30, perSecond: 0.5 };
/** What a tab has to take up a connection that has come to its port. */
const takeMs: Milliseconds = 5_000;
/** Connections to one port that wait for that. */
const mostWaiting = 8;

/** Somebody has dialled the port of a tab that has not taken it up yet. */
interface Waiting {
  readonly far: Socket;
  readonly holder: Holder;
  readonly cancel: () => void;
}

export class Bridge implements Grants {
  readonly #options: BridgeOptions;
  readonly #egress: Egress;
  readonly #ports: Ports;
  readonly #attempts = new Attempts(attemptLimits);
  readonly #connections: Places;
  readonly #portPlaces: Places;
  readonly #waiting = new Map<string, Waiting>();
  readonly #leases = new Map<string, { readonly events: PortEvents; readonly close: () => void }>();
  readonly #refused: (refusal: Refusal, client: string) => void;

  /** @param refused for the operator */
  constructor(options: BridgeOptions, refused: (refusal: Refusal, client: string) => void) {
    const { allow, loopback, proxy, host, ports, mostConnections, mostPorts } = options;
    this.#options = options;
    this.#egress = new Egress(new Targets({ allow, loopback }), proxy);
    this.#ports = new Ports(host, ports);
    this.#connections = new Places({ inAll: mostConnections, ...ofOne.connections });
    this.#portPlaces = new Places({ inAll: mostPorts, ...ofOne.ports });
    this.#refused = refused;
  }

  /** Connections that are carried or being opened, and ports that are lent. */
  get figures(): { readonly connections: number; readonly ports: number } {
    return { connections: this.#connections.taken, ports: this.#ports.open };
  }

  get networks(): ReadonlySet<string> {
    return this.#options.networks;
  }

  /** @param spoke called when it has asked for something */
  accept(socket: WebSocket, ends: Ends, spoke: () => void): void {
    new Visitor(socket, ends, this).begin(spoke);
  }

  refused(refusal: Refusal, client: string): void {
    this.#refused(refusal, client);
  }

  async dial(socket: WebSocket, way: Way, asker: Asker, left: AbortSignal, opened: () => void): Promise<void> {
    const release = this.#place(this.#connections, asker);
    try {
      const far = await this.#egress.open(way, left);
      const isFar = this.#egress.isFar(way.target);
      await carryOutward(socket, far, asker, isFar, opened).finally(() => far.destroy());
    } finally {
      release();
    }
  }

  async lend(asker: Asker, events: PortEvents): Promise<Lease & { readonly address: string }> {
    const holder = holderName(asker);
    const release = this.#place(this.#portPlaces, asker);
    // A tab that was reloaded may be here before its end is known.
    const before = this.#leases.get(holder);
    before?.close();
    before?.events.replaced();
    try {
      const lease = await this.#ports.lease(holder, (far) => this.#called(far, asker, events));
      const close = (): void => {
        if (this.#leases.get(holder)?.events === events) this.#leases.delete(holder);
        lease.close();
        release();
      };
      this.#leases.set(holder, { events, close });
      return { port: lease.port, close, address: `${this.#options.announcedHost ?? asker.relayHost}:${lease.port}` };
    } catch (error) {
      release();
      throw error;
    }
  }

  async take(socket: WebSocket, ticket: Uint8Array, opened: () => void): Promise<void> {
    const waiting = this.#waiting.get(bytesToHex(ticket));
    if (waiting === undefined) throw new Refusal('no-ticket');
    waiting.cancel();
    const { far, holder } = waiting;
    try {
      const release = takePlace(this.#connections, undefined, holder);
      opened();
      await carryInward(socket, far, holder).finally(release);
    } finally {
      far.destroy();
    }
  }

  close(): void {
    this.#ports.close();
    for (const { far, cancel } of [...this.#waiting.values()]) {
      cancel();
      far.destroy();
    }
  }

  /** Somebody has dialled a tab's port. */
  #called(far: Socket, holder: Holder, events: PortEvents): void {
    const from = `${far.remoteAddress?.includes(':') === true ? `[${far.remoteAddress}]` : far.remoteAddress}:${far.remotePort}`;
    const name = holderName(holder);
    const others = [...this.#waiting.values()].filter((waiting) => holderName(waiting.holder) === name);
    if (far.remoteAddress === undefined || others.length >= mostWaiting) return void far.destroy();
    const ticket = new Uint8Array(randomBytes(ticketBytes));
    const cancel = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(bytesToHex(ticket));
    };
    const timer = setTimeout(() => far.destroy(), takeMs);
    far.on('error', () => undefined);
    far.once('close', cancel);
    this.#waiting.set(bytesToHex(ticket), { far, holder, cancel });
    events.called(ticket, from);
  }

  #place(places: Places, asker: Asker): () => void {
    const client = sourceOf(asker.client);
    if (client !== undefined && !this.#attempts.take(client, performance.now())) throw new Refusal('too-often');
    return takePlace(places, client, asker);
  }
}

function takePlace(places: Places, client: string | undefined, holder: Holder): () => void {
  const place = places.take({ client, key: holderName(holder) });
  if (place === 'in-all') throw new Refusal('full');
  if (place === 'of-one') throw new Refusal('too-many');
  return place;
}

function holderName({ network, key }: Holder): string {
  return `${network} ${bytesToHex(key)}`;
}
