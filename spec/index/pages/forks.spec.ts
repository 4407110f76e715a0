import fc from 'fast-check';
import { DB, checkStructure } from '../../../lib/index.js';
import {
  beginOfHigher,
  dropSpansOver,
  endOfLower,
  forkOf,
  localMemory,
  MAX_SHARED,
  nearest,
  setSpans,
  sharedAt,
  spanAt,
  spanless,
  withInternals,
  withoutOneBefore,
} from '../../../lib/internals.js';
import { Prng } from '../../support/prng.js';
import { must } from '../../support/must.js';

/* Pages that keep where keys part instead of abbreviations of them: the words, and DBs whose pages turn to them. */

/** Keys as texts, one character for each byte: their order is that of the bytes. */
const bytesOf = (key: string): Uint8Array => Buffer.from(key, 'latin1');
const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).toString('latin1');

const quote = JSON.stringify;

function sharedBy(a: string, b: string): number {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  return i;
}

function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  for (let high = sorted.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sortedSet(keys: Iterable<string>): string[] {
  return [...new Set(keys)].sort();
}

describe('the words of a run of keys', () => {
  /** Around a run there are other places, which must not be looked at, whatever their words. */
  const FIRST = 3;
  /** Where keys begin that are looked for. */
  const START = 2;
  const OTHERS = [0, 0xff, 0x7fffffff];

  function wordsOf(sorted: readonly string[], other: number): Int32Array {
    const words = new Int32Array(FIRST + sorted.length + 3).fill(other);
    for (let i = 1; i < sorted.length; i++) {
      const shared = sharedBy(sorted[i - 1], sorted[i]);
      words[FIRST + i] = forkOf(shared, sorted[i].charCodeAt(shared), MAX_SHARED);
    }
    return words;
  }

  function mustEqual(words: Int32Array, expected: Int32Array): void {
    const differs = words.findIndex((word, at) => word !== expected[at]);
    must(
      differs < 0 && words.length === expected.length,
      () => `${words.join()} differs at ${differs} from ${expected.join()}`,
    );
  }

  /** The same word, but for the first, which means nothing. */
  function sameWords(words: Int32Array, sorted: readonly string[]): void {
    const expected = wordsOf(sorted, words[0]);
    expected[FIRST] = words[FIRST];
    mustEqual(words, expected);
  }

  function withSpans(words: Int32Array, sorted: readonly string[]): Int32Array {
    const spanned = words.slice();
    setSpans(spanned, FIRST, FIRST + sorted.length);
    return spanned;
  }

  function withoutSpans(words: Int32Array, sorted: readonly string[]): Int32Array {
    const isWord = (at: number) => at > FIRST && at < FIRST + sorted.length;
    return words.map((word, at) => (isWord(at) ? spanless(word) : word));
  }

  /** As keys that were added leave them: too small, or none. */
  function withSomeSpans(spanned: Int32Array, sorted: readonly string[]): Int32Array {
    return spanned.map((word, at) => {
      if (at <= FIRST || at >= FIRST + sorted.length) return word;
      const span = spanAt(word);
      return spanless(word) | (at % 3 === 0 ? 0 : (span >> (at % 2)) << 8);
    });
  }

  /** In a longer array, with bytes before it and behind its end that go on as some key does. */
  function lent(key: string): Uint8Array {
    return Buffer.from(`aa${key}\0a\xffaaa`, 'latin1');
  }

  const byte = fc.constantFrom('\0', 'a', '\xff');
  const key = fc.oneof(
    fc.string({ unit: byte, maxLength: 5 }),
    fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 9 }),
    fc.nat({ max: 12 }).map((length) => 'a'.repeat(length)),
  );
  const run = fc.array(key, { minLength: 1, maxLength: 25, size: 'max' }).map(sortedSet);
  const some = { seed: 11, numRuns: 150 };

  /** For a key and a run, in which it may be or not. */
  function forAll(check: (sorted: string[], words: Int32Array, key: string) => void): void {
    fc.assert(
      fc.property(run, key, (sorted, absent) => {
        for (const other of OTHERS) {
          const words = wordsOf(sorted, other);
          const spanned = withSpans(words, sorted);
          for (const each of [absent, ...sorted]) {
            check(sorted, words, each);
            check(sorted, spanned, each);
            check(sorted, withSomeSpans(spanned, sorted), each);
          }
        }
      }),
      some,
    );
  }

  it('nearest: no key shares more, and one that is not above is taken before one that is', () => {
    forAll((sorted, words, key) => {
      const stop = FIRST + sorted.length;
      const near = sorted[nearest(words, FIRST, stop, lent(key), START, key.length) - FIRST];
      const most = Math.max(...sorted.map((each) => sharedBy(each, key)));
      must(sharedBy(near, key) === most, () => `${quote(near)} shares less than ${most} with ${quote(key)}`);
      const candidates = sorted.filter((each) => sharedBy(each, key) === most);
      const hasLower = candidates.some((each) => each <= key);
      must(
        hasLower === near <= key,
        () => `${quote(near)} is taken for ${quote(key)} among ${quote(candidates)}`,
      );
    });
  });

  it('nearest, endOfLower, beginOfHigher: together they lead to the first key at or above', () => {
    forAll((sorted, words, key) => {
      const stop = FIRST + sorted.length;
      const near = nearest(words, FIRST, stop, lent(key), START, key.length);
      const found = sorted[near - FIRST];
      const shared = sharedBy(found, key);
      let place = near;
      if (found < key) place = endOfLower(words, near, stop, shared);
      if (found > key) place = beginOfHigher(words, near, FIRST, shared);
      must(
        place - FIRST === lowerBound(sorted, key),
        () => `${quote(key)} leads to ${place - FIRST}, not to ${lowerBound(sorted, key)}`,
      );
    });
  });

  it('setSpans: a span is as many keys as follow and share as much, and leaves the rest of the word', () => {
    fc.assert(
      fc.property(run, (sorted) => {
        for (const other of OTHERS) {
          const words = wordsOf(sorted, other);
          const spanned = withSpans(words, sorted);
          const shared = sorted.map((each, i) => (i === 0 ? -1 : sharedBy(sorted[i - 1], each)));
          sorted.forEach((_, i) => {
            if (i === 0) return;
            const less = shared.findIndex((each, j) => j > i && each < shared[i]);
            const expected = (less < 0 ? sorted.length : less) - i - 1;
            const found = [spanAt(spanned[FIRST + i]), sharedAt(spanned[FIRST + i])];
            must(
              found[0] === expected && found[1] === shared[i],
              () => `key ${i}: a span of ${found[0]} that share ${found[1]}, not ${expected}, ${shared[i]}`,
            );
          });
          setSpans(spanned, FIRST, FIRST + sorted.length);
          mustEqual(spanned, withSpans(words, sorted));
        }
      }),
      some,
    );
  });

  it('dropSpansOver and withoutOneBefore: words and spans stay right when any key is removed', () => {
    fc.assert(
      fc.property(run, fc.nat(), (sorted, seed) => {
        const prng = new Prng(seed);
        const left = sorted.slice();
        let words = withSpans(wordsOf(left, OTHERS[seed % 3]), left);
        while (left.length > 0) {
          const i = prng.below(left.length);
          const gone = FIRST + i;
          dropSpansOver(words, FIRST, gone);
          if (i < left.length - 1) words[gone + 1] = withoutOneBefore(words[gone], words[gone + 1]);
          words = Int32Array.from([...words.subarray(0, gone), ...words.subarray(gone + 1)]);
          left.splice(i, 1);
          if (left.length > 0) sameWords(withoutSpans(words, left), left);
          for (let at = FIRST + 1; at < FIRST + left.length; at++) {
            const spanned = words.subarray(at, at + 1 + spanAt(words[at]));
            const isRight = at + spanAt(words[at]) < FIRST + left.length;
            if (!isRight || spanned.some((word) => sharedAt(word) < sharedAt(words[at]))) {
              throw new Error(`the span at ${at - FIRST} of ${left.join()} is too large`);
            }
          }
        }
      }),
      some,
    );
  });

  it('forkOf and sharedAt: a word holds what it was given, up to the limit', () => {
    fc.assert(
      fc.property(fc.nat({ max: MAX_SHARED }), fc.nat({ max: 255 }), (shared, byte) => {
        const word = forkOf(shared, byte, MAX_SHARED);
        expect(word).toBe(word | 0);
        expect(word).toBeGreaterThanOrEqual(0);
        expect([sharedAt(word), word & 0xff]).toEqual([shared, byte]);
      }),
      some,
    );
    expect(sharedAt(forkOf(MAX_SHARED, 255, MAX_SHARED))).toBe(MAX_SHARED);
    expect(forkOf(MAX_SHARED + 1, 0, MAX_SHARED)).toBe(-1);
    expect(sharedAt(forkOf(10, 7, 10))).toBe(10);
    expect(forkOf(11, 7, 10)).toBe(-1);
    // It takes part in no run, but stands behind one that ends before its page does.
    expect(forkOf(MAX_SHARED, 255, MAX_SHARED)).toBeLessThan(0x7fffffff);
  });
});

/** A family of keys: the n-th of them. */
type Family = (n: number) => string;

/** Hosts and folders with from one to very many keys. */
const url: Family = (n) => {
  const host = n % 3 === 0 ? 0 : n % 5 === 0 ? 1 : n % 977;
  const folder = n % 2 === 0 ? n % 4 : n % 61;
  return `https://www.host-${host}.example.com/a-longer-folder-${folder}/items/${(n * 7919) % 20_011}/${n}`;
};

const families: { name: string; count: number; family: Family }[] = [
  { name: 'URLs', count: 12_000, family: url },
  { name: 'keys each a prefix of the next', count: 1_200, family: (n) => 'a'.repeat(n) },
  {
    name: 'keys that share 1,000 bytes',
    count: 800,
    family: (n) => `${'long'.repeat(250)}${n % 5}/${'m'.repeat(n % 7)}${'n'.repeat(n % 29)}${n}`,
  },
  {
    name: 'runs of the lowest and the highest byte',
    count: 6_000,
    family: (n) =>
      '\0'.repeat(n % 17) + '\xff'.repeat((n >> 4) % 19) + n.toString(2).replace(/./g, (b) => '\0\xff'[+b]),
  },
  {
    name: 'groups of 1 to 200',
    count: 6_000,
    family: (n) => {
      const group = Math.floor(Math.sqrt(n * 3.7));
      return `${'the same for all '.slice(group % 17)}group ${group} ${'-'.repeat(group % 23)}${n}`;
    },
  },
];

type Order = 'ascending' | 'descending' | 'random';

function shuffled<T>(items: readonly T[], prng: Prng): T[] {
  const result = items.slice();
  for (let i = result.length - 1; i > 0; i--) {
    const j = prng.below(i + 1);
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

function inOrder(sorted: readonly string[], order: Order, prng: Prng): string[] {
  if (order === 'random') return shuffled(sorted, prng);
  return order === 'ascending' ? sorted.slice() : sorted.slice().reverse();
}

/** A DB, and the set of keys it must have. */
class Watched {
  readonly db: DB;
  readonly #keys = new Set<string>();
  /** All keys that it may ever have. */
  readonly #all: readonly string[];
  readonly #prng = new Prng(3);

  constructor(all: readonly string[], sharedLimit: number | undefined) {
    this.#all = all;
    this.db = new DB(withInternals({}, { ...localMemory, seed: 0x5eed, sharedLimit }));
  }

  put(keys: Iterable<string>): void {
    for (const key of keys) {
      this.db.put(bytesOf(key), bytesOf(key.slice(-5)));
      this.#keys.add(key);
    }
  }

  delete(keys: Iterable<string>): void {
    for (const key of keys) {
      if (this.db.delete(bytesOf(key)) !== this.#keys.delete(key)) throw new Error(`deleting '${key}'`);
    }
  }

  deleteRange(start: string, limit: string): void {
    const from = lowerBound(this.#all, start);
    const gone = this.#all.slice(from, lowerBound(this.#all, limit)).filter((key) => this.#keys.has(key));
    expect(this.db.deleteRange({ start: bytesOf(start), limit: bytesOf(limit) })).toBe(gone.length);
    for (const key of gone) this.#keys.delete(key);
  }

  /** The structure, and what is found from some keys and from others near them. */
  check(): void {
    checkStructure(this.db);
    const sorted = this.#all.filter((key) => this.#keys.has(key));
    const it = this.db.iterator();
    for (let i = 0; i < 30; i++) {
      for (const key of this.#near(this.#prng.pick(this.#all))) {
        const rank = lowerBound(sorted, key);
        const hit = sorted[rank] === key;
        const bytes = bytesOf(key);
        it.seek(bytes);
        const found = textOf(it.key);
        const value = textOf(this.db.get(bytes));
        const count = this.db.count({ limit: bytes });
        if (found !== sorted[rank] || value !== (hit ? key.slice(-5) : undefined) || count !== rank) {
          const shown = `seek '${found}', get '${value}', count ${count}`;
          throw new Error(`of '${key}', before '${sorted[rank]}', number ${rank}: ${shown}`);
        }
      }
    }
    it.release();
  }

  /** A key, one shorter, longer ones, and some that leave it somewhere, on either side. */
  #near(key: string): string[] {
    const at = this.#prng.below(key.length + 1);
    const start = key.slice(0, at);
    const rest = key.slice(at + 1);
    const others = ['\0', '\xff', String.fromCharCode(this.#prng.below(256))];
    return [key, start, `${key}\0`, `${key}\xff`, ...others.map((other) => start + other + rest)];
  }
}

const limits = [
  {
    limits: 'as many shared bytes as fit',
    sharedLimit: undefined,
    orders: ['random', 'ascending', 'descending'],
  },
  { limits: 'at most 10 shared bytes', sharedLimit: 10, orders: ['random'] },
  { limits: 'at most 40 shared bytes', sharedLimit: 40, orders: ['ascending'] },
] as const;

describe.each(families)('$name', ({ count, family }) => {
  describe.each(limits)('$limits', ({ sharedLimit, orders }) => {
    const all = sortedSet(
      Array.from({ length: sharedLimit === undefined ? count : count / 4 }, (_, n) => family(n)),
    );
    /** Told apart by their first bytes: among the others they make pages turn to abbreviations. */
    const plain = shuffled(
      Array.from({ length: 600 }, (_, n) => String.fromCharCode(n % 251, (n * 7) & 0xff) + n),
      new Prng(1),
    );

    test.each(orders)('put in %s order, deleted and put again', (order) => {
      const prng = new Prng(7);
      const watched = new Watched(sortedSet([...all, ...plain]), sharedLimit);
      const each = inOrder(all, order, prng);
      const half = each.length >> 1;
      watched.put(each.slice(0, half));
      watched.check();
      watched.put(each.slice(half));
      watched.check();

      const gone = shuffled(all, prng).slice(0, half);
      watched.delete(gone);
      watched.check();
      watched.put(gone);
      watched.check();

      for (let i = 0; i < 20; i++) {
        const start = prng.below(all.length);
        watched.deleteRange(all[start], all[Math.min(all.length - 1, start + 1 + prng.below(100))]);
        if (i % 10 === 0) watched.check();
      }
      watched.put(plain);
      watched.check();

      // From both ends, to nothing.
      const ends = all.map((_, i) => all[i % 2 === 0 ? i >> 1 : all.length - 1 - (i >> 1)]);
      watched.delete(ends.slice(0, half));
      watched.check();
      watched.delete(ends.slice(half));
      watched.check();
      watched.delete(plain);
      expect(watched.db.length).toBe(0);
    });
  });
});

describe('a page of forks whose keys come to share more than fits', () => {
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  /** Two share 7 bytes, or 12. */
  const few = letters.flatMap((a) => letters.map((b) => `alike: ${a}----${b}`));
  /** Each shares 13 bytes with one of those, and 15 with two others. */
  const many = few.flatMap((key) => [`${key}mmm`, `${key}mma`, `${key}mmz`]);
  const all = sortedSet([...few, ...many]);

  test.each([11, 12, 13, 14, 15])('of %d bytes', (sharedLimit) => {
    const watched = new Watched(all, sharedLimit);
    const prng = new Prng(13);
    watched.put(shuffled(few, prng));
    watched.check();
    for (const key of shuffled(few, prng)) {
      watched.put([`${key}mmm`, `${key}mma`, `${key}mmz`]);
      if (prng.below(40) === 0) watched.check();
    }
    watched.check();
    watched.delete(shuffled(many, prng));
    watched.check();
    // By themselves, they can be told apart again.
    watched.put(shuffled(many, prng));
    watched.check();
  });
});

it('keys put before and behind all others, into forked pages that another search has just been in', () => {
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const inside = letters.flatMap((a) => letters.map((b) => `alike: ${a}----${b}`));
  const behind = letters.map((letter) => `alike: z----z${letter}`);
  const outside = ['', 'a', 'alike: ', 'alike: a', 'alike: ~', 'b', 'bb', 'c'];
  const all = sortedSet([...inside, ...behind, ...outside]);
  const watched = new Watched(all, undefined);
  const prng = new Prng(17);
  watched.put(shuffled(inside, prng));
  for (const key of [...behind, ...shuffled(outside, prng)]) {
    watched.db.find(bytesOf(`alike: ${prng.pick(letters)}?`));
    watched.put([key]);
    checkStructure(watched.db);
  }
  watched.check();
});
