import { DB, checkStructure } from '../../lib/index.js';
import { bytes, run, sameBytes, show, text, utf8 } from '../support/bytes.js';
import { must } from '../support/must.js';
import { Prng } from '../support/prng.js';

describe('arrays passed in', () => {
  // Below and above the length from which copying is done in another way.
  test.each([1, 31, 32, 5000])('of %d bytes: key and value may be reused at once', (length) => {
    const db = new DB({ capacity: 0 });
    const key = new Uint8Array(length);
    const value = new Uint8Array(length);
    for (let i = 0; i < 50; i++) {
      key.fill(i);
      value.fill(100 + i);
      db.put(key, value);
    }
    key.fill(0xee);
    value.fill(0xee);
    for (let i = 0; i < 50; i++) {
      const got = db.get(run(i, length));
      must(
        sameBytes(got, run(100 + i, length)),
        () => `the value of ${show(run(i, length))} is ${show(got)}`,
      );
    }
    expect(db.length).toBe(50);
    checkStructure(db);
  });

  test('the value of an overwrite may be reused at once', () => {
    const db = new DB();
    const value = utf8('first');
    db.put(utf8('key'), value);
    value.set(utf8('later'));
    db.put(utf8('key'), value);
    value.fill(0);
    expect(text(db.get(utf8('key')))).toBe('later');
  });

  test.each(['start', 'limit'] as const)('the %s of a range may be reused at once', (bound) => {
    const db = new DB();
    for (const key of 'abcdef') db.put(utf8(key), bytes());
    const expected = bound === 'start' ? 'cdef' : 'ab';
    const given = utf8('c');
    const range = { [bound]: given };
    const it = db.iterator(range);
    const keys = db.keys(range);
    const reverse = db.keys({ ...range, reverse: true });
    given.set(utf8('e'));
    range[bound] = utf8('a');
    const found = [];
    while (it.next()) found.push(text(it.key));
    expect(found.join('')).toBe(expected);
    while (it.prev());
    expect(it.next()).toBe(true);
    expect(text(it.key)).toBe(expected[0]);
    expect([...keys].map(text).join('')).toBe(expected);
    expect([...reverse].map(text).reverse().join('')).toBe(expected);
  });

  test.each([Buffer.from, (letter: string) => utf8(letter).subarray(0)])(
    'bounds of a Buffer and of a subarray are copied too',
    (make) => {
      const db = new DB();
      for (const key of 'abcdef') db.put(utf8(key), bytes());
      const start = make('b');
      const limit = make('e');
      const it = db.iterator({ start, limit });
      start.fill(0);
      limit.fill(0);
      expect(it.last()).toBe(true);
      expect(text(it.key)).toBe('d');
      expect(it.first()).toBe(true);
      expect(text(it.key)).toBe('b');
    },
  );

  test('the key of a seek may be reused at once', () => {
    const db = new DB();
    for (const key of 'abc') db.put(utf8(key), bytes());
    const it = db.iterator();
    const key = utf8('b');
    it.seek(key);
    key.fill(0);
    expect(text(it.key)).toBe('b');
    db.delete(utf8('b'));
    expect(text(it.key)).toBe('b');
    expect(it.next()).toBe(true);
    expect(text(it.key)).toBe('c');
  });

  test('are not changed', () => {
    const db = new DB();
    const key = Object.freeze([...utf8('key')]);
    const given = Uint8Array.from(key);
    db.put(given, given);
    db.put(given, given);
    db.get(given);
    db.find(given);
    db.iterator({ start: given, limit: given }).seek(given);
    db.delete(given);
    expect([...given]).toEqual(key);
  });
});

describe('bytes of the DB itself passed in', () => {
  test('a key and a value that are views into kvData, while it grows', () => {
    const db = new DB({ capacity: 40 });
    db.put(utf8('0123456789'), utf8('abcdefghij'));
    const growths = new Set<Uint8Array>();
    for (let i = 0; i < 300; i++) {
      growths.add(db.kvData);
      const [key, value] = db.find(bytes())!;
      // The value becomes a key, the key a value, and both of them a longer value.
      db.put(value, key);
      db.put(key.subarray(1 + (i % 8)), db.kvData.subarray(0, Math.min(db.kvLength, 20 + i)));
      expect(text(db.get(utf8('abcdefghij')))).toBe('0123456789');
    }
    expect(growths.size).toBeGreaterThan(3);
    expect(text(db.get(utf8('789')))).toHaveLength(20 + 294);
    checkStructure(db);
  });

  test('the whole of kvData as a value', () => {
    const db = new DB({ capacity: 0 });
    db.put(utf8('seed'), utf8('grows'));
    for (let i = 0; i < 10; i++) {
      const all = db.kvData.subarray(0, db.kvLength);
      const copy = all.slice();
      db.put(bytes(i), all);
      expect(db.get(bytes(i))).toEqual(copy);
    }
    checkStructure(db);
  });

  test('a value put again under its own key', () => {
    const db = new DB({ capacity: 16 });
    db.put(utf8('key'), utf8('value'));
    for (let i = 0; i < 20; i++) db.put(...db.find(bytes())!);
    expect(text(db.get(utf8('key')))).toBe('value');
    expect(db.size).toBe(8);
    expect(db.kvLength).toBe(21 * 8);
  });

  test('a key to delete or to seek, and bounds, that are views into kvData', () => {
    const db = new DB();
    for (const key of 'abcdef') db.put(utf8(key), bytes());
    const [b, , d] = [...db.keys({ start: utf8('b') })];
    expect([...db.keys({ start: b, limit: d })].map(text).join('')).toBe('bc');
    const it = db.iterator();
    expect(it.seek(d)).toBe(true);
    expect(db.delete(d)).toBe(true);
    expect(text(it.key)).toBe('d');
    expect(it.seek(d)).toBe(true);
    expect(text(it.key)).toBe('e');
  });
});

describe('views from before a reset, whose bytes are being replaced', () => {
  /** Fills a DB with views of keys that it gave out before it was reset, and of what is not in use. */
  function refill(db: DB, prng: Prng, put: (db: DB, entries: [Uint8Array, Uint8Array][]) => void): void {
    for (let i = 0; i < 60; i++)
      db.put(utf8(`key ${prng.below(1000)}`.repeat(1 + prng.below(6))), utf8('value'));
    const views = [...db];
    const all = db.kvData;
    db.reset();
    for (let i = 0; i < 40; i++) {
      const start = prng.below(300);
      views.push([all.subarray(start, start + prng.below(50)), prng.pick(views)[0]]);
    }
    for (let i = views.length - 1; i > 0; i--) {
      const j = prng.below(i + 1);
      [views[i], views[j]] = [views[j], views[i]];
    }
    put(db, views);
  }

  test.each([
    ['put', (db: DB, entries: [Uint8Array, Uint8Array][]) => entries.forEach((each) => db.put(...each))],
    ['putMany', (db: DB, entries: [Uint8Array, Uint8Array][]) => db.putMany(entries)],
  ])('%s: whatever keys they make, the DB is sound', (_, put) => {
    for (let seed = 0; seed < 300; seed++) {
      const db = new DB({ capacity: 20_000 });
      refill(db, new Prng(seed), put);
      checkStructure(db);
      for (const key of [...db.keys()].map((each) => each.slice())) {
        must(db.has(key), () => `${show(key)} is not found, with seed ${seed}`);
      }
    }
  });
});

describe('views given out', () => {
  test('keep their bytes under puts, overwrites, deletes and growth', () => {
    const db = new DB({ capacity: 0 });
    const kept: { view: Uint8Array; copy: Uint8Array }[] = [];
    const keep = (...views: (Uint8Array | undefined)[]) =>
      views.forEach((view) => kept.push({ view: view!, copy: view!.slice() }));
    const key = (i: number) => utf8(`key ${String(i).padStart(4, '0')}`);
    const it = db.iterator();
    for (let i = 0; i < 2000; i++) {
      db.put(key((i * 7) % 500), utf8(`value number ${i}`));
      if (i % 3 === 0) {
        keep(db.get(key((i * 7) % 500)), ...db.find(bytes())!);
        it.seek(key((i * 7) % 500));
        keep(it.key, it.value);
      }
      if (i % 5 === 0) db.delete(key((i * 11) % 500));
    }
    for (const [key, value] of db) keep(key, value);
    const arrays = [db.kvData, db.nodeData];
    db.put(utf8('large'), new Uint8Array(1_000_000).fill(1));
    for (let i = 0; i < 500; i++) db.delete(key(i));
    for (let i = 0; i < 500; i++) db.put(key(i), utf8('last'));
    expect(arrays).not.toContain(db.kvData);
    const changed = kept.filter(({ view, copy }) => Buffer.compare(view, copy) !== 0);
    expect(changed).toEqual([]);
    expect(kept.length).toBeGreaterThan(4000);
  });
});
