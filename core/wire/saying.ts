/**
 * What is said to a neighbour, in the words of its dialect; of a message that it has no word for, nothing.
 *
 * A block that lies encoded already is not decoded to be said.
 */
import { concatBytes } from '../codec/bytes.ts';
import { encode } from '../codec/codec.ts';
import { type Dialect, speaks } from './dialect.ts';
import type { Message } from './messages.ts';

export type Saying = Message | { readonly kind: 'requestedBlock' | 'shareBlock'; readonly bytes: Uint8Array };

/** The payload of a frame; undefined when the dialect has no such message. */
export function payloadOf(saying: Saying, dialect: Dialect): Uint8Array | undefined {
  if (!('bytes' in saying)) return speaks(dialect, saying.kind) ? encode(dialect.messages, saying) : undefined;
  const { requestedBlockVariant, shareBlockVariant } = dialect;
  const variant = saying.kind === 'shareBlock' ? shareBlockVariant : requestedBlockVariant;
  return concatBytes(Uint8Array.of(variant), saying.bytes);
}
