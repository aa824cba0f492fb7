/**
 * Signaling by a relay: joins its room of this network, proving the key, and passes sealed signals (docs/protocol.md,
 * Signaling).
 *
 * It tries for ever, for a tab may outlive its relay: again after 250 ms, then twice as long each time up to 2 s, and at
 * once when the page or the network comes back. The relay's words are checked as any remote's; it can drop signals, but
 * neither read, change nor invent them.
 */
import { equalBytes } from '../../core/codec/bytes.ts';
import { decode, encode } from '../../core/codec/codec.ts';
import type { Milliseconds } from '../../core/config.ts';
import type { PublicKey } from '../../core/crypto/keys.ts';
import { CodecError } from '../../core/errors.ts';
import { type Random, randomBelow } from '../../core/random.ts';
import type { Signal } from '../../core/wire/seal.ts';
import {
  challengeDigest,
  nonceBytes,
  type RelayMessage,
  relayMessages,
  type TabMessage,
  tabMessages,
} from '../../core/wire/signaling.ts';
import type { PageEvents } from '../page-events.ts';
import type { Timers } from '../timers.ts';
import { iceServersOf } from './ice-servers.ts';
import type { Knock } from './knock.ts';
import type { RelayAddress } from './relay-address.ts';
import { type Party, Seals } from './seals.ts';
import type { Signaling, SignalingEvents } from './signaling.ts';

const firstPauseMs: Milliseconds = 250;
const longestPauseMs: Milliseconds = 2_000;
/** From the first byte to the first list of others. */
const joinTimeoutMs: Milliseconds = 10_000;
/** A relay that does not answer a question within this is gone, whatever the socket says. */
const answerTimeoutMs: Milliseconds = 5_000;
/** Membership that lasted so long was one: the next pause is the first again. */
const steadyMs: Milliseconds = 5_000;

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'pausing'; readonly cancel: () => void }
  | { readonly kind: 'knocking' }
  | Joining
  | { readonly kind: 'joined'; readonly socket: WebSocket; readonly since: Milliseconds; readonly cancel: () => void }
  | { readonly kind: 'closed' };

interface Joining {
  readonly kind: 'joining';
  readonly socket: WebSocket;
  readonly cancel: () => void;
  /** The relay's, once it has come. */
  readonly nonce: Uint8Array | undefined;
  readonly proven: boolean;
}

/** What a tab brings along. */
export interface Surroundings {
  readonly timers: Timers;
  readonly knock: Knock;
  readonly page: PageEvents;
  readonly random: Random;
  readonly open: (url: string) => WebSocket;
}

export class RelaySignaling implements Signaling {
  readonly #relay: RelayAddress;
  readonly #surroundings: Surroundings;
  #self: Party | undefined;
  #seals: Seals | undefined;
  #events: SignalingEvents | undefined;
  #state: State = { kind: 'idle' };
  /** The newest of each, for whoever listens later. */
  #others: readonly PublicKey[] = [];
  #servers: readonly RTCIceServer[] = [];
  #problem: string | undefined;
  #pauseMs = firstPauseMs;
  #stopListening: () => void = () => undefined;

  /** Connects at once; `self` may still be on its way from the disk meanwhile. */
  constructor(relay: RelayAddress, self: Promise<Party>, surroundings: Surroundings) {
    this.#relay = relay;
    this.#surroundings = surroundings;
    this.#stopListening = surroundings.page.onReturn(() => this.#returned());
    void this.#connect();
    self.then(
      (party) => {
        this.#self = party;
        this.#seals = new Seals(party);
        if (this.#state.kind === 'joining') this.#prove(this.#state);
      },
      // Whoever awaits it too says why.
      () => this.close(),
    );
  }

  start(events: SignalingEvents): void {
    this.#events = events;
    if (this.#problem !== undefined) events.problem(problemCode, this.#problem);
    events.served(this.#servers);
    if (this.#others.length > 0) events.told(this.#others);
  }

  send(to: PublicKey, signal: Signal): boolean {
    if (this.#state.kind !== 'joined') return false;
    const sealed = this.#seals?.seal(to, signal);
    if (sealed === undefined) return false;
    this.#say(this.#state.socket, { kind: 'signal', to, sealed });
    return true;
  }

  ask(): void {
    const state = this.#state;
    if (state.kind !== 'joined') return;
    state.cancel();
    const cancel = this.#surroundings.timers.after(answerTimeoutMs, () => this.#failed('it does not answer'));
    this.#state = { ...state, cancel };
    this.#say(state.socket, { kind: 'ask', exclude: [] });
  }

  close(): void {
    this.#stopListening();
    this.#leaveState();
    this.#state = { kind: 'closed' };
  }

  async #connect(): Promise<void> {
    const { knock, timers, open } = this.#surroundings;
    const knocking: State = { kind: 'knocking' };
    this.#state = knocking;
    const answers = await knock.answers(this.#relay.signal);
    if (this.#state !== knocking) return;
    if (!answers) return this.#failed('nothing answers there');
    try {
      const socket = open(this.#relay.signal);
      const cancel = timers.after(joinTimeoutMs, () => this.#failed('it does not answer'));
      this.#state = { kind: 'joining', socket, cancel, nonce: undefined, proven: false };
      this.#listen(socket);
    } catch {
      this.#failed('this page may not connect to it');
    }
  }

  #listen(socket: WebSocket): void {
    const { knock } = this.#surroundings;
    let refusal: string | undefined;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => knock.opened(this.#relay.signal);
    socket.onmessage = ({ data }) => {
      const message = decoded(data);
      if (message === undefined) this.#failed('it says what no relay says');
      else if (message.kind === 'refused') refusal = `it says: ${message.reason}`;
      else this.#heard(message);
    };
    socket.onclose = ({ wasClean }) => {
      if (!wasClean) knock.failed(this.#relay.signal);
      this.#failed(refusal ?? 'the connection ended');
    };
  }

  #heard(message: Exclude<RelayMessage, { kind: 'refused' }>): void {
    const state = this.#state;
    if (message.kind === 'services') {
      this.#servers = iceServersOf(this.#relay, message);
      this.#events?.served(this.#servers);
      return;
    }
    if (state.kind === 'joining') {
      if (message.kind === 'challenge' && state.nonce === undefined) this.#prove({ ...state, nonce: message.nonce });
      else if (message.kind === 'told' && state.proven) this.#joined(state, message.others);
      else this.#failed('it says what no relay says');
      return;
    }
    if (state.kind !== 'joined') return;
    state.cancel();
    if (message.kind === 'told') this.#told(message.others);
    else if (message.kind === 'unroutable') this.#events?.unroutable(message.to);
    else if (message.kind === 'signalled') this.#signalled(message.from, message.sealed);
    else this.#failed('it says what no relay says');
  }

  /** Joins, when it is known both what the relay asks and who we are. */
  #prove(joining: Joining): void {
    this.#state = joining;
    if (this.#self === undefined || joining.nonce === undefined) return;
    const { network, publicKey: pubkey, secret, curve, random } = this.#self;
    const { origin } = this.#relay;
    const nonce = random(nonceBytes);
    const digest = challengeDigest({ origin, network, relayNonce: joining.nonce, ownNonce: nonce, pubkey });
    const sign = curve.sign(digest, secret, random(32));
    this.#state = { ...joining, proven: true };
    this.#say(joining.socket, { kind: 'join', network, pubkey, nonce, origin, sign });
  }

  #joined({ socket, cancel }: Joining, others: readonly PublicKey[]): void {
    cancel();
    this.#state = { kind: 'joined', socket, since: performance.now(), cancel: () => undefined };
    this.#tellProblem(undefined);
    this.#told(others);
  }

  #told(others: readonly PublicKey[]): void {
    const own = this.#self?.publicKey;
    this.#others = others.filter((other) => own === undefined || !equalBytes(other, own));
    this.#events?.told(this.#others);
  }

  #signalled(from: PublicKey, sealed: Uint8Array): void {
    const signal = this.#seals?.open(from, sealed);
    if (signal !== undefined) this.#events?.signalled(from, signal);
  }

  #failed(reason: string): void {
    if (this.#state.kind === 'closed') return;
    const wasSteady = this.#state.kind === 'joined' && performance.now() - this.#state.since > steadyMs;
    if (wasSteady) this.#pauseMs = firstPauseMs;
    this.#leaveState();
    const { random, timers } = this.#surroundings;
    // Tabs that lost their relay at the same moment do not all come back at the same moment.
    const pauseMs = this.#pauseMs * (0.75 + randomBelow(random, 500) / 1_000);
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
    this.#state = { kind: 'pausing', cancel: timers.after(pauseMs, () => void this.#connect()) };
    this.#tellProblem(`The relay ${this.#relay.origin} cannot be reached: ${reason}.`);
  }

  #tellProblem(message: string | undefined): void {
    this.#problem = message;
    this.#events?.problem(problemCode, message);
  }

  #returned(): void {
    if (this.#state.kind === 'joined') this.ask();
    if (this.#state.kind !== 'pausing') return;
    this.#state.cancel();
    void this.#connect();
  }

  #leaveState(): void {
    const state = this.#state;
    if (state.kind === 'pausing' || state.kind === 'joining' || state.kind === 'joined') state.cancel();
    if (state.kind !== 'joining' && state.kind !== 'joined') return;
    const { socket } = state;
    socket.onmessage = null;
    socket.onclose = null;
    // Closing a socket that still connects makes noise in the console, so it is closed when it opens.
    socket.onopen = () => socket.close(1000);
    if (socket.readyState === socketOpen) socket.close(1000);
  }

  #say(socket: WebSocket, message: TabMessage): void {
    socket.send(encode(tabMessages, message) as Uint8Array<ArrayBuffer>);
  }
}

const problemCode = 'relay-unreachable';
/** WebSocket.OPEN */
const socketOpen = 1;

/** Undefined for what is no message of a relay. */
function decoded(data: unknown): RelayMessage | undefined {
  if (!(data instanceof ArrayBuffer)) return undefined;
  try {
    return decode(relayMessages, new Uint8Array(data));
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
