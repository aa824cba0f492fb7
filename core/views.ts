/**
 * The core's bytes as values of the public face: the one place where keys, hashes and signatures become hex.
 */
import type { Block } from './chain/block.ts';
import type { Data } from './chain/data.ts';
import { repeatedItems } from './chain/verify.ts';
import { hexToBytes } from './codec/bytes.ts';
import {
  hashFrom,
  hashHex,
  type ItemId,
  itemIdHex,
  keyHex,
  publicKeyFromHex,
  signatureFrom,
  signatureHex,
} from './crypto/keys.ts';
import { CodecError, CryptoError } from './errors.ts';
import type { ChainBlock, PendingView } from './events.ts';
import type { BlockView, Item, PeerView } from './face.ts';
import type { GreetedLink } from './network/open-link.ts';

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

/** The item as it was signed; undefined when it is none that could be written. */
export function dataOf(item: Item): Data | undefined {
  return parsed(() => signedData(item));
}

/** The block as it was signed; undefined when it is none that could be written. */
export function blockOf({ parent, hash, items, nextChoices, author, signature }: BlockView): Block | undefined {
  return parsed(() => ({
    parent: parent === undefined ? undefined : hashFrom(hexToBytes(parent)),
    hash: hashFrom(hexToBytes(hash)),
    data: items.map(signedData),
    nextChoices: nextChoices.map(publicKeyFromHex),
    author: publicKeyFromHex(author),
    sign: signatureFrom(hexToBytes(signature)),
  }));
}

function signedData({ data, author, signature }: Item): Data {
  return { data, author: publicKeyFromHex(author), sign: signatureFrom(hexToBytes(signature)) };
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof CodecError || error instanceof CryptoError) return undefined;
    throw error;
  }
}
