/**
 * Randomness for many small draws: a call into the system's generator costs the same for 4 bytes as for 4,096, and ten
 * of them are made for each tab that joins.
 *
 * Each byte is handed out once. Not for secrets: what was drawn and not yet handed out lies in memory.
 */
import type { Random } from '../core/random.ts';

const poolBytes = 4_096;

export function pooled(random: Random): Random {
  let pool: Uint8Array = new Uint8Array(0);
  let used = 0;
  return (length) => {
    if (length > poolBytes) return random(length);
    if (used + length > pool.length) {
      pool = random(poolBytes);
      used = 0;
    }
    const start = used;
    used += length;
    return pool.slice(start, used);
  };
}
