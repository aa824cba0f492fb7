/**
 * D by its definition: the smallest time that at least 95 of 100 of the newest 64 do not exceed, within its bounds.
 */
export function slowRankDelay(allTimes: readonly number[]): number {
  const newest = [500, ...allTimes].slice(-64);
  const reaches = (time: number): boolean => newest.filter((other) => other <= time).length * 100 >= 95 * newest.length;
  const percentile = Math.min(...newest.filter(reaches));
  if (percentile < 250) return 250;
  return percentile > 4_000 ? 4_000 : percentile;
}
