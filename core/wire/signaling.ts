/**
 * What a tab and a relay say to each other to bring tabs together (docs/protocol.md, Signaling).
 *
 * Borsh messages, one in each binary WebSocket message. Flow: the relay challenges; the tab joins a room, proving its
 * key; the relay names at most 10 others; from then on it passes sealed signals between members of the room. It can
 * neither read nor change them (seal.ts). Before it names others it says which STUN and TURN servers there are. Nothing
 * here is sent to the reference program.
 */
import {
  byteVector,
  type Codec,
  encode,
  fixedBytes,
  option,
  struct,
  text,
  u16,
  union,
  vector,
} from '../codec/codec.ts';
import { taggedHash } from '../crypto/hash.ts';
import { publicKeyCodec, signatureCodec } from '../crypto/key-codecs.ts';
import { type Hash, type PublicKey, publicKeyBytes, type Signature } from '../crypto/keys.ts';

/** A peer is told of at most this many others (issue 3). */
export const mostTold = 10;
/** An SDP offer with all its candidates is some 2 kB; ten times that is none. */
export const sealedBytes = 32 * 1024;
/** The greatest message either side may send: a signal with its frame. */
export const signalingMessageBytes = sealedBytes + 256;
/** What the relay's message takes besides the signal it passes on: its number, a key, a length. */
export const signalledFrameBytes = 1 + publicKeyBytes + 4;
export const nonceBytes = 32;
/** One for each way through a firewall is three; a browser tries all of them, and grows slow with many. */
export const mostTurnServers = 8;
/** Each text of a TURN server. */
export const turnTextBytes = 256;

const nonceCodec = fixedBytes<Uint8Array>(nonceBytes);
const networkBytes = 64;
const originBytes = 512;
const reasonBytes = 512;

/** Where a tab may have what it sends relayed, and by which right. */
export interface TurnServer {
  /** `turn:host:port?transport=udp` or `turns:host:port` (RFC 7065). */
  readonly url: string;
  readonly username: string;
  readonly credential: string;
}

/** Relay to tab. */
export type RelayMessage =
  | { readonly kind: 'challenge'; readonly nonce: Uint8Array }
  /** Members of the room, without oneself; the archive's key when the relay runs one for this network. */
  | { readonly kind: 'told'; readonly others: readonly PublicKey[]; readonly archive: PublicKey | undefined }
  | { readonly kind: 'signalled'; readonly from: PublicKey; readonly sealed: Uint8Array }
  /** Who was to get a signal is not in the room (any more). */
  | { readonly kind: 'unroutable'; readonly to: PublicKey }
  /** The last message: why the relay closes. */
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string }
  | ({ readonly kind: 'services' } & Services);

/** What a relay has for the tabs that joined it. */
export interface Services {
  /** UDP port on which it answers STUN, on the host it is reached by; undefined when it does not, or only on loopback. */
  readonly stun: number | undefined;
  readonly turn: readonly TurnServer[];
}

/** Tab to relay. */
export type TabMessage =
  | {
      readonly kind: 'join';
      readonly network: string;
      readonly pubkey: PublicKey;
      readonly nonce: Uint8Array;
      readonly origin: string;
      readonly sign: Signature;
    }
  /** Asks to be told of others again, without these. */
  | { readonly kind: 'ask'; readonly exclude: readonly PublicKey[] }
  | { readonly kind: 'signal'; readonly to: PublicKey; readonly sealed: Uint8Array };

const turnText = text(turnTextBytes);
const turnServerCodec = struct({ url: turnText, username: turnText, credential: turnText });

export const relayMessages: Codec<RelayMessage> = union({
  challenge: { number: 0, codec: struct({ nonce: nonceCodec }) },
  told: { number: 1, codec: struct({ others: vector(publicKeyCodec, mostTold), archive: option(publicKeyCodec) }) },
  signalled: { number: 2, codec: struct({ from: publicKeyCodec, sealed: byteVector(sealedBytes) }) },
  unroutable: { number: 3, codec: struct({ to: publicKeyCodec }) },
  refused: { number: 4, codec: struct({ code: text(reasonBytes), reason: text(reasonBytes) }) },
  services: { number: 5, codec: struct({ stun: option(u16), turn: vector(turnServerCodec, mostTurnServers) }) },
});

export const tabMessages: Codec<TabMessage> = union({
  join: {
    number: 0,
    codec: struct({
      network: text(networkBytes),
      pubkey: publicKeyCodec,
      nonce: nonceCodec,
      origin: text(originBytes),
      sign: signatureCodec,
    }),
  },
  ask: { number: 1, codec: struct({ exclude: vector(publicKeyCodec, 64) }) },
  signal: { number: 2, codec: struct({ to: publicKeyCodec, sealed: byteVector(sealedBytes) }) },
});

/** No `stun:` has a query. */
const iceUrl = /^(?:stun(?!.*\?)|turns?):(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::(\d{1,5}))?(?:\?transport=(?:udp|tcp))?$/;

/**
 * Whether a browser takes this as the address of a STUN or TURN server. A connection that is given another one cannot
 * be made at all.
 */
export function isIceUrl(url: string): boolean {
  const [, port = '1'] = iceUrl.exec(url) ?? [undefined, '0'];
  return Number(port) > 0 && Number(port) < 65_536;
}

const challengeContent = struct({
  origin: text(originBytes),
  network: text(networkBytes),
  relayNonce: nonceCodec,
  ownNonce: nonceCodec,
  pubkey: publicKeyCodec,
});

/** What a tab signs to prove its key to one relay, for one network, once (spec/safety.md, Networks and signatures). */
export function challengeDigest(content: {
  readonly origin: string;
  readonly network: string;
  readonly relayNonce: Uint8Array;
  readonly ownNonce: Uint8Array;
  readonly pubkey: PublicKey;
}): Hash {
  return taggedHash('challenge', encode(challengeContent, content));
}
