/**
 * What a tab and a relay say to each other before the relay carries a TCP connection (docs/protocol.md, Bridge).
 *
 * Borsh messages, one in each binary WebSocket message. Flow: the relay challenges; the tab proves its key and asks for a
 * connection to `host:port`, or for a port of its own; or it takes up a connection that has come to that port, by its
 * ticket. After `opened` a socket carries the connection's bytes and nothing else. Nothing here is sent to the reference
 * program.
 */
import { bool, type Codec, encode, fixedBytes, struct, text, union } from '../codec/codec.ts';
import { taggedHash } from '../crypto/hash.ts';
import { publicKeyCodec, signatureCodec } from '../crypto/key-codecs.ts';
import type { Hash, PublicKey, Signature } from '../crypto/keys.ts';
import { nonceBytes } from './signaling.ts';

/** The longest `host:port`: a name of 253 characters (RFC 1035), and a port. */
export const addressBytes = 259;
export const ticketBytes = 16;
/** The greatest message either side may send before `opened`. */
export const bridgingMessageBytes = 2_048;

const nonceCodec = fixedBytes<Uint8Array>(nonceBytes);
const ticketCodec = fixedBytes<Uint8Array>(ticketBytes);
const networkBytes = 64;
const originBytes = 512;
const reasonBytes = 512;

/** Relay to tab. */
export type BridgeMessage =
  | { readonly kind: 'challenge'; readonly nonce: Uint8Array }
  /** From now on this socket carries the connection. */
  | { readonly kind: 'opened' }
  /** The tab's own port, for as long as this socket is open. */
  | { readonly kind: 'leased'; readonly address: string }
  /** Somebody has dialled that port. @param from `host:port` */
  | { readonly kind: 'called'; readonly ticket: Uint8Array; readonly from: string }
  /** The last message: why the relay closes. */
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string };

/** Who asks, and that it is asked of this relay and now. */
export interface BridgeProof {
  readonly network: string;
  readonly pubkey: PublicKey;
  readonly nonce: Uint8Array;
  readonly origin: string;
  readonly sign: Signature;
}

export type Wish =
  /** @param byProxy by the relay's proxy or not at all */
  { readonly kind: 'dial'; readonly target: string; readonly byProxy: boolean } | { readonly kind: 'lease' };

/** Tab to relay. */
export type BridgingMessage =
  | { readonly kind: 'ask'; readonly proof: BridgeProof; readonly wish: Wish }
  | { readonly kind: 'take'; readonly ticket: Uint8Array };

export const bridgeMessages: Codec<BridgeMessage> = union({
  challenge: { number: 0, codec: struct({ nonce: nonceCodec }) },
  opened: { number: 1, codec: struct({}) },
  leased: { number: 2, codec: struct({ address: text(addressBytes) }) },
  called: { number: 3, codec: struct({ ticket: ticketCodec, from: text(addressBytes) }) },
  refused: { number: 4, codec: struct({ code: text(reasonBytes), reason: text(reasonBytes) }) },
});

const wishCodec: Codec<Wish> = union({
  dial: { number: 0, codec: struct({ target: text(addressBytes), byProxy: bool }) },
  lease: { number: 1, codec: struct({}) },
});

const proofCodec = struct({
  network: text(networkBytes),
  pubkey: publicKeyCodec,
  nonce: nonceCodec,
  origin: text(originBytes),
  sign: signatureCodec,
});

export const bridgingMessages: Codec<BridgingMessage> = union({
  ask: { number: 0, codec: struct({ proof: proofCodec, wish: wishCodec }) },
  take: { number: 1, codec: struct({ ticket: ticketCodec }) },
});

const bridgeContent = struct({
  origin: text(originBytes),
  network: text(networkBytes),
  relayNonce: nonceCodec,
  ownNonce: nonceCodec,
  pubkey: publicKeyCodec,
  wish: wishCodec,
});

/** What a tab signs to have one wish fulfilled by one relay, once (spec/safety.md, Networks and signatures). */
export function bridgeDigest(content: {
  readonly origin: string;
  readonly network: string;
  readonly relayNonce: Uint8Array;
  readonly ownNonce: Uint8Array;
  readonly pubkey: PublicKey;
  readonly wish: Wish;
}): Hash {
  return taggedHash('bridge', encode(bridgeContent, content));
}
