/**
 * One tab's conversation with the relay: challenge, join, signals (docs/protocol.md, Signaling).
 *
 * The relay proves who is who and passes sealed signals on; it can neither read nor change them. A tab that breaks a
 * rule is told which and loses its own socket, nobody else's.
 */
import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import { decode, encode } from '../core/codec/codec.ts';
import { isNetworkName } from '../core/config.ts';
import type { PublicKey } from '../core/crypto/keys.ts';
import { CodecError } from '../core/errors.ts';
import {
  challengeDigest,
  nonceBytes,
  type RelayMessage,
  relayMessages,
  type Services,
  signalingMessageBytes,
  type TabMessage,
  tabMessages,
} from '../core/wire/signaling.ts';
import { holds } from './curve.ts';
import { isOriginOf } from './proof.ts';
import { Quota } from './quota.ts';
import { type Member, Room } from './rooms.ts';

/** For the server that accepts these sockets. */
export const signalingOptions = { perMessageDeflate: false, maxPayload: signalingMessageBytes } as const;

/** Why a tab is refused; the first word of what it is told. */
export type RefusalCode =
  | 'bad-message'
  | 'bad-signature'
  | 'wrong-origin'
  | 'unknown-network'
  | 'not-joined'
  | 'full'
  | 'replaced'
  | 'too-many-messages'
  | 'too-slow';

/** A call is an offer and some 20 candidates; ten calls begin at once when a tab is told of ten others. */
const messageLimits = { burst: 500, perSecond: 50 };
const joinWithinMs = 10_000;
/** 30 of the greatest signals: who lets so much wait has stopped reading. */
const mostBufferedBytes = 1024 * 1024;
/** Half of what TURN credentials last (turn.ts). */
const renewMs = 6 * 3_600_000;
/** The refusal is on its way; a tab that does not close in that time is hung up on. */
const hangUpMs = 1_000;
const refusedCode = 1008;

interface ServedNetwork {
  readonly network: string;
  readonly room: Room;
  readonly archive: PublicKey;
}

/** What is told of conversations. */
export interface SignalingReports {
  /** @param from where the tab is */
  refused(code: RefusalCode, reason: string, from: string): void;
  /** A signal has gone on to a member of this network. */
  passed(network: string): void;
}

const untold: SignalingReports = { refused: () => undefined, passed: () => undefined };

/** The rooms of one relay. */
export class Signaling {
  readonly #networks = new Map<string, ServedNetwork>();
  readonly #reports: SignalingReports;
  readonly #services: () => Services;

  /** @param services what a tab is told of STUN and TURN, made anew each time */
  constructor(reports: SignalingReports = untold, services: () => Services = () => ({ stun: undefined, turn: [] })) {
    this.#reports = reports;
    this.#services = services;
  }

  /** From now on tabs may join this network. @param archive key of the relay's own peer in it */
  serve(network: string, archive: PublicKey): void {
    this.#networks.set(network, { network, room: new Room(randomBytes), archive });
  }

  /** How many there are in each network. */
  *members(): Iterable<readonly [network: string, members: number]> {
    for (const [network, { room }] of this.#networks) yield [network, room.size];
  }

  /** @param host the `Host` of the request that opened the socket @param from where it came from, `host:port` */
  accept(socket: WebSocket, host: string, from = ''): void {
    new Conversation(socket, { host, from }, this.#networks, this.#reports, this.#services).begin();
  }
}

type State =
  | { readonly kind: 'challenged'; readonly nonce: Uint8Array; readonly timer: NodeJS.Timeout }
  | {
      readonly kind: 'joined';
      readonly served: ServedNetwork;
      readonly member: Member;
      readonly renewal: NodeJS.Timeout | undefined;
    }
  | { readonly kind: 'ended' };

/** Both ends of a socket, as they are named. */
interface Ends {
  readonly host: string;
  readonly from: string;
}

class Conversation {
  readonly #socket: WebSocket;
  readonly #ends: Ends;
  readonly #networks: ReadonlyMap<string, ServedNetwork>;
  readonly #reports: SignalingReports;
  readonly #services: () => Services;
  readonly #quota = new Quota(messageLimits, performance.now());
  #state: State;

  constructor(
    socket: WebSocket,
    ends: Ends,
    networks: ReadonlyMap<string, ServedNetwork>,
    reports: SignalingReports,
    services: () => Services,
  ) {
    this.#socket = socket;
    this.#ends = ends;
    this.#networks = networks;
    this.#reports = reports;
    this.#services = services;
    const timer = setTimeout(() => this.#refuse('not-joined', 'nobody joined within ten seconds'), joinWithinMs);
    this.#state = { kind: 'challenged', nonce: new Uint8Array(randomBytes(nonceBytes)), timer: timer.unref() };
  }

  begin(): void {
    this.#socket.on('message', (data, isBinary) => this.#received(data as Buffer, isBinary));
    this.#socket.on('close', () => this.#end());
    // What it is about follows as `close`; `ws` itself refuses a message over the limit, and what is no WebSocket.
    this.#socket.on('error', ({ message }) => this.#reports.refused('bad-message', message, this.#ends.from));
    if (this.#state.kind === 'challenged') this.#tell({ kind: 'challenge', nonce: this.#state.nonce });
  }

  #received(data: Buffer, isBinary: boolean): void {
    if (this.#state.kind === 'ended') return;
    if (!this.#quota.take(performance.now())) {
      this.#refuse('too-many-messages', `more than ${messageLimits.perSecond} messages a second`);
      return;
    }
    const message = isBinary ? parsed(data) : undefined;
    if (message === undefined) this.#refuse('bad-message', 'that is no message of the signaling protocol');
    else this.#handle(message);
  }

  #handle(message: TabMessage): void {
    const state = this.#state;
    if (message.kind === 'join') {
      if (state.kind === 'challenged') this.#join(message, state.nonce);
      else this.#refuse('bad-message', 'one join is enough');
      return;
    }
    if (state.kind !== 'joined') {
      this.#refuse('not-joined', 'join comes first');
      return;
    }
    const { served, member } = state;
    if (message.kind === 'ask') this.#tellOthers(served, member, message.exclude);
    else if (served.room.signal(member, message.to, message.sealed)) this.#reports.passed(served.network);
    else this.#tell({ kind: 'unroutable', to: message.to });
  }

  #join(join: TabMessage & { readonly kind: 'join' }, relayNonce: Uint8Array): void {
    const { network, origin, pubkey, nonce, sign } = join;
    const { host } = this.#ends;
    if (!isOriginOf(origin, host)) {
      this.#refuse('wrong-origin', `this relay is ${named(host)}, not ${named(origin)}`);
      return;
    }
    const served = this.#networks.get(network);
    if (served === undefined) {
      this.#refuse('unknown-network', unknownNetwork(network, [...this.#networks.keys()]));
      return;
    }
    const digest = challengeDigest({ origin, network, relayNonce, ownNonce: nonce, pubkey });
    if (!holds({ key: pubkey, digest, signature: sign })) {
      this.#refuse('bad-signature', 'the signature of the challenge does not hold');
      return;
    }
    this.#enter(served, pubkey);
  }

  #enter(served: ServedNetwork, key: PublicKey): void {
    const member: Member = {
      key,
      replaced: () => this.#refuse('replaced', 'the same key has joined again'),
      signalled: (from, sealed) => this.#tell({ kind: 'signalled', from, sealed }),
    };
    if (!served.room.join(member)) {
      this.#refuse('full', 'this relay has no room for another tab of this network');
      return;
    }
    if (this.#state.kind === 'challenged') clearTimeout(this.#state.timer);
    const expires = this.#services().turn.length > 0;
    const renewal = expires ? setInterval(() => this.#tellServices(), renewMs).unref() : undefined;
    this.#state = { kind: 'joined', served, member, renewal };
    this.#tellOthers(served, member, []);
  }

  #tellOthers({ room, archive }: ServedNetwork, member: Member, exclude: readonly PublicKey[]): void {
    this.#tellServices();
    this.#tell({ kind: 'told', others: room.others(member, exclude), archive });
  }

  #tellServices(): void {
    this.#tell({ kind: 'services', ...this.#services() });
  }

  #tell(message: RelayMessage): void {
    this.#socket.send(encode(relayMessages, message), { binary: true });
    if (this.#socket.bufferedAmount > mostBufferedBytes) this.#refuse('too-slow', 'what it is sent is not read');
  }

  #refuse(code: RefusalCode, reason: string): void {
    if (this.#state.kind === 'ended') return;
    this.#end();
    this.#reports.refused(code, reason, this.#ends.from);
    this.#socket.send(encode(relayMessages, { kind: 'refused', code, reason }), { binary: true });
    this.#socket.close(refusedCode, code);
    const hangUp = setTimeout(() => this.#socket.terminate(), hangUpMs).unref();
    this.#socket.once('close', () => clearTimeout(hangUp));
  }

  #end(): void {
    const state = this.#state;
    this.#state = { kind: 'ended' };
    if (state.kind === 'challenged') clearTimeout(state.timer);
    if (state.kind !== 'joined') return;
    clearInterval(state.renewal);
    state.served.room.leave(state.member);
  }
}

function parsed(data: Buffer): TabMessage | undefined {
  try {
    return decode(tabMessages, data);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

/** What a client wrote goes into a message of limited length only if it is short and plain. */
function named(text: string): string {
  return /^[\x21-\x7e]{1,200}$/.test(text) ? text : 'of that name';
}

/** The name comes from the tab and goes into a message of limited length. */
function unknownNetwork(network: string, served: readonly string[]): string {
  const name = isNetworkName(network) ? `no network "${network}"` : 'no such network';
  return `this relay serves ${name}; it serves ${served.slice(0, 4).join(', ')}`;
}
