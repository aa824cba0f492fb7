/**
 * The table of messages of a dialect: which variant is which message.
 *
 * `cbc` stands here; `gcm-siv` has other numbers, another greeting and two messages more (spec/wire.md, Messages).
 * Unknown variants are refused, for they end a reference connection too.
 */
import { blockCodec } from '../chain/block.ts';
import { dataCodec } from '../chain/data.ts';
import { type Codec, struct, union } from '../codec/codec.ts';
import {
  greetingCodec,
  introduceNeighboursCodec,
  keepAliveCodec,
  type Message,
  requestBlocksCodec,
  requestNeighboursCodec,
} from './messages.ts';

const blockMessage = struct({ block: blockCodec });

export const cbcMessages: Codec<Message> = union({
  greeting: { number: 0, codec: greetingCodec },
  keepAlive: { number: 1, codec: keepAliveCodec },
  shareData: { number: 2, codec: struct({ data: dataCodec }) },
  requestBlocks: { number: 3, codec: requestBlocksCodec },
  requestedBlock: { number: 4, codec: blockMessage },
  shareBlock: { number: 5, codec: blockMessage },
  requestNeighbours: { number: 6, codec: requestNeighboursCodec },
  introduceNeighbours: { number: 7, codec: introduceNeighboursCodec },
});

/** The variant before an encoded block: a block read from a store is sent without decoding it. */
export const requestedBlockVariant = 4;
export const shareBlockVariant = 5;
