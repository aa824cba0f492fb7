/**
 * The extension carrier: our own messages inside `RequestNeighbours { count: 0, exclude }`, which both kinds of reference
 * peer ignore (spec/safety.md, The extension carrier; docs/protocol.md, Extension carrier).
 *
 * A message is cut into 33-byte items. The first begins with 0, as no key does, so a list of keys is never taken for one.
 * Types that are not known here are passed over, whatever they hold; a message of a known type must be exactly one
 * canonical value. It says nothing of who may send what.
 */
import { equalBytes, utf8Bytes } from '../codec/bytes.ts';
import { type Codec, decode, encode, option, struct, text, u32, u64 } from '../codec/codec.ts';
import { publicKeyCodec } from '../crypto/key-codecs.ts';
import { type PublicKey, publicKeyBytes } from '../crypto/keys.ts';
import { CodecError, invariant } from '../errors.ts';
import { type Vote, voteCodec } from '../finality/votes.ts';
import { type CarriedBeacon, carriedBeaconCodec } from './beacon.ts';
import {
  type Acknowledgement,
  acknowledgementCodec,
  type BlockBatch,
  type BlocksWanted,
  blockBatchCodec,
  blocksWantedCodec,
  type Head,
  headCodec,
  type ItemsWanted,
  itemsWantedCodec,
  type PoolDigest,
  poolDigestCodec,
} from './holdings.ts';

/** What each of ours says first of all its frames (spec/safety.md, The extension carrier). */
export interface Hello {
  readonly kind: 'hello';
  readonly network: string;
  /** A bit for each thing that not every version of ours can do; there is none yet. */
  readonly features: number;
  /** The key of this link's upgrade; undefined in `gcm-siv`, where there is none. */
  readonly ephemeral: PublicKey | undefined;
}

export type ExtensionMessage =
  | Hello
  /** Asks for a sign of life; any number. */
  | { readonly kind: 'ping'; readonly nonce: bigint }
  /** The answer, with the ping's number. */
  | { readonly kind: 'pong'; readonly nonce: bigint }
  | ({ readonly kind: 'head' } & Head)
  | ({ readonly kind: 'acknowledgement' } & Acknowledgement)
  /** Of a member of the committee (finality/). */
  | { readonly kind: 'vote'; readonly vote: Vote }
  | ({ readonly kind: 'blocksWanted' } & BlocksWanted)
  | ({ readonly kind: 'blocks' } & BlockBatch)
  | ({ readonly kind: 'poolDigest' } & PoolDigest)
  | ({ readonly kind: 'itemsWanted' } & ItemsWanted)
  | ({ readonly kind: 'beacon' } & CarriedBeacon);

/** Longer messages are cut by whoever makes them: the first item holds 23 bytes of it, each other one 33. */
export const mostExtensionItems = 16_384;

/** A network's name has at most 64 characters (config.ts), each a byte. */
const networkBytes = 64;

/** The number of each message, as docs/protocol.md lists them, and its fields. */
const types: { readonly [K in ExtensionMessage['kind']]: Type<Extract<ExtensionMessage, { kind: K }>> } = {
  hello: {
    number: 1,
    codec: struct({ network: text(networkBytes), features: u32, ephemeral: option(publicKeyCodec) }),
  },
  ping: { number: 2, codec: struct({ nonce: u64 }) },
  pong: { number: 3, codec: struct({ nonce: u64 }) },
  head: { number: 4, codec: headCodec },
  acknowledgement: { number: 5, codec: acknowledgementCodec },
  vote: { number: 6, codec: struct({ vote: voteCodec }) },
  blocksWanted: { number: 7, codec: blocksWantedCodec },
  blocks: { number: 8, codec: blockBatchCodec },
  poolDigest: { number: 9, codec: poolDigestCodec },
  itemsWanted: { number: 10, codec: itemsWantedCodec },
  beacon: { number: 11, codec: carriedBeaconCodec },
};

/** As it is said to one of ours. */
export function extensionSaying(message: ExtensionMessage) {
  return { kind: 'requestNeighbours', count: 0, exclude: packExtension(message) } as const;
}

/** The items to send as `exclude` with count 0. */
export function packExtension(message: ExtensionMessage): PublicKey[] {
  const { number, codec } = types[message.kind] as Type<ExtensionMessage>;
  const payload = encode(codec as Codec<ExtensionMessage>, message);
  const count = 1 + Math.max(0, Math.ceil((payload.length - firstBytes) / publicKeyBytes));
  invariant(count <= mostExtensionItems, 'an extension message fits into the carrier');
  const whole = new Uint8Array(count * publicKeyBytes);
  whole.set(mark);
  whole[mark.length] = number;
  new DataView(whole.buffer).setUint32(mark.length + 1, payload.length, true);
  whole.set(payload, headerBytes);
  return Array.from({ length: count }, (_, place) => itemOf(whole, place));
}

/**
 * @returns undefined when the items are no extension message, or one of a version or type that is not known here
 * @throws CodecError when it is one and is not canonical: only the neighbour itself can have made it
 */
export function unpackExtension(items: readonly Uint8Array[]): ExtensionMessage | undefined {
  const [first] = items;
  if (first === undefined || !equalBytes(first.subarray(0, mark.length), mark)) return undefined;
  const found = byNumber.get(first[mark.length] as number);
  if (found === undefined) return undefined;
  const length = new DataView(first.buffer, first.byteOffset, first.length).getUint32(mark.length + 1, true);
  const count = 1 + Math.max(0, Math.ceil((length - firstBytes) / publicKeyBytes));
  if (count !== items.length) throw new CodecError('truncated', `${length} bytes in ${items.length} items`);
  const whole = new Uint8Array(count * publicKeyBytes);
  items.forEach((item, place) => {
    whole.set(item, place * publicKeyBytes);
  });
  if (whole.subarray(headerBytes + length).some((byte) => byte !== 0)) {
    throw new CodecError('trailing', 'what fills the last item is not zero');
  }
  const [kind, codec] = found;
  return { kind, ...decode(codec, whole.subarray(headerBytes, headerBytes + length)) } as ExtensionMessage;
}

/** @returns the asker's number for the question that this is a part of the answer to, of whatever it is worth inside */
export function questionAnswered(items: readonly Uint8Array[]): number | undefined {
  const [first] = items;
  if (first === undefined || !equalBytes(first.subarray(0, mark.length), mark)) return undefined;
  if (first[mark.length] !== types.blocks.number) return undefined;
  return new DataView(first.buffer, first.byteOffset, first.length).getUint32(headerBytes, true);
}

interface Type<T> {
  readonly number: number;
  readonly codec: Codec<Omit<T, 'kind'>>;
}

/** 0, `mcx`, version 1. */
const mark = Uint8Array.of(0, ...utf8Bytes('mcx'), 1);
/** And the type, and the length of the payload as u32. */
const headerBytes = mark.length + 1 + 4;
const firstBytes = publicKeyBytes - headerBytes;

const byNumber = new Map(
  Object.entries(types).map(([kind, { number, codec }]) => [number, [kind, codec as Codec<object>] as const]),
);

function itemOf(whole: Uint8Array, place: number): PublicKey {
  return whole.subarray(place * publicKeyBytes, (place + 1) * publicKeyBytes) as PublicKey;
}
