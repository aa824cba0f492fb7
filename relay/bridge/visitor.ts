/**
 * One socket at the bridge's door: challenge, wish, and then what was wished for (docs/protocol.md, Bridge).
 *
 * Checks who asks and that it is asked of this relay; grants nothing itself. A message out of turn ends the socket.
 */
import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import { decode, encode } from '../../core/codec/codec.ts';
import type { Milliseconds } from '../../core/config.ts';
import { CodecError } from '../../core/errors.ts';
import { hostAndPort } from '../../core/network/addresses.ts';
import {
  type BridgeMessage,
  type BridgeProof,
  type BridgingMessage,
  bridgeDigest,
  bridgeMessages,
  bridgingMessageBytes,
  bridgingMessages,
  type Wish,
} from '../../core/wire/bridging.ts';
import { nonceBytes } from '../../core/wire/signaling.ts';
import { holds } from '../curve.ts';
import { isOriginOf } from '../proof.ts';
import type { Holder } from './carrying.ts';
import type { Way } from './egress.ts';
import type { Lease } from './ports.ts';
import { Refusal } from './refusal.ts';

/** Who asks, as it has proven, and where it comes from. */
export interface Asker extends Holder {
  /** `host:port` */
  readonly client: string;
  /** The host name by which it knows this relay, in brackets if an IPv6 address. */
  readonly relayHost: string;
}

/** What a tab that has a port is told. */
export interface PortEvents {
  called(ticket: Uint8Array, from: string): void;
  /** The same key has asked again: the port is the other's now. */
  replaced(): void;
}

/** What may be granted at the door. Each throws a Refusal; what is carried is so until either side ends. */
export interface Grants {
  readonly networks: ReadonlySet<string>;
  dial(socket: WebSocket, way: Way, asker: Asker, left: AbortSignal, opened: () => void): Promise<void>;
  /** @returns the address by which others reach the port */
  lend(asker: Asker, events: PortEvents): Promise<Lease & { readonly address: string }>;
  take(socket: WebSocket, ticket: Uint8Array, opened: () => void): Promise<void>;
  refused(refusal: Refusal, client: string): void;
}

/** Both ends of a socket, as they are named. */
export interface Ends {
  /** The `Host` of the request that opened it. */
  readonly host: string;
  /** Where it came from, `host:port`. */
  readonly from: string;
}

const askWithinMs: Milliseconds = 10_000;
/** The refusal is on its way; a tab that does not close in that time is hung up on. */
const hangUpMs: Milliseconds = 1_000;
const refusedCode = 1008;

export class Visitor {
  readonly #socket: WebSocket;
  readonly #ends: Ends;
  readonly #grants: Grants;
  readonly #nonce = new Uint8Array(randomBytes(nonceBytes));
  /** Aborted when the socket has closed. */
  readonly #left = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, ends: Ends, grants: Grants) {
    this.#socket = socket;
    this.#ends = ends;
    this.#grants = grants;
  }

  begin(spoke: () => void): void {
    this.#socket.on('error', () => undefined);
    this.#socket.once('close', () => {
      clearTimeout(this.#timer);
      this.#left.abort();
    });
    this.#timer = setTimeout(() => this.#refuse(new Refusal('too-late')), askWithinMs);
    this.#socket.once('message', (data, isBinary) => {
      clearTimeout(this.#timer);
      spoke();
      this.#asked(isBinary ? parsed(data as Buffer) : undefined).catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
        this.#refuse(error);
      });
    });
    this.#tell({ kind: 'challenge', nonce: this.#nonce });
  }

  async #asked(message: BridgingMessage | undefined): Promise<void> {
    if (message === undefined) throw new Refusal('bad-message');
    this.#socket.on('message', this.#outOfTurn);
    if (message.kind === 'take') {
      return await this.#grants.take(this.#socket, message.ticket, () => this.#opened());
    }
    const { proof, wish } = message;
    const asker = this.#proven(proof, wish);
    if (wish.kind === 'lease') return await this.#lease(asker);
    await this.#grants.dial(this.#socket, wish, asker, this.#left.signal, () => this.#opened());
  }

  async #lease(asker: Asker): Promise<void> {
    const lease = await this.#grants.lend(asker, {
      called: (ticket, from) => this.#tell({ kind: 'called', ticket, from }),
      replaced: () => this.#refuse(new Refusal('replaced')),
    });
    if (this.#left.signal.aborted) return lease.close();
    this.#left.signal.addEventListener('abort', () => lease.close());
    this.#tell({ kind: 'leased', address: lease.address });
  }

  /** @throws Refusal */
  #proven({ network, pubkey, nonce, origin, sign }: BridgeProof, wish: Wish): Asker {
    if (!isOriginOf(origin, this.#ends.host)) throw new Refusal('wrong-origin', origin);
    if (!this.#grants.networks.has(network)) throw new Refusal('unknown-network', network);
    const digest = bridgeDigest({ origin, network, relayNonce: this.#nonce, ownNonce: nonce, pubkey, wish });
    if (!holds({ key: pubkey, digest, signature: sign })) throw new Refusal('bad-signature');
    const { hostname: relayHost } = new URL(origin);
    // It may stand in an address, which has a form and a length.
    if (hostAndPort(`${relayHost}:65535`) === undefined) throw new Refusal('wrong-origin', origin);
    return { key: pubkey, network, client: this.#ends.from, relayHost };
  }

  /** From now on the socket is the connection's. */
  #opened(): void {
    this.#socket.off('message', this.#outOfTurn);
    this.#tell({ kind: 'opened' });
  }

  readonly #outOfTurn = (): void => this.#refuse(new Refusal('bad-message'));

  #tell(message: BridgeMessage): void {
    this.#socket.send(encode(bridgeMessages, message), { binary: true });
  }

  #refuse(refusal: Refusal): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#grants.refused(refusal, this.#ends.from);
    this.#socket.off('message', this.#outOfTurn);
    this.#tell({ kind: 'refused', code: refusal.code, reason: refusal.message });
    this.#socket.close(refusedCode, refusal.code);
    const hangUp = setTimeout(() => this.#socket.terminate(), hangUpMs).unref();
    this.#socket.once('close', () => clearTimeout(hangUp));
  }
}

/** Undefined for what is no message of the protocol. */
function parsed(data: Buffer): BridgingMessage | undefined {
  if (data.length > bridgingMessageBytes) return undefined;
  try {
    return decode(bridgingMessages, data);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
