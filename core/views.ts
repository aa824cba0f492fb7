/**
 * The core's bytes as values of the public face: the one place where keys, hashes and signatures become hex.
 */
import type { Data } from './chain/data.ts';
import { repeatedItems } from './chain/verify.ts';
import { hashHex, type ItemId, itemIdHex, keyHex, signatureHex } from './crypto/keys.ts';
import type { ChainBlock, PendingView } from './events.ts';
import type { BlockView, Item, PeerView } from './face.ts';
import type { GreetedLink } from './network/links.ts';

/** The items are made when they are first looked at: of a thousand blocks that are caught up with, few ever are. */
export function blockView({ height, block, ids, verified }: ChainBlock): BlockView {
  let items: readonly Item[] | undefined;
  return {
    height,
    hash: hashHex(block.hash),
    parent: block.parent === undefined ? undefined : hashHex(block.parent),
    author: keyHex(block.author),
    nextChoices: block.nextChoices.map(keyHex),
    get items() {
      items ??= itemViews(block.data, ids, verified);
      return items;
    },
    signature: signatureHex(block.sign),
  };
}

function itemViews(data: readonly Data[], ids: readonly ItemId[], verified: readonly boolean[]): Item[] {
  const repeated = repeatedItems(ids);
  return data.map((item, place) =>
    itemView(item, ids[place] as ItemId, verified[place] === true, repeated[place] === true),
  );
}

/** An item that waits for its block: it is not shown before its signature held. */
export function pendingItemView({ id, data }: PendingView): Item {
  return itemView(data, id, true, false);
}

export function peerView({ phase, address, carrier, dialled }: GreetedLink): PeerView {
  return { publicKey: phase.hex, address, carrier, dialled, ours: phase.ours, since: phase.since };
}

function itemView({ data, author, sign }: Data, id: ItemId, verified: boolean, repeated: boolean): Item {
  return { id: itemIdHex(id), data, author: keyHex(author), signature: signatureHex(sign), verified, repeated };
}
