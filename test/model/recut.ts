/**
 * Another body of the same hash and signature: the last of `next_choices` becomes the beginning of the first item.
 */
import type { Block } from '../../core/chain/block.ts';
import { concatBytes } from '../../core/codec/bytes.ts';

/** @param block one that names somebody and holds an item */
export function recut(block: Block): Block {
  const [first, ...others] = block.data;
  const last = block.nextChoices.at(-1);
  if (first === undefined || last === undefined) throw new Error('there is nothing to move');
  const data = [{ ...first, data: concatBytes(last, first.data) }, ...others];
  return { ...block, nextChoices: block.nextChoices.slice(0, -1), data };
}
