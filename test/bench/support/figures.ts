/**
 * Medians and percentiles of measured times, and how benchmarks print them.
 */

/** The value below which `share` of the values lie: nearest rank, so it is one of them. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return sorted[rank] ?? Number.NaN;
}

/** `what   median 12 ms   p95 30 ms   p99 38 ms   max 41 ms   n 50`, with the marks beside. */
export function printTimes(what: string, valuesMs: readonly number[], marks: string): void {
  const [median, p95, p99] = [0.5, 0.95, 0.99].map((share) => ms(percentile(valuesMs, share)));
  const most = ms(Math.max(...valuesMs));
  const figures = [`median ${median}`, `p95 ${p95}`, `p99 ${p99}`, `max ${most}`, `n ${valuesMs.length}`];
  console.log(`${what.padEnd(44)} ${figures.join('   ')}   (${marks})`);
}

function ms(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}
