/**
 * How long bytes take, and when a link breaks: a seeded network, pure but for its seed.
 *
 * A link is an ordered reliable stream (design.md, Links and addresses), so nothing is lost or doubled inside one: a
 * lost packet costs the time to send it again, and holds up what comes behind it; now and then it ends the link.
 * Partitions hold everything between two groups up until they are healed, or until the link breaks.
 */
import type { Milliseconds } from '../../core/config.ts';
import type { Seeded } from '../model/seeded.ts';

export interface Conditions {
  /** One way; each link has a delay of its own from this range. */
  readonly delayMs: { readonly least: Milliseconds; readonly most: Milliseconds };
  /** Added to each chunk's delay, at most. */
  readonly jitterMs: Milliseconds;
  /** Part of the chunks that have to be sent again. */
  readonly loss: number;
  /** Part of the chunks at which their link breaks. */
  readonly breakage: number;
  readonly bytesPerMs: number;
  /** Part of the dials that fail although the other is there. */
  readonly dialFailure: number;
}

export const loopback: Conditions = {
  delayMs: { least: 1, most: 2 },
  jitterMs: 0,
  loss: 0,
  breakage: 0,
  bytesPerMs: 100_000,
  dialFailure: 0,
};

/** Home lines and mobile networks at once: 5 to 200 ms, 1 % loss, 10 MB/s, some broken links and failed dials. */
export const internet: Conditions = {
  delayMs: { least: 5, most: 180 },
  jitterMs: 20,
  loss: 0.01,
  breakage: 0.00002,
  bytesPerMs: 10_000,
  dialFailure: 0.05,
};

/** Sent again after at least this long (RFC 6298 asks for a second, systems use 200 ms), doubled each time. */
const resendMs = 200;
const mostResends = 5;

/** One direction of one link. */
export class Lane {
  readonly delayMs: Milliseconds;
  #freeAt: Milliseconds = 0;
  #lastArrivalAt: Milliseconds = 0;

  constructor(delayMs: Milliseconds) {
    this.delayMs = delayMs;
  }

  /** @returns when so many bytes handed over now arrive; never before what was handed over earlier */
  arrivalOf(bytes: number, now: Milliseconds, conditions: Conditions, seeded: Seeded): Milliseconds {
    this.#freeAt = Math.max(this.#freeAt, now) + bytes / conditions.bytesPerMs;
    let at = this.#freeAt + this.delayMs + seeded.below(conditions.jitterMs + 1);
    for (let resends = 0; resends < mostResends && seeded.chance(conditions.loss); resends++) {
      at += (resendMs + 2 * this.delayMs) * 2 ** resends;
    }
    this.#lastArrivalAt = Math.max(this.#lastArrivalAt, Math.ceil(at));
    return this.#lastArrivalAt;
  }
}

/** What separates whom. Whoever is in no group is with everybody. */
export class Partition {
  #groups = new Map<unknown, number>();

  separate(...groups: readonly (readonly unknown[])[]): void {
    this.#groups = new Map(groups.flatMap((members, group) => members.map((member) => [member, group] as const)));
  }

  heal(): void {
    this.#groups.clear();
  }

  separates(a: unknown, b: unknown): boolean {
    const groupOfA = this.#groups.get(a);
    const groupOfB = this.#groups.get(b);
    return groupOfA !== undefined && groupOfB !== undefined && groupOfA !== groupOfB;
  }
}

export function drawDelayMs({ delayMs }: Conditions, seeded: Seeded): Milliseconds {
  return seeded.between(delayMs.least, delayMs.most);
}
