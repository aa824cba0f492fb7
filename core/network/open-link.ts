/**
 * One link as the peer knows it: how far it has come, what is known of the other end, what it has cost and brought.
 *
 * Only data, and one question about it; what is done with links is links.ts's.
 */
import type { Milliseconds } from '../config.ts';
import type { HashHex, PublicKey, PublicKeyHex } from '../crypto/keys.ts';
import type { LinkId, RequestId } from '../events.ts';
import type { Carrier } from '../link.ts';
import type { Dialect } from '../wire/dialect.ts';
import type { Greeting } from '../wire/messages.ts';
import type { Session } from '../wire/session.ts';
import type { Account } from './account.ts';
import type { Outbox } from './outbox.ts';

export type LinkPhase =
  /** Until when the other's greeting may come, and when ours goes at the latest. */
  | { readonly kind: 'greeting'; readonly until: Milliseconds; readonly speakAt: Milliseconds | undefined }
  /** Until when the other's hello may come. */
  | (Acquaintance & { readonly kind: 'upgrading'; readonly until: Milliseconds })
  | (Acquaintance & { readonly kind: 'greeted' | 'proven' });

/** What is known of the other since its greeting. */
export interface Acquaintance {
  readonly greeting: Greeting;
  readonly key: PublicKey;
  readonly hex: PublicKeyHex;
  /** Its Version, or in `gcm-siv` its hello, says it runs this program. */
  readonly ours: boolean;
  readonly dialect: Dialect;
  /** It is of another root and must not name us: nothing is said there of who is online (spec/safety.md, Roots). */
  readonly quiet: boolean;
  readonly since: Milliseconds;
}

export interface OpenLink {
  readonly id: LinkId;
  readonly carrier: Carrier;
  readonly address: string;
  readonly dialled: boolean;
  readonly dial: RequestId | undefined;
  readonly session: Session;
  readonly outbox: Outbox;
  /** By Tor: what carries it may go on standing here when nobody is at the other end any more. */
  readonly isFar: boolean;
  /** When its last bytes came, or it opened. */
  heardAt: Milliseconds;
  phase: LinkPhase;
  /** The newest block the other is known to hold. */
  head: HashHex | undefined;
  /** The newest of our blocks that the other was told of. */
  told: HashHex | undefined;
  /** The first block of the other's chain, as far as it has said. */
  root: HashHex | undefined;
  /** What it costs, and what is left of that. */
  readonly account: Account;
  /** When it last was the first to bring something of use: a block that was taken, an item. */
  readonly gave: { blockAt: Milliseconds | undefined; itemAt: Milliseconds | undefined };
  /** Another link to the same peer is proven too, which the other side dialled: who shows until then that it lives? */
  contest: { readonly until: Milliseconds; readonly answered: boolean } | undefined;
}

/** How a link begins. */
export interface Opening {
  /** How long the other may greet first. */
  readonly waitMs: Milliseconds;
  readonly isFar: boolean;
}

export type Origin = Pick<OpenLink, 'carrier' | 'address' | 'dialled'>;

export type GreetedLink = OpenLink & { phase: Extract<LinkPhase, { kind: 'greeted' | 'proven' }> };

export function isGreeted(link: OpenLink): link is GreetedLink {
  return link.phase.kind === 'greeted' || link.phase.kind === 'proven';
}
