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
} from '../lib/index.js';
import {
  checkTable,
  HashIndex,
  type Internals,
  localMemory,
  type Memory,
  type NodeIndex,
  NONE,
  Pages,
  sharedInKv,
  sharedLength,
  Storage,
  tableOf,
  UNKNOWN,
  withInternals,
} from '../lib/internals.js';
import { bytes, sameBytes, show, utf8 } from './support/bytes.js';
import { FaultyMemory } from './support/faults.js';
import { Prng, mix } from './support/prng.js';
import { addKey } from './support/storage.js';

/*
 * What makes a table fast may lag behind it: nodes that were put behind all others wait for the pages, and all new nodes
 * for the hash index. Nobody may notice, whatever is asked and changed while they wait. Only tables of some 800 entries
 * or more let many nodes wait.
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

/** Fails with a message that is made only then: `expect` for every key would take longer than all else. */
function must(condition: boolean, message: () => string): void {
  if (!condition) throw new Error(message());
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
    this.on = new DB(withInternals({ comparer, capacity: 0, randHeight: source() }, memory));
    this.off = new DB(
      withInternals({ comparer, capacity: 0, randHeight: source() }, { ...localMemory, indexed: false }),
    );
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

  /** Sometimes all behind others, and sometimes not. */
  #putMany(count: number): string {
    const { on, off } = this;
    const mixed = this.#prng.below(3) === 0;
    const value = this.#value();
    const numbers: number[] = [];
    for (let i = 0; i < count && this.#end + i < this.#keys.length; i++) {
      numbers.push(mixed && this.#prng.below(50) === 0 ? this.#prng.below(this.#end + 1) : this.#end + i);
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
  ...Object.entries(shapes).map(([name, shape]) => ({ name, shape, comparer: bytewise as Comparer })),
  { name: 'random bytes, in a custom order', shape: shapes['random bytes'], comparer: reversed },
  { name: 'internal keys', shape: internalKey, comparer: internal as Comparer },
];

describe.each(configurations)('keys of $name, put in runs and at random', ({ shape, comparer }) => {
  const keys = sortedKeys(shape, 7000, comparer);

  it('are all that is there, in order, at every moment', () => {
    live(new Twins(keys, comparer, 1, { ...localMemory, seed: SEED }), 140);
  });

  it.each(['of reads', 'of reads and puts'])('are there where allocations %s fail at random', (which) => {
    const prng = new Prng(9);
    let fails = false;
    const memory: Internals = Object.assign(new FaultyMemory({}, () => fails && prng.below(3) === 0), {
      seed: SEED,
    });
    const twins = new Twins(keys, comparer, 5, memory);
    if (which === 'of reads') {
      // A read may enter nodes in the hash index, which needs room, and does without.
      for (const method of ['get', 'has', 'getMany', 'count', 'find'] as const) {
        const call = twins.on[method].bind(twins.on) as (...args: unknown[]) => unknown;
        Object.assign(twins.on, {
          [method]: (...args: unknown[]) => {
            fails = true;
            try {
              return call(...args);
            } finally {
              fails = false;
            }
          },
        });
      }
      live(twins, 70);
    } else {
      twins.refusing = true;
      fails = true;
      live(twins, 80, (i) => {
        if (i % 20 > 0) return;
        // Anew: an index that was given up for lack of memory comes back.
        fails = false;
        twins.reset();
        fails = true;
      });
      expect(twins.refused).toBeGreaterThan(0);
    }
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
});

/** A hash index alone, over keys in a storage of their own, and what of them it must hold. */
class Flood {
  readonly storage = new Storage(1 << 20, localMemory);
  readonly index = new HashIndex(this.storage, localMemory, SEED);
  readonly nodes = new Map<string, NodeIndex>();

  add(key: Uint8Array): NodeIndex {
    const node = addKey(this.storage, key);
    this.nodes.set(latin1(key), node);
    return node;
  }

  remove(key: Uint8Array): void {
    this.index.remove(this.nodes.get(latin1(key))!, this.index.hash(key, key.length));
    this.nodes.delete(latin1(key));
  }

  /** @returns whether the hash index knew */
  look(key: Uint8Array): boolean {
    const found = this.index.find(key, key.length);
    const node = this.nodes.get(latin1(key)) ?? NONE;
    must(found === node || found === UNKNOWN, () => `${show(key)} is at ${found}, not at ${node}`);
    return found !== UNKNOWN;
  }

  check(): void {
    this.index.check([...this.nodes.values()]);
  }
}

/** Most fall into 8 buckets of 256. */
function crowded(count: number): Uint8Array[] {
  const { index } = new Flood();
  const keys: Uint8Array[] = [];
  for (let n = 0; keys.length < count; n++) {
    const key = word(n);
    if ((index.hash(key, 4) >>> 24) % 32 === 5 || n % 160 === 0) keys.push(key);
  }
  return keys;
}

describe('buckets that overflow', () => {
  it.each([
    ['all are remembered', 4000],
    ['some are left out', 9000],
  ])('while it grows and entries are removed: %s', (_, count) => {
    const flood = new Flood();
    const keys = crowded(count);
    const prng = new Prng(6);
    let last = 0;
    for (let i = 0; i < keys.length; i++) {
      flood.add(keys[i]);
      if (prng.below(3) === 0) flood.index.catchUp();
      if (prng.below(4) === 0) {
        const key = keys[prng.below(i + 1)];
        if (flood.nodes.has(latin1(key))) flood.remove(key);
      }
      flood.look(keys[prng.below(keys.length)]);
      if (i - last < 400) continue;
      last = i;
      for (const key of keys) flood.look(key);
      flood.check();
    }
    flood.check();
    // Others come, all over: the buckets that were crowded part, and are known again.
    for (let n = 0; n < 30_000; n++) {
      flood.add(word(0x40000000 + n));
      if (n % 40 === 0) {
        flood.index.settle();
        const key = keys[prng.below(keys.length)];
        if (flood.nodes.has(latin1(key))) flood.remove(key);
        flood.look(keys[prng.below(keys.length)]);
      }
      if (n % 5000 === 0) flood.check();
    }
    flood.check();
    for (const key of keys) flood.look(key);
    for (const key of keys) if (flood.nodes.has(latin1(key))) flood.remove(key);
    flood.check();
    for (const key of keys) flood.look(key);
  });

  it('remember nothing after a reset', () => {
    const flood = new Flood();
    const keys = crowded(2500);
    for (let round = 0; round < 3; round++) {
      for (const key of keys.slice(0, 2500 - round * 900)) flood.add(key);
      if (round < 2) flood.index.settle();
      // Some move still, and some wait.
      for (const key of keys.slice(0, 300)) flood.remove(key);
      flood.check();
      flood.storage.reset();
      flood.index.reset();
      flood.nodes.clear();
      for (const key of keys) expect(flood.look(key)).toBe(true);
    }
    for (const key of keys) flood.add(key);
    flood.check();
    for (let n = 0; n < 12_000; n++) flood.add(word(0x40000000 + n));
    flood.check();
    for (const key of keys) flood.remove(key);
    for (const key of keys) flood.look(key);
  });
});

describe('the hash index, behind far more than it has room for', () => {
  const key = (n: number) => word(mix(n));
  const absent = (n: number) => word(mix(0x40000000 + n));

  /** Slots of nodes that are gone again: a table that is small addresses nodes far up then, and has few bits for tags. */
  function bury(flood: Flood, count: number): void {
    for (let n = 0; n < count; n++) {
      flood.add(word(n));
      if (n % 20 === 0) flood.index.settle();
      flood.remove(word(n));
    }
  }

  /** A hash index up to date with `few` keys, entered one by one, that then waits with `many` more. */
  function outgrown(few: number, many: number, buried = 0): Flood {
    const flood = new Flood();
    bury(flood, buried);
    for (let n = 0; n < few; n++) {
      flood.add(key(n));
      flood.index.settle();
    }
    for (let n = 0; n < many; n++) flood.add(key(few + n));
    return flood;
  }

  /** Fails unless it decides by itself what is there, and by the hash alone what is not, but for a few keys. */
  function mustDecide(flood: Flood, keys: readonly Uint8Array[]): void {
    let unknown = 0;
    let taken = 0;
    for (const key of keys) if (!flood.look(key)) unknown++;
    for (let n = 0; n < 5000; n++) {
      const { index } = flood;
      if (index.guess(index.hash(absent(n), 4)) !== NONE) taken++;
      if (!flood.look(absent(n))) unknown++;
    }
    expect(unknown).toBeLessThan(0.04 * (keys.length + 5000));
    expect(taken).toBeLessThan(0.06 * 5000);
  }

  const sizes = [
    [1, 20_000, 0],
    [5, 100_000, 0],
    [3000, 20_000, 0],
    // Buckets still move, and first have to be done; or the nodes are so many that this can't wait.
    [4700, 18_000, 0],
    [4700, 60_000, 0],
    // The keys have to be read again.
    [5, 40_000, 60_000],
    [3000, 40_000, 60_000],
    [4700, 60_000, 30_000],
  ] as const;

  it.each(sizes)(
    'has a table of their size at once, of %d keys and %d more, behind %d',
    (few, many, buried) => {
      const flood = outgrown(few, many, buried);
      const prng = new Prng(few + many);
      const early = Array.from({ length: few }, (_, n) => key(n));
      let unknown = 0;
      for (let step = 0; flood.index.isBehind; step++) {
        flood.index.catchUp();
        // What is in it is found while it moves; only what is not can't be told.
        for (let i = 0; step < 5 && i < 200; i++) if (!flood.look(prng.pick(early))) unknown++;
        flood.look(key(prng.below(few + many)));
        flood.look(absent(prng.below(1000)));
      }
      expect(unknown).toBeLessThan(40);
      expect(flood.index.bytes).toBe(64 * 2 ** Math.ceil(Math.log2((few + many) / 9)));
      flood.check();
      mustDecide(
        flood,
        Array.from({ length: few + many }, (_, n) => key(n)),
      );
    },
  );

  it.each([
    ['not at all', 0],
    ['a few at a time, where nodes are far up', 80_000],
  ])('reads keys again %s', (_, buried) => {
    const hashOf = jest.spyOn(HashIndex.prototype, 'hashOf');
    const times = () => {
      const count = hashOf.mock.calls.length;
      hashOf.mockClear();
      return count;
    };
    try {
      const flood = outgrown(0, 0, buried);
      times();
      for (let n = 0; n < 9000; n++) flood.add(key(n));
      flood.index.settle();
      // But for those of overflowed buckets.
      expect(times()).toBeLessThan(9300);
      for (let n = 9000; n < 70_000; n++) flood.add(key(n));
      let most = 0;
      let all = 0;
      while (flood.index.isBehind) {
        flood.index.catchUp();
        const count = times();
        most = Math.max(most, count);
        all += count;
      }
      expect(most).toBeLessThan(64 + (64 / 4) * 16);
      const again = buried > 0 ? 9000 : 0;
      expect(all).toBeGreaterThanOrEqual(61_000 + again);
      expect(all).toBeLessThan(62_000 + again);
    } finally {
      hashOf.mockRestore();
    }
  });

  it('keeps its tags when it grows step by step behind many that were deleted', () => {
    const flood = outgrown(5, 0, 120_000);
    for (let n = 5; n < 40_000; n++) {
      flood.add(key(n));
      if (n % 40 > 0) continue;
      flood.index.settle();
      flood.look(key(n >>> 1));
    }
    flood.check();
    mustDecide(
      flood,
      Array.from({ length: 40_000 }, (_, n) => key(n)),
    );
  });

  it.each([1, 2, 3, 4])('knows all, put in bursts, removed and put again meanwhile (%d)', (seed) => {
    const prng = new Prng(seed);
    const flood = new Flood();
    if (seed % 2 === 0) bury(flood, seed * 10_000);
    let end = 0;
    const add = (n: number) => {
      if (!flood.nodes.has(latin1(key(n)))) flood.add(key(n));
    };
    const some = () => prng.below(end + 10);
    while (end < 80_000) {
      const burst = prng.pick([10, 300, 2000, 10_000, 40_000]);
      for (let i = 0; i < burst; i++) add(end++);
      for (let i = prng.below(700); i > 0; i--) {
        const r = prng.below(8);
        if (r < 4) flood.index.catchUp();
        const n = r === 7 ? end - 1 - prng.below(Math.min(end, 300)) : some();
        if (r > 3 && flood.nodes.has(latin1(key(n)))) flood.remove(key(n));
        if (r === 4) add(n);
        flood.look(key(n));
        for (let k = 0; k < 5; k++) flood.look(key(some()));
      }
    }
    const keys = Array.from({ length: end }, (_, n) => key(n));
    for (const key of keys) flood.look(key);
    flood.check();
    mustDecide(flood, keys);
  });

  it.each([
    ['all are remembered', 4000],
    ['some are left out', 9000],
  ])('knows what does not fit in its bucket: %s', (_, count) => {
    const flood = new Flood();
    const keys = crowded(count);
    for (const key of keys) flood.add(key);
    flood.check();
    for (let n = 0; n < 60_000; n++) flood.add(word(0x40000000 + n));
    const prng = new Prng(count);
    while (flood.index.isBehind) {
      flood.index.catchUp();
      const key = prng.pick(keys);
      if (prng.below(3) === 0 && flood.nodes.has(latin1(key))) flood.remove(key);
      for (let i = 0; i < 10; i++) flood.look(prng.pick(keys));
    }
    for (const key of keys) flood.look(key);
    flood.check();
    let unknown = 0;
    for (let n = 0; n < 60_000; n++) if (!flood.look(word(0x40000000 + n))) unknown++;
    expect(unknown).toBeLessThan(4800);
  });

  /** A DB and what it must hold. */
  class Checked {
    readonly db: DB;
    readonly model = new Map<number, number>();
    #puts = 0;

    constructor(memory: Memory) {
      this.db = new DB(
        withInternals({}, { ...memory, allocate: (bytes) => memory.allocate(bytes), seed: SEED }),
      );
    }

    put(n: number): void {
      this.db.put(word(n), word(++this.#puts));
      this.model.set(n, this.#puts);
    }

    delete(n: number): void {
      must(this.db.delete(word(n)) === this.model.delete(n), () => `the delete of ${n} is wrong`);
    }

    look(n: number): void {
      const value = this.model.get(n);
      must(this.db.has(word(n)) === (value !== undefined), () => `has is wrong for ${n}`);
      must(
        sameBytes(this.db.get(word(n)), value === undefined ? undefined : word(value)),
        () => `get of ${n}`,
      );
    }

    /** @returns of how many of these only the ordered search knew */
    searches(from: number, to: number): number {
      const search = jest.spyOn(Pages.prototype, 'search');
      for (let n = from; n < to; n++) this.look(n);
      const count = search.mock.calls.length / 2;
      search.mockRestore();
      return count;
    }
  }

  it('settles wholly though buckets of the table before still have to move', () => {
    const flood = outgrown(4700, 60_000);
    flood.index.settle();
    expect(flood.index.isBehind).toBe(false);
  });

  it('takes no notice of what is put in order, however much, until somebody looks', () => {
    const table = new Checked(localMemory);
    for (let n = 0; n < 5; n++) {
      table.put(2 * n);
      table.look(2 * n);
    }
    const hashOf = jest.spyOn(HashIndex.prototype, 'hashOf');
    for (let n = 5; n < 120_000; n++) table.put(2 * n);
    expect(hashOf).not.toHaveBeenCalled();
    hashOf.mockRestore();
    for (let n = 0; n < 2000; n++) table.look(mix(n) % 240_000);
    checkStructure(table.db);
    expect(table.searches(100_000, 120_000)).toBeLessThan(800);
  });

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

  it('does without a larger table where there is no memory for it, and has it later', () => {
    let fails = false;
    const table = new Checked(new FaultyMemory({}, () => fails));
    for (let n = 0; n < 3000; n++) {
      table.put(n);
      table.look(n);
    }
    for (let n = 3000; n < 60_000; n++) table.put(n);
    fails = true;
    expect(table.searches(3000, 3400)).toBeGreaterThanOrEqual(400);
    for (let n = 0; n < 60_000; n += 3) table.delete(n);
    // What was deleted could not be marked: nothing of what waits may be entered any more.
    fails = false;
    for (let n = 0; n < 60_000; n += 10) table.look(n);
    table.db.reset();
    table.model.clear();
    for (let n = 0; n < 3000; n++) table.put(n);
    table.look(7);
    for (let n = 3000; n < 60_000; n++) table.put(n);
    fails = true;
    table.look(7);
    fails = false;
    // It is not asked for again at once.
    for (let n = 0; n < 5000; n++) table.look(n);
    checkStructure(table.db);
    expect(table.searches(40_000, 60_000)).toBeLessThan(800);
  });
});

describe('the pages have room for a run that waits, wherever their arrays end', () => {
  const runs = [31, 32, 33, 64, 255, 256, 257, 300];
  const long = 'https://www.example.com/a-long-shared-path/';
  const keys: Record<string, (n: number) => Uint8Array> = {
    'four bytes': word,
    URLs: (n) => ascii(`${long}${String(n).padStart(10, '0')}`),
  };

  it.each(Object.keys(keys))('with %s as keys', (shape) => {
    const key = keys[shape];
    const above = 1 << 31;
    for (let before = 1; before < 900; before++) {
      const run = runs[before % runs.length];
      const db = new DB();
      for (let n = 0; n < before; n++) db.put(key(mix(n) >>> 1), EMPTY);
      const there = db.length;
      for (let n = 0; n < run; n++) db.put(key((above + n) >>> 0), EMPTY);
      let count = 0;
      const it = db.iterator();
      for (let on = it.first(); on; on = it.next()) count++;
      must(count === there + run, () => `${count} entries, after a run of ${run} behind ${there}`);
      checkStructure(db);
    }
  });
});

it('a key and a stored key of the same bytes, 0 to 70, have the same hash', () => {
  const flood = new Flood();
  const prng = new Prng(1);
  for (let length = 0; length <= 70; length++) {
    for (const byte of [0, 0x7f, 0x80, 0xff, undefined]) {
      const key = new Uint8Array(length).map(() => byte ?? prng.below(256));
      const node = flood.add(key);
      must(flood.index.hashOf(node) === flood.index.hash(key, length), () => `of ${show(key)}`);
      // Of a key that is only the beginning of its array, too.
      const longer = new Uint8Array(length + 5).fill(0xa5);
      longer.set(key);
      must(
        flood.index.hashOf(node) === flood.index.hash(longer, length),
        () => `of the beginning of ${show(key)}`,
      );
    }
  }
});

it('sharedLength and sharedInKv tell where bytes differ first, as a loop over them does', () => {
  const prng = new Prng(2);
  for (let length = 0; length <= 20; length++) {
    for (let start = 0; start < 4; start++) {
      for (let from = 0; from <= length; from++) {
        for (let differs = from; differs <= length; differs++) {
          const kv = new Uint8Array(40).map(() => prng.below(256));
          const key = kv.slice(start, start + length + 3);
          // Behind the first difference all is chance; behind the end, too.
          for (let i = differs; i < key.length; i++) if (prng.below(2) === 0) key[i] = prng.below(256);
          if (differs < length) key[differs] = kv[start + differs] ^ prng.pick([1, 0x80, 0xff]);
          const view = new DataView(kv.buffer);
          const shared = [0, 1, 5].map((at) => {
            const longer = Uint8Array.of(...kv.subarray(0, at), ...key);
            return sharedLength(view, start, longer, at, from, length);
          });
          // The same, where the key stands in kv as well.
          const both = new DataView(Uint8Array.of(...kv, ...key).buffer);
          shared.push(sharedInKv(both, start, kv.length, from, length));
          must(
            shared.every((each) => each === differs),
            () => `${shared.join()} of ${length} bytes from ${from} on, not ${differs}`,
          );
        }
      }
    }
  }
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

describe('how many waiting nodes are entered', () => {
  const decimal = (n: number) => utf8(String(n).padStart(16, '0'));
  const url = (n: number) => {
    const slug = ['amber', 'amber-basin', 'basin', 'basin-cedar', 'cedar'][n % 5];
    return utf8(`https://www.example.com/products/${slug}-${String(n).padStart(8, '0')}`);
  };
  const entered = (call: () => void) => {
    const hashOf = jest.spyOn(HashIndex.prototype, 'hashOf');
    call();
    const count = hashOf.mock.calls.length;
    hashOf.mockRestore();
    return count;
  };
  const filled = (keyOf: (n: number) => Uint8Array) => {
    const db = new DB();
    for (let n = 0; n < 20_000; n++) db.put(keyOf(Math.imul(n, 7919) % 20_000), bytes());
    return db;
  };

  it('is the same by getMany and by a loop of get', () => {
    const keys = Array.from({ length: 100 }, (_, n) => decimal(n * 7));
    const [one, other] = [filled(decimal), filled(decimal)];
    const byLoop = entered(() => keys.forEach((key) => one.get(key)));
    expect(byLoop).toBe(100 * 64);
    expect(entered(() => other.getMany(keys))).toBe(byLoop);
  });

  it('is none by deletes, but where searches are dear', () => {
    const keys = (keyOf: (n: number) => Uint8Array) => Array.from({ length: 100 }, (_, n) => keyOf(n * 7));
    const [decimals, urls] = [filled(decimal), filled(url)];
    expect(entered(() => keys(decimal).forEach((key) => decimals.delete(key)))).toBe(0);
    expect(entered(() => keys(url).forEach((key) => urls.delete(key)))).toBeGreaterThan(100 * 32);
    checkStructure(decimals);
    checkStructure(urls);
  });
});
