import { Buffer } from 'node:buffer';
import {
  CapacityError,
  DB,
  InternalKeyComparer,
  MemTable,
  ValueType,
  bytewise,
  checkStructure,
  makeInternalKey,
  type Comparer,
  type DBIterator,
} from '../../lib/index.js';
import { checkTable, type Internals, localMemory, tableOf, withInternals } from '../../lib/internals.js';
import { sameBytes, show } from '../support/bytes.js';
import { FaultyMemory } from '../support/faults.js';
import { must } from '../support/must.js';
import { Prng, mix } from '../support/prng.js';

/*
 * What makes a table fast may lag behind it: new nodes wait for the hash index. What is put behind all others is appended to
 * the last page without a search. Nobody may notice, whatever is asked and changed meanwhile. Only tables of some 800
 * entries or more let many nodes wait.
 *
 * Here by random calls, with the index and without; step by step in the other specs of this name.
 */

const SEED = 0x5eed;
const EMPTY = new Uint8Array(0);

const latin1 = (key: Uint8Array): string => Buffer.from(key).toString('latin1');
const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1');

function word(n: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, n);
  return bytes;
}

const shapes: Record<string, (n: number) => Uint8Array> = {
  'random bytes': (n) => {
    const prng = new Prng(n);
    return new Uint8Array(1 + prng.below(24)).map(() => prng.below(256));
  },
  decimals: (n) => ascii(String(mix(n)).padStart(16, '0')),
  URLs: (n) => {
    const host = `https://www.${'abcde'[mix(n) % 5]}.example.com/a-long-shared-path/and-more-of-it/`;
    return ascii(`${host}${'catalogue/'.repeat(mix(n + 1) % 4)}${mix(n)}`);
  },
  'one host': (n) => ascii(`https://www.example.com/a-long-shared-path/item-${String(n).padStart(9, '0')}`),
  'four bytes': (n) => word(mix(n)),
};

const reversed: Comparer = { name: 'reversed', compare: (a, b) => Buffer.compare(b, a) };
const internal = new InternalKeyComparer(bytewise);

function internalKey(n: number): Uint8Array {
  return makeInternalKey(shapes.URLs(n >>> 2), 1000 + (n & 3), ValueType.Value);
}

function sortedKeys(shape: (n: number) => Uint8Array, count: number, comparer: Comparer): Uint8Array[] {
  const keys = Array.from({ length: count }, (_, n) => shape(n)).sort((a, b) => comparer.compare(a, b));
  return keys.filter((key, i) => i === 0 || comparer.compare(keys[i - 1], key) !== 0);
}

function sameArray(a: NodeJS.ArrayBufferView, b: NodeJS.ArrayBufferView): boolean {
  const bytes = (array: NodeJS.ArrayBufferView) =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  return bytes(a).equals(bytes(b));
}

interface CursorPair {
  on: DBIterator;
  off: DBIterator;
}

/** A DB with the index, one without, and a plain model, that are given the same calls. */
class Twins {
  readonly on: DB;
  readonly off: DB;
  readonly #model = new Map<string, Uint8Array>();
  readonly #keys: Uint8Array[];
  readonly #prng: Prng;
  readonly #cursors: CursorPair[] = [];
  /** How many of the keys, from the first one up, are not above the last one of the DB. */
  #end = 0;
  /** The keys put last. */
  #recent: number[] = [];
  #puts = 0;
  /** Whether puts may fail; and how many did. */
  refusing = false;
  refused = 0;

  constructor(keys: Uint8Array[], comparer: Comparer, seed: number, memory: Internals) {
    this.#keys = keys;
    this.#prng = new Prng(seed);
    // A height depends on how many puts there were alone, so that one that fails makes no difference.
    const source = () => {
      let nth = 0;
      let puts = 0;
      return () => {
        nth = puts === this.#puts ? nth + 1 : 0;
        puts = this.#puts;
        let height = 1;
        for (let bits = mix(seed + puts * 8191 + nth); height < 12 && bits % 4 === 0; bits >>>= 2) height++;
        return height;
      };
    };
    this.on = new DB(
      withInternals({ comparer, capacity: 0, randHeight: source(), autoCompact: false }, memory),
    );
    this.off = new DB(
      withInternals(
        { comparer, capacity: 0, randHeight: source(), autoCompact: false },
        { ...localMemory, indexed: false },
      ),
    );
  }

  /** Whether there is a hash index: there are none for some orders, and where there was no memory for one. */
  get isHashed(): boolean {
    const { index } = tableOf(this.on);
    return index !== undefined && index.arrays.length > 4;
  }

  /** One thing that a program might do. @returns its name */
  step(): string {
    const prng = this.#prng;
    const r = prng.below(1000);
    if (this.off.length > 4000) return this.#deleteRange(prng.below(this.#end >>> 1), this.#end >>> 1);
    if (this.#end > this.#keys.length - 10) {
      return this.#deleteRange(this.#end - prng.below(this.#end >>> 1), undefined);
    }
    if (r < 300) return this.#run(prng.below(prng.pick([10, 100, 300, 700])));
    if (r < 380) return this.#putMany(prng.below(400));
    if (r < 420) return this.#times('puts', 30, () => this.#put(prng.below(this.#end + 1)));
    if (r < 450) return this.#times('puts near the end', 30, () => this.#put(this.#nearEnd()));
    if (r < 520) return this.#times('overwrites', 10, () => this.#put(this.#recentOne()));
    if (r < 570) return this.#times('deletes of what was put last', 8, () => this.#delete(this.#recentOne()));
    if (r < 620) return this.#times('deletes', 20, () => this.#delete(prng.below(this.#end + 1)));
    if (r < 650) return this.#times('deletes of the last', 5, () => this.#deleteLast());
    if (r < 680) return this.#deleteRange(Math.max(0, this.#end - 1 - prng.below(400)), undefined);
    if (r < 700) {
      const start = prng.below(this.#end + 1);
      return this.#deleteRange(start, start + prng.below(100));
    }
    if (r < 705) return this.#deleteRange(0, undefined);
    if (r < 710) return this.reset();
    if (r < 800) return this.#times('gets', 40, () => this.get(this.#someKey()));
    if (r < 850) return this.#getMany();
    if (r < 880) return this.#count();
    return this.#times('moves', 10, () => this.#move());
  }

  /** Ascending puts behind all others, with other calls between them now and then. */
  #run(length: number): string {
    const prng = this.#prng;
    const between = prng.pick([0, 0, 8, 60]);
    for (let i = 0; i < length && this.#end < this.#keys.length; i++) {
      this.#put(this.#end + (prng.below(4) === 0 ? prng.below(3) : 0));
      if (between === 0 || prng.below(between) > 0) continue;
      const r = prng.below(8);
      if (r === 0) this.#delete(this.#recentOne());
      else if (r === 1) this.#deleteLast();
      else if (r === 2) this.#put(this.#nearEnd());
      else if (r === 3) this.#put(this.#recentOne());
      else if (r < 6) this.get(this.#someKey());
      else this.#move();
    }
    return `a run of ${length}`;
  }

  /** Sometimes all behind others, in order or not, and sometimes not. */
  #putMany(count: number): string {
    const { on, off } = this;
    const mixed = this.#prng.below(3) === 0;
    const shuffled = this.#prng.below(3) === 0;
    const value = this.#value();
    const numbers: number[] = [];
    for (let i = 0; i < count && this.#end + i < this.#keys.length; i++) {
      numbers.push(mixed && this.#prng.below(50) === 0 ? this.#prng.below(this.#end + 1) : this.#end + i);
    }
    if (shuffled) {
      for (let i = numbers.length - 1; i > 0; i--) {
        const j = this.#prng.below(i + 1);
        [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
      }
    }
    const entries = numbers.map((i) => [this.#keys[i], value] as const);
    if (this.refusing) {
      for (const i of numbers) this.#put(i);
      return 'puts instead of putMany';
    }
    this.#puts++;
    on.putMany(entries);
    off.putMany(entries);
    for (const i of numbers) this.#noteValue(i, value);
    return `putMany of ${count}`;
  }

  #put(i: number): void {
    if (i >= this.#keys.length) return;
    const key = this.#keys[i];
    const value = this.#value();
    this.#puts++;
    try {
      this.on.put(key, value);
    } catch (error) {
      if (!this.refusing || !(error instanceof CapacityError)) throw error;
      this.refused++;
      return;
    }
    this.off.put(key, value);
    this.#noteValue(i, value);
  }

  #noteValue(i: number, value: Uint8Array): void {
    this.#model.set(latin1(this.#keys[i]), value);
    this.#end = Math.max(this.#end, i + 1);
    this.#recent.push(i);
    if (this.#recent.length > 300) this.#recent.splice(0, 150);
  }

  #value(): Uint8Array {
    return word(this.#puts).subarray(this.#prng.below(5));
  }

  #delete(i: number): void {
    if (i >= this.#keys.length) return;
    const key = this.#keys[i];
    const was = this.#model.delete(latin1(key));
    must(this.on.delete(key) === was, () => `the delete of ${show(key)} should tell ${was}`);
    this.off.delete(key);
  }

  #deleteLast(): void {
    let i = this.#end - 1;
    while (i >= 0 && !this.#model.has(latin1(this.#keys[i]))) i--;
    if (i >= 0) this.#delete(i);
    this.#end = Math.max(i, 0);
  }

  #deleteRange(from: number, to: number | undefined): string {
    const range = { start: this.#keys[from], limit: to === undefined ? undefined : this.#keys[to] };
    expect(this.on.deleteRange(range)).toBe(this.off.deleteRange(range));
    for (let i = from; i < (to ?? this.#keys.length); i++) this.#model.delete(latin1(this.#keys[i]));
    if (to === undefined) this.#end = Math.min(this.#end, from);
    return `deleteRange from ${from} to ${to}`;
  }

  reset(): string {
    this.on.reset();
    this.off.reset();
    this.#model.clear();
    this.#end = 0;
    this.#recent = [];
    this.#cursors.length = 0;
    return 'reset';
  }

  get(key: Uint8Array): void {
    const value = this.#model.get(latin1(key));
    must(this.on.has(key) === (value !== undefined), () => `has is wrong for ${show(key)}`);
    must(sameBytes(this.on.get(key), value), () => `get is wrong for ${show(key)}`);
  }

  #getMany(): string {
    const keys = Array.from({ length: 100 }, () => this.#someKey());
    const values = this.on.getMany(keys);
    keys.forEach((key, i) =>
      must(sameBytes(values[i], this.#model.get(latin1(key))), () => `getMany is wrong for ${show(key)}`),
    );
    return 'getMany';
  }

  #count(): string {
    const range = { start: this.#someKey(), limit: this.#someKey() };
    expect(this.on.count(range)).toBe(this.off.count(range));
    expect(this.on.count({ start: range.start })).toBe(this.off.count({ start: range.start }));
    return 'count';
  }

  #move(): void {
    const prng = this.#prng;
    if (this.#cursors.length < 3) {
      const range = prng.below(2) === 0 ? {} : { start: this.#keys[prng.below(this.#end + 1)] };
      this.#cursors.push({ on: this.on.iterator(range), off: this.off.iterator(range) });
    }
    const n = prng.below(this.#cursors.length);
    const { on, off } = this.#cursors[n];
    const r = prng.below(20);
    const key = this.#someKey();
    const move = (it: DBIterator) => {
      if (r < 2) return it.last();
      if (r < 4) return it.seek(key);
      return r < 13 ? it.next() : it.prev();
    };
    must(move(on) === move(off), () => `move ${r} of cursor ${n} differs`);
    must(sameBytes(on.key, off.key), () => `cursor ${n} is at ${show(on.key)}, not ${show(off.key)}`);
    must(sameBytes(on.value, off.value), () => `cursor ${n} has another value`);
    if (prng.below(50) === 0) {
      on.release();
      off.release();
      this.#cursors.splice(n, 1);
    }
  }

  #recentOne(): number {
    return this.#recent.length === 0 ? 0 : this.#prng.pick(this.#recent.slice(-40));
  }

  /** One of the last, or one that was left out among them. */
  #nearEnd(): number {
    return Math.max(0, this.#end - 1 - this.#prng.below(60));
  }

  /** One that is there, mostly: some of those put last, of all, and some that were never put. */
  #someKey(): Uint8Array {
    const prng = this.#prng;
    const r = prng.below(4);
    if (r === 0) return this.#keys[this.#recentOne()];
    return this.#keys[prng.below(r === 1 ? this.#keys.length : Math.max(1, this.#end))];
  }

  #times(what: string, most: number, call: () => void): string {
    for (let i = this.#prng.below(most); i >= 0; i--) call();
    return what;
  }

  /** Both arrays, slot for slot: nothing that is asked of the DB, so nothing catches up. */
  compareArrays(): void {
    const { on, off } = this;
    const nodes = (db: DB) => db.nodeData.subarray(0, db.nodeLength);
    const kv = (db: DB) => db.kvData.subarray(0, db.kvLength);
    must(sameArray(nodes(on), nodes(off)), () => 'nodeData differs');
    must(sameArray(kv(on), kv(off)), () => 'kvData differs');
    must(on.length === this.#model.size && on.size === off.size, () => 'a counter is wrong');
  }

  /** The structure, all entries, and every key by itself. */
  compareAll(): void {
    for (let i = this.#prng.below(3); i < this.#keys.length; i += 3) this.get(this.#keys[i]);
    checkStructure(this.on);
    let i = 0;
    for (const [key, value] of this.on) {
      while (i < this.#keys.length && !this.#model.has(latin1(this.#keys[i]))) i++;
      must(sameBytes(key, this.#keys[i]), () => `entry ${show(key)} should be ${show(this.#keys[i])}`);
      must(sameBytes(value, this.#model.get(latin1(key))), () => `${show(key)} has another value`);
      i++;
    }
    for (; i < this.#keys.length; i++) {
      must(!this.#model.has(latin1(this.#keys[i])), () => `${show(this.#keys[i])} is missing`);
    }
  }
}

function live(twins: Twins, steps: number, after: (step: number) => void = () => {}): void {
  const done: string[] = [];
  try {
    for (let i = 0; i < steps; i++) {
      done.push(twins.step());
      twins.compareArrays();
      if (i % 20 === 19) twins.compareAll();
      after(i);
    }
    twins.compareAll();
  } catch (error) {
    throw new Error(`after ${done.slice(-12).join(', ')}, in step ${done.length}`, { cause: error });
  }
}

const configurations = [
  ...Object.entries(shapes).map(([name, shape]) => ({ name, shape, comparer: bytewise })),
  { name: 'random bytes, in a custom order', shape: shapes['random bytes'], comparer: reversed },
  { name: 'internal keys', shape: internalKey, comparer: internal as Comparer },
];

describe.each(configurations)('keys of $name, put in runs and at random', ({ shape, comparer }) => {
  const keys = sortedKeys(shape, 7000, comparer);

  it('are all that is there, in order, at every moment', () => {
    live(new Twins(keys, comparer, 1, { ...localMemory, seed: SEED }), 140);
  });

  /** A table that fails one allocation of so many, where it is told to. */
  function failing(share: number, seed: number): { twins: Twins; fail: (fails: boolean) => void } {
    const prng = new Prng(seed);
    let fails = false;
    const memory = new FaultyMemory({}, () => fails && prng.below(share) === 0);
    const twins = new Twins(keys, comparer, seed, Object.assign(memory, { seed: SEED }));
    return { twins, fail: (now) => (fails = now) };
  }

  it('are there where allocations of reads fail at random', () => {
    let steps = 0;
    let hashed = 0;
    // Few reads need memory, and from the first on that has none, all goes on without: several short lives.
    for (const [seed, share] of [1, 2, 2, 2, 3, 3].entries()) {
      const { twins, fail } = failing(share, seed);
      // A read may enter nodes in the hash index, which needs room, and does without.
      for (const method of ['get', 'has', 'getMany', 'count', 'find'] as const) {
        const call = twins.on[method].bind(twins.on) as (...args: unknown[]) => unknown;
        Object.assign(twins.on, {
          [method]: (...args: unknown[]) => {
            fail(true);
            try {
              return call(...args);
            } finally {
              fail(false);
            }
          },
        });
      }
      live(twins, 20, () => {
        steps++;
        if (twins.isHashed) hashed++;
      });
    }
    if (comparer !== bytewise) return;
    expect(hashed).toBeGreaterThan(0);
    expect(hashed).toBeLessThan(steps);
  });

  it('are there where allocations of reads and puts fail at random', () => {
    let refused = 0;
    for (const share of [3, 30]) {
      const { twins, fail } = failing(share, 5);
      twins.refusing = true;
      fail(true);
      live(twins, 80, (i) => {
        if (i % 20 > 0) return;
        // Anew: an index that was given up for lack of memory comes back.
        fail(false);
        twins.reset();
        fail(true);
      });
      refused += twins.refused;
    }
    expect(refused).toBeGreaterThan(0);
  });
});

describe('a MemTable', () => {
  const users = sortedKeys(shapes.URLs, 600, bytewise);

  it.each([false, true])('has all versions, put in runs and at random (allocations fail: %s)', (failing) => {
    const prng = new Prng(3);
    const draw = new Prng(4);
    const faulty = new FaultyMemory({}, () => failing && draw.below(40) === 0);
    const on = new MemTable(withInternals({ capacity: 1 << 19 }, faulty));
    const without: Internals = { ...localMemory, indexed: false };
    const off = new MemTable(withInternals({ capacity: 1 << 19 }, without));
    let sequence = 0;
    const add = (user: number) => {
      const type = prng.below(4) === 0 ? ValueType.Deletion : ValueType.Value;
      off.add(++sequence, type, users[user], word(sequence));
      on.add(sequence, type, users[user], word(sequence));
    };
    const ask = (user: number) => {
      const at = prng.below(2) === 0 ? undefined : prng.below(sequence + 1);
      expect(on.get(users[user], at)).toEqual(off.get(users[user], at));
    };
    for (let n = 0; n < 900; n++) add(prng.below(300));
    let end = 300;
    const a = on.iterator();
    const b = off.iterator();
    while (end < users.length) {
      for (let n = prng.below(40); n >= 0 && end < users.length; n--) {
        // Of one key, the newest comes first: only the first version of each is behind all others.
        add(end++);
        if (prng.below(20) === 0) add(end - 1 - prng.below(3));
        if (prng.below(15) === 0) ask(end - 1 - prng.below(30));
      }
      const r = prng.below(4);
      if (r === 0) for (let n = 0; n < 10; n++) ask(prng.below(users.length));
      if (r === 1) for (let n = 0; n < 10; n++) add(prng.below(end));
      if (r === 2) {
        expect(a.last()).toBe(b.last());
        for (let n = 0; n < 5; n++) {
          expect([a.prev(), a.internalKey]).toEqual([b.prev(), b.internalKey]);
        }
      }
      if (r === 3) {
        expect([a.next(), a.internalKey]).toEqual([b.next(), b.internalKey]);
        expect(on.approximateMemoryUsage).toBeGreaterThan(off.approximateMemoryUsage - 1);
      }
    }
    const arrays = [on, off].map((table) => tableOf(table).storage.nodes);
    const [ours, theirs] = arrays.map(({ array, length }) => array.subarray(0, length));
    expect(sameArray(ours, theirs)).toBe(true);
    for (let user = 0; user < users.length; user++) ask(user);
    checkTable(tableOf(on));
  });
});

describe('room for the nodes of records whose room was reserved', () => {
  const CAPACITY = 6 << 20;
  const SMALL = 1 << 17;

  /** Fills a DB without letting kvData grow. @returns lengths that nodeData had */
  function fill(db: DB, key: (n: number) => Uint8Array, value: Uint8Array): number[] {
    const lengths = [db.nodeData.length];
    for (let n = 0; db.free >= key(n).length + value.length; n++) {
      db.put(key(n), value);
      if (db.nodeData.length !== lengths.at(-1)) lengths.push(db.nodeData.length);
    }
    return lengths;
  }

  it('is made in large steps, and not of much more than they will need', () => {
    const db = new DB({ capacity: CAPACITY });
    const lengths = fill(db, (n) => word(mix(n)), new Uint8Array(96));
    expect(db.capacity).toBe(CAPACITY);
    expect(lengths.slice(0, -1)).toEqual([256, 256 * 16, 256 * 16 ** 2]);
    expect(db.nodeLength).toBeLessThanOrEqual(lengths[3]);
    expect(lengths[3]).toBeLessThan(1.25 * db.nodeLength);
  });

  it('is as many bytes at most as those of records have, unless it has to grow beyond', () => {
    const db = new DB({ capacity: SMALL });
    const [first, second, third, ...more] = fill(db, (n) => word(mix(n)), EMPTY);
    expect([first, second, third]).toEqual([256, 256 * 16, SMALL / Int32Array.BYTES_PER_ELEMENT]);
    // From there on by the usual factor.
    more.forEach((length, i) => expect(length).toBe(third * 4 ** (i + 1)));
  });

  it('grows by the usual factor where that is more', () => {
    const db = new DB({ capacity: 256 });
    const lengths = fill(db, (n) => word(n), EMPTY);
    lengths.forEach((length, i) => expect(length).toBe(256 * 4 ** i));
  });

  it.each([0, 1, 3, 1000, CAPACITY])(
    'is there for an entry of no bytes, of %d bytes reserved',
    (capacity) => {
      const db = new DB({ capacity });
      for (let n = 0; n < 300; n++) {
        db.put(EMPTY, EMPTY);
        expect(db.delete(EMPTY)).toBe(true);
      }
      expect(db.kvLength).toBe(0);
      expect(db.nodeLength).toBeLessThanOrEqual(db.nodeData.length);
      expect(db.nodeData.length).toBeLessThanOrEqual(Math.max(256 * 4 ** 2, Math.ceil(capacity / 4)));
      db.put(EMPTY, word(1));
      expect(db.get(EMPTY)).toEqual(word(1));
      checkStructure(db);
    },
  );
});

test('a read after a load enters sixteen nodes, and a write that finds its key 64', () => {
  const db = new DB();
  const key = (n: number) => Uint8Array.of(n >>> 8, n);
  db.putMany(Array.from({ length: 1000 }, (_, n) => [key(n), key(n)] as const));
  const census = () => tableOf(db).index!.hashes!.census;
  expect(census().count).toBe(0);
  for (let i = 1; i < 10; i++) {
    db.get(key(i));
    expect(census().count).toBe(16 * i);
  }
  db.put(key(1), key(2));
  const { count } = census();
  db.put(key(2), key(2));
  expect(census().count).toBe(count + 64);
});
