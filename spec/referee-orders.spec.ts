import { InternalKeyComparer, MemTable, bytewise, makeInternalKey, parseInternalKey } from '../lib/index.js';
import { checkShortening } from './support/orders.js';
import { fromHex, readOrders, toHex } from './support/recordings.js';

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

describe("goleveldb's internal keys", () => {
  const { keys, comparisons, separators, successors } = readOrders().internal;
  const comparer = new InternalKeyComparer(bytewise);

  test('2,000 are made of the same bytes, and parsed into the same parts', () => {
    expect(keys.length).toBe(2000);
    for (const { userKey, sequence, type, key } of keys) {
      expect(toHex(makeInternalKey(fromHex(userKey), BigInt(sequence), type))).toBe(key);
      const parsed = parseInternalKey(fromHex(key));
      expect([toHex(parsed.userKey), String(parsed.sequence), parsed.type]).toEqual([
        userKey,
        sequence,
        type,
      ]);
    }
  });

  test('they come in the same order', () => {
    const reversed = keys.map(({ key }) => fromHex(key)).reverse();
    const sorted = reversed.sort((a, b) => comparer.compare(a, b));
    expect(sorted.map(toHex)).toEqual(keys.map(({ key }) => key));
  });

  test('a memtable keeps their versions in the same order', () => {
    const table = new MemTable();
    for (const { userKey, sequence, type } of [...keys].reverse()) {
      table.add(BigInt(sequence), type, fromHex(userKey), new Uint8Array(0));
    }
    const order: unknown[] = [];
    for (const it = table.iterator(); it.next();) {
      order.push([toHex(it.userKey!), String(it.sequence), it.type]);
    }
    expect(order).toEqual(keys.map(({ userKey, sequence, type }) => [userKey, sequence, type]));
  });

  test('2,000 comparisons, many of the same user key, have the same sign', () => {
    const tag = 16;
    const sameUserKey = comparisons.filter(({ a, b }) => a.slice(0, -tag) === b.slice(0, -tag) && a !== b);
    expect([comparisons.length, sameUserKey.length > 300]).toEqual([2000, true]);
    const signs = comparisons.map(({ a, b }) => Math.sign(comparer.compare(fromHex(a), fromHex(b))));
    expect(signs).toEqual(comparisons.map(({ sign }) => sign));
  });

  test('2,000 separators and 2,000 successors are the same', () => {
    expect([separators.length, successors.length]).toEqual([2000, 2000]);
    expect(separators.filter(({ separator }) => separator !== null).length).toBeGreaterThan(200);
    expect(successors.filter(({ successor }) => successor !== null).length).toBeGreaterThan(200);
    expect(checkShortening({ separators, successors }, comparer)).toEqual([]);
  });
});
