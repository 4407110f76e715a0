import { Buffer } from 'node:buffer';
import {
  DB,
  InternalKeyComparer,
  ValueType,
  bytewise,
  checkStructure,
  makeInternalKey,
  type Comparer,
} from '../../../lib/index.js';
import { localMemory, tableOf, withInternals } from '../../../lib/internals.js';
import { show } from '../../support/bytes.js';
import { must } from '../../support/must.js';
import { Prng, mix } from '../../support/prng.js';

/*
 * What is put behind all others is compared with the last key alone, and appended to the last page of the index; the pages
 * above hear of it only when that page is full. Here are the corners of it: keys that share less with the last than the pages
 * at the end know to be shared by all of theirs, last pages that are emptied and filled again, pages that are full, and what
 * is asked of all this in between.
 */

const SEED = 0x5eed;
const EMPTY = new Uint8Array(0);
/** Entries of a page. */
const PAGE = 63;
/** Appended one by one, so many fill a tree of two levels. */
const TWO_LEVELS = PAGE * PAGE;

const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const digits = (n: number, length = 6): string => String(n).padStart(length, '0');

function word(n: number): Uint8Array {
  return Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);
}

interface Given {
  comparer?: Comparer;
  sharedLimit?: number;
}

/** A DB and the keys that it must hold, in order: changes are at the end, mostly. */
class Tail {
  readonly db: DB;
  readonly keys: Uint8Array[] = [];
  readonly #comparer: Comparer;
  readonly #prng = new Prng(77);

  constructor({ comparer = bytewise, sharedLimit }: Given = {}) {
    this.#comparer = comparer;
    // A put that finds no room for its record looks for its place before it makes some.
    this.db = new DB(
      withInternals({ comparer, capacity: 1 << 20 }, { ...localMemory, seed: SEED, sharedLimit }),
    );
  }

  append(...keys: Uint8Array[]): void {
    for (const key of keys) {
      this.db.put(key, EMPTY);
      this.keys.push(key);
    }
  }

  appendBatch(keys: readonly Uint8Array[]): void {
    this.db.putMany(keys.map((key) => [key, EMPTY] as const));
    this.keys.push(...keys);
  }

  /** Puts one that belongs so many before the end, and was not there. */
  putBefore(back: number, key: Uint8Array): void {
    this.db.put(key, EMPTY);
    this.keys.splice(this.keys.length - back, 0, key);
  }

  deleteLast(count: number): void {
    for (let i = 0; i < count; i++) {
      const key = this.keys.pop()!;
      must(this.db.delete(key), () => `${show(key)} was not there`);
    }
  }

  /** Of the last ones, by one call. */
  cutLast(count: number): void {
    const [start] = this.keys.splice(this.keys.length - count);
    must(this.db.deleteRange({ start }) === count, () => `not ${count} were deleted from ${show(start)} on`);
  }

  deleteAt(i: number): void {
    const [key] = this.keys.splice(i, 1);
    must(this.db.delete(key), () => `${show(key)} was not there`);
  }

  reset(): void {
    this.db.reset();
    this.keys.length = 0;
  }

  get levels(): number {
    return tableOf(this.db).index!.pages.levels;
  }

  /** What the last leaf has for a prefix; below 0 where it is one of forks. */
  get lastPrefix(): number {
    const { pages } = tableOf(this.db).index!;
    return pages.meta[8 * pages.lastLeaf + 1];
  }

  /** What calls say of the end, and here and there: entries, ranks, neighbours. */
  look(): void {
    const { db, keys } = this;
    const { length } = keys;
    must(db.length === length, () => `${db.length} entries, not ${length}`);
    const it = db.iterator();
    must(it.last() === length > 0, () => 'last() is wrong');
    for (let i = length - 1; i >= Math.max(0, length - 3); i--) {
      must(
        same(it.key, keys[i]),
        () => `${show(it.key)} is ${length - i} from the end, not ${show(keys[i])}`,
      );
      must(it.prev() === i > 0, () => `prev() is wrong at ${i}`);
    }
    it.release();
    for (let n = 0; n < 4 && length > 0; n++) {
      const at = n === 0 ? length - 1 : this.#prng.below(length);
      const key = keys[at];
      must(db.has(key), () => `${show(key)} is missing`);
      must(db.count({ limit: key }) === at, () => `${show(key)} has another rank than ${at}`);
      must(db.count({ start: key }) === length - at, () => `${show(key)} has not ${length - at} from it on`);
      must(same(db.find(key)?.[0], key), () => `${show(key)} is not found by order`);
    }
  }

  /** The structure, every key by every way, and the order of all. */
  check(): void {
    const { db, keys } = this;
    this.look();
    checkStructure(db);
    let i = 0;
    for (const key of db.keys()) {
      const expected = keys[i++];
      must(same(key, expected), () => `${show(key)} is where ${show(expected)} should be`);
    }
    must(i === keys.length, () => `${i} entries, not ${keys.length}`);
    for (const key of keys) must(db.has(key), () => `${show(key)} is missing`);
    for (let n = 1; n < keys.length; n++) {
      must(
        this.#comparer.compare(keys[n - 1], keys[n]) < 0,
        () => `the test appends ${show(keys[n])} wrongly`,
      );
    }
  }
}

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}

describe('an append', () => {
  it.each([
    ['an order of its own', (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b)],
    ['descending keys', (a: Uint8Array, b: Uint8Array) => Buffer.compare(b, a)],
  ])('compares once, with the last key, whatever the height of the tree, with %s', (name, compare) => {
    let calls = 0;
    const comparer: Comparer = {
      name,
      compare: (a, b) => {
        calls++;
        return compare(a, b);
      },
    };
    const tail = new Tail({ comparer });
    const key = name === 'descending keys' ? (n: number) => word(~n >>> 0) : word;
    tail.append(key(0), key(1), key(2));
    for (let n = 3; n < TWO_LEVELS + 200; n++) {
      calls = 0;
      tail.append(key(n));
      if (calls !== 1) throw new Error(`${calls} comparisons for key ${n}`);
    }
    expect(tail.levels).toBe(3);
    tail.check();
    // Of what is put elsewhere, all is searched for; then, at the end, one key is, until it shows that others follow.
    tail.putBefore(
      1,
      Buffer.concat([key(TWO_LEVELS + 198), Uint8Array.of(name === 'descending keys' ? 0 : 1)]),
    );
    tail.keys.sort(compare);
    tail.append(key(TWO_LEVELS + 300));
    calls = 0;
    tail.append(key(TWO_LEVELS + 301));
    expect(calls).toBe(1);
    tail.check();
  });

  it('does not go up to the root: only a page that is full is told to those above', () => {
    const tail = new Tail();
    const { pages } = tableOf(tail.db).index!;
    const total = () => pages.meta[8 * pages.root + 5];
    let told = 0;
    let before = 0;
    for (let n = 0; n < TWO_LEVELS + 500; n++) {
      tail.append(word(n));
      if (total() !== before) told++;
      before = total();
    }
    expect(tail.levels).toBe(3);
    expect(told).toBeLessThan((TWO_LEVELS + 500) / PAGE + 10);
    tail.check();
  });

  it('is seen at once by every call', () => {
    const tail = new Tail();
    for (let n = 0; n < TWO_LEVELS + 300; n++) {
      tail.append(word(3 * n));
      tail.look();
      const { db } = tail;
      must(!db.has(word(3 * n + 1)), () => `${n} is followed by one that was not put`);
      must(db.find(word(3 * n + 1)) === undefined, () => `one is found behind ${n}`);
      must(
        db.count({ start: word(3 * n), limit: word(3 * n + 1) }) === 1,
        () => `${n} does not count as one`,
      );
    }
    tail.check();
  });
});

describe('keys that share less with the last one than all at the end of the index do', () => {
  /** Ascending from call to call, each with one more byte at the end of what it shares with the last of the one before. */
  const group = (from: number, shared: number, count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, i) =>
      ascii(`${'m'.repeat(shared)}${String.fromCharCode(0x6d + from)}${digits(i)}`),
    );

  it.each([
    ['one level', [20]],
    ['two levels', [PAGE + 10]],
    ['two levels that are nearly full', [TWO_LEVELS - 3]],
    ['three levels', [TWO_LEVELS + 10]],
    ['three levels, and more of each', [TWO_LEVELS + 200, 1, 1, 40, 70, 700, 1, 4100, 1]],
    ['a last page that is full', [PAGE, PAGE, PAGE, 1, PAGE - 1, PAGE - 1, PAGE + 1]],
    ['one after the other', Array.from({ length: 40 }, () => 1)],
    ['each time a few more', Array.from({ length: 40 }, (_, i) => 3 * i + 1)],
  ] as const)('shorten what pages keep of it, on %s', (_, sizes) => {
    for (const batches of [false, true]) {
      const tail = new Tail();
      let shared = 48;
      for (const size of sizes) {
        const keys = group(1, shared, size);
        if (batches) tail.appendBatch(keys);
        else tail.append(...keys);
        tail.check();
        // Nothing of it may be found below or above where it belongs.
        for (const near of [
          ascii('m'.repeat(shared)),
          ascii(`${'m'.repeat(shared)}zz`),
          ascii('m'),
          ascii('n~'),
        ]) {
          const rank = tail.keys.filter((key) => Buffer.compare(key, near) < 0).length;
          must(tail.db.count({ limit: near }) === rank, () => `${show(near)} has not rank ${rank}`);
          must(same(tail.db.find(near)?.[0], tail.keys[rank]), () => `${show(near)} is followed by another`);
        }
        shared--;
      }
    }
  });

  it('in every place of the last page, and again when all others have been deleted', () => {
    for (let before = 1; before <= 2 * PAGE + 2; before++) {
      const tail = new Tail();
      tail.append(...group(1, 30, before));
      tail.append(...group(1, 20, 2));
      tail.append(...group(1, 3, 1));
      tail.append(...group(2, 3, 1));
      tail.append(...group(3, 0, 3));
      tail.check();
      tail.deleteLast(7);
      tail.append(...group(2, 10, 2), ...group(3, 0, 2));
      tail.check();
      tail.cutLast(3);
      for (let i = before; i > 0; i--) tail.deleteAt(0);
      tail.append(...group(4, 0, PAGE + 2));
      tail.check();
    }
  });

  it.each([false, true])('whatever was appended, deleted and put between, at random (forks: %s)', (forks) => {
    for (let seed = 1; seed <= 6; seed++) {
      const prng = new Prng(seed);
      const tail = new Tail();
      // A number in few bytes: the higher its first digits, the less it shares with the one before.
      const key = (n: number) => {
        const part = [...digits(n, 7)].map((digit) =>
          forks ? `${digit}${'/segment'.repeat(2)}` : `${digit}ab`,
        );
        return ascii(part.join(''));
      };
      let n = 0;
      const step = () => 1 + (prng.below(5) === 0 ? prng.below(prng.pick([10, 1000, 30_000])) : 0);
      while (n < 9_900_000 && tail.keys.length < 6500) {
        const r = prng.below(20);
        for (let i = prng.below(prng.pick([3, 30, 300])); i >= 0; i--) tail.append(key((n += step())));
        if (r < 4) tail.deleteLast(Math.min(tail.keys.length, prng.below(prng.pick([4, 150]))));
        if (r === 4 && tail.keys.length > 100) tail.cutLast(1 + prng.below(100));
        if (r === 5 && tail.keys.length > 100)
          for (let i = 0; i < 5; i++) tail.deleteAt(prng.below(tail.keys.length));
        if (r > 5 && r < 9)
          tail.appendBatch(Array.from({ length: 16 + prng.below(100) }, () => key((n += step()))));
        if (r === 9 && tail.keys.length > 1)
          tail.putBefore(1, Buffer.concat([tail.keys.at(-2)!, EMPTY, Uint8Array.of(0)]));
        tail.look();
        if (r === 10) tail.check();
      }
      tail.check();
    }
  });
});

describe('forks at the end', () => {
  const path = 'https://www.example.com/a-long-shared-path/';
  // Eight at a time part where no four bytes that follow a prefix tell: far behind where the others do.
  const url = (n: number, more = '') =>
    ascii(`${path}${digits(n >>> 3)}/${'catalogue/'.repeat(3)}page/${digits(n & 7)}${more}`);

  /** One whose last page is of forks, with `count` entries in all. */
  function forked(count: number, given: Given = {}): Tail {
    const tail = new Tail(given);
    // Since the first shares nothing with the others, four bytes of a key tell nothing.
    tail.append(ascii('a'));
    for (let n = 1; n < count; n++) tail.append(url(n));
    return tail;
  }

  it.each([70, 125, 126, 127, 189, 400, TWO_LEVELS + 100])('grow by appends, %d before', (count) => {
    const tail = forked(count);
    expect(tail.lastPrefix).toBeLessThan(0);
    tail.check();
    for (let n = 0; n < 2 * PAGE; n++) {
      // Each shares another number of bytes with the one before.
      tail.append(
        url(count + 10 + 3 * n, '/'.repeat(n % 3)),
        url(count + 11 + 3 * n),
        url(count + 11 + 3 * n, '/x'),
      );
      if (n % 9 === 0) tail.check();
    }
    tail.check();
    expect(tail.lastPrefix).toBeLessThan(0);
  });

  it('take a key that shares nothing with the last', () => {
    for (let count = 70; count < 70 + PAGE + 3; count++) {
      const tail = forked(count);
      tail.append(
        ascii('https://www.example.org/'),
        ascii('i'),
        ascii('j'),
        ascii('jj'),
        Uint8Array.of(0xff),
      );
      tail.check();
      tail.deleteLast(2);
      tail.append(ascii('k'), ascii('kk'));
      tail.check();
    }
  });

  it('take what is put after the last ones were deleted', () => {
    const tail = forked(300);
    const prng = new Prng(11);
    let n = 300;
    for (let round = 0; round < 150; round++) {
      const count = Math.min(tail.keys.length - 5, 1 + prng.below(prng.pick([3, 40, 140])));
      if (count > 0) {
        if (round % 3 === 0) tail.cutLast(count);
        else tail.deleteLast(count);
      }
      // Close to what is last now: the fork is made by what they share, and not by what was shared with those that are gone.
      const last = tail.keys.at(-1)!;
      const shared = prng.below(last.length);
      const key = Buffer.concat([last.subarray(0, shared), Uint8Array.of(Math.min(0x7e, last[shared] + 1))]);
      tail.append(Buffer.concat([last, ascii('+')]));
      if (shared >= path.length && Buffer.compare(key, tail.keys.at(-1)!) > 0) tail.append(key);
      for (let i = prng.below(60); i > 0; i--) {
        n++;
        const next = url(n + 1000 * round);
        if (Buffer.compare(next, tail.keys.at(-1)!) > 0) tail.append(next);
      }
      tail.look();
      if (round % 5 === 0) tail.check();
    }
    tail.check();
  });

  it('turn to abbreviations where a key shares more with the last than a fork can tell', () => {
    for (const before of [70, 130, 300]) {
      const limit = url(1).length + 8;
      const tail = forked(before, { sharedLimit: limit });
      expect(tail.lastPrefix).toBeLessThan(0);
      const long = (n: number) => url(before + 1, `${'/'.repeat(20)}${digits(n)}`);
      tail.append(long(0));
      expect(tail.lastPrefix).toBeLessThan(0);
      tail.check();
      tail.append(long(1));
      expect(tail.lastPrefix).toBeGreaterThanOrEqual(0);
      tail.check();
      for (let n = 2; n < 150; n++) tail.append(long(n));
      tail.check();
      tail.append(url(before + 2), ascii('i'));
      tail.check();
      tail.deleteLast(140);
      tail.append(url(before + 3));
      for (let n = 4; n < 150; n++) tail.append(url(before + n));
      tail.check();
    }
  });
});

describe('a last page', () => {
  it.each([0, 1, 2, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, TWO_LEVELS - 1, TWO_LEVELS, TWO_LEVELS + 1])(
    'that was emptied, behind %d others, leaves the one before as the last',
    (before) => {
      for (const many of [1, 2, PAGE, PAGE + 1, 130]) {
        const tail = new Tail();
        let n = 0;
        for (let i = 0; i < before; i++) tail.append(word(n++));
        for (let round = 0; round < 4; round++) {
          for (let i = 0; i < many; i++) tail.append(word((n += 1 + 300 * (i % 2))));
          tail.look();
          if (round % 2 === 0) tail.deleteLast(many);
          else tail.cutLast(many);
          tail.look();
        }
        tail.check();
        for (let i = 0; i < 70; i++) tail.append(word((n += 1000)));
        tail.check();
        // To nothing, and from nothing.
        if (before > PAGE) tail.cutLast(tail.keys.length - 1);
        tail.deleteLast(tail.keys.length);
        tail.check();
        tail.append(word(1), word(2));
        tail.appendBatch(Array.from({ length: 200 }, (_, i) => word(300 * (i + 1))));
        tail.append(word(1 << 30), word(0xffffffff));
        tail.check();
      }
    },
  );

  it('and those above it, which lead to nothing else, go together', () => {
    // Pages come to stand so that the last leaf is the only one below its parent, and that below its own.
    const key = (n: number) => ascii(`prefix/of/all/${digits(n)}`);
    for (const over of [1, 2, 3]) {
      const tail = new Tail();
      for (let n = 0; n < TWO_LEVELS + over; n++) tail.append(key(n));
      expect(tail.levels).toBe(3);
      for (let i = 0; i < over; i++) tail.deleteLast(1);
      tail.check();
      expect(tail.levels).toBe(2);
      tail.append(ascii('prefix/or/not'), ascii('q'));
      tail.check();
      expect(tail.levels).toBe(3);
      tail.cutLast(2);
      tail.append(key(TWO_LEVELS + 50));
      for (let i = 0; i < TWO_LEVELS; i++) tail.append(key(TWO_LEVELS + 51 + i));
      tail.check();
      tail.cutLast(TWO_LEVELS + 30);
      tail.append(ascii('prefix/p'), ascii('pz'));
      tail.check();
    }
  });

  it('that is split by a put among its entries has another behind it', () => {
    for (let near = 1; near <= PAGE; near += 3) {
      const tail = new Tail();
      for (let n = 0; n < 3 * PAGE; n++) tail.append(word(16 * n));
      tail.putBefore(near, word(16 * (3 * PAGE - near) - 8));
      tail.append(word(1 << 20), word(1 << 21));
      tail.check();
      tail.deleteLast(near + 3);
      tail.append(word(1 << 22));
      tail.check();
    }
  });

  it('is told from one that has others behind it again, when those are deleted', () => {
    const tail = new Tail();
    const prng = new Prng(5);
    let end = 1000;
    for (let n = 0; n < 1000; n++) tail.append(word(n << 8));
    for (let round = 0; round < 60; round++) {
      // Leaves at the end and leaves amid, split, emptied and appended to by turns.
      for (let i = prng.below(90); i > 0; i--) tail.append(word(end++ << 8));
      tail.cutLast(1 + prng.below(Math.min(400, tail.keys.length - 300)));
      for (let i = prng.below(40); i > 0; i--) tail.deleteAt(tail.keys.length - 1 - prng.below(200));
      const last = new DataView(tail.keys.at(-1)!.buffer).getUint32(0);
      end = (last >>> 8) + 1;
      for (let i = 0; i < 40; i++) {
        const back = 1 + prng.below(100);
        const low = new DataView(tail.keys[tail.keys.length - back - 1].buffer).getUint32(0);
        const high = new DataView(tail.keys[tail.keys.length - back].buffer).getUint32(0);
        if (high - low > 1) tail.putBefore(back, word((low + high) >>> 1));
      }
      for (let i = prng.below(90); i > 0; i--) tail.append(word(end++ << 8));
      tail.look();
      if (round % 3 === 0) tail.check();
    }
    tail.check();
  });
});

describe('after a reset', () => {
  it('the end is where the first entry is, whatever was there before', () => {
    const families = [
      (n: number) => word(n),
      (n: number) => ascii(`a/prefix/that/is/long/${digits(n)}`),
      (n: number) => ascii(`https://www.example.com/${'catalogue/'.repeat(5)}${digits(n)}/${digits(n % 7)}`),
      (n: number) => ascii(`${'x'.repeat(n % 50)}${digits(n)}`),
    ];
    const sorted = families.map((key) =>
      Array.from({ length: TWO_LEVELS + 300 }, (_, n) => key(n)).sort((a, b) => Buffer.compare(a, b)),
    );
    const tail = new Tail();
    const prng = new Prng(3);
    for (let round = 0; round < 60; round++) {
      const keys = sorted[prng.below(4)];
      const count = prng.pick([1, 2, 5, PAGE, PAGE + 1, 300, 300, 1000, keys.length]);
      const begin = prng.below(keys.length - count + 1);
      // Sometimes the first comes alone, sometimes in a batch, sometimes from behind.
      const r = prng.below(3);
      if (r === 0) tail.appendBatch(keys.slice(begin, begin + count));
      else tail.append(...keys.slice(begin, begin + count));
      if (r === 1 && begin > 0) {
        tail.db.put(keys[begin - 1], EMPTY);
        tail.keys.unshift(keys[begin - 1]);
      }
      tail.append(Uint8Array.of(0xfe, round), Uint8Array.of(0xff));
      tail.check();
      if (prng.below(2) === 0) tail.cutLast(1 + prng.below(tail.keys.length));
      tail.look();
      tail.reset();
      tail.look();
      tail.check();
    }
  });
});

describe('internal keys', () => {
  const comparer = new InternalKeyComparer(bytewise);

  it('are appended in their order, versions of one user key from the newest on', () => {
    const tail = new Tail({ comparer });
    let n = 0;
    let shared = 30;
    for (const size of [300, 5, 70, 1, TWO_LEVELS, 1, 90, 1]) {
      for (let i = 0; i < size; i++) {
        const user = ascii(`${'m'.repeat(shared)}n${digits(n++)}`);
        const versions = 1 + (mix(n) % 3);
        for (let version = versions; version > 0; version--) {
          tail.append(makeInternalKey(user, version, ValueType.Value));
        }
      }
      tail.check();
      tail.deleteLast(Math.min(size, 40));
      tail.check();
      shared--;
      n = 0;
    }
  });
});

describe('the pages have room for what is appended, wherever their arrays end', () => {
  const runs = [31, 32, 33, 64, 255, 256, 257, 300];
  const long = 'https://www.example.com/a-long-shared-path/';
  const keys: Record<string, (n: number) => Uint8Array> = {
    'four bytes': word,
    URLs: (n) => ascii(`${long}${digits(n, 10)}`),
  };

  it.each(Object.keys(keys))('with %s as keys', (shape) => {
    const key = keys[shape];
    const above = 1 << 31;
    const early = Array.from({ length: 900 }, (_, n) => key(mix(n) >>> 1));
    const late = Array.from({ length: 300 }, (_, n) => key((above + n) >>> 0));
    let grown = 0;
    for (let before = 1; before < 900; before++) {
      const run = runs[before % runs.length];
      const db = new DB();
      for (let n = 0; n < before; n++) db.put(early[n], EMPTY);
      const there = db.length;
      const { pages } = tableOf(db).index!;
      const { words } = pages;
      // One by one, or all at once.
      if (before % 16 < 8) for (let n = 0; n < run; n++) db.put(late[n], EMPTY);
      else db.putMany(late.slice(0, run).map((each) => [each, EMPTY]));
      let count = 0;
      const it = db.iterator();
      for (let on = it.first(); on; on = it.next()) count++;
      must(count === there + run, () => `${count} entries, after a run of ${run} behind ${there}`);
      // The whole structure only where arrays ended, and for some more.
      if (pages.words !== words) grown++;
      if (pages.words !== words || before % 5 === 0) checkStructure(db);
    }
    expect(grown).toBeGreaterThan(50);
  });

  it('by a batch of any size at once', () => {
    for (let before = 0; before < 12; before++) {
      for (const run of [16, 200, 3000, 5000, 17_000]) {
        const db = new DB();
        for (let n = 0; n < 40 * before; n++) db.put(word(n), EMPTY);
        const entries = Array.from({ length: run }, (_, n) => [word((1 << 20) + n), EMPTY] as const);
        // In any order: it is for the index to put them in the right one.
        if (before % 2 === 1) entries.reverse();
        db.putMany(entries);
        let count = 0;
        const it = db.iterator();
        for (let on = it.first(); on; on = it.next()) count++;
        must(
          count === 40 * before + run,
          () => `${count} entries, after a batch of ${run} behind ${40 * before}`,
        );
        if (run <= 5000 || before < 2) checkStructure(db);
      }
    }
  });
});
