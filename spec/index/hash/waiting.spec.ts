import { CapacityError, DB, checkStructure } from '../../../lib/index.js';
import { HashIndex, localMemory, type Memory, tableOf, withInternals } from '../../../lib/internals.js';
import { bytes, sameBytes, utf8 } from '../../support/bytes.js';
import { FaultyMemory } from '../../support/faults.js';
import { must } from '../../support/must.js';
import { Prng, mix } from '../../support/prng.js';

/*
 * Nodes that wait for the hash index of a DB: deleted while they wait, one by one or in a range, put again with the same key,
 * overwritten, and then entered, by whom and when; and what happens where there is no memory for it.
 */

const SEED = 0x5eed;
const EMPTY = new Uint8Array(0);

function word(n: number): Uint8Array {
  const bytes = new Uint8Array(4);
  bytes[0] = n >>> 24;
  bytes[1] = n >>> 16;
  bytes[2] = n >>> 8;
  bytes[3] = n;
  return bytes;
}

/** Whether there is a hash index still: it is dropped where there was no memory for it. */
function isHashed(db: DB): boolean {
  const { index } = tableOf(db);
  return index !== undefined && index.arrays.length > 4;
}

/** How often a call searched the pages. */
function searchesBy(db: DB, call: () => void): number {
  let searches = 0;
  // Every search begins with this; nothing else does it.
  const { at } = tableOf(db);
  let { outside } = at;
  Object.defineProperty(at, 'outside', {
    configurable: true,
    get: () => outside,
    set: (level: number) => {
      if (level === -1) searches++;
      outside = level;
    },
  });
  call();
  Object.defineProperty(at, 'outside', {
    value: outside,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  return searches;
}

/** How many hashes of stored keys a call took: one for each node that it entered, and some for what found no room. */
function hashesBy(call: () => void): number {
  const hashOf = jest.spyOn(HashIndex.prototype, 'hashOf');
  call();
  const count = hashOf.mock.calls.length;
  hashOf.mockRestore();
  return count;
}

/** A DB and what it must hold. */
class Checked {
  readonly db: DB;
  readonly model = new Map<number, number>();
  #puts = 0;
  /** Puts that found no memory. */
  refused = 0;

  constructor(memory: Memory, capacity?: number) {
    const internals = { ...memory, allocate: (bytes: number) => memory.allocate(bytes), seed: SEED };
    this.db = new DB(
      withInternals({ ...(capacity === undefined ? {} : { capacity }), autoCompact: false }, internals),
    );
  }

  put(n: number): void {
    this.db.put(word(n), word(++this.#puts));
    this.model.set(n, this.#puts);
  }

  /** Where memory may fail. */
  tryToPut(n: number): void {
    try {
      this.put(n);
    } catch (error) {
      if (!(error instanceof CapacityError)) throw error;
      this.refused++;
    }
  }

  delete(n: number): void {
    if (this.db.delete(word(n)) !== this.model.delete(n)) throw new Error(`the delete of ${n} is wrong`);
  }

  /** Of all from one number to before another. */
  deleteRange(start: number, limit: number): void {
    let count = 0;
    for (let n = start; n < limit; n++) if (this.model.delete(n)) count++;
    const deleted = this.db.deleteRange({ start: word(start), limit: word(limit) });
    if (deleted !== count) throw new Error(`${deleted} were deleted from ${start} to ${limit}, not ${count}`);
  }

  look(n: number): void {
    const value = this.model.get(n);
    const key = word(n);
    if (this.db.has(key) !== (value !== undefined)) throw new Error(`has is wrong for ${n}`);
    const found = this.db.get(key);
    const isRight =
      found === undefined || value === undefined
        ? found === value
        : found[0] === value >>> 24 &&
          found[1] === ((value >>> 16) & 0xff) &&
          found[2] === ((value >>> 8) & 0xff) &&
          found[3] === (value & 0xff);
    if (!isRight) throw new Error(`get is wrong for ${n}`);
  }

  /** @returns of how many of these only the ordered search knew */
  searches(from: number, to: number): number {
    const count = searchesBy(this.db, () => {
      for (let n = from; n < to; n++) this.look(n);
    });
    return count / 2;
  }

  /** Until the hash index has all. */
  settle(n: number): void {
    while (tableOf(this.db).index!.isBehind) this.look(n);
  }
}

describe('the hash index, behind', () => {
  const make = () => new DB(withInternals({}, { ...localMemory, seed: SEED }));

  it('does not find keys that were deleted while they waited, and finds those put again', () => {
    const db = make();
    for (let n = 0; n < 3000; n++) db.put(word(mix(n)), word(n));
    for (let n = 0; n < 3000; n += 3) expect(db.delete(word(mix(n)))).toBe(true);
    for (let n = 0; n < 3000; n += 9) db.put(word(mix(n)), word(n + 1));
    for (let n = 0; n < 3000; n += 18) expect(db.delete(word(mix(n)))).toBe(true);
    for (let n = 0; n < 3000; n++) {
      const expected = n % 3 > 0 ? word(n) : n % 9 === 0 && n % 18 > 0 ? word(n + 1) : undefined;
      must(sameBytes(db.get(word(mix(n))), expected), () => `get is wrong for key ${n}`);
      must(db.has(word(mix(n))) === (expected !== undefined), () => `has is wrong for key ${n}`);
    }
    checkStructure(db);
  });

  it('forgets after a reset what was deleted while it waited', () => {
    const db = make();
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 1500; n++) db.put(word(mix(n + round)), word(n));
      for (let n = 0; n < 1500; n += 2 + round) expect(db.delete(word(mix(n + round)))).toBe(true);
      if (round === 1) for (let n = 0; n < 100; n++) db.get(word(n));
      db.reset();
      for (let n = 0; n < 1500; n++) db.put(word(mix(n)), word(n));
      for (let n = 0; n < 1500; n++) must(sameBytes(db.get(word(mix(n))), word(n)), () => `key ${n}`);
      checkStructure(db);
      db.reset();
    }
  });

  it.each(['one by one', 'in a run'])(
    'takes what comes behind many that were deleted %s while they waited',
    (how) => {
      // Those that are left are entered while buckets still move from a table that never foresaw nodes so far up.
      const db = make();
      for (let n = 0; n < 6000; n++) db.put(word(n), EMPTY);
      for (let n = 0; n < 6000; n++) db.get(word(n));
      for (let n = 6000; n < 25_000; n++) {
        db.put(word(n), EMPTY);
        if (how === 'one by one') db.delete(word(n));
      }
      db.deleteRange({ start: word(6000) });
      for (let n = 25_000; n < 25_500; n++) db.put(word(n), EMPTY);
      for (let round = 0; round < 2; round++) {
        for (let n = 25_499; n >= 0; n--) {
          must(db.has(word(n)) === (n < 6000 || n >= 25_000), () => `has is wrong for key ${n}`);
        }
      }
      checkStructure(db);
    },
  );

  it.each(['ascending', 'random'])('takes more than 2^18 slots, of %s keys, as it takes few', (order) => {
    const key = (n: number) => word(order === 'ascending' ? n : mix(n));
    const db = make();
    const COUNT = 56_000;
    for (let n = 0; n < COUNT; n++) db.put(key(n), EMPTY);
    expect(db.nodeLength).toBeGreaterThan(2 ** 18);
    const values = new Map<number, Uint8Array>();
    const prng = new Prng(8);
    const check = (n: number) => {
      const expected = n >= COUNT ? undefined : gone.has(n) ? undefined : (values.get(n) ?? EMPTY);
      must(sameBytes(db.get(key(n)), expected), () => `get is wrong for key ${n}`);
    };
    const gone = new Set<number>();
    for (let i = 0; i < 12_000; i++) {
      const n = prng.below(COUNT + 100);
      const r = prng.below(10);
      if (r < 3) {
        expect(db.delete(key(n))).toBe(n < COUNT && !gone.has(n));
        gone.add(n);
      } else if (r < 6 && n < COUNT) {
        db.put(key(n), word(i));
        values.set(n, word(i));
        gone.delete(n);
      } else {
        check(n);
      }
    }
    for (let n = 0; n < COUNT; n += 5) check(n);
    checkStructure(db);
  });

  it('does not know what was deleted one by one or in a range, and put again, before it is entered', () => {
    const table = new Checked(localMemory);
    const prng = new Prng(12);
    const { db } = table;
    for (let round = 0; round < 40; round++) {
      // What is entered so far ends somewhere amid.
      for (let i = 0; i < 400; i++) table.put(prng.below(3000));
      for (let i = prng.below(5); i > 0; i--) table.look(prng.below(3000));
      const start = prng.below(3000);
      table.deleteRange(start, start + prng.below(600));
      for (let i = 0; i < 40; i++) table.delete(prng.below(3000));
      for (let n = start; n < start + 300; n += 3) table.put(n);
      table.deleteRange(start + 50, start + 90);
      for (let n = start + 60; n < start + 80; n++) table.put(n);
      for (let n = start + 60; n < start + 80; n += 2) table.put(n);
      if (round % 4 === 0) checkStructure(db);
      for (let i = prng.below(20); i > 0; i--) table.look(prng.below(3000));
      if (round % 4 === 3) for (let n = 0; n < 3700; n++) table.look(n);
    }
    table.settle(0);
    for (let n = 0; n < 3700; n++) table.look(n);
    checkStructure(db);
    // It tells by itself, and not by leaving all to the pages.
    expect(table.searches(0, 3700)).toBeLessThan(0.04 * 3700);
  });

  it('has what stands in another leaf by now, and what was overwritten while it waited', () => {
    const table = new Checked(localMemory);
    for (let n = 0; n < 6000; n++) table.put(16 * n);
    // Leaves are split, emptied and left: nodes have others now, and those that are gone have none.
    for (let n = 0; n < 6000; n += 2) for (let i = 1; i < 4; i++) table.put(16 * n + i);
    for (let n = 0; n < 6000; n += 3) table.delete(16 * n);
    table.deleteRange(16 * 1000, 16 * 3000);
    for (let n = 0; n < 6000; n += 5) if (table.model.has(16 * n)) table.put(16 * n);
    for (let n = 2000; n < 2500; n++) table.put(16 * n);
    checkStructure(table.db);
    table.settle(5);
    checkStructure(table.db);
    for (let n = 0; n < 6000; n++) for (let i = 0; i < 5; i++) table.look(16 * n + i);
    expect(table.searches(0, 96_000)).toBeLessThan(0.04 * 96_000);
  });
});

describe('the hash index of a DB, behind far more than it has room for', () => {
  it('takes no notice of what is put in order until 2^18 slots wait, or somebody looks', () => {
    const table = new Checked(localMemory);
    for (let n = 0; n < 5; n++) {
      table.put(2 * n);
      table.look(2 * n);
    }
    const { nodes } = tableOf(table.db).storage;
    const begin = nodes.length;
    let n = 5;
    expect(
      hashesBy(() => {
        while (nodes.length - begin <= 2 ** 18 - 20) table.put(2 * n++);
      }),
    ).toBe(0);
    expect(n).toBeGreaterThan(40_000);
    const first = n;
    const entered = hashesBy(() => {
      while (n < 120_000) table.put(2 * n++);
    });
    // One for each that is put, from then on; and what found no room in its bucket again, now and then.
    expect(entered).toBeGreaterThan(n - first - 70);
    expect(entered).toBeLessThan(1.1 * (n - first) + 5000);
    for (let n = 0; n < 2000; n++) table.look(mix(n) % 240_000);
    checkStructure(table.db);
    expect(table.searches(100_000, 120_000)).toBeLessThan(800);
  });

  it.each(['in order', 'in reverse', 'at random', 'among others'])(
    'knows all of a batch of more than 2^18 slots, %s',
    (order) => {
      const COUNT = 60_000;
      const table = new Checked(localMemory);
      if (order === 'among others') for (const n of [0, 100_000]) table.put(n);
      const numbers = Array.from({ length: COUNT }, (_, n) => n + 1);
      if (order === 'in reverse') numbers.reverse();
      if (order === 'at random') numbers.sort((a, b) => mix(a) - mix(b));
      table.db.putMany(numbers.map((n) => [word(n), word(n)] as const));
      for (const n of numbers) table.model.set(n, n);
      for (let n = 0; n < COUNT + 2; n++) table.look(n);
      checkStructure(table.db);
    },
  );

  it('does not know what was deleted while it waited, of 600,000 slots', () => {
    const prng = new Prng(7);
    const table = new Checked(localMemory);
    for (let n = 0; n < 5; n++) table.put(n);
    table.look(3);
    let end = 5;
    for (const size of [120_000, 30_000]) {
      const begin = end;
      const putTo = (to: number) => {
        while (end < to) table.put(end++);
      };
      const deleteSome = (from: number, to: number) => {
        for (let n = from + prng.below(9); n < to; n += 1 + prng.below(9)) table.delete(n);
      };
      putTo(begin + 2000);
      deleteSome(begin, end);
      putTo(begin + size);
      deleteSome(begin, begin + 100);
      deleteSome(end - 3000, end);
      // Some are entered, some of them deleted, and some more that wait.
      for (let i = 0; i < 500; i++) table.look(begin + prng.below(size));
      deleteSome(begin, begin + size / 2);
      for (let n = begin; n < begin + 500; n++) if (n % 7 === 0) table.put(n);
      putTo(begin + size + 3000);
      deleteSome(end - 100, end);
      for (let i = 0; i < 300; i++) table.look(begin + prng.below(size));
      deleteSome(end - 20_000, end);
      for (let n = begin - 100; n < end + 100; n++) table.look(n);
    }
    checkStructure(table.db);
    expect(table.searches(110_000, 130_000)).toBeLessThan(800);
  });

  it.each([
    [300, 5000, 1],
    [4700, 50_000, 2],
    [20_000, 60_000, 3],
  ])('is right in a DB that is changed while buckets move: %d keys, %d more', (few, many, seed) => {
    const prng = new Prng(seed);
    const table = new Checked(localMemory);
    const id = (n: number) => mix(n) >>> 0;
    for (let n = 0; n < few; n++) {
      table.put(id(n));
      table.look(id(n));
    }
    for (let n = few; n < few + many; n++) table.put(id(n));
    for (let i = 0; i < 4000; i++) {
      const n = id(prng.below(prng.below(2) === 0 ? few : few + many + 20));
      const r = prng.below(10);
      if (r < 2) table.delete(n);
      if (r === 1 || r === 2) table.put(n);
      table.look(n);
      table.look(id(prng.below(few)));
      if (i === 60 * seed) checkStructure(table.db);
    }
    for (let n = 0; n < few + many + 20; n++) table.look(id(n));
    checkStructure(table.db);
  });

  it('is dropped for good where indexes of nodes have no room, and all goes on without', () => {
    let fails = false;
    const table = new Checked(new FaultyMemory({}, () => fails));
    for (let n = 0; n < 3000; n++) {
      table.put(n);
      table.look(n);
    }
    // Fewer than writes would enter.
    for (let n = 3000; n < 45_000; n++) table.put(n);
    expect(isHashed(table.db)).toBe(true);
    fails = true;
    expect(table.searches(3000, 3400)).toBe(400);
    expect(isHashed(table.db)).toBe(false);
    for (let n = 0; n < 45_000; n += 3) table.delete(n);
    table.deleteRange(20_000, 30_000);
    fails = false;
    for (let n = 0; n < 45_000; n += 10) table.look(n);
    for (let n = 0; n < 45_000; n += 9) table.put(n);
    checkStructure(table.db);
    for (let n = 0; n < 45_000; n += 10) table.look(n);
    table.db.reset();
    table.model.clear();
    for (let n = 0; n < 3000; n++) table.put(n);
    table.look(7);
    for (let n = 3000; n < 45_000; n++) table.put(n);
    expect(isHashed(table.db)).toBe(false);
    for (let n = 0; n < 5000; n++) table.look(n);
    for (let n = 0; n < 5000; n += 2) table.delete(n);
    for (let n = 0; n < 5000; n++) table.look(n);
    checkStructure(table.db);
    expect(table.searches(40_000, 45_000)).toBe(5000);
  });

  it('does without a larger table where there is no memory for it, and has it later', () => {
    let fails = false;
    const table = new Checked(new FaultyMemory({}, () => fails), 1 << 20);
    const { db } = table;
    // 512 buckets take 4608 entries and indexes up to 2^16; there is room for nodes and pages up to there.
    const grow = (from: number, to: number) => {
      for (let n = from; n < to; n++) {
        table.put(n);
        table.look(n);
      }
    };
    grow(0, 4570);
    const { bytes } = tableOf(db).index!;
    fails = true;
    for (let n = 4570; n < 4630; n++) {
      table.tryToPut(n);
      table.look(n);
    }
    expect(tableOf(db).index!.bytes).toBeLessThan(bytes + 30_000);
    fails = false;
    grow(4630, 9000);
    expect(isHashed(db)).toBe(true);
    checkStructure(db);
    expect(table.searches(0, 9000)).toBeLessThan(0.06 * 9000);
  });

  it('is dropped where there is no memory to know the leaf of each node', () => {
    let fails = false;
    let failed = 0;
    const memory: Memory = {
      ...localMemory,
      allocate: (bytes) => {
        const leaves = fails ? tableOf(table.db).index!.pages.leaves : undefined;
        if (leaves !== undefined && leaves.length === leaves.array.length) {
          failed++;
          throw new RangeError('Array buffer allocation failed');
        }
        return new ArrayBuffer(bytes);
      },
    };
    const table = new Checked(memory);
    for (let n = 0; n < 2000; n++) table.put(n);
    for (let n = 0; n < 500; n++) table.look(n);
    for (let n = 0; n < 200; n++) table.delete(n);
    fails = true;
    let end = 2000;
    while (failed === 0) table.put(end++);
    // Some wait, some of them are deleted, and nobody notes it.
    for (let n = end - 50; n < end; n += 2) table.delete(n);
    table.deleteRange(1000, 1100);
    fails = false;
    for (let n = 0; n < 6000; n++) table.put(end++);
    for (let n = 0; n < end; n += 7) table.delete(n);
    for (let n = 0; n < end; n++) table.look(n);
    expect(isHashed(table.db)).toBe(false);
    checkStructure(table.db);
  });

  it('comes back with a new index, by a reset', () => {
    let fails = false;
    const memory: Memory = {
      ...localMemory,
      allocate: (bytes) => {
        if (fails && lacksPages()) throw new RangeError('Array buffer allocation failed');
        return new ArrayBuffer(bytes);
      },
    };
    const lacksPages = () => {
      const { freePages, levels, refs, used } = tableOf(table.db).index!.pages;
      return used - freePages + levels + 1 > refs.length / 64;
    };
    const table = new Checked(memory);
    for (let n = 0; n < 1000; n++) table.put(n);
    fails = true;
    for (let n = 1000; n < 100_000 && tableOf(table.db).index !== undefined; n++) table.put(n);
    expect(tableOf(table.db).index).toBeUndefined();
    fails = false;
    for (let n = 0; n < 3000; n += 2) table.put(n);
    for (let n = 0; n < 3000; n++) table.look(n);
    checkStructure(table.db);
    table.db.reset();
    table.model.clear();
    for (let n = 0; n < 3000; n++) table.put(2 * n);
    for (let n = 0; n < 3000; n += 5) table.delete(2 * n);
    for (let n = 0; n < 6000; n++) table.look(n);
    expect(isHashed(table.db)).toBe(true);
    checkStructure(table.db);
    expect(table.searches(0, 6000)).toBeLessThan(0.04 * 6000);
  });

  /** A short life with reads, writes, ranges and a reset, in which many nodes wait; by a memory that fails somewhere. */
  function live(memory: FaultyMemory): Checked | undefined {
    let table: Checked;
    try {
      table = new Checked(memory, 64);
    } catch (error) {
      must(error instanceof CapacityError, () => `it threw ${String(error)}`);
      return undefined;
    }
    const prng = new Prng(2);
    for (let round = 0; round < 2; round++) {
      let end = 0;
      for (let burst = 0; burst < 14; burst++) {
        for (let i = prng.pick([3, 40, 300]); i > 0; i--) table.tryToPut(end++);
        for (let i = prng.below(30); i > 0; i--) table.tryToPut(prng.below(end));
        for (let i = prng.below(20); i > 0; i--) table.delete(prng.below(end));
        const start = prng.below(end);
        if (burst % 3 === 0) table.deleteRange(start, start + prng.below(100));
        for (let i = prng.below(20); i > 0; i--) table.look(prng.below(end + 5));
        for (let n = start; n < start + 20; n++) table.tryToPut(n);
        for (let i = prng.below(8); i > 0; i--) table.look(prng.below(end + 5));
      }
      checkStructure(table.db);
      for (let n = 0; n < end + 5; n++) table.look(n);
      checkStructure(table.db);
      if (round === 0) {
        table.db.reset();
        table.model.clear();
      }
    }
    return table;
  }

  it('is right, or gone, wherever one allocation fails, or all from there on', () => {
    const sound = new FaultyMemory();
    const table = live(sound)!;
    expect(table.refused).toBe(0);
    expect(isHashed(table.db)).toBe(true);
    expect(sound.allocations).toBeGreaterThan(25);
    let kept = 0;
    let refused = 0;
    for (let failing = 1; failing <= sound.allocations; failing++) {
      const once = live(new FaultyMemory({}, (n) => n === failing));
      if (once !== undefined && isHashed(once.db)) kept++;
      refused += live(new FaultyMemory({}, (n) => n >= failing))?.refused ?? 0;
    }
    expect(kept).toBeGreaterThan(2);
    expect(kept).toBeLessThan(sound.allocations);
    expect(refused).toBeGreaterThan(0);
  });
});

describe('how many waiting nodes are entered', () => {
  const decimal = (n: number) => utf8(String(n).padStart(16, '0'));
  const url = (n: number) => {
    const slug = ['amber', 'amber-basin', 'basin', 'basin-cedar', 'cedar'][n % 5];
    return utf8(`https://www.example.com/products/${slug}-${String(n).padStart(8, '0')}`);
  };
  const filled = (keyOf: (n: number) => Uint8Array) => {
    const db = new DB();
    for (let n = 0; n < 20_000; n++) db.put(keyOf(Math.imul(n, 7919) % 20_000), bytes());
    return db;
  };

  it('is the same by getMany and by a loop of get', () => {
    const keys = Array.from({ length: 100 }, (_, n) => decimal(n * 7));
    const [one, other] = [filled(decimal), filled(decimal)];
    const byLoop = hashesBy(() => keys.forEach((key) => one.get(key)));
    expect(byLoop).toBe(100 * 16);
    expect(hashesBy(() => other.getMany(keys))).toBe(byLoop);
  });

  it('is none by deletes, but where searches are dear', () => {
    const keys = (keyOf: (n: number) => Uint8Array) => Array.from({ length: 100 }, (_, n) => keyOf(n * 7));
    const [decimals, urls] = [filled(decimal), filled(url)];
    expect(hashesBy(() => keys(decimal).forEach((key) => decimals.delete(key)))).toBe(0);
    expect(hashesBy(() => keys(url).forEach((key) => urls.delete(key)))).toBeGreaterThan(100 * 32);
    checkStructure(decimals);
    checkStructure(urls);
  });
});
