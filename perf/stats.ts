/** Small statistics over the rounds of a measurement. All take at least one number. */

export function median(values: readonly number[]): number {
  const sorted = values.slice().sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Half the distance between the smallest and the largest, relative to the median: the figure after "±". */
export function spread(values: readonly number[]): number {
  const middle = median(values);
  return middle === 0 ? 0 : (Math.max(...values) - Math.min(...values)) / 2 / middle;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** The value that a share `p` (0 to 1) of the sorted values does not exceed (nearest rank). */
export function percentile(sorted: ArrayLike<number>, p: number): number {
  const rank = Math.ceil(p * sorted.length);
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1];
}

/**
 * How many times faster `own` is than `other`: the median of the ratios of the rounds that both took part in. A
 * machine that slows down slows both down in the same round, and the ratio stays.
 */
export function pairedRatio(
  own: ReadonlyMap<number, number>,
  other: ReadonlyMap<number, number>,
): number | undefined {
  const ratios: number[] = [];
  for (const [round, value] of own) {
    const rival = other.get(round);
    if (rival !== undefined && value > 0) ratios.push(rival / value);
  }
  return ratios.length === 0 ? undefined : median(ratios);
}
