import fc from 'fast-check';
import { CapacityError } from '../lib/index.js';
import { Growable } from '../lib/growable.js';
import { thrownBy } from './support/faults.js';

type Flat = Uint8Array | Int32Array;

const COPY_AT_ONCE = 1 << 19;
const STEP_BYTES = 1 << 16;

/** A Growable whose allocations are counted and can be made to fail, and whose copying is measured. */
function growable<T extends Flat>(Kind: new (length: number) => T, capacity = 0, limit = 2 ** 31) {
  const stats = {
    allocations: [] as number[],
    copied: 0,
    failing: false,
    fault: new RangeError('no memory'),
  };
  const g = new Growable<T>({ name: 'test', unit: 'elements', limit }, capacity, (length) => {
    if (stats.failing) throw stats.fault;
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
    const { g, stats, append } = growable(Kind, COPY_AT_ONCE * 2);
    const full = g.array.length;
    const first = g.array;
    append(full / 2);
    expect(stats.allocations).toHaveLength(1);
    append(1);
    expect(stats.allocations).toHaveLength(2);
    let written = 0;
    const writes = new Map<number, number>();
    while (g.length < full) {
      append(Math.min(1000, full - g.length), 3);
      const copied = stats.copied / g.array.BYTES_PER_ELEMENT;
      for (const at of [
        0,
        copied - 2,
        copied - 1,
        copied,
        copied + 1,
        (written * 7919) % g.length,
        g.length - 1,
      ]) {
        if (at < 0 || at >= g.length) continue;
        g.write(at, ++written & 0x7f);
        writes.set(at, written & 0x7f);
      }
      expect(g.array).toBe(first);
    }
    const copy = g.array.slice(0, g.length);
    append(1);
    expect(g.array).not.toBe(first);
    same(g.array.subarray(0, full), copy);
    for (const [at, value] of writes) expect(g.array[at]).toBe(value);
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
    expect(most).toBeLessThanOrEqual(4 * STEP_BYTES);
    // Doubling: all the copying together is as much as what there is, or twice that.
    expect(stats.copied).toBeLessThan(2 * g.array.length * size);
  });

  it('doubles, and is allocated once for each size', () => {
    const { g, stats, append } = growable(Kind, 1);
    while (g.length < 3 * COPY_AT_ONCE) append(1000);
    for (let i = 2; i < stats.allocations.length; i++) {
      expect(stats.allocations[i]).toBe(2 * stats.allocations[i - 1]);
    }
  });

  it('truncated while it is copied, starts anew', () => {
    const { g, append } = growable(Kind, COPY_AT_ONCE * 2);
    const full = g.array.length;
    append(full - 10, 1);
    g.truncate(16);
    expect(g.length).toBe(16);
    const array = g.array;
    append(full - 16, 77);
    expect(g.array).toBe(array);
    const copy = g.array.slice();
    append(1);
    same(g.array.subarray(0, full), copy);
  });

  it('takes more at once than twice what it had', () => {
    const { g, append } = growable(Kind, 10);
    append(5, 1);
    append(1_000_000, 2);
    expect(g.array.length).toBeGreaterThanOrEqual(1_000_005);
    expect([...g.array.subarray(0, 7)]).toEqual([1, 2, 3, 4, 5, 2, 3]);
  });

  it('takes more at once than the array that was to come next', () => {
    const { g, stats, append } = growable(Kind, COPY_AT_ONCE * 2);
    const full = g.array.length;
    while (g.length < 0.75 * full) append(1000, 1);
    expect(stats.copied).toBeGreaterThan(0);
    expect(g.array.length).toBe(full);
    const copy = g.array.slice(0, g.length);
    append(5 * COPY_AT_ONCE, 9);
    same(g.array.subarray(0, copy.length), copy);
  });

  it('grows up to its limit and not beyond', () => {
    const { g, stats, append } = growable(Kind, 10, 25);
    append(10, 1);
    append(1, 1);
    append(13, 1);
    expect(stats.allocations).toEqual([10, 20, 25]);
    const copy = g.array.slice(0, 24);
    for (const extra of [2, 100]) {
      const error = thrownBy(() => g.reserve(extra));
      expect(error).toBeInstanceOf(CapacityError);
      expect(error.message).toBe(
        `test would need ${24 + extra} elements, and its limit is 25; nothing was changed`,
      );
    }
    expect(g.length).toBe(24);
    same(g.array.subarray(0, 24), copy);
    append(1);
    g.reserve(0);
    expect(() => g.reserve(1)).toThrow(CapacityError);
  });

  it('of a large limit does not copy ahead where it can not grow', () => {
    const { g, stats, append } = growable(Kind, COPY_AT_ONCE * 2, COPY_AT_ONCE * 2);
    while (g.length + 1024 <= g.array.length) append(1024);
    expect(stats.allocations).toHaveLength(1);
    expect(() => append(COPY_AT_ONCE)).toThrow(CapacityError);
  });

  it('says what could not be allocated, and why', () => {
    const { g, stats, append } = growable(Kind, 10);
    append(10, 1);
    stats.failing = true;
    const error = thrownBy(() => append(1));
    expect(error).toBeInstanceOf(CapacityError);
    expect(error.message).toBe('could not allocate 20 elements for test; nothing was changed');
    expect(error.cause).toBe(stats.fault);
    expect(g.length).toBe(10);
    expect(g.array.length).toBe(10);
    stats.failing = false;
    append(1);
    expect(g.array.length).toBe(20);
  });

  it('that can not be copied ahead goes on until it is full, and fails only then', () => {
    const { g, stats, append } = growable(Kind, COPY_AT_ONCE * 2);
    const full = g.array.length;
    stats.failing = true;
    while (g.length < full) append(1024, 1);
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
