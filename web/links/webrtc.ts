/**
 * Links between tabs by WebRTC, reached by key: `<key>.webrtc.invalid:1` (core/network/addresses.ts).
 *
 * A call is an offer with a fresh id; answers and candidates carry it, and an id is taken once, so that nothing a relay
 * replays makes a connection. When two call each other at the same moment the offer of the smaller key counts. At most
 * 12 connections live and in setup, 6 in setup: browsers keep few, and a caller who is turned away hears so at once.
 * ICE servers are those the user and the relay gave, never simple-peer's (design.md, Links and addresses).
 */
import { bytesToHex } from '../../core/codec/bytes.ts';
import type { Milliseconds } from '../../core/config.ts';
import { keyHex, type PublicKey, type PublicKeyHex } from '../../core/crypto/keys.ts';
import { LinkError } from '../../core/errors.ts';
import type { Link, Transport, TransportEvents } from '../../core/link.ts';
import { signaledAddress, signaledKey } from '../../core/network/addresses.ts';
import type { Random } from '../../core/random.ts';
import { callBytes, type Signal } from '../../core/wire/seal.ts';
import type { PageEvents } from '../page-events.ts';
import type { Timers } from '../timers.ts';
import { Connection } from './connection.ts';
import { RtcLink } from './rtc-link.ts';
import type { Signaling } from './signaling.ts';

/** Chromium refuses to make more than some hundreds in one process, closed ones not yet collected included. */
const mostConnections = 12;
const mostInSetup = 6;
/** How long an answer given here may take to become a link; a caller sets its own limit. */
const answeredSetupMs: Milliseconds = 10_000;
/** Offers remembered so that they count once. A relay would have to keep one for longer than it matters. */
const mostCallsSeen = 4_096;
/** How often an offer is said again to somebody who seems not to know it. */
const mostRepeats = 3;
/** A tab without any link of this kind asks its relay for others so often. */
const askAgainMs: Milliseconds = 10_000;
const spareMs: Milliseconds = 10_000;

type CallHex = string;

interface Call {
  readonly id: Uint8Array;
  readonly remote: PublicKey;
  readonly link: RtcLink;
  /** The other side has answered, or has called. */
  answered: boolean;
  /** What was signalled of a call of ours, for saying it again. */
  readonly said: Omit<Signal, 'call'>[];
  repeats: number;
  /** Undefined once it is a link. */
  setup: Setup | undefined;
}

/** Who waits for a call to become a link, and until when. */
interface Setup {
  readonly deadline: Milliseconds;
  readonly cancelTimeout: () => void;
  readonly outcome: Outcome;
}

interface Outcome {
  readonly succeeded: (link: Link) => void;
  readonly failed: (error: LinkError) => void;
}

export interface WebRtcOptions {
  readonly publicKey: PublicKey;
  readonly random: Random;
  readonly iceServers: readonly RTCIceServer[];
  readonly timers: Timers;
  readonly page: PageEvents;
  /** An offer begun before it was known to whom, for the first call: it saves a third of the way to the first link. */
  readonly spare?: Connection;
}

export class WebRtcTransport implements Transport {
  readonly #signaling: Signaling;
  readonly #options: WebRtcOptions;
  readonly #ownKey: PublicKeyHex;
  readonly #calls = new Map<CallHex, Call>();
  readonly #seen = new Set<CallHex>();
  readonly #supported = typeof RTCPeerConnection === 'function';
  #events: TransportEvents | undefined;
  #spare: Connection | undefined;
  #iceServers: readonly RTCIceServer[];
  #stopListening: () => void = () => undefined;
  #cancelAsking: () => void = () => undefined;

  constructor(signaling: Signaling, options: WebRtcOptions) {
    this.#signaling = signaling;
    this.#options = options;
    this.#ownKey = keyHex(options.publicKey);
    this.#spare = options.spare;
    this.#iceServers = options.iceServers;
  }

  /** Connections live and in setup. */
  get connections(): number {
    return this.#calls.size;
  }

  reaches(address: string): boolean {
    return this.#supported && signaledKey(address) !== undefined;
  }

  start(events: TransportEvents): void {
    this.#events = events;
    if (!this.#supported) {
      events.problem('no-webrtc', 'This browser has no WebRTC, so this tab cannot link to other tabs.');
      return;
    }
    this.#signaling.start({
      served: (servers) => this.#served(servers),
      told: (others) => events.discovered(others.map(signaledAddress)),
      signalled: (from, signal) => this.#signalled(from, signal),
      unroutable: (to) => this.#unroutable(to),
      problem: (code, message) => events.problem(code, message),
    });
    this.#stopListening = this.#options.page.onLeave(() => this.#endAll('the page was left'));
    this.#askAgain();
    // What it has found out about the network grows old.
    this.#options.timers.after(spareMs, () => this.#takeSpare()?.destroy('nobody was called'));
  }

  dial(address: string, timeoutMs: Milliseconds): Promise<Link> {
    return new Promise((succeeded, failed) => {
      const remote = signaledKey(address);
      const refusal = remote === undefined ? 'it is no address of a tab' : this.#refusal(remote);
      if (remote === undefined || refusal !== undefined) {
        return failed(new LinkError('refused', `${address} is not called: ${refusal}`));
      }
      this.#begin(this.#options.random(callBytes), remote, true, timeoutMs, { succeeded, failed });
    });
  }

  close(): void {
    this.#stopListening();
    this.#cancelAsking();
    // A link's end is said over the link itself, so signaling may go first.
    this.#signaling.close();
    this.#takeSpare()?.destroy('the peer was closed');
    for (const { link, setup } of [...this.#calls.values()]) {
      if (setup === undefined) link.close('the peer was closed');
      else link.connection.destroy('the peer was closed');
    }
  }

  /** Why this key is not called now. */
  #refusal(remote: PublicKey): string | undefined {
    if (keyHex(remote) === this.#ownKey) return 'it is this tab';
    if (this.#ownCallTo(remote) !== undefined) return 'it is being called already';
    return this.#hasRoom() ? undefined : 'there are as many connections as a tab may have';
  }

  #hasRoom(): boolean {
    const inSetup = [...this.#calls.values()].filter(({ setup }) => setup !== undefined).length;
    return this.#calls.size < mostConnections && inSetup < mostInSetup;
  }

  #ownCallTo(remote: PublicKey): Call | undefined {
    const key = keyHex(remote);
    return [...this.#calls.values()].find(
      ({ link, setup }) => link.dialled && link.remote === key && setup !== undefined,
    );
  }

  #begin(id: Uint8Array, remote: PublicKey, dialled: boolean, timeoutMs: Milliseconds, outcome: Outcome): Call {
    const { timers } = this.#options;
    const link = new RtcLink(keyHex(remote), dialled, this.#connection(dialled), timers, {
      signal: (type, body) => this.#signal(call, type, body),
      opened: () => this.#opened(call),
      ended: (reason) => this.#ended(call, reason),
    });
    // One's own ids too: whoever is called knows it, and may call back with it.
    this.#remember(bytesToHex(id));
    const deadline = performance.now() + timeoutMs;
    const cancelTimeout = timers.after(timeoutMs, () => this.#giveUp(call, 'timed-out', 'the time is over'));
    const setup = { deadline, cancelTimeout, outcome };
    const call: Call = { id, remote, link, answered: !dialled, said: [], repeats: 0, setup };
    this.#calls.set(bytesToHex(id), call);
    return call;
  }

  #connection(initiator: boolean): Connection {
    const spare = initiator ? this.#takeSpare() : undefined;
    return spare ?? new Connection(initiator, this.#iceServers, this.#options.timers);
  }

  #served(servers: readonly RTCIceServer[]): void {
    const iceServers = [...this.#options.iceServers, ...servers];
    if (JSON.stringify(iceServers) === JSON.stringify(this.#iceServers)) return;
    this.#iceServers = iceServers;
    const spare = this.#takeSpare();
    if (spare === undefined) return;
    spare.destroy('there are other ICE servers now');
    // Once: a relay that tells of others all the time must not use up what a browser has of connections.
    if (spare === this.#options.spare) this.#spare = this.#connection(true);
  }

  #takeSpare(): Connection | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare?.ended === false ? spare : undefined;
  }

  #signal(call: Call, type: Signal['type'], body: string): void {
    if (call.link.dialled && call.setup !== undefined) call.said.push({ type, body });
    const sent = this.#signaling.send(call.remote, { call: call.id, type, body });
    if (!sent && type === 'offer') this.#giveUp(call, 'unreachable', 'no relay is there to carry the call');
  }

  #sayAgain(call: Call): void {
    if (++call.repeats > mostRepeats) return;
    for (const { type, body } of call.said) this.#signaling.send(call.remote, { call: call.id, type, body });
  }

  #opened(call: Call): void {
    const outcome = this.#takeOutcome(call);
    if (outcome === undefined) call.link.connection.destroy('it opened too late');
    else outcome.succeeded(call.link);
  }

  #ended(call: Call, reason: string): void {
    this.#calls.delete(bytesToHex(call.id));
    this.#takeOutcome(call)?.failed(failure(call, 'unreachable', reason));
  }

  #giveUp(call: Call, code: LinkError['code'], reason: string): void {
    this.#takeOutcome(call)?.failed(failure(call, code, reason));
    call.link.connection.destroy(reason);
  }

  /** What becomes of a call is said once, by whoever takes it from here. */
  #takeOutcome(call: Call): Outcome | undefined {
    const { setup } = call;
    call.setup = undefined;
    setup?.cancelTimeout();
    return setup?.outcome;
  }

  #signalled(from: PublicKey, signal: Signal): void {
    if (signal.type === 'offer') this.#called(from, signal);
    const call = this.#calls.get(bytesToHex(signal.call));
    // Who is not part of a call has no say in it.
    if (call === undefined || call.link.remote !== keyHex(from)) return;
    if (signal.type === 'candidate') call.link.connection.addCandidate(signal.body);
    if (!call.link.dialled || call.answered) return;
    if (signal.type === 'decline') this.#giveUp(call, 'refused', 'it has no room for another link');
    if (signal.type !== 'answer') return;
    call.answered = true;
    call.link.connection.describe('answer', signal.body);
  }

  #called(from: PublicKey, { call: id, body }: Signal): void {
    const key = bytesToHex(id);
    if (this.#seen.has(key) || this.#calls.has(key)) return;
    this.#remember(key);
    let timeoutMs = answeredSetupMs;
    let outcome: Outcome = { succeeded: (link) => this.#events?.accepted(link), failed: () => undefined };
    const own = this.#ownCallTo(from);
    if (own?.setup !== undefined) {
      // Who calls after having answered has been reloaded in between.
      if (!own.answered && this.#ownKey < own.link.remote) {
        // Ours counts; but it may have gone to the page that was there before a reload.
        this.#sayAgain(own);
        return;
      }
      // Theirs counts. Who waits for ours gets it.
      timeoutMs = own.setup.deadline - performance.now();
      outcome = this.#takeOutcome(own) ?? outcome;
      own.link.connection.destroy('the other side called at the same moment');
    }
    if (this.#hasRoom()) {
      this.#begin(id, from, false, timeoutMs, outcome).link.connection.describe('offer', body);
    } else {
      this.#signaling.send(from, { call: id, type: 'decline', body: '' });
      outcome.failed(new LinkError('refused', 'there are as many connections as a tab may have'));
    }
  }

  #remember(id: CallHex): void {
    const [oldest] = this.#seen;
    if (this.#seen.size >= mostCallsSeen && oldest !== undefined) this.#seen.delete(oldest);
    this.#seen.add(id);
  }

  #unroutable(to: PublicKey): void {
    const call = this.#ownCallTo(to);
    if (call?.answered === false) this.#giveUp(call, 'unreachable', 'it is not at the relay');
  }

  #askAgain(): void {
    this.#cancelAsking = this.#options.timers.after(askAgainMs, () => {
      if (this.#calls.size === 0) this.#signaling.ask();
      this.#askAgain();
    });
  }

  #endAll(reason: string): void {
    this.#takeSpare()?.destroy(reason);
    for (const { link } of [...this.#calls.values()]) link.connection.destroy(reason);
  }
}

function failure({ link, answered }: Call, code: LinkError['code'], reason: string): LinkError {
  const hint = 'it answered, but the two found no way to each other; a TURN server may help';
  return new LinkError(code, answered ? `${link.address}: ${hint} (${reason})` : `${link.address}: ${reason}`);
}
