/**
 * The two dialects: which variant is which message, and how frames are cut (spec/wire.md, Two dialects, Messages).
 *
 * Unknown variants are refused, for they end a reference connection too. A message that a dialect does not have cannot
 * be said in it: `speaks` tells.
 */
import { blockCodec } from '../chain/block.ts';
import { dataCodec } from '../chain/data.ts';
import { type Codec, struct, union } from '../codec/codec.ts';
import { cbcFraming } from './cbc-framing.ts';
import type { Framing } from './framing.ts';
import { gcmSivFraming } from './gcm-siv-framing.ts';
import {
  cbcGreetingCodec,
  gcmSivGreetingCodec,
  introduceNeighboursCodec,
  keepAliveCodec,
  keyCodec,
  type Message,
  requestBlocksCodec,
  requestNeighboursCodec,
} from './messages.ts';

export type DialectName = 'cbc' | 'gcm-siv';

export function otherDialect(name: DialectName): DialectName {
  return name === 'cbc' ? 'gcm-siv' : 'cbc';
}

export interface Dialect {
  readonly name: DialectName;
  readonly messages: Codec<Message>;
  /** The variant before an encoded block: a block read from a store is sent without decoding it. */
  readonly requestedBlockVariant: number;
  readonly shareBlockVariant: number;
  readonly framing: Framing;
}

export function speaks({ name }: Dialect, kind: Message['kind']): boolean {
  return kind !== (name === 'cbc' ? 'announce' : 'keepAlive') && !(name === 'cbc' && kind === 'leave');
}

const blockMessage = struct({ block: blockCodec });
const shareData = struct({ data: dataCodec });

export const cbcMessages = union({
  greeting: { number: 0, codec: cbcGreetingCodec },
  keepAlive: { number: 1, codec: keepAliveCodec },
  shareData: { number: 2, codec: shareData },
  requestBlocks: { number: 3, codec: requestBlocksCodec },
  requestedBlock: { number: 4, codec: blockMessage },
  shareBlock: { number: 5, codec: blockMessage },
  requestNeighbours: { number: 6, codec: requestNeighboursCodec },
  introduceNeighbours: { number: 7, codec: introduceNeighboursCodec },
}) as Codec<Message>;

export const gcmSivMessages = union({
  greeting: { number: 0, codec: gcmSivGreetingCodec },
  shareData: { number: 1, codec: shareData },
  requestBlocks: { number: 2, codec: requestBlocksCodec },
  requestedBlock: { number: 3, codec: blockMessage },
  shareBlock: { number: 4, codec: blockMessage },
  requestNeighbours: { number: 5, codec: requestNeighboursCodec },
  introduceNeighbours: { number: 6, codec: introduceNeighboursCodec },
  announce: { number: 7, codec: keyCodec },
  leave: { number: 8, codec: keyCodec },
}) as Codec<Message>;

export const dialects: Readonly<Record<DialectName, Dialect>> = {
  cbc: {
    name: 'cbc',
    messages: cbcMessages,
    requestedBlockVariant: 4,
    shareBlockVariant: 5,
    framing: cbcFraming,
  },
  'gcm-siv': {
    name: 'gcm-siv',
    messages: gcmSivMessages,
    requestedBlockVariant: 3,
    shareBlockVariant: 4,
    framing: gcmSivFraming,
  },
};

/** By byte 4 of a stream; undefined when it begins no greeting (spec/wire.md, Greeting). */
export function dialectOfByte(byte: number): Dialect | undefined {
  if (byte === 1) return dialects.cbc;
  return byte === 0 ? dialects['gcm-siv'] : undefined;
}
