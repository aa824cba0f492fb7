/**
 * The messages of the extension carrier that docs/protocol.md shows, made from the code, and what it says of their limits.
 */
import type { Hash, ItemId, PublicKey, SecretKey } from '../../../core/crypto/keys.ts';
import { nobleCurve } from '../../../core/crypto/noble-curve.ts';
import type { Vote } from '../../../core/finality/votes.ts';
import { shortId } from '../../../core/network/pool-digests.ts';
import { beaconDigest } from '../../../core/wire/beacon.ts';
import { type ExtensionMessage, mostExtensionItems } from '../../../core/wire/carrier.ts';
import {
  acknowledgementDigest,
  batchedBlockBytes,
  mostBatched,
  mostDigested,
  mostLocated,
  rangeEnds,
  saltBytes,
} from '../../../core/wire/holdings.ts';
import { ownFeatures } from '../../../core/wire/upgrade.ts';

const hash = (byte: number) => new Uint8Array(32).fill(byte) as Hash;
const salt = new Uint8Array(saltBytes).fill(0x44);
const digestedId = shortId(salt, new Uint8Array(32).fill(0x55) as ItemId);
const noAuxiliary = new Uint8Array(32);

export function promiseDigest(network: string): Hash {
  return acknowledgementDigest({ network, block: hash(0x11), parent: hash(0x22) });
}

export function extensionExamples(
  network: string,
  { key, secret }: { readonly key: PublicKey; readonly secret: SecretKey },
  ephemeral: PublicKey,
  vote: Vote,
): Record<string, ExtensionMessage> {
  const beacon = { pubkey: key, counter: 1_770_000_000_000n, tip: hash(0x33), lifetimeMs: 300_000 };
  const sign = (digest: Hash) => nobleCurve.sign(digest, secret, noAuxiliary);
  return {
    hello: { kind: 'hello', network, features: ownFeatures, ephemeral },
    ping: { kind: 'ping', nonce: 7n },
    head: { kind: 'head', height: 7, tip: hash(0x11), root: hash(0x22) },
    acknowledgement: { kind: 'acknowledgement', block: hash(0x11), key, sign: sign(promiseDigest(network)) },
    vote: { kind: 'vote', vote },
    'blocks-wanted': { kind: 'blocksWanted', request: 3, locator: [hash(0x11)] },
    blocks: { kind: 'blocks', request: 3, end: rangeEnds.nothingShared, blocks: [] },
    'pool-digest': { kind: 'poolDigest', salt, ids: [digestedId] },
    'items-wanted': { kind: 'itemsWanted', ids: [digestedId] },
    beacon: { kind: 'beacon', ...beacon, sign: sign(beaconDigest(network, beacon)), ageMs: 0 },
  };
}

export const extensionLimits: Record<string, number> = {
  'items of an extension message': mostExtensionItems,
  'ids in a PoolDigest and in ItemsWanted': mostDigested,
  'hashes of a locator': mostLocated,
  'blocks in one Blocks': mostBatched,
  'bytes of a block in Blocks': batchedBlockBytes,
};
