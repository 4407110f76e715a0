import { bytewise } from '../../lib/index.js';
import { checkShortening } from '../support/orders.js';
import { fromHex, readOrders } from '../support/recordings.js';

// Its internal keys and their order are in internalkey.spec.ts.
describe("goleveldb's byte order", () => {
  const { separators, successors } = readOrders().bytewise;

  test('2,000 separators and 2,000 successors are the same', () => {
    expect([separators.length, successors.length]).toEqual([2000, 2000]);
    expect(checkShortening({ separators, successors }, bytewise)).toEqual([]);
  });

  test.each([
    ['a separator', separators.filter(({ separator }) => separator !== null)],
    ['no separator', separators.filter(({ separator }) => separator === null)],
    ['a successor', successors.filter(({ successor }) => successor !== null)],
    ['no successor', successors.filter(({ successor }) => successor === null)],
    ['equal keys', separators.filter(({ a, b }) => a === b)],
    ['the second key the smaller', separators.filter(({ a, b }) => a > b)],
    ['the first key the beginning of the second', separators.filter(({ a, b }) => a < b && b.startsWith(a))],
    ['the second key the beginning of the first', separators.filter(({ a, b }) => a > b && a.startsWith(b))],
    ['an empty key', separators.filter(({ a, b }) => a === '' || b === '')],
    ['a run of 0xff', separators.filter(({ a }) => /^(ff){2,}/.test(a))],
  ])('there are such cases among them: %s', (_what, cases) => {
    expect(cases.length).toBeGreaterThan(20);
  });

  test('a separator lies in [a, b), is no longer than a, and shares no storage with it', () => {
    const shortened = separators.filter(({ separator }) => separator !== null);
    for (const [a, b] of shortened.map(({ a, b }) => [fromHex(a), fromHex(b)])) {
      const separator = bytewise.separator!(a, b)!;
      expect(bytewise.compare(a, separator)).toBeLessThanOrEqual(0);
      expect(bytewise.compare(separator, b)).toBeLessThan(0);
      expect(separator.length).toBeLessThanOrEqual(a.length);
      expect(separator.buffer).not.toBe(a.buffer);
    }
  });
});
