import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeKeyList, KeyList, readKeyList, valueMaker, writeKeyFolder } from '../../perf/key-files.js';
import {
  dbBenchLists,
  generateKeys,
  goleveldbLists,
  KEY_SHAPES,
  type KeyShape,
  lifeLists,
  MIN_LOOKUPS,
} from '../../perf/keys.js';
import { linkRandomCycle } from '../../perf/latency.js';
import { Random } from '../../perf/random.js';

const N = 2_000;
/** Bytes of the shortest and the longest key there may be. */
const LENGTHS: Record<KeyShape, [shortest: number, longest: number]> = {
  random: [16, 16],
  decimal: [16, 16],
  url: [40, 90],
  int32: [4, 4],
  uuid: [36, 36],
  path: [30, 80],
  timestamp: [8, 8],
};

describe.each(KEY_SHAPES)('benchmark keys of shape %s', (shape) => {
  const lists = dbBenchLists(shape, N, 5);

  test('are distinct, of the right length, and one character a byte', () => {
    expect(new Set(lists.random).size).toBe(N);
    const [shortest, longest] = LENGTHS[shape];
    const ofLength = (key: string) => key.length >= shortest && key.length <= longest;
    const ofBytes = (key: string) => Buffer.from(key, 'latin1').toString('latin1') === key;
    expect(lists.random.filter((key) => !ofLength(key) || !ofBytes(key))).toEqual([]);
  });

  test('are the same from the same seed and others from another', () => {
    expect(dbBenchLists(shape, N, 5)).toEqual(lists);
    expect(dbBenchLists(shape, N, 6).random).not.toEqual(lists.random);
  });

  test('are inserted in random order, and sorted by bytes for fillseq', () => {
    const byBytes = lists.random
      .map((key) => Buffer.from(key, 'latin1'))
      .sort(Buffer.compare)
      .map((key) => key.toString('latin1'));
    expect(lists.sorted).toEqual(byBytes);
    expect(lists.random).not.toEqual(byBytes);
  });

  test('that are looked up are present, and missing ones are not', () => {
    const present = new Set(lists.random);
    for (const name of ['reads', 'seeks']) {
      expect(lists[name]).toHaveLength(MIN_LOOKUPS);
      expect(lists[name].every((key) => present.has(key))).toBe(true);
    }
    expect(lists.misses).toHaveLength(MIN_LOOKUPS);
    expect(lists.misses.some((key) => present.has(key))).toBe(false);
  });

  test('that are overwritten or deleted are each there once', () => {
    expect(lists.overwrites.slice().sort()).toEqual(lists.sorted);
    expect(lists.deletes.slice().sort()).toEqual(lists.sorted);
    expect(lists.deletes).not.toEqual(lists.overwrites);
  });
});

describe.each(KEY_SHAPES)('the lists of a life with keys of shape %s', (shape) => {
  const lists = lifeLists(shape, N, 5);

  test('put, get and delete each key once, in three orders', () => {
    const sorted = lists.puts.slice().sort();
    expect(new Set(sorted).size).toBe(N);
    const orders = [sorted, lists.puts, lists.gets, lists.deletes];
    for (const order of orders) expect(order.slice().sort()).toEqual(sorted);
    expect(new Set(orders.map((order) => order.join())).size).toBe(4);
  });

  test('miss as many that are absent, and seek each tenth', () => {
    const present = new Set(lists.puts);
    expect(lists.misses).toHaveLength(N);
    expect(lists.misses.some((key) => present.has(key))).toBe(false);
    expect(new Set(lists.seeks).size).toBe(N / 10);
    expect(lists.seeks.every((key) => present.has(key))).toBe(true);
  });
});

test('paths share long prefixes: neighbours differ in the last bytes only', () => {
  const sorted = generateKeys('path', 35_000, 0, new Random(1)).present.sort();
  const shared = (a: string, b: string) => {
    let length = 0;
    while (length < a.length && a[length] === b[length]) length++;
    return length;
  };
  const lengths = sorted.slice(1).map((key, i) => shared(sorted[i], key));
  const middle = lengths.sort((a, b) => a - b)[lengths.length >> 1];
  expect(middle).toBeGreaterThan(35);
  expect(sorted.every((key) => key.startsWith('/home/user'))).toBe(true);
});

test('timestamps are big-endian milliseconds that rise with their number, and an absent one is next to a present', () => {
  const { present, absent } = generateKeys('timestamp', N, 50, new Random(1));
  const time = (key: string) => Number(Buffer.from(key, 'latin1').readBigUInt64BE());
  const times = new Set(present.map(time));
  expect(times.size).toBe(N);
  expect(present.slice().sort().map(time)).toEqual([...times].sort((a, b) => a - b));
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(N * 30);
  expect(Math.max(...times) - Math.min(...times)).toBeLessThan(N * 60);
  expect(new Date(Math.min(...times)).getUTCFullYear()).toBe(2023);
  expect(absent.every((key) => !times.has(time(key)) && times.has(time(key) - 1))).toBe(true);
});

test('UUIDs are of version 4', () => {
  const { present } = generateKeys('uuid', N, 0, new Random(1));
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(present.filter((key) => !form.test(key))).toEqual([]);
});

test('a missing decimal falls between two present ones', () => {
  const { present, absent } = generateKeys('decimal', 100, 50, new Random(1));
  const last = present.slice().sort().at(-1)!;
  expect(absent.every((key) => Number(key) % 2 === 1 && key.length === last.length)).toBe(true);
});

test("goleveldb's own keys are 32-bit little-endian numbers", () => {
  const { counting, drawn, picks } = goleveldbLists(300, 1);
  expect(counting.map((key) => Buffer.from(key, 'latin1').readUInt32LE())).toEqual(
    Array.from({ length: 300 }, (_, i) => i),
  );
  expect(drawn.every((key) => key.length === 4)).toBe(true);
  expect(picks.every((key) => counting.includes(key))).toBe(true);
});

describe('a key list in a file', () => {
  const keys = ['', 'a', '\u0000\u00ff\u0080', 'the longest of them', ''];

  test('gives back every key, as bytes and as a string', () => {
    const file = encodeKeyList(keys);
    expect(file.length % 4).toBe(0);
    const list = new KeyList(new Uint8Array(file));
    expect(list.count).toBe(keys.length);
    expect(list.bytes).toBe(keys.join('').length);
    keys.forEach((key, i) => {
      expect(list.string(i)).toBe(key);
      expect(list.view(i)).toEqual(new Uint8Array(Buffer.from(key, 'latin1')));
    });
  });

  test('has a checksum that tells another key and another order', () => {
    const hash = (keys: string[]) => new KeyList(new Uint8Array(encodeKeyList(keys))).hash;
    expect(hash(keys)).toBe(hash([...keys]));
    expect(hash(['ab', 'c'])).not.toBe(hash(['ab', 'd']));
    expect(hash(['ab', 'c'])).not.toBe(hash(['c', 'ab']));
    expect(hash(['ab', 'c'])).not.toBe(hash(['a', 'bc']));
  });

  test('comes with values of the length asked for, that differ from those for overwriting', () => {
    const folder = mkdtempSync(join(tmpdir(), 'perf-keys-'));
    try {
      writeKeyFolder(folder, { some: keys }, new Random(1));
      expect(readKeyList(folder, 'some').string(3)).toBe(keys[3]);
      const [value, replacement] = [valueMaker(folder, 100), valueMaker(folder, 100, 50)];
      for (const i of [0, 1, 12_345, 999_999]) {
        expect(value(i)).toHaveLength(100);
        expect(replacement(i)).not.toEqual(value(i));
      }
      expect(valueMaker(folder, 0)(7)).toHaveLength(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('the walk that measures latency comes by every cache line before it repeats', () => {
  const lines = 1_000;
  const slots = new Int32Array(lines * 16);
  linkRandomCycle(slots, lines, new Random(3));
  const seen = new Set<number>();
  for (let at = 0; !seen.has(at); at = slots[at]) seen.add(at);
  expect(seen.size).toBe(lines);
});
