import { geometricMean, median, pairedRatio, percentile, spread } from '../../perf/stats.js';

test('the median is the middle one, or the mean of the middle two', () => {
  expect(median([7])).toBe(7);
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 1, 2, 4])).toBe(3);
});

test('the spread is half the range, relative to the median', () => {
  expect(spread([100, 90, 130])).toBeCloseTo(0.2);
  expect(spread([5])).toBe(0);
});

test('the geometric mean of a ratio and its inverse is one', () => {
  expect(geometricMean([4, 0.25])).toBeCloseTo(1);
  expect(geometricMean([2, 8])).toBeCloseTo(4);
});

test('percentiles are values that occur', () => {
  const values = Float64Array.from({ length: 10_000 }, (_, i) => i + 1);
  expect(percentile(values, 0.9999)).toBe(9_999);
  expect(percentile(values, 1)).toBe(10_000);
  expect(percentile(values, 0)).toBe(1);
  expect(percentile([3], 0.5)).toBe(3);
});

test('a ratio pairs the rounds, so that a machine that slows down does not show', () => {
  const own = new Map([
    [1, 100],
    [2, 1000],
    [3, 100],
  ]);
  const other = new Map([
    [1, 200],
    [2, 2000],
    [3, 200],
    [4, 1],
  ]);
  expect(pairedRatio(own, other)).toBe(2);
  expect(pairedRatio(own, new Map())).toBeUndefined();
});
