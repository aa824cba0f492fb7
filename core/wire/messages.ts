/**
 * The messages both dialects share, as values. What number each has on the wire is the dialect's (dialect.ts).
 *
 * Lengths are capped by what is left of the frame (codec.ts) and by the caps here. Layouts: spec/wire.md, Greeting and
 * Messages.
 */
import type { Block } from '../chain/block.ts';
import type { Data } from '../chain/data.ts';
import { bool, type Codec, option, pair, struct, text, u16, u32, u64, vector } from '../codec/codec.ts';
import { hashCodec, publicKeyCodec, signatureCodec } from '../crypto/key-codecs.ts';
import type { Hash, PublicKey, Signature } from '../crypto/keys.ts';

/** The three numbers every greeting must carry (spec/wire.md, Greeting). */
export const wireVersion = { major: 0, minor: 1, patch: 0 } as const;

/** `commit` of ours begins with this: it says that the secure upgrade follows (spec/safety.md, Networks). */
export const oursMark = 'mcx1';
export const oursCommit = oursMark;

/** The three strings stand in `cbc` only; in `gcm-siv` they are empty here. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly target: string;
  readonly branch: string;
  readonly commit: string;
}

export interface Greeting {
  readonly pubkey: PublicKey;
  readonly listen: string;
  readonly root: Hash | undefined;
  readonly last: Hash | undefined;
  readonly count: bigint;
  readonly thin: boolean;
  readonly version: Version;
  /** Keys that are online; in `gcm-siv` only, in `cbc` none stand here. */
  readonly known: readonly PublicKey[];
}

export interface KeepAlive {
  readonly pubkey: PublicKey;
  readonly count: bigint;
  readonly sign: Signature;
}

export interface Neighbour {
  readonly pubkey: PublicKey;
  readonly listen: string;
}

export type Message =
  | ({ readonly kind: 'greeting' } & Greeting)
  | ({ readonly kind: 'keepAlive' } & KeepAlive)
  | { readonly kind: 'shareData'; readonly data: Data }
  | { readonly kind: 'requestBlocks'; readonly start: Hash | undefined }
  | { readonly kind: 'requestedBlock'; readonly block: Block }
  | { readonly kind: 'shareBlock'; readonly block: Block }
  | { readonly kind: 'requestNeighbours'; readonly count: number; readonly exclude: readonly PublicKey[] }
  | { readonly kind: 'introduceNeighbours'; readonly neighbours: readonly (readonly [PublicKey, string])[] }
  /** `announce` and `leave` exist in `gcm-siv` only, `keepAlive` in `cbc` only. */
  | { readonly kind: 'announce' | 'leave'; readonly pubkey: PublicKey };

/** A host name has at most 253 characters; a port five and its colon. Ten times that is no address. */
const addressBytes = 2_560;
/** The reference's own are some 40 characters; nobody compares them, so they are only kept small. */
const versionTextBytes = 1_024;
/** The extension carrier's items (spec/safety.md, The extension carrier): at most 16,384; plain lists are shorter. */
const mostExcluded = 16_384;
/** An answer holds at most what was asked for, and nobody asks for more neighbours than this. */
const mostIntroduced = 4_096;
/** As many as a greeting of the accepted size holds (spec/safety.md, Frames and sessions: 1 MiB). */
const mostKnown = 31_775;

const versionNumbers = { major: u16, minor: u16, patch: u16 };

const greetingStart = {
  pubkey: publicKeyCodec,
  listen: text(addressBytes),
  root: option(hashCodec),
  last: option(hashCodec),
  count: u64,
  thin: bool,
};

const cbcGreeting = struct({
  ...greetingStart,
  version: struct({
    ...versionNumbers,
    target: text(versionTextBytes),
    branch: text(versionTextBytes),
    commit: text(versionTextBytes),
  }),
});

/** Writes no `known`, for this dialect has no place for it. */
export const cbcGreetingCodec: Codec<Greeting> = {
  leastBytes: cbcGreeting.leastBytes,
  write: cbcGreeting.write,
  read: (reader) => ({ ...cbcGreeting.read(reader), known: [] }),
};

const gcmSivGreeting = struct({
  ...greetingStart,
  version: struct(versionNumbers),
  known: vector(publicKeyCodec, mostKnown),
});

/** Writes no strings of the version, for this dialect has no place for them. */
export const gcmSivGreetingCodec: Codec<Greeting> = {
  leastBytes: gcmSivGreeting.leastBytes,
  write: (writer, greeting) => gcmSivGreeting.write(writer, { ...greeting, known: [...greeting.known] }),
  read(reader) {
    const greeting = gcmSivGreeting.read(reader);
    return { ...greeting, version: { ...greeting.version, target: '', branch: '', commit: '' } };
  },
};

export const keepAliveCodec: Codec<KeepAlive> = struct({ pubkey: publicKeyCodec, count: u64, sign: signatureCodec });

export const keyCodec = struct({ pubkey: publicKeyCodec });

export const requestBlocksCodec = struct({ start: option(hashCodec) });

export const requestNeighboursCodec = struct({ count: u32, exclude: vector(publicKeyCodec, mostExcluded) });

export const introduceNeighboursCodec = struct({
  neighbours: vector(pair(publicKeyCodec, text(addressBytes)), mostIntroduced),
});
