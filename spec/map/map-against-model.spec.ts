import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { checkStructure } from '../../lib/index.js';
import { codecs, OrderedMap, type Codec, type MapScan } from '../../lib/map/index.js';
import { localMemory, withInternals } from '../../lib/internals.js';
import {
  anyKeys,
  arrays,
  bigints,
  dates,
  KINDS,
  type Loose,
  numbers,
  texts,
} from '../support/keys-of-codecs.js';
import { must } from '../support/must.js';

const SEED = 20250302;
const KEYS = 24;
const VALUES = 8;
const WALKS = 3;

type Key = unknown;
type Value = unknown;
type Compare = (a: Key, b: Key) => number;

/** A `Map` and an array of its keys, in order. */
class Model {
  readonly compare: Compare;
  keys: Key[] = [];
  values: Value[] = [];

  constructor(compare: Compare) {
    this.compare = compare;
  }

  rank(key: Key): number {
    return this.keys.filter((other) => this.compare(other, key) < 0).length;
  }

  has(key: Key): boolean {
    return this.keys.some((other) => this.compare(other, key) === 0);
  }

  get(key: Key): Value {
    return this.has(key) ? this.values[this.rank(key)] : undefined;
  }

  set(key: Key, value: Value): void {
    const i = this.rank(key);
    const there = this.has(key) ? 1 : 0;
    // A key that is there stays as it was, as in a Map. Nobody can tell, but for a date or an array.
    this.keys.splice(i, there, there ? this.keys[i] : key);
    this.values.splice(i, there, value);
  }

  delete(key: Key): boolean {
    if (!this.has(key)) return false;
    const i = this.rank(key);
    this.keys.splice(i, 1);
    this.values.splice(i, 1);
    return true;
  }

  isInside(key: Key, { gt, gte, lt, lte }: MapScan<Loose>): boolean {
    return (
      (gt === undefined || this.compare(key, gt) > 0) &&
      (gte === undefined || this.compare(key, gte) >= 0) &&
      (lt === undefined || this.compare(key, lt) < 0) &&
      (lte === undefined || this.compare(key, lte) <= 0)
    );
  }

  range(scan: MapScan<Loose> = {}): [Key, Value][] {
    const all = this.keys.map((key, i): [Key, Value] => [key, this.values[i]]);
    const inside = all.filter(([key]) => this.isInside(key, scan));
    return (scan.reverse ? inside.reverse() : inside).slice(0, scan.limit);
  }
}

/** A walk by the promises of cursors: the next one from where it stands, of what is there now. */
class ModelWalk {
  readonly #model: Model;
  readonly #scan: MapScan<Loose>;
  #left: number;
  #at: [Key] | undefined;
  #isOver = false;

  constructor(model: Model, scan: MapScan<Loose>) {
    this.#model = model;
    this.#scan = scan;
    this.#left = scan.limit ?? Infinity;
  }

  next(): [Key, Value] | undefined {
    const { reverse } = this.#scan;
    const side = reverse ? -1 : 1;
    const [next] = this.#model
      .range({ ...this.#scan, limit: undefined })
      .filter(([key]) => this.#at === undefined || side * this.#model.compare(key, this.#at[0]) > 0);
    this.#isOver ||= next === undefined || this.#left === 0;
    if (this.#isOver) return undefined;
    this.#left--;
    this.#at = [next[0]];
    return next;
  }
}

interface Step {
  do: string;
  a: number;
  b: number;
  value: number;
  /** Which bounds there are, and whether it goes in reverse. */
  bits: number;
  limit: number | undefined;
  walk: number;
}

const steps = fc.array(
  fc.record<Step>({
    do: fc.constantFrom(
      ...['set', 'set', 'set', 'set', 'set', 'delete', 'delete', 'get', 'has', 'update', 'getOrInsert'],
      ...['at', 'rank', 'ends', 'shift', 'pop', 'setMany', 'count', 'range', 'keys', 'values'],
      ...['deleteRange', 'clear', 'compact', 'walk', 'walk', 'next', 'next', 'next', 'next', 'next', 'next'],
    ),
    a: fc.nat(KEYS - 1),
    b: fc.nat(KEYS - 1),
    value: fc.nat(VALUES - 1),
    bits: fc.nat(31),
    limit: fc.option(fc.nat(6), { nil: undefined, freq: 2 }),
    walk: fc.nat(WALKS - 1),
  }),
  { minLength: 1, maxLength: 120, size: 'max' },
);

const PICKS = ['entry', 'key', 'value'] as const;

class Machine {
  readonly #map: OrderedMap<Key>;
  readonly #model: Model;
  readonly #keys: readonly Key[];
  readonly #values: readonly Value[];
  readonly #walks: { pick: (typeof PICKS)[number]; real: Iterator<unknown>; model: ModelWalk }[] = [];

  constructor(map: OrderedMap<Key>, compare: Compare, keys: readonly Key[], values: readonly Value[]) {
    this.#map = map;
    this.#model = new Model(compare);
    this.#keys = keys;
    this.#values = values;
  }

  run(step: Step): void {
    const [map, model] = [this.#map, this.#model];
    const key = this.#keys[step.a % this.#keys.length];
    const value = this.#values[step.value % this.#values.length];
    const scan = this.#scanOf(step);
    switch (step.do) {
      case 'set':
        this.#same(map.set(key, value), map, step);
        return model.set(key, value);
      case 'delete':
        return this.#same(map.delete(key), model.delete(key), step);
      case 'get':
        return this.#same(map.get(key), model.get(key), step);
      case 'has':
        return this.#same(map.has(key), model.has(key), step);
      case 'update': {
        const seen: unknown[] = [];
        const compute = (old: Value) => {
          seen.push(old);
          return value;
        };
        this.#same(map.update(key, compute), value, step);
        this.#same(seen, [model.get(key)], step);
        return model.set(key, value);
      }
      case 'getOrInsert': {
        const expected = model.has(key) ? model.get(key) : value;
        this.#same(map.getOrInsert(key, value), expected, step);
        return model.set(key, expected);
      }
      case 'at':
        this.#same(map.at(step.a), model.range()[step.a], step);
        return this.#same(map.at(-1 - step.a), model.range().at(-1 - step.a), step);
      case 'rank':
        return this.#same(map.rank(key), model.rank(key), step);
      case 'ends':
        return this.#same([map.first(), map.last()], [model.range()[0], model.range().at(-1)], step);
      case 'shift':
      case 'pop': {
        const expected = model.range().at(step.do === 'pop' ? -1 : 0);
        this.#same(map[step.do](), expected, step);
        if (expected !== undefined) model.delete(expected[0]);
        return;
      }
      case 'setMany': {
        const entries = this.#keys.slice(step.a, step.a + step.b).map((each): [Key, Value] => [each, value]);
        map.setMany(entries);
        for (const entry of entries) model.set(...entry);
        return;
      }
      case 'count':
        return this.#same(map.count(scan), model.range(scan).length, step);
      case 'range':
        return this.#same([...map.range(scan)], model.range(scan), step);
      case 'keys':
        return this.#same(
          [...map.keys(scan)],
          model.range(scan).map(([each]) => each),
          step,
        );
      case 'values':
        return this.#same(
          [...map.values(scan)],
          model.range(scan).map(([, each]) => each),
          step,
        );
      case 'deleteRange': {
        const gone = model.range(scan);
        this.#same(map.deleteRange(scan), gone.length, step);
        for (const [each] of gone) model.delete(each);
        return;
      }
      case 'clear':
        map.clear();
        model.keys = [];
        model.values = [];
        return;
      case 'compact':
        return map.db.compact();
      case 'walk': {
        const pick = PICKS[step.value % PICKS.length];
        const real = {
          entry: () => map.range(scan),
          key: () => map.keys(scan),
          value: () => map.values(scan),
        }[pick]();
        this.#walks[step.walk] = { pick, real, model: new ModelWalk(model, scan) };
        return;
      }
      case 'next': {
        const walk = this.#walks[step.walk];
        if (walk === undefined) return;
        const found = walk.real.next();
        const expected = walk.model.next();
        const picked = expected && { entry: expected, key: expected[0], value: expected[1] }[walk.pick];
        return this.#same(found, { value: picked, done: expected === undefined }, step);
      }
    }
    throw new Error(`no such step: ${step.do}`);
  }

  check(): void {
    checkStructure(this.#map.db);
    const all = this.#model.range();
    const step = { do: 'check' } as Step;
    this.#same([...this.#map], all, step);
    this.#same(this.#map.size, all.length, step);
  }

  #scanOf({ a, b, bits, limit }: Step): MapScan<Loose> {
    const [low, high] = [this.#keys[a % this.#keys.length], this.#keys[b % this.#keys.length]];
    return {
      gt: bits & 1 && !(bits & 2) ? low : undefined,
      gte: bits & 2 ? low : undefined,
      lt: bits & 4 && !(bits & 8) ? high : undefined,
      lte: bits & 8 ? high : undefined,
      reverse: (bits & 16) !== 0,
      limit,
    };
  }

  #same(found: unknown, expected: unknown, step: Step): void {
    if (found === expected) return;
    must(isDeepStrictEqual(plain(found), plain(expected)), () => `${step.do} gave something else`);
  }
}

/** As texts that differ where values do. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, plain);
  if (value instanceof Uint8Array) return `bytes ${[...value].join()}`;
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (value === 0) return 'number 0';
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).map(([name, member]) => [name, plain(member)]);
  }
  return typeof value === 'bigint' ? `bigint ${value}` : value;
}

interface ValueKind {
  name: string;
  codec: Codec<Loose> | { encode(value: Loose): Uint8Array; decode(bytes: Uint8Array): Loose } | undefined;
  values: fc.Arbitrary<unknown>;
}

const json = fc.oneof(
  fc.constantFrom(undefined, null, ''),
  fc.record({ id: fc.nat(), name: fc.string(), tags: fc.array(fc.string({ maxLength: 3 })) }),
);
const hex = {
  encode: (value: Uint8Array) => new TextEncoder().encode(Buffer.from(value).toString('hex')),
  decode: (bytes: Uint8Array) => Uint8Array.from(Buffer.from(new TextDecoder().decode(bytes), 'hex')),
};
/** One for each kind of key, by turns. */
const VALUE_KINDS: ValueKind[] = [
  { name: 'json, by default', codec: undefined, values: json },
  { name: 'string', codec: codecs.string, values: texts() },
  { name: 'bytes', codec: codecs.bytes, values: arrays() },
  { name: 'number', codec: codecs.number, values: numbers() },
  { name: 'any', codec: codecs.any, values: anyKeys() },
  { name: 'two plain functions', codec: hex, values: arrays() },
  { name: 'date', codec: codecs.date, values: dates() },
  { name: 'tuple', codec: codecs.tuple(codecs.bigint, codecs.string), values: fc.tuple(bigints(), texts()) },
];

const kinds = [
  ...KINDS,
  { ...KINDS.find(({ name }) => name === 'any')!, name: 'any, by default', codec: undefined },
];

describe.each(kinds.map((kind, i) => ({ ...kind, value: VALUE_KINDS[i % VALUE_KINDS.length] })))(
  'a map with keys of $name and values of $value.name does what a Map and a sorted array do',
  ({ codec, keys, compare, value }) => {
    test.each([
      { name: 'as it is', options: {} },
      {
        name: 'always compacting, some entries at a time',
        options: withInternals({ capacity: 0 }, { ...localMemory, compactEvery: 2, compactAtOnce: 2 }),
      },
    ])('whatever the calls: $name', ({ options }) => {
      let count = 0;
      const program = fc.record({
        keys: fc.array(keys, { minLength: 1, maxLength: KEYS, size: 'max' }),
        values: fc.array(value.values, { minLength: 1, maxLength: VALUES }),
        steps,
      });
      const details = fc.check(
        fc.property(program, (each) => {
          const map = new OrderedMap<unknown, unknown>({
            ...options,
            key: codec as Codec<unknown>,
            value: value.codec,
          });
          const machine = new Machine(map, compare as Compare, each.keys, each.values);
          for (const step of each.steps) machine.run(step);
          machine.check();
          count += each.steps.length;
        }),
        { seed: SEED, numRuns: 100, endOnFailure: true },
      );
      const thrown = details.errorInstance as Error | null;
      expect(thrown === null ? undefined : String(thrown.stack).slice(0, 600)).toBeUndefined();
      expect(count).toBeGreaterThan(2000);
    });
  },
);
