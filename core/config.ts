/**
 * What may be set, with the reference's defaults (spec/wire.md, Defaults) where it has the setting too.
 */
import type { PublicKey, PublicKeyHex } from './crypto/keys.ts';

export type Milliseconds = number;

/** Which of the wire's dialects is spoken: one of the two, or whichever the other side speaks (spec/safety.md). */
export type Wire = 'auto' | 'cbc' | 'gcm-siv';

/**
 * When a block may be written by one whom the block before does not name (spec/safety.md, Writing). All but `strict` and
 * `never` go on in the end.
 *
 * - `majority`: when more than half of the newest blocks' authors are online, or items have waited for 15 s
 * - `strict`: only when more than half of them are online
 * - `reference`: whenever none of those named is online, as the reference with `forced_restart`
 * - `never`: as the reference without
 */
export type ForcedRestart = 'majority' | 'strict' | 'reference' | 'never';

export interface Config {
  /** The network's name: greetings, stores, slots, folders and rooms are named by it (spec/safety.md, Networks). */
  readonly network: string;
  /** What our greeting carries as `host:port`. A peer nobody can dial says `127.0.0.1:1` (design.md, Links). */
  readonly listen: string;
  /** What is dialled goes by a proxy such as Tor, where everything takes longer. */
  readonly proxied: boolean;
  readonly wire: Wire;
  /** Nobody is linked with who does not offer the secure upgrade: no reference peer, and nobody in `gcm-siv`. */
  readonly requireUpgrade: boolean;
  /** A thin peer is known to nobody: it sends no KeepAlive and never writes. */
  readonly thin: boolean;
  readonly keepAliveMs: Milliseconds;
  readonly dataGatherTimeMs: Milliseconds;
  readonly relationship: {
    /** A peer with fewer neighbours asks for more. */
    readonly count: number;
    /** How often it asks. */
    readonly timeMs: Milliseconds;
    /** The longest wait before an address is dialled again whose link was lost; the first waits are shorter. */
    readonly reconnectMs: Milliseconds;
    /** An address that others told of is forgotten after so many dials in a row that failed. */
    readonly retry: number;
    /** Links past this number are refused; dialled ones of the user count too. */
    readonly maxLinks: number;
  };
  readonly riddle: {
    readonly nextCandidates: number;
    readonly forcedRestart: ForcedRestart;
  };
  /** Hex of the root this peer insists on; it wins over every other (spec/safety.md, Roots). */
  readonly root: string | undefined;
  /** Keys whose votes make blocks final, the same ones on every peer; none: nothing ever is (spec/safety.md, What a receipt may promise). */
  readonly committee: readonly PublicKeyHex[];
  /** When there are any, only branches on which these keys write have support (spec/safety.md, Fork choice). */
  readonly anchors: readonly PublicKey[];
}

export const defaultConfig: Config = {
  network: 'main',
  listen: '127.0.0.1:1',
  proxied: false,
  wire: 'auto',
  requireUpgrade: false,
  thin: false,
  keepAliveMs: 600,
  dataGatherTimeMs: 750,
  relationship: { count: 3, timeMs: 10_000, reconnectMs: 15_000, retry: 3, maxLinks: 64 },
  riddle: { nextCandidates: 3, forcedRestart: 'majority' },
  root: undefined,
  committee: [],
  anchors: [],
};

/** A network's name: 1 to 64 of `a–z 0–9 . _ -`, so that it can name a folder, a room, a lock and a database. */
export function isNetworkName(name: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{0,63}$/.test(name);
}
