/**
 * Everything a host needs from where it runs, in one object: a tab, a Node process and a test each make one.
 *
 * Services hold no decisions; those are the core's.
 */
import type { Milliseconds } from './config.ts';
import type { Curve, Verifier } from './crypto/curve.ts';
import type { SecretKey } from './crypto/keys.ts';
import type { Transport } from './link.ts';
import type { Random } from './random.ts';
import type { Store } from './storage/store.ts';

export interface Clock {
  /** Unix time that never goes back while the process runs. */
  now(): Milliseconds;
  /** Calls back once at or after `at`, replacing what was asked before; undefined asks for nothing. */
  wake(at: Milliseconds | undefined, callback: () => void): void;
  close(): void;
}

export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  readonly secret: SecretKey;
  readonly curve: Curve;
  readonly verifier: Verifier;
  readonly store: Store;
  readonly transports: readonly Transport[];
  /** Items left pending by earlier identities of this user, Borsh of each Data, to be shared again. */
  readonly leftPending: readonly Uint8Array[];
  /** Where a bug is reported that no caller can catch. */
  readonly crashed: (error: unknown) => void;
}
