/**
 * A tab's visits to the bridge's door of a relay: each a WebSocket that is told one wish, with a proof of the tab's key.
 *
 * It says what was answered and grants nothing; the relay's words are checked as any remote's.
 */
import { decode, encode } from '../../core/codec/codec.ts';
import type { Milliseconds } from '../../core/config.ts';
import { CodecError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import {
  type BridgeMessage,
  type BridgingMessage,
  bridgeDigest,
  bridgeMessages,
  bridgingMessages,
  type Wish,
} from '../../core/wire/bridging.ts';
import { nonceBytes } from '../../core/wire/signaling.ts';
import type { Timers } from '../timers.ts';
import type { Knock } from './knock.ts';
import type { RelayAddress } from './relay-address.ts';
import type { Party } from './seals.ts';

/** What a tab brings along. */
export interface Surroundings {
  readonly timers: Timers;
  readonly knock: Knock;
  readonly random: Random;
  readonly open: (url: string) => WebSocket;
}

/** What the relay may answer; whatever else it says ends the visit. */
export interface VisitEvents {
  /** The socket is the connection's now: whoever takes it sets its listeners before this returns. */
  readonly opened?: (socket: WebSocket) => void;
  readonly told?: (message: Extract<BridgeMessage, { kind: 'leased' | 'called' }>) => void;
  /** Exactly once, but not after `opened` or `end`. */
  readonly ended: (reason: string, isRefused: boolean) => void;
}

export interface Visit {
  /** Nothing is told any more. */
  end(): void;
  /** The relay has answered otherwise than it may: the visit has ended. */
  fail(): void;
}

const nonsense = 'the relay says what no relay says';

type Spoken = Wish | Extract<BridgingMessage, { kind: 'take' }>;

export class BridgeDoor {
  readonly #relay: RelayAddress;
  readonly #party: Promise<Party>;
  readonly #surroundings: Surroundings;

  constructor(relay: RelayAddress, party: Promise<Party>, surroundings: Surroundings) {
    this.#relay = relay;
    this.#party = party;
    this.#surroundings = surroundings;
  }

  /** @param timeoutMs to the first answer; undefined: as long as the relay lets it wait */
  visit(spoken: Spoken, timeoutMs: Milliseconds | undefined, events: VisitEvents): Visit {
    const { timers, knock } = this.#surroundings;
    let socket: WebSocket | undefined;
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      if (socket !== undefined) hangUp(socket);
    };
    const fail = (reason: string, isRefused = false): void => {
      if (isOver) return;
      end();
      events.ended(reason, isRefused);
    };
    const late = (): void => fail('the relay does not answer');
    const cancel = timeoutMs === undefined ? () => undefined : timers.after(timeoutMs, late);
    const heard = async (message: BridgeMessage | undefined, from: WebSocket): Promise<void> => {
      if (message === undefined) return fail(nonsense);
      switch (message.kind) {
        case 'challenge': {
          const answer = await this.#answer(spoken, message.nonce);
          if (!isOver) from.send(encode(bridgingMessages, answer) as Uint8Array<ArrayBuffer>);
          return;
        }
        case 'opened':
          if (events.opened === undefined) return fail(nonsense);
          isOver = true;
          cancel();
          return events.opened(from);
        case 'refused':
          return fail(message.reason, true);
        default:
          if (events.told === undefined) return fail(nonsense);
          return events.told(message);
      }
    };
    void knock.answers(this.#relay.bridge).then((answers) => {
      if (isOver) return;
      socket = answers ? this.#opened() : undefined;
      if (socket === undefined) return fail('the relay cannot be reached');
      const opened = socket;
      opened.onopen = () => knock.opened(this.#relay.bridge);
      opened.onmessage = ({ data }) => void heard(decoded(data), opened);
      opened.onclose = ({ wasClean }) => {
        if (!wasClean) knock.failed(this.#relay.bridge);
        fail('the relay cannot be reached');
      };
    });
    return { end, fail: () => fail(nonsense) };
  }

  /** Undefined when the page may not go there. */
  #opened(): WebSocket | undefined {
    try {
      const socket = this.#surroundings.open(this.#relay.bridge);
      socket.binaryType = 'arraybuffer';
      return socket;
    } catch {
      return undefined;
    }
  }

  async #answer(spoken: Spoken, relayNonce: Uint8Array): Promise<BridgingMessage> {
    if (spoken.kind === 'take') return spoken;
    const { network, publicKey: pubkey, secret, curve, random } = await this.#party;
    const { origin } = this.#relay;
    const nonce = random(nonceBytes);
    const digest = bridgeDigest({ origin, network, relayNonce, ownNonce: nonce, pubkey, wish: spoken });
    const proof = { network, pubkey, nonce, origin, sign: curve.sign(digest, secret, random(32)) };
    return { kind: 'ask', proof, wish: spoken };
  }
}

/** Closing a socket that still connects makes noise in the console, so it is closed when it opens. */
function hangUp(socket: WebSocket): void {
  socket.onmessage = null;
  socket.onclose = null;
  socket.onopen = () => socket.close(1000);
  if (socket.readyState === socket.OPEN) socket.close(1000);
}

/** Undefined for what is no message of a relay. */
function decoded(data: unknown): BridgeMessage | undefined {
  if (!(data instanceof ArrayBuffer)) return undefined;
  try {
    return decode(bridgeMessages, new Uint8Array(data));
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
