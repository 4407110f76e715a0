import fc from 'fast-check';
import { CapacityError } from '../lib/index.js';
import { Growable } from '../lib/growable.js';
import { thrownBy } from './support/faults.js';

type Flat = Uint8Array | Int32Array;

const COPY_AT_ONCE = 1 << 19;
const STEP_BYTES = 1 << 15;
/** Copying goes on while the last eighth fills, and eight times as fast. */
const LEFT = 8;

/** A Growable whose allocations are counted and can be made to fail, and whose copying is measured. */
function growable<T extends Flat>(Kind: new (length: number) => T, capacity = 0, limit = 2 ** 31) {
  const stats = {
    allocations: [] as number[],
    copied: 0,
    failing: false,
    /** Asking for more elements than this fails. */
    most: Infinity,
    asked: [] as number[],
    fault: new RangeError('no memory'),
  };
  const g = new Growable<T>({ name: 'test', unit: 'elements', limit }, capacity, (length) => {
    stats.asked.push(length);
    if (stats.failing || length > stats.most) throw stats.fault;
    stats.allocations.push(length);
    const array = new Kind(length);
    array.set = (source: ArrayLike<number>, offset?: number) => {
      stats.copied += source.length * array.BYTES_PER_ELEMENT;
      Kind.prototype.set.call(array, source, offset);
    };
    return array;
  });
  const append = (count: number, first = 0) => {
    g.reserve(count);
    for (let i = 0; i < count; i++) g.array[g.length + i] = first + i;
    g.length += count;
  };
  return { g, stats, append };
}

/** One whose array has replaced a full one, so that it is copied ahead: unlike the one that was reserved at first. */
function grown<T extends Flat>(Kind: new (length: number) => T) {
  const made = growable<T>(Kind, COPY_AT_ONCE / 2);
  made.append(COPY_AT_ONCE / 2);
  made.append(1);
  const full = made.g.array.length;
  expect(full).toBe(2 * COPY_AT_ONCE);
  const before = made.stats.copied;
  return {
    ...made,
    full,
    /** Elements copied since. */
    copied: () => (made.stats.copied - before) / made.g.array.BYTES_PER_ELEMENT,
    /** Appends in small steps until this many elements are there. */
    fillTo: (length: number, first = 0) => {
      while (made.g.length < length) made.append(Math.min(1000, length - made.g.length), first);
    },
  };
}

const kinds = [
  { name: 'Uint8Array', Kind: Uint8Array },
  { name: 'Int32Array', Kind: Int32Array },
] as { name: string; Kind: new (length: number) => Flat }[];

describe.each(kinds)('a growable $name', ({ Kind }) => {
  const command = fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.nat({ max: 200 }) }) },
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.nat({ max: 40_000 }) }),
    },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('write' as const), at: fc.nat(), value: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate' as const), to: fc.nat() }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('fail' as const), count: fc.nat({ max: 300_000 }) }),
    },
  );

  it.each([0, 1, 1000, COPY_AT_ONCE, COPY_AT_ONCE + 7])(
    'of %d elements at first holds what a plain array would hold, whatever the calls',
    (capacity) => {
      const mirror = new Kind(4_000_000);
      fc.assert(
        fc.property(fc.array(command, { maxLength: 60, size: 'max' }), (commands) => {
          const { g, stats, append } = growable(Kind, capacity);
          let length = 0;
          commands.forEach((command, n) => {
            if (command.do === 'append') {
              append(command.count, n);
              for (let i = 0; i < command.count; i++) mirror[length + i] = n + i;
              length += command.count;
            } else if (command.do === 'truncate') {
              length = length === 0 ? 0 : command.to % length;
              g.truncate(length);
            } else if (command.do === 'fail') {
              stats.failing = true;
              try {
                append(command.count, n);
                // It need not fail: there may be room.
                for (let i = 0; i < command.count; i++) mirror[length + i] = n + i;
                length += command.count;
              } catch (error) {
                if (!(error instanceof CapacityError)) throw error;
              }
              stats.failing = false;
            } else if (length > 0) {
              g.write(command.at % length, command.value);
              mirror[command.at % length] = command.value;
            }
            expect(g.length).toBe(length);
            expect(g.array.length).toBeGreaterThanOrEqual(length);
          });
          same(g.array.subarray(0, length), mirror.subarray(0, length));
          // What was copied ahead becomes the contents only now.
          append(g.array.length - length + 1, 5);
          same(g.array.subarray(0, length), mirror.subarray(0, length));
        }),
        { seed: 31, numRuns: 60 },
      );
    },
  );

  it('gives every byte written to the array that comes next, while that is being filled', () => {
    const { g, stats, append, full, copied, fillTo } = grown(Kind);
    const first = g.array;
    fillTo(full - full / LEFT);
    expect(stats.allocations).toHaveLength(2);
    expect(copied()).toBe(0);
    append(1);
    expect(stats.allocations).toHaveLength(3);
    expect(copied()).toBeGreaterThan(0);
    let written = 0;
    const writes = new Map<number, number>();
    while (g.length < full) {
      append(Math.min(1000, full - g.length), 3);
      const end = copied();
      for (const at of [0, end - 2, end - 1, end, end + 1, (written * 7919) % g.length, g.length - 1]) {
        if (at < 0 || at >= g.length) continue;
        g.write(at, ++written & 0x7f);
        writes.set(at, written & 0x7f);
      }
      expect(g.array).toBe(first);
    }
    // All but the last step was brought over by now.
    expect(copied()).toBeGreaterThanOrEqual(full - STEP_BYTES / g.array.BYTES_PER_ELEMENT - 1000);
    const copy = g.array.slice(0, g.length);
    append(1);
    expect(g.array).not.toBe(first);
    expect(g.buffer).toBe(g.array.buffer);
    expect(stats.allocations).toHaveLength(3);
    same(g.array.subarray(0, full), copy);
    for (const [at, value] of writes) expect(g.array[at]).toBe(value);
  });

  it('does not copy ahead what was reserved at first', () => {
    const { g, stats, append } = growable(Kind, COPY_AT_ONCE * 4);
    while (g.length < g.array.length) append(1024, g.length);
    expect(stats.asked).toEqual([COPY_AT_ONCE * 4]);
    expect(stats.copied).toBe(0);
    const copy = g.array.slice();
    append(1);
    expect(stats.asked).toEqual([COPY_AT_ONCE * 4, COPY_AT_ONCE * 16]);
    same(g.array.subarray(0, copy.length), copy);
  });

  it('copies a large array in small steps: no single call takes long', () => {
    const { g, stats, append } = growable(Kind);
    const size = g.array.BYTES_PER_ELEMENT;
    let before = 0;
    let most = 0;
    while (g.length * size < 10 * COPY_AT_ONCE) {
      const large = g.array.length * size > COPY_AT_ONCE;
      append(100);
      if (large) most = Math.max(most, stats.copied - before);
      before = stats.copied;
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(LEFT * (STEP_BYTES + 100 * size));
    // Every array was copied once, each a quarter of the one that came next.
    expect(stats.copied).toBeLessThanOrEqual((g.array.length * size) / 3);
  });

  it('grows by a factor of four, and is allocated once for each size', () => {
    const { g, stats, append } = growable(Kind, 1);
    while (g.length < 3 * COPY_AT_ONCE) append(1000);
    expect(stats.allocations.length).toBeGreaterThan(6);
    for (let i = 2; i < stats.allocations.length; i++) {
      expect(stats.allocations[i]).toBe(4 * stats.allocations[i - 1]);
    }
  });

  it('truncated while it is copied, starts anew', () => {
    const { g, append, full, copied, fillTo } = grown(Kind);
    fillTo(full - 10, 1);
    expect(copied()).toBeGreaterThan(full / 2);
    g.truncate(16);
    expect(g.length).toBe(16);
    const array = g.array;
    fillTo(full, 77);
    expect(g.array).toBe(array);
    const copy = g.array.slice();
    append(1);
    same(g.array.subarray(0, full), copy);
  });

  it('takes more at once than four times what it had', () => {
    const { g, append } = growable(Kind, 10);
    append(5, 1);
    append(1_000_000, 2);
    expect(g.array.length).toBeGreaterThanOrEqual(1_000_005);
    expect([...g.array.subarray(0, 7)]).toEqual([1, 2, 3, 4, 5, 2, 3]);
  });

  it('takes more at once than the array that was to come next', () => {
    const { g, stats, append, full, copied, fillTo } = grown(Kind);
    fillTo(full - full / 16, 1);
    expect(copied()).toBeGreaterThan(0);
    expect(g.array.length).toBe(full);
    expect(stats.allocations.at(-1)).toBe(4 * full);
    const copy = g.array.slice(0, g.length);
    append(4 * full, 9);
    same(g.array.subarray(0, copy.length), copy);
    expect(g.array[copy.length + 1]).toBe(10);
  });

  it('grows up to its limit and not beyond', () => {
    const { g, stats, append } = growable(Kind, 10, 100);
    append(10, 1);
    append(1, 1);
    append(29, 1);
    append(59, 1);
    expect(stats.allocations).toEqual([10, 40, 100]);
    const copy = g.array.slice(0, 99);
    for (const extra of [2, 100]) {
      const error = thrownBy(() => g.reserve(extra));
      expect(error).toBeInstanceOf(CapacityError);
      expect(error.message).toBe(
        `test would need ${99 + extra} elements, and its limit is 100; nothing was changed`,
      );
    }
    expect(g.length).toBe(99);
    same(g.array.subarray(0, 99), copy);
    append(1);
    g.reserve(0);
    expect(() => g.reserve(1)).toThrow(CapacityError);
  });

  it('of a large limit does not copy ahead where it can not grow', () => {
    const limit = COPY_AT_ONCE * 2;
    const { g, stats, append } = growable(Kind, COPY_AT_ONCE / 2, limit);
    while (g.length + 1024 <= limit) append(1024);
    expect(stats.asked).toEqual([COPY_AT_ONCE / 2, limit]);
    expect(() => append(COPY_AT_ONCE)).toThrow(CapacityError);
    expect(g.length).toBe(limit);
  });

  it('says what could not be allocated, and why', () => {
    const { g, stats, append } = growable(Kind, 10);
    append(10, 1);
    stats.failing = true;
    const error = thrownBy(() => append(1));
    expect(error).toBeInstanceOf(CapacityError);
    expect(error.message).toBe('could not allocate 13 elements for test; nothing was changed');
    expect(error.cause).toBe(stats.fault);
    expect(g.length).toBe(10);
    expect(g.array.length).toBe(10);
    stats.failing = false;
    append(1);
    expect(g.array.length).toBe(40);
  });

  it('that can not have four times its length takes little more than is needed', () => {
    const { g, stats, append } = growable(Kind, 1000);
    append(1000, 1);
    stats.most = 3999;
    append(80, 2);
    expect(stats.asked).toEqual([1000, 4000, 1215]);
    expect(g.array.length).toBe(1215);
    expect([...g.array.subarray(998, 1002)]).toEqual(
      [999, 1000, 2, 3].map((n) => (Kind.name === 'Uint8Array' ? n & 0xff : n)),
    );
    // Not more than the limit either, and only once where that is all the same.
    const limited = growable(Kind, 1000, 1100);
    limited.append(1000, 1);
    limited.stats.failing = true;
    expect(() => limited.append(80)).toThrow('could not allocate 1100 elements for test');
    expect(limited.stats.asked).toEqual([1000, 1100]);
    expect(limited.g.length).toBe(1000);
  });

  it('that can not be copied ahead goes on until it is full, and fails only then', () => {
    const { g, stats, append, full, copied, fillTo } = grown(Kind);
    stats.failing = true;
    fillTo(full, 1);
    expect(stats.asked.length).toBeGreaterThan(2);
    expect(copied()).toBe(0);
    const copy = g.array.slice();
    expect(() => append(1)).toThrow(CapacityError);
    expect(g.length).toBe(full);
    same(g.array, copy);
    stats.failing = false;
    append(1);
    same(g.array.subarray(0, full), copy);
  });
});

/** toEqual of a million elements takes seconds. */
function same(actual: Flat, expected: Flat): void {
  const a = Buffer.from(actual.buffer, actual.byteOffset, actual.byteLength);
  const b = Buffer.from(expected.buffer, expected.byteOffset, expected.byteLength);
  if (a.equals(b)) return;
  const at = actual.findIndex((element, i) => element !== expected[i]);
  throw new Error(`element ${at} of ${actual.length}: expected ${expected[at]}, got ${actual[at]}`);
}
