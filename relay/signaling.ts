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
import { type PublicKey, publicKeyFrom } from '../core/crypto/keys.ts';
import { CodecError } from '../core/errors.ts';
import {
  challengeDigest,
  nonceBytes,
  type RelayMessage,
  relayMessages,
  type Services,
  signalingMessageBytes,
  signalledFrameBytes,
  type TabMessage,
  tabMessages,
} from '../core/wire/signaling.ts';
import { Backlog, type Reader } from './backlog.ts';
import { holds } from './curve.ts';
import { isOriginOf } from './proof.ts';
import { Quota } from './quota.ts';
import { pooled } from './random-pool.ts';
import { type Member, Room } from './rooms.ts';
import { Turns } from './turns.ts';

/**
 * For the server that accepts these sockets. A message comes in some 25 pieces of a network's size; what is held of one
 * that trickles in byte by byte is a hundred times its length.
 */
export const signalingOptions = {
  perMessageDeflate: false,
  maxPayload: signalingMessageBytes,
  maxBufferedChunks: 256,
  maxFragments: 64,
} as const;

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
/** 30 of the greatest signals: who lets so much wait has stopped reading. For all together there is a budget. */
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

/** What the conversations of one relay share. */
interface Shared {
  readonly networks: ReadonlyMap<string, ServedNetwork>;
  readonly reports: SignalingReports;
  readonly services: () => Services;
  /** Checking a signature takes some 0.2 ms: after a relay's restart, all its tabs' take seconds. */
  readonly checks: Turns;
  readonly backlog: Backlog;
}

/** Both ends of a socket, as they are named. */
export interface Ends {
  /** The `Host` of the request that opened it. */
  readonly host: string;
  /** Where it came from, `host:port`. */
  readonly from: string;
}

/** The rooms of one relay. */
export class Signaling {
  readonly #networks = new Map<string, ServedNetwork>();
  readonly #shared: Shared;

  /** @param services what a tab is told of STUN and TURN, made anew each time */
  constructor(reports: SignalingReports = untold, services: () => Services = () => ({ stun: undefined, turn: [] })) {
    const [networks, checks, backlog] = [this.#networks, new Turns(), new Backlog()];
    this.#shared = { networks, reports, services, checks, backlog };
  }

  /** From now on tabs may join this network. @param archive key of the relay's own peer in it */
  serve(network: string, archive: PublicKey): void {
    this.#networks.set(network, { network, room: new Room(pooled(randomBytes)), archive });
  }

  /** How many there are in each network. */
  *members(): Iterable<readonly [network: string, members: number]> {
    for (const [network, { room }] of this.#networks) yield [network, room.size];
  }

  /** @param spoke called when it has asked to join a room of this relay */
  accept(socket: WebSocket, ends: Ends, spoke: () => void): void {
    new Conversation(socket, ends, this.#shared).begin(spoke);
  }
}

type Join = TabMessage & { readonly kind: 'join' };

type State =
  | { readonly kind: 'opened' }
  | {
      readonly kind: 'challenged';
      readonly nonce: Uint8Array;
      readonly timer: NodeJS.Timeout;
      readonly spoke: () => void;
    }
  /** Its signature is looked at when it is its turn. */
  | { readonly kind: 'joining' }
  | {
      readonly kind: 'joined';
      readonly served: ServedNetwork;
      readonly member: Member;
      readonly renewal: NodeJS.Timeout | undefined;
    }
  | { readonly kind: 'ended' };

class Conversation implements Reader {
  readonly #socket: WebSocket;
  readonly #ends: Ends;
  readonly #shared: Shared;
  readonly #quota = new Quota(messageLimits, performance.now());
  #state: State = { kind: 'opened' };

  constructor(socket: WebSocket, ends: Ends, shared: Shared) {
    this.#socket = socket;
    this.#ends = ends;
    this.#shared = shared;
  }

  get unreadBytes(): number {
    return this.#socket.bufferedAmount;
  }

  begin(spoke: () => void): void {
    this.#socket.on('message', (data, isBinary) => this.#received(data as Buffer, isBinary));
    this.#socket.on('close', () => this.#end());
    // What it is about follows as `close`; `ws` itself refuses a message over the limit, and what is no WebSocket.
    this.#socket.on('error', ({ message }) => this.#report('bad-message', message));
    const nonce = new Uint8Array(randomBytes(nonceBytes));
    const timer = setTimeout(() => this.#refuse('not-joined', 'nobody joined within ten seconds'), joinWithinMs);
    this.#state = { kind: 'challenged', nonce, timer: timer.unref(), spoke };
    this.#tell({ kind: 'challenge', nonce });
  }

  cut(): void {
    this.#end();
    this.#report('too-slow', 'what all have not read was too much, and of this one it was most');
    this.#socket.terminate();
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
      if (state.kind === 'challenged') this.#join(message, state);
      else this.#refuse('bad-message', 'one join is enough');
      return;
    }
    if (state.kind !== 'joined') {
      this.#refuse('not-joined', 'join comes first');
      return;
    }
    const { served, member } = state;
    if (message.kind === 'ask') this.#tellOthers(served, member, message.exclude);
    else if (served.room.signal(member, message.to, message.sealed)) this.#shared.reports.passed(served.network);
    else this.#tell({ kind: 'unroutable', to: message.to });
  }

  #join(join: Join, { nonce: relayNonce, timer, spoke }: State & { readonly kind: 'challenged' }): void {
    const { network, origin, pubkey, nonce: ownNonce, sign } = join;
    const { host } = this.#ends;
    if (!isOriginOf(origin, host)) {
      this.#refuse('wrong-origin', `this relay is ${named(host)}, not ${named(origin)}`);
      return;
    }
    const { networks, checks } = this.#shared;
    const served = networks.get(network);
    if (served === undefined) {
      this.#refuse('unknown-network', unknownNetwork(network, [...networks.keys()]));
      return;
    }
    clearTimeout(timer);
    spoke();
    this.#state = { kind: 'joining' };
    checks.do(() => {
      if (this.#state.kind !== 'joining') return;
      const digest = challengeDigest({ origin, network, relayNonce, ownNonce, pubkey });
      if (!holds({ key: pubkey, digest, signature: sign }))
        this.#refuse('bad-signature', 'the signature of the challenge does not hold');
      else this.#enter(served, pubkey);
    });
  }

  /** @param pubkey a part of what was read from the socket, which may be much more */
  #enter(served: ServedNetwork, pubkey: PublicKey): void {
    const key = publicKeyFrom(new Uint8Array(pubkey));
    const member: Member = {
      key,
      replaced: () => this.#refuse('replaced', 'the same key has joined again'),
      signalled: (from, sealed) => this.#tell({ kind: 'signalled', from, sealed }, signalledFrameBytes + sealed.length),
    };
    if (!served.room.join(member)) {
      this.#refuse('full', 'this relay has no room for another tab of this network');
      return;
    }
    const expires = this.#shared.services().turn.length > 0;
    const renewal = expires ? setInterval(() => this.#tellServices(), renewMs).unref() : undefined;
    this.#state = { kind: 'joined', served, member, renewal };
    this.#tellOthers(served, member, []);
  }

  #tellOthers({ room, archive }: ServedNetwork, member: Member, exclude: readonly PublicKey[]): void {
    this.#tellServices();
    this.#tell({ kind: 'told', others: room.others(member, exclude), archive });
  }

  #tellServices(): void {
    this.#tell({ kind: 'services', ...this.#shared.services() });
  }

  /** @param bytes how long the message is, if that is known */
  #tell(message: RelayMessage, bytes?: number): void {
    this.#socket.send(encode(relayMessages, message, bytes), { binary: true });
    if (this.unreadBytes > mostBufferedBytes) this.#refuse('too-slow', 'what it is sent is not read');
    else if (this.unreadBytes > 0) this.#shared.backlog.sent(this);
  }

  #refuse(code: RefusalCode, reason: string): void {
    if (this.#state.kind === 'ended') return;
    this.#end();
    this.#report(code, reason);
    this.#socket.send(encode(relayMessages, { kind: 'refused', code, reason }), { binary: true });
    this.#socket.close(refusedCode, code);
    const hangUp = setTimeout(() => this.#socket.terminate(), hangUpMs).unref();
    this.#socket.once('close', () => clearTimeout(hangUp));
  }

  #report(code: RefusalCode, reason: string): void {
    this.#shared.reports.refused(code, reason, this.#ends.from);
  }

  #end(): void {
    const state = this.#state;
    this.#state = { kind: 'ended' };
    if (state.kind === 'challenged') clearTimeout(state.timer);
    this.#shared.backlog.forget(this);
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
