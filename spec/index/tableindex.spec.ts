import fc from 'fast-check';
import {
  DB,
  InternalKeyComparer,
  ValueType,
  bytewise,
  checkStructure,
  makeInternalKey,
  type Comparer,
} from '../../lib/index.js';
import { localMemory, withInternals } from '../../lib/internals.js';
import { differingByte, differingSlot } from '../support/arrays.js';
import { show } from '../support/bytes.js';
import { Prng } from '../support/prng.js';

/* What makes a DB fast is derived from its two arrays: with it and without it, all must be the same. */

/** A family of keys: the n-th of them, all different. */
type Shape = (n: number) => Uint8Array;

const text = (string: string): Uint8Array => Buffer.from(string, 'latin1');

function word(n: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(n);
  return bytes;
}

/** Keys that begin with the same bytes; a few leave them early, on both sides. */
function shared(length: number): Shape {
  const prefix = text('shared by very many keys, and then by a good many more of them'.slice(0, length));
  return (n) => {
    const key = Buffer.concat([prefix, word(n)]);
    if (n % 97 === 96) key[n % (length + 1)] ^= n % 2 === 0 ? 1 : 0x80;
    return key;
  };
}

const shapes: Record<string, Shape> = {
  urls: (n) =>
    text(`https://host${n % 7}.example.com/category-${(n >>> 3) % 23}/item/${n}${n % 3 ? '' : '/details'}`),
  'few hosts and many items': (n) => text(`https://${'ab'[n & 1]}.example.com/${String(n >>> 1)}`),
  'no prefix': shared(0),
  'a prefix of 3 bytes': shared(3),
  'a prefix of 17 bytes': shared(17),
  'a prefix of 60 bytes': shared(60),
  'prefixes of one another': (n) => Buffer.concat([word(Math.floor(n / 40)), Buffer.alloc(n % 40, 0x61)]),
  'decimals with zeros before': (n) => text(String(n).padStart(16, '0')),
  'runs of 0x00': (n) =>
    Buffer.concat([Buffer.alloc(n % 50), word(n).subarray(n % 5 === 0 ? 0 : 2), word(n)]),
  'runs of 0xff': (n) =>
    Buffer.concat([Buffer.alloc(n % 50, 0xff), word(~n >>> 0), Buffer.alloc(n % 9, 0xff)]),
  'zeros alone': (n) => Buffer.alloc(n % 600),
};

const internal = new InternalKeyComparer(bytewise);

/** A shape as user keys, several versions of each. */
function versions(shape: Shape): Shape {
  return (n) => makeInternalKey(shape(Math.floor(n / 5)), BigInt(n % 5) * 1_000_003n, ValueType.Value);
}

/** Two DBs that are given the same calls, one with the index and one without. */
class Pair {
  readonly on: DB;
  readonly off: DB;
  readonly #order: Comparer;

  constructor(comparer: Comparer, heights: number) {
    const source = () => {
      const prng = new Prng(heights);
      return () => {
        let height = 1;
        while (height < 12 && prng.below(4) === 0) height++;
        return height;
      };
    };
    this.#order = comparer;
    this.on = new DB(
      withInternals({ comparer, randHeight: source(), autoCompact: false }, { ...localMemory, seed: 0x5eed }),
    );
    this.off = new DB(
      withInternals(
        { comparer, randHeight: source(), autoCompact: false },
        { ...localMemory, indexed: false },
      ),
    );
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.on.put(key, value);
    this.off.put(key, value);
  }

  delete(key: Uint8Array): void {
    if (this.on.delete(key) !== this.off.delete(key)) throw new Error(`deletes of ${show(key)} differ`);
  }

  deleteRange(start: Uint8Array, limit: Uint8Array): void {
    expect(this.on.deleteRange({ start, limit })).toBe(this.off.deleteRange({ start, limit }));
  }

  /** The structure, both arrays, and what is at and around some keys. */
  check(probes: readonly Uint8Array[]): void {
    checkStructure(this.on);
    const { on, off } = this;
    const nodes = off.nodeData.subarray(0, off.nodeLength);
    expect(differingSlot(nodes, on.nodeData.subarray(0, on.nodeLength))).toBeUndefined();
    const kv = off.kvData.subarray(0, off.kvLength);
    expect(differingByte(kv, on.kvData.subarray(0, on.kvLength), nodes)).toBeUndefined();
    const keys = Array.from(off.keys());
    const a = on.iterator();
    try {
      for (const key of probes) {
        // From the plain list of keys: where it is, or would be.
        let rank = 0;
        for (let high = keys.length; rank < high;) {
          const middle = (rank + high) >>> 1;
          if (this.#order.compare(keys[middle], key) < 0) rank = middle + 1;
          else high = middle;
        }
        const hit = rank < keys.length && this.#order.compare(keys[rank], key) === 0;
        const expected = {
          find: at(keys, rank),
          has: hit,
          get: hit ? hex(off.get(key)) : undefined,
          count: rank,
          rest: keys.length - rank,
          next: at(keys, rank + 1),
          previous: at(keys, rank - 1),
        };
        const find = hex(on.find(key)?.[0]);
        a.seek(key);
        const next = a.valid && a.next() ? hex(a.key) : undefined;
        a.seek(key);
        const previous = a.valid ? a.prev() : a.last();
        const actual = {
          find,
          has: on.has(key),
          get: hex(on.get(key)),
          count: on.count({ limit: key }),
          rest: on.count({ start: key }),
          next,
          previous: previous ? hex(a.key) : undefined,
        };
        expect(actual).toEqual(expected);
      }
    } finally {
      a.release();
    }
  }
}

function at(keys: readonly Uint8Array[], i: number): string | undefined {
  return i < 0 ? undefined : hex(keys[i]);
}

function hex(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString('hex');
}

const EMPTY = new Uint8Array(0);

type Order = 'ascending' | 'descending' | 'alternating' | 'shuffled' | 'in strides';

/** 0 ... count - 1 in some order. */
function ordered(count: number, order: Order, seed: number): number[] {
  const numbers = Array.from({ length: count }, (_, i) => i);
  if (order === 'descending') return numbers.reverse();
  if (order === 'alternating') return numbers.map((i) => (i % 2 === 0 ? i / 2 : count - 1 - (i - 1) / 2));
  if (order === 'in strides') return numbers.sort((a, b) => (a % 16) - (b % 16) || a - b);
  if (order === 'shuffled') {
    const prng = new Prng(seed);
    for (let i = count - 1; i > 0; i--) {
      const j = prng.below(i + 1);
      [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
    }
  }
  return numbers;
}

const orders: Order[] = ['ascending', 'descending', 'alternating', 'shuffled', 'in strides'];
const slice = fc.record({
  from: fc.double({ min: 0, max: 1, noNaN: true }),
  part: fc.constantFrom(0.01, 0.1, 0.5, 1),
});
const command = fc.oneof(
  fc.record({ do: fc.constant('put' as const), order: fc.constantFrom(...orders), at: slice }),
  fc.record({ do: fc.constant('delete' as const), order: fc.constantFrom(...orders), at: slice }),
  fc.record({
    do: fc.constant('delete range' as const),
    order: fc.constant('ascending' as const),
    at: slice,
  }),
  fc.record({ do: fc.constant('delete ends' as const), order: fc.constantFrom(...orders), at: slice }),
);

function sortedKeys(shape: Shape, count: number, comparer: Comparer): Uint8Array[] {
  const keys = Array.from({ length: count }, (_, n) => shape(n)).sort((a, b) => comparer.compare(a, b));
  return keys.filter((key, i) => i === 0 || comparer.compare(keys[i - 1], key) !== 0);
}

const configurations = [
  ...Object.entries(shapes).map(([name, shape]) => ({ name, shape, comparer: bytewise })),
  ...['urls', 'a prefix of 17 bytes', 'prefixes of one another', 'runs of 0x00'].map((name) => ({
    name: `internal keys of ${name}`,
    shape: versions(shapes[name]),
    comparer: internal,
  })),
];

describe.each(configurations)('with and without the index, keys of $name', ({ shape, comparer }) => {
  it('are found, counted and stepped over alike, whatever is put and deleted', () => {
    const keys = sortedKeys(shape, 700, comparer);
    fc.assert(
      fc.property(fc.array(command, { minLength: 2, maxLength: 8 }), fc.nat(), (commands, seed) => {
        const pair = new Pair(comparer, seed);
        const prng = new Prng(seed);
        for (const { do: what, order, at } of commands) {
          const from = Math.floor(at.from * (1 - at.part) * keys.length);
          const part = keys.slice(from, from + Math.ceil(at.part * keys.length));
          const each = ordered(part.length, order, seed).map((i) => part[i]);
          if (what === 'put') for (const key of each) pair.put(key, key.subarray(0, 3));
          if (what === 'delete') for (const key of each) pair.delete(key);
          if (what === 'delete range') pair.deleteRange(part[0], part[part.length - 1]);
          if (what === 'delete ends') {
            for (const key of each) if (part.indexOf(key) % 50 > 1) pair.delete(key);
          }
          pair.check(Array.from({ length: 12 }, () => keys[prng.below(keys.length)]));
        }
      }),
      { seed: 7, numRuns: 10 },
    );
  });
});

describe.each([
  { name: 'urls', shape: shapes.urls, comparer: bytewise },
  { name: 'a prefix of 60 bytes', shape: shapes['a prefix of 60 bytes'], comparer: bytewise },
  { name: 'decimals', shape: shapes['decimals with zeros before'], comparer: bytewise },
  { name: 'internal keys', shape: versions(shapes.urls), comparer: internal },
])('20,000 keys of $name, so that there are three levels', ({ shape, comparer }) => {
  const keys = sortedKeys(shape, 20_000, comparer);

  it.each(['left', 'right', 'middle'] as const)('emptied from the %s, and filled again', (end) => {
    const pair = new Pair(comparer, 11);
    const order: Order = end === 'left' ? 'shuffled' : end === 'right' ? 'descending' : 'ascending';
    for (const i of ordered(keys.length, order, 3)) pair.put(keys[i], EMPTY);
    const prng = new Prng(5);
    const probes = () => [
      keys[0],
      keys[keys.length - 1],
      ...Array.from({ length: 60 }, () => prng.pick(keys)),
    ];
    pair.check(probes());
    const half = keys.length / 2;
    const begin = end === 'left' ? 0 : end === 'right' ? half : half / 2;
    const gone = keys.slice(begin, begin + half);
    for (const key of end === 'right' ? gone.reverse() : gone) pair.delete(key);
    pair.check(probes());
    // Others than before come first, into pages whose fences have moved apart.
    for (const i of ordered(gone.length, 'alternating', 3)) if (i % 3 === 0) pair.put(gone[i], EMPTY);
    pair.check(probes());
    for (const key of keys) if (end !== 'middle' || prng.below(20) > 0) pair.delete(key);
    pair.check(probes());
    for (const i of ordered(2000, 'shuffled', 9)) pair.put(keys[i * 10], EMPTY);
    pair.check(probes());
  });
});

it('an empty DB reserves a few KB only', () => {
  let bytes = 0;
  const db = new DB(
    withInternals({}, { ...localMemory, allocate: (size) => ((bytes += size), new ArrayBuffer(size)) }),
  );
  expect(db.length).toBe(0);
  expect(db.kvData.byteLength + db.nodeData.byteLength).toBeLessThanOrEqual(bytes);
  expect(db.kvData.byteLength + db.nodeData.byteLength).toBeLessThan(8 << 10);
  expect(bytes).toBeLessThan(12 << 10);
});
