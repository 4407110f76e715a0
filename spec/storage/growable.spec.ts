import fc from 'fast-check';
import { CapacityError, DB, checkStructure } from '../../lib/index.js';
import { Growable, localMemory, tableOf, withInternals } from '../../lib/internals.js';
import { thrownBy } from '../support/faults.js';
import { must } from '../support/must.js';

type Flat = Uint8Array | Int32Array;

/** What may be copied in one call, in bytes: nobody notices. */
const COPY_AT_ONCE = 1 << 19;

/** A Growable whose allocations are noted and can be made to fail, and whose copying is measured. */
function growable<T extends Flat>(Kind: new (length: number) => T, capacity = 0, limit = 2 ** 31) {
  const stats = {
    allocations: [] as number[],
    copied: 0,
    most: Infinity,
    fault: new RangeError('no memory'),
  };
  const g = new Growable<T>({ name: 'test', unit: 'elements', limit }, capacity, {
    allocate: (length) => {
      if (length > stats.most) throw stats.fault;
      stats.allocations.push(length);
      const array = new Kind(length);
      array.set = (source: ArrayLike<number>, offset?: number) => {
        stats.copied += source.length * array.BYTES_PER_ELEMENT;
        Reflect.apply((Object.getPrototypeOf(array) as typeof array).set, array, [source, offset]);
      };
      return array;
    },
  });
  const append = (count: number, first = 0) => {
    g.reserve(count);
    countUp(g.array, g.length, count, first);
    g.length += count;
  };
  return { g, stats, append };
}

/** Writes `count` elements, each one more than the one before. A loop for each kind of array is several times as fast. */
function countUp(array: Flat, from: number, count: number, first: number): void {
  if (array instanceof Uint8Array) {
    for (let i = 0; i < count; i++) array[from + i] = first + i;
  } else {
    for (let i = 0; i < count; i++) array[from + i] = first + i;
  }
}

/** One that is being copied: the array that comes next stands beside the one in use. */
function halfCopied<T extends Flat>(Kind: new (length: number) => T, limit?: number) {
  const all = growable(Kind, 1000, limit);
  const { g, stats, append } = all;
  for (
    let known = 1;
    stats.copied === 0 || stats.allocations.length === known || g.array.length === stats.allocations.at(-1);
  ) {
    const { array } = g;
    append(1000, g.length);
    if (g.array !== array) {
      known = stats.allocations.length;
      stats.copied = 0;
    }
    if (g.length > 100 * COPY_AT_ONCE) throw new Error('it is never copied bit by bit');
  }
  return { ...all, copied: () => stats.copied / g.array.BYTES_PER_ELEMENT };
}

const kinds = [
  { name: 'Uint8Array', Kind: Uint8Array },
  { name: 'Int32Array', Kind: Int32Array },
] as { name: string; Kind: new (length: number) => Flat }[];

describe.each(kinds)('a growable $name', ({ Kind }) => {
  const command = fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.nat({ max: 200 }) }) },
    {
      weight: 8,
      arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.nat({ max: 60_000 }) }),
    },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('write' as const), at: fc.nat(), value: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate' as const), to: fc.nat() }) },
    // Allocations of more than so many times the present array fail from now on.
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('memory' as const),
        times: fc.constantFrom(0, 1, 1.01, 1.1, 1.2, 2, 100, 100),
      }),
    },
  );

  it.each([0, 1, 1000, 40_000, 150_000, COPY_AT_ONCE + 7])(
    'of %d elements at first holds what a plain array would hold, whatever the calls',
    (capacity) => {
      const mirror = new Kind(4_000_000);
      fc.assert(
        fc.property(fc.array(command, { maxLength: 60, size: 'max' }), (commands) => {
          const { g, stats, append } = growable(Kind, capacity);
          let length = 0;
          commands.forEach((command, n) => {
            if (command.do === 'append') {
              try {
                append(command.count, n);
                countUp(mirror, length, command.count, n);
                length += command.count;
              } catch (error) {
                if (!(error instanceof CapacityError)) throw error;
              }
            } else if (command.do === 'truncate') {
              length = length === 0 ? 0 : command.to % length;
              g.truncate(length);
            } else if (command.do === 'memory') {
              stats.most = command.times * g.array.length + 1;
            } else if (length > 0) {
              g.write(command.at % length, command.value);
              mirror[command.at % length] = command.value;
            }
            if (g.length !== length || g.array.length < length) {
              throw new Error(`${g.length} elements of ${g.array.length}, and not ${length}`);
            }
          });
          same(g.array.subarray(0, length), mirror.subarray(0, length));
          // What was copied ahead becomes the contents only now.
          stats.most = Infinity;
          append(g.array.length - length + 1, 5);
          same(g.array.subarray(0, length), mirror.subarray(0, length));
        }),
        { seed: 31, numRuns: 60 },
      );
    },
  );

  it('gives every element written to the array that comes next, while that is being filled', () => {
    const { g, append, copied } = halfCopied(Kind);
    const first = g.array;
    const full = first.length;
    const writes = new Map<number, number>();
    let written = 0;
    while (g.length < full) {
      append(Math.min(1000, full - g.length), 3);
      for (const at of [0, copied() - 2, copied() - 1, copied(), copied() + 1, (written * 7919) % g.length]) {
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
    while (g.array.length * size <= 10 * COPY_AT_ONCE || stats.copied === before) {
      before = stats.copied;
      append(100);
      most = Math.max(most, stats.copied - before);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(COPY_AT_ONCE);
    // Growth by a factor: all the copying together is no more than what there is.
    expect(stats.copied).toBeLessThan(g.array.length * size);
  });

  it('grows by a factor, and is allocated once for each size', () => {
    const { g, stats, append } = growable(Kind, 1);
    while (g.length < 3 * COPY_AT_ONCE) append(1000);
    const sizes = stats.allocations;
    expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b));
    expect(sizes.length).toBeLessThan(2 + Math.log2(g.array.length));
  });

  test.each([
    [1, 4, 8, 32, 128],
    [1.5, 6, 12, 48, 96, 192],
    [2, 8, 32, 128],
    [2.5, 5, 10, 40, 80, 160],
    [7.5, 15, 60, 120],
  ])(
    'grows fourfold, but twofold where all would be cleared, and where it is large: %p MiB ...',
    (...sizes) => {
      const MiB = 2 ** 20 / new Kind(0).BYTES_PER_ELEMENT;
      const { g, stats } = growable(Kind, sizes[0] * MiB);
      while (g.array.length < 100 * MiB) {
        g.length = g.array.length;
        g.reserve(1);
      }
      expect(stats.allocations.map((length) => length / MiB)).toEqual(sizes);
    },
  );

  it('copies ahead while the last sixteenth fills, and not before', () => {
    const { g, stats } = growable(Kind);
    while (g.array.length * g.array.BYTES_PER_ELEMENT <= COPY_AT_ONCE) {
      g.length = g.array.length;
      g.reserve(1);
    }
    const { length } = g.array;
    const allocations = stats.allocations.length;
    stats.copied = 0;
    g.length = Math.floor((length * 15) / 16) - 1;
    g.reserve(1);
    expect(stats.allocations).toHaveLength(allocations);
    expect(stats.copied).toBe(0);
    g.length++;
    g.reserve(1);
    expect(stats.allocations).toHaveLength(allocations + 1);
    expect(stats.copied).toBeGreaterThan(0);
    expect(stats.copied).toBeLessThanOrEqual(COPY_AT_ONCE / 2 + 1000);
  });

  it('truncated while it is copied, starts anew', () => {
    const { g, append } = halfCopied(Kind);
    const { array } = g;
    const full = array.length;
    g.truncate(16);
    expect(g.length).toBe(16);
    append(full - 16, 77);
    expect(g.array).toBe(array);
    const copy = g.array.slice();
    append(1);
    same(g.array.subarray(0, full), copy);
  });

  it('takes much more at once than it had', () => {
    const { g, append } = growable(Kind, 10);
    append(5, 1);
    append(1_000_000, 2);
    expect(g.array.length).toBeGreaterThanOrEqual(1_000_005);
    expect([...g.array.subarray(0, 7)]).toEqual([1, 2, 3, 4, 5, 2, 3]);
  });

  it('takes more at once than the array that was to come next', () => {
    const { g, stats, append } = halfCopied(Kind);
    const copy = g.array.slice(0, g.length);
    append(stats.allocations.at(-1)! + 1, 9);
    same(g.array.subarray(0, copy.length), copy);
  });

  it('grows up to its limit and not beyond', () => {
    const { g, stats, append } = growable(Kind, 10, 25);
    append(10, 1);
    append(1, 1);
    append(13, 1);
    expect(Math.max(...stats.allocations)).toBe(25);
    const copy = g.array.slice(0, 24);
    for (const extra of [2, 100]) {
      const error = thrownBy(() => g.reserve(extra));
      expect(error).toBeInstanceOf(CapacityError);
      expect(error.message).toBe(
        `test would need ${24 + extra} elements, and its limit is 25; nothing was changed. compact() gives back what was overwritten or deleted, in a MemTable what no reader sees; or begin a new one`,
      );
    }
    expect(g.length).toBe(24);
    same(g.array.subarray(0, 24), copy);
    append(1);
    g.reserve(0);
    expect(() => g.reserve(1)).toThrow(CapacityError);
  });

  it('that is at its limit does not copy ahead', () => {
    const limit = 3 * COPY_AT_ONCE;
    const { g, stats, append } = growable(Kind, 1000, limit);
    while (g.array.length < limit) append(1000);
    const allocations = stats.allocations.length;
    while (g.length + 1000 <= limit) append(1000);
    expect(stats.allocations).toHaveLength(allocations);
    expect(() => append(1000)).toThrow(CapacityError);
    append(limit - g.length);
    expect(g.length).toBe(limit);
  });

  it('says what could not be allocated, and why', () => {
    const { g, stats, append } = growable(Kind, 10);
    append(10, 1);
    stats.most = 10;
    const error = thrownBy(() => append(1));
    expect(error).toBeInstanceOf(CapacityError);
    expect(error.message).toMatch(
      /^could not allocate \d+ elements for test; nothing was changed. Free memory, or hold less$/,
    );
    expect(error.cause).toBe(stats.fault);
    expect(g.length).toBe(10);
    expect(g.array.length).toBe(10);
    stats.most = Infinity;
    append(1);
    expect(g.array.length).toBeGreaterThan(10);
  });

  it('that can not be copied ahead goes on until it is full, and fails only then', () => {
    const { g, stats, append } = growable(Kind, 1000);
    while (g.array.length * g.array.BYTES_PER_ELEMENT <= COPY_AT_ONCE) append(1000, 1);
    const { array } = g;
    stats.most = 0;
    while (g.length < array.length) append(Math.min(1000, array.length - g.length), 1);
    const copy = array.slice();
    expect(() => append(1)).toThrow(CapacityError);
    expect(g.length).toBe(array.length);
    expect(g.array).toBe(array);
    same(g.array, copy);
    stats.most = Infinity;
    append(1);
    same(g.array.subarray(0, copy.length), copy);
  });

  it.each([1, 1.001, 1.05, 1.13, 1.2, 2])(
    'that finds room for %d times as much and no more goes on as far as that goes, and loses nothing',
    (times) => {
      const { g, stats, append } = growable(Kind, 1000);
      while (g.array.length * g.array.BYTES_PER_ELEMENT <= 6 * COPY_AT_ONCE) append(1000, 1);
      const full = g.array.length;
      stats.most = Math.floor(times * full);
      let count = g.length;
      const error = thrownBy(() => {
        for (; ; count += 1000) append(1000, count);
      });
      expect(error).toBeInstanceOf(CapacityError);
      expect(g.length).toBe(count);
      expect(g.array.length).toBeGreaterThanOrEqual(full);
      expect(count).toBeGreaterThan(full - 1000);
      let wrong = 0;
      for (let at = full - (full % 1000); at < count; at++) if ((g.array[at] & 0xff) !== (at & 0xff)) wrong++;
      expect(wrong).toBe(0);
    },
  );
});

/** toEqual of a million elements takes seconds. */
function same(actual: Flat, expected: Flat): void {
  const a = Buffer.from(actual.buffer, actual.byteOffset, actual.byteLength);
  const b = Buffer.from(expected.buffer, expected.byteOffset, expected.byteLength);
  if (a.equals(b)) return;
  const at = actual.findIndex((element, i) => element !== expected[i]);
  throw new Error(`element ${at} of ${actual.length}: expected ${expected[at]}, got ${actual[at]}`);
}

test('the capacity that a DB was asked for is filled without another allocation, after a reset too', () => {
  const allocations: number[] = [];
  const memory = {
    ...localMemory,
    allocate(size: number) {
      allocations.push(size);
      return localMemory.allocate(size);
    },
  };
  const capacity = 8 * COPY_AT_ONCE;
  const db = new DB(withInternals({ capacity }, memory));
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 8; i++) db.put(Uint8Array.of(i), new Uint8Array(COPY_AT_ONCE - 1));
    expect([db.capacity, db.free]).toEqual([capacity, 0]);
    expect(allocations.filter((size) => size >= capacity)).toEqual([capacity]);
    db.reset();
  }
});

test('much that was asked for has more behind it, and is not copied before that is used, nor at once then', () => {
  const MiB = 2 ** 20;
  const capacity = 16 * MiB;
  const value = new Uint8Array(MiB - 1);
  const db = new DB({ capacity });
  const { buffer } = db.kvData;
  const { capacity: reserved } = db;
  expect(reserved).toBeGreaterThan(capacity);
  expect(reserved).toBeLessThan(1.1 * capacity);
  for (let i = 0; i < 16; i++) db.put(Uint8Array.of(i), value);
  expect(db.kvLength).toBe(capacity);
  const { kv } = tableOf(db).storage;
  expect([db.kvData.buffer === buffer, kv.copied]).toEqual([true, 0]);
  // What is behind it is a sixteenth: by the time it is used, all is copied.
  for (let i = 0; kv.array.buffer === buffer; i++) {
    must(kv.copied >= Math.min(16, 16 * (i - 1)) * 2 ** 16, () => `only ${kv.copied} bytes are copied`);
    db.put(Uint8Array.of(0, i), value.subarray(0, 2 ** 16 - 2));
  }
  db.reset();
  expect(db.capacity).toBe(reserved);
  checkStructure(db);
  expect(new DB({ capacity: 8 * MiB }).capacity).toBe(8 * MiB);
});
