import { DB, checkStructure } from '../../../lib/index.js';
import {
  Growable,
  KEY_LENGTH,
  localMemory,
  OFFSET,
  sortStaged,
  STAGED_NODE,
  STAGED_WORDS,
  withInternals,
} from '../../../lib/internals.js';
import { concat, utf8 } from '../../support/bytes.js';
import { FaultyMemory } from '../../support/faults.js';
import { Prng } from '../../support/prng.js';
import { compareBytes } from '../../support/store.js';

/** Kinds of keys: each makes one of some `n` that there are, or may be. */
const kinds: [name: string, keyOf: (i: number, n: number) => Uint8Array][] = [
  ['decimals', (i) => utf8(String(2 * i).padStart(16, '0'))],
  ['words, lowest byte first', (i) => new Uint8Array(Uint32Array.of(i * 7).buffer)],
  ['16 random bytes', (i) => Uint8Array.from({ length: 16 }, (_, at) => new Prng(i * 31 + at).below(256))],
  [
    'URLs of few hosts',
    (i) =>
      utf8(`https://host-${i % 3}.example.com/some/path/${i % 7}/of/pages/${String(i).padStart(6, '0')}`),
  ],
  [
    'up to 12 bits, a byte each',
    (i) => utf8(i.toString(2).slice(1).replace(/0/g, '\0').replace(/1/g, '\x01')),
  ],
  ['zeros, more and more', (i) => new Uint8Array(i % 90)],
  ['each the beginning of the next', (i) => utf8('abcdefghijklmnop'.repeat(8).slice(0, i % 120))],
  ['those of one byte', (i) => Uint8Array.of(i)],
  [
    'a long prefix, then one byte, then a long one again',
    (i) => concat(new Uint8Array(40).fill(1), Uint8Array.of(i % 5), new Uint8Array(40).fill(2), utf8(`${i}`)),
  ],
];

type Entries = [key: Uint8Array, value: Uint8Array][];

const arrays = (db: DB) => [
  Buffer.from(db.kvData.subarray(0, db.kvLength)).toString('latin1'),
  db.nodeData.subarray(0, db.nodeLength).join(' '),
  db.length,
  db.size,
];

function shuffle<T>(items: T[], prng: Prng): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = prng.below(i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}

/** A DB that is given batches, and one that is given their entries one by one. */
class Pair {
  many = new DB({ autoCompact: false });
  one = new DB({ autoCompact: false });

  both(call: (db: DB) => unknown): void {
    call(this.many);
    call(this.one);
  }

  putMany(entries: Entries): void {
    this.many.putMany(entries);
    for (const [key, value] of entries) this.one.put(key, value);
  }

  check(): void {
    checkStructure(this.many);
    const [ours, theirs] = [arrays(this.many), arrays(this.one)];
    for (const at of ours.keys()) if (ours[at] !== theirs[at]) expect(ours[at]).toEqual(theirs[at]);
  }
}

describe.each(kinds)('batches of %s', (_, keyOf) => {
  const N = 1500;
  const entriesOf = (numbers: number[]): Entries =>
    numbers.map((i, at) => [keyOf(i, N), new Uint8Array((i + at) % 9).fill(at)]);
  const numbers = (from: number, to: number, step = 1) =>
    Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + step * i);

  it.each([
    ['in ascending order', (all: number[]) => [all]],
    ['in descending order', (all: number[]) => [[...all].reverse()]],
    ['in random order', (all: number[]) => [shuffle([...all], new Prng(1))]],
    ['in random order, each twice', (all: number[]) => [shuffle([...all, ...all], new Prng(2))]],
    [
      'in random order, the even ones first',
      () => {
        const half = (from: number) => shuffle(numbers(from, N, 2), new Prng(3));
        return [half(0), half(1)];
      },
    ],
    [
      'in random order, the last first',
      () => {
        return [shuffle(numbers(N - 200, N), new Prng(4)), shuffle(numbers(0, N - 200), new Prng(5))];
      },
    ],
    [
      'in random order, a hundred at a time',
      (all: number[]) => {
        const mixed = shuffle([...all], new Prng(6));
        return numbers(0, N, 100).map((from) => mixed.slice(from, from + 100));
      },
    ],
    [
      'all in one gap between two',
      (all: number[]) => [[0, N, 1, N + 1, 2, N + 2], shuffle(all.slice(3), new Prng(7))],
    ],
    ['one and the same key', () => [new Array(300).fill(5)]],
  ])('%s do what puts do, slot for slot', (_, lists) => {
    const pair = new Pair();
    for (const list of lists(numbers(0, N))) {
      pair.putMany(entriesOf(list));
      pair.check();
    }
    // Whatever was found, is found, and goes.
    for (const i of numbers(0, N)) pair.both((db) => db.get(keyOf(i, N)));
    pair.check();
    for (const i of shuffle(numbers(0, N + 3), new Prng(8))) pair.both((db) => db.delete(keyOf(i, N)));
    pair.check();
    expect(pair.many.length).toBe(0);
  });

  it('do what puts do, slot for slot, among all other calls', () => {
    for (let seed = 0; seed < 12; seed++) {
      const prng = new Prng(1000 + seed);
      const pair = new Pair();
      const some = (count: number, from = 0, to = N) =>
        Array.from({ length: count }, () => from + prng.below(to - from));
      for (let step = 0; step < 25; step++) {
        const at = prng.below(N);
        const what = prng.below(12);
        if (what < 5) pair.putMany(entriesOf(some(prng.below(prng.pick([30, 200, 900])))));
        else if (what < 6) pair.putMany(entriesOf(shuffle(numbers(at, Math.min(N, at + 400)), prng)));
        else if (what < 7) pair.putMany(entriesOf(some(300, at, Math.min(N, at + 8))));
        else if (what < 8)
          for (const i of numbers(at, at + 40)) pair.both((db) => db.put(keyOf(i, N), utf8('one')));
        else if (what < 9) for (const i of some(200)) pair.both((db) => db.delete(keyOf(i, N)));
        else if (what < 10) pair.both((db) => db.deleteRange({ start: keyOf(at, N) }));
        else if (what < 11) for (const i of some(50)) pair.both((db) => db.get(keyOf(i, N)));
        else if (prng.below(4) === 0) pair.both((db) => db.reset());
        pair.check();
      }
      const cursor = pair.many.iterator();
      let forth = 0;
      let back = 0;
      while (cursor.next()) forth++;
      while (cursor.prev()) back++;
      expect([forth, back]).toEqual([pair.many.length, pair.many.length]);
    }
  });

  it('are put, slot for slot, whichever allocation fails', () => {
    const before = entriesOf(shuffle(numbers(0, N, 3), new Prng(9)));
    const batch = entriesOf(shuffle([...numbers(1, N, 3), ...numbers(2, N, 3)], new Prng(10)));
    const expected = new Pair();
    expected.putMany(before);
    expected.putMany(batch);
    let failing = 0;
    for (let failed = true; failed; failing++) {
      failed = false;
      let isArmed = false;
      let left = failing;
      const memory = new FaultyMemory({}, () => {
        // The arrays of entries have room for all; and what has failed once, fails again.
        if (!isArmed || left-- > 0) return false;
        failed = true;
        return true;
      });
      const many = new DB(withInternals({ capacity: 1 << 20 }, memory));
      for (const [key, value] of before) many.put(key, value);
      isArmed = true;
      try {
        many.putMany(batch);
      } catch {
        isArmed = false;
        many.putMany(batch);
      }
      isArmed = false;
      checkStructure(many);
      expect(arrays(many)).toEqual(arrays(expected.one));
      for (const [key] of batch) if (!many.has(key)) throw new Error('not there');
    }
    expect(failing).toBeGreaterThan(1);
  });
});

test('a batch is led past pages whose prefix its keys do not share', () => {
  const numbered = (prefix: string, i: number, bytes: number) => {
    const key = new Uint8Array(prefix.length + bytes);
    key.set(Buffer.from(prefix, 'latin1'));
    for (let at = 0; at < bytes; at++) key[prefix.length + at] = i >>> (8 * (bytes - 1 - at));
    return key;
  };
  const run = (count: number, keyOf: (i: number) => Uint8Array) =>
    Array.from({ length: count }, (_, i) => keyOf(i));
  const pair = new Pair();
  // Three levels of pages. One in the middle has the prefix 'ab', and its last leaf has none.
  const keys = [
    ...run(3969, (i) => numbered('0', i * 65537, 4)),
    ...run(3906, (i) => numbered('ab\x01\x01', i * 16, 2)),
    ...run(63, (i) => numbered('ab', (0x10 + i) << 24, 4)),
    ...run(3969, (i) => numbered('ab\xff\xff', i * 65537, 4)),
    ...run(5000, (i) => numbered('z', i * 65537, 4)),
  ];
  for (const key of keys) pair.both((db) => db.put(key, utf8('')));
  // What follows it goes, so that keys without the prefix are led to it, too.
  pair.both((db) => db.deleteRange({ start: utf8('ab('), limit: utf8('z') }));
  const batch = [
    numbered('ab\x26\x10', 1, 4),
    ...run(5, (i) => numbered('b', i << 24, 4)),
    ...run(600, (i) => numbered('z', i * 65537 + 1, 4)),
  ];
  pair.putMany(batch.map((key) => [key, utf8('value')]));
  pair.check();
});

test('a batch is led past a leaf whose prefix its keys do not share', () => {
  const keysOf = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, i) => utf8(prefix + String(i).padStart(4, '0')));
  for (let left = 1; left < 130; left += 8) {
    const pair = new Pair();
    const low = keysOf('aab', 400);
    for (const key of shuffle([...low, ...keysOf('b', 400)], new Prng(left)))
      pair.both((db) => db.put(key, key));
    // Whole leaves go, and keys that do not begin like theirs are led to the one before.
    for (const key of low.slice(left)) pair.both((db) => db.delete(key));
    const last = utf8(`aab${String(left - 1).padStart(4, '0')}x`);
    // As many as there are: else they would be put one by one.
    const batch = [last, ...['aab9', 'aab98', 'aac1', 'aac01'].map(utf8), ...keysOf('aaz', 600)];
    pair.putMany(batch.map((key) => [key, utf8('one of many')]));
    pair.check();
  }
});

describe('sorting', () => {
  /** Stages keys, sorts them, and compares that with what a plain sort gives. */
  function check(keys: Uint8Array[]): void {
    const size = keys.reduce((sum, key) => sum + key.length, 0);
    const kv = new Growable<Uint8Array>({ name: 'test', unit: 'bytes', limit: 2 ** 31 }, size, {
      allocate: (length) => new Uint8Array(localMemory.allocate(length)),
    });
    const staged = new Int32Array(STAGED_WORDS * keys.length);
    let offset = 0;
    keys.forEach((key, i) => {
      kv.array.set(key, offset);
      staged[STAGED_WORDS * i + OFFSET] = offset;
      staged[STAGED_WORDS * i + KEY_LENGTH] = key.length;
      offset += key.length;
    });
    const expected = keys.map((_, i) => i).sort((a, b) => compareBytes(keys[a], keys[b]) || a - b);
    expect(Array.from(sortStaged(kv, staged, keys.length))).toEqual(expected);
    // All but the first of equal ones say which that is.
    let first = expected[0];
    const same = expected.map((i) => {
      if (compareBytes(keys[first], keys[i]) === 0 && first !== i) return ~first;
      first = i;
      return 0;
    });
    expect(expected.map((i) => staged[STAGED_WORDS * i + STAGED_NODE])).toEqual(same);
  }

  it.each(kinds)('orders %s', (_, keyOf) => {
    const prng = new Prng(11);
    for (const count of [1, 2, 3, 17, 300, 2000]) {
      const some = Array.from({ length: count }, () => keyOf(prng.below(count), count));
      check(some);
      check(some.map((_, i) => keyOf(i, count)));
    }
  });

  it('orders random keys that share random parts', () => {
    const prng = new Prng(12);
    for (let round = 0; round < 300; round++) {
      const parts = Array.from({ length: 6 }, () =>
        Uint8Array.from({ length: prng.below(14) }, () => prng.pick([0, 0, 1, 128, 255])),
      );
      const keys = Array.from({ length: 2 + prng.below(60) }, () =>
        concat(...Array.from({ length: prng.below(6) }, () => prng.pick(parts))),
      );
      check(keys);
    }
  });

  it('orders keys that part in so many places that integers tell little', () => {
    const prng = new Prng(13);
    const keys = Array.from({ length: 300 }, (_, i) => {
      const key = new Uint8Array(4000);
      key[13 * i] = 1; // Each is above all that part from it later.
      return key;
    });
    check(shuffle([...keys, ...keys.slice(100)], prng));
    const pair = new Pair();
    pair.putMany(shuffle(keys, prng).map((key) => [key, utf8('value')]));
    pair.check();
  });

  it('is done without where there is no memory for it', () => {
    const pair = new Pair();
    const entries = shuffle(
      Array.from({ length: 500 }, (_, i): [Uint8Array, Uint8Array] => [utf8(`key ${i % 400}`), utf8(`${i}`)]),
      new Prng(14),
    );
    const real = globalThis.BigUint64Array;
    let refused = 0;
    try {
      globalThis.BigUint64Array = function () {
        refused++;
        throw new RangeError('Array buffer allocation failed');
      } as never;
      pair.putMany(entries);
    } finally {
      globalThis.BigUint64Array = real;
    }
    expect(refused).toBe(1);
    pair.check();
  });
});
