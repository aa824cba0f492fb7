/**
 * The address book as bytes, for the store's note `addresses`: docs/guide/files.md says what is kept and how to delete it.
 *
 * What is read is taken for hostile: a note that is spoilt, of another version or over a bound is dropped, and the peer
 * begins with an empty book. So is one of another way out: what was learned by Tor is never dialled in the clear, nor the
 * other way about, for a peer told of under one address would else be seen under both. Onion addresses are written only
 * by a peer that dials by Tor, and addresses of the user's only once a link there was proven.
 */
import { bool, decode, encode, option, struct, text, u8, u64, type Value, vector } from '../codec/codec.ts';
import type { Milliseconds } from '../config.ts';
import { CodecError } from '../errors.ts';
import { type AddressBook, type Entry, mostFresh, mostTried, newEntry, userSource } from './address-book.ts';
import { hostAndPort, isOnion } from './addresses.ts';

/** Bumped when the bytes change; a note of another version is dropped. */
const version = 1;
/** A host name has at most 253 characters, and a port 5. */
const mostAddressBytes = 260;
/** A key's hex, or an address group. */
const mostSourceBytes = 260;

const entryCodec = struct({
  address: text(mostAddressBytes),
  source: text(mostSourceBytes),
  toldAt: u64,
  reachedAt: option(u64),
  failures: u8,
  isAnchor: bool,
});

const noteCodec = struct({ version: u8, byTor: bool, entries: vector(entryCodec, mostTried + mostFresh) });

/** By name, so that two of one name are seen; what is the same is the same bytes. */
export function addressNote(book: AddressBook, byTor: boolean): Uint8Array {
  const entries = [...book.tried, ...book.fresh]
    .filter(({ address, source, reachedAt }) => {
      if (address.length > mostAddressBytes || source.length > mostSourceBytes) return false;
      return (byTor || !isOnion(address)) && (source !== userSource || reachedAt !== undefined);
    })
    .map(keptOf)
    .sort((a, b) => (a.address < b.address ? -1 : 1));
  return encode(noteCodec, { version, byTor, entries });
}

/** Into an empty book. */
export function restoreNote(book: AddressBook, bytes: Uint8Array, byTor: boolean, now: Milliseconds): void {
  const note = noteFrom(bytes);
  if (note === undefined || note.byTor !== byTor) return;
  for (const kept of note.entries) {
    if (hostAndPort(kept.address) !== undefined && isPlain(kept.source)) book.restore(entryOf(kept, now));
  }
  book.spread(now);
}

/** One byte for each character, so that it can be written again. */
function isPlain(source: string): boolean {
  return /^[\x20-\x7e]*$/.test(source);
}

type Kept = Value<typeof entryCodec>;

function keptOf({ address, source, toldAt, reachedAt, failures, isAnchor }: Entry): Kept {
  return {
    address,
    source,
    toldAt: BigInt(Math.floor(toldAt)),
    reachedAt: reachedAt === undefined ? undefined : BigInt(Math.floor(reachedAt)),
    failures: Math.min(failures, 255),
    isAnchor,
  };
}

/** Times to come are of a clock that was wrong. */
function entryOf({ address, source, toldAt, reachedAt, failures, isAnchor }: Kept, now: Milliseconds): Entry {
  const past = (time: bigint): Milliseconds => Math.min(now, Number(time));
  const at = reachedAt === undefined ? undefined : past(reachedAt);
  const entry = newEntry(address, source, past(toldAt));
  return { ...entry, reachedAt: at, failures, isAnchor: isAnchor && at !== undefined };
}

function noteFrom(bytes: Uint8Array): Value<typeof noteCodec> | undefined {
  try {
    const note = decode(noteCodec, bytes);
    return note.version === version ? note : undefined;
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
