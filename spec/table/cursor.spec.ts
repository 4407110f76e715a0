import type { DBIterator } from '../../lib/index.js';
import { DB, IteratorReleasedError, checkStructure } from '../../lib/index.js';
import { tableOf } from '../../lib/internals.js';
import { bytes, text, utf8 } from '../support/bytes.js';
import { thrownBy } from '../support/faults.js';
import { must } from '../support/must.js';

function dbOf(keys: string): DB {
  const db = new DB();
  for (const key of keys) db.put(utf8(key), utf8(`value of ${key}`));
  return db;
}

const put = (db: DB, key: string, value = `value of ${key}`) => db.put(utf8(key), utf8(value));
const drop = (db: DB, key: string) => db.delete(utf8(key));
const at = (it: DBIterator) => (it.valid ? `${text(it.key)}: ${text(it.value)}` : 'nowhere');
const valueOf = (key: string) => `${key}: value of ${key}`;

/** Both have the entries c to g to show: one because there are no others, one because of its bounds. */
const views = [
  { name: 'of everything', make: () => dbOf('cdefg'), range: undefined },
  { name: 'of a range', make: () => dbOf('abcdefghi'), range: { start: utf8('c'), limit: utf8('h') } },
  {
    name: 'of a range whose bounds are no keys',
    make: () => dbOf('abcdefghi'),
    range: { start: utf8('bb'), limit: utf8('gg') },
  },
];

describe.each(views)('a cursor $name', ({ make, range }) => {
  let db: DB;
  let it: DBIterator;

  beforeEach(() => {
    db = make();
    it = db.iterator(range);
  });
  afterEach(() => checkStructure(db));

  test('fresh, it stands nowhere', () => {
    expect(it.valid).toBe(false);
    expect(it.released).toBe(false);
    expect([it.key, it.value]).toEqual([undefined, undefined]);
    expect([it.keyStart, it.valueStart, it.valueEnd]).toEqual([-1, -1, -1]);
  });

  test('fresh, next() is first()', () => {
    expect(it.next()).toBe(true);
    expect(at(it)).toBe(valueOf('c'));
  });

  test('fresh, prev() is false, and next() is first() still', () => {
    expect(it.prev()).toBe(false);
    expect(at(it)).toBe('nowhere');
    expect(it.next()).toBe(true);
    expect(at(it)).toBe(valueOf('c'));
  });

  test('first() and last() land on the first and the last', () => {
    expect(it.last()).toBe(true);
    expect(at(it)).toBe(valueOf('g'));
    expect(it.first()).toBe(true);
    expect(at(it)).toBe(valueOf('c'));
  });

  test('goes through all, forward and back', () => {
    const forward = [];
    while (it.next()) forward.push(text(it.key));
    expect(forward.join('')).toBe('cdefg');
    const back = [];
    while (it.prev()) back.push(text(it.key));
    expect(back.join('')).toBe('gfedc');
  });

  test('next() past the end is false, again and again; prev() re-enters at the last', () => {
    it.last();
    for (let i = 0; i < 3; i++) {
      expect(it.next()).toBe(false);
      expect(at(it)).toBe('nowhere');
    }
    expect(it.prev()).toBe(true);
    expect(at(it)).toBe(valueOf('g'));
  });

  test('prev() past the beginning is false, again and again; next() re-enters at the first', () => {
    it.first();
    for (let i = 0; i < 3; i++) {
      expect(it.prev()).toBe(false);
      expect(at(it)).toBe('nowhere');
    }
    expect(it.next()).toBe(true);
    expect(at(it)).toBe(valueOf('c'));
  });

  test('seek lands on the key, or on the first above it', () => {
    expect(it.seek(utf8('e'))).toBe(true);
    expect(at(it)).toBe(valueOf('e'));
    expect(it.seek(utf8('dd'))).toBe(true);
    expect(at(it)).toBe(valueOf('e'));
    expect(it.next()).toBe(true);
    expect(at(it)).toBe(valueOf('f'));
    it.seek(utf8('dd'));
    expect(it.prev()).toBe(true);
    expect(at(it)).toBe(valueOf('d'));
  });

  test.each(['', 'a', 'b', 'bz', 'c'])("seek '%s', at or below the first, lands on the first", (key) => {
    expect(it.seek(utf8(key))).toBe(true);
    expect(at(it)).toBe(valueOf('c'));
    expect(it.prev()).toBe(false);
  });

  test.each(['gz', 'h', 'i', 'z'])("seek '%s', above the last, is false; then prev() is the last", (key) => {
    expect(it.seek(utf8(key))).toBe(false);
    expect(at(it)).toBe('nowhere');
    expect(it.next()).toBe(false);
    expect(it.prev()).toBe(true);
    expect(at(it)).toBe(valueOf('g'));
  });

  test('the entry under it deleted: it stands there still, and next() is the first above', () => {
    it.seek(utf8('e'));
    drop(db, 'e');
    expect(at(it)).toBe(valueOf('e'));
    expect(it.next()).toBe(true);
    expect(at(it)).toBe(valueOf('f'));
    expect(it.prev()).toBe(true);
    expect(at(it)).toBe(valueOf('d'));
  });

  test('the entry under it deleted: prev() is the last below', () => {
    it.seek(utf8('e'));
    drop(db, 'e');
    expect(it.prev()).toBe(true);
    expect(at(it)).toBe(valueOf('d'));
  });

  test('the entry under it and its neighbours deleted: it yields none of them', () => {
    it.seek(utf8('e'));
    for (const key of 'edf') drop(db, key);
    expect(it.next()).toBe(true);
    expect(at(it)).toBe(valueOf('g'));

    for (const key of 'edf') put(db, key);
    it.seek(utf8('e'));
    for (const key of 'edf') drop(db, key);
    expect(it.prev()).toBe(true);
    expect(at(it)).toBe(valueOf('c'));
  });

  test('the entry under it deleted, then its neighbours: the same', () => {
    it.seek(utf8('e'));
    drop(db, 'e');
    expect(at(it)).toBe(valueOf('e'));
    drop(db, 'f');
    expect(at(it)).toBe(valueOf('e'));
    expect(it.next()).toBe(true);
    expect(at(it)).toBe(valueOf('g'));
  });

  test('a range around it deleted: the same', () => {
    it.seek(utf8('e'));
    expect(db.deleteRange({ start: utf8('d'), limit: utf8('g') })).toBe(3);
    expect(at(it)).toBe(valueOf('e'));
    expect(it.next()).toBe(true);
    expect(at(it)).toBe(valueOf('g'));
    expect(it.prev()).toBe(true);
    expect(at(it)).toBe(valueOf('c'));
  });

  test('all entries deleted: it ends', () => {
    it.seek(utf8('e'));
    for (const key of 'cdefg') drop(db, key);
    expect(at(it)).toBe(valueOf('e'));
    expect(it.next()).toBe(false);
    expect(it.prev()).toBe(false);
    expect(it.first()).toBe(false);
    expect(it.last()).toBe(false);
  });

  test('new neighbours are seen, above and below', () => {
    it.seek(utf8('e'));
    put(db, 'ee');
    put(db, 'dd');
    expect(it.next()).toBe(true);
    expect(at(it)).toBe(valueOf('ee'));
    it.seek(utf8('e'));
    expect(it.prev()).toBe(true);
    expect(at(it)).toBe(valueOf('dd'));
  });

  test('the entry under it deleted, then new neighbours put: they are seen', () => {
    it.seek(utf8('e'));
    drop(db, 'e');
    put(db, 'ee');
    put(db, 'dd');
    expect(it.next()).toBe(true);
    expect(at(it)).toBe(valueOf('ee'));
    expect(it.prev()).toBe(true);
    expect(at(it)).toBe(valueOf('dd'));
  });

  test('the entry under it deleted and put again: it shows the new value and goes on from there', () => {
    it.seek(utf8('e'));
    drop(db, 'e');
    put(db, 'e', 'new');
    expect(at(it)).toBe('e: new');
    put(db, 'ee');
    expect(it.next()).toBe(true);
    expect(at(it)).toBe(valueOf('ee'));
  });

  test('the entry under it deleted, looked at, and put again: the same', () => {
    it.seek(utf8('e'));
    drop(db, 'e');
    expect(at(it)).toBe(valueOf('e'));
    put(db, 'e', 'new');
    expect(at(it)).toBe('e: new');
    drop(db, 'e');
    expect(at(it)).toBe('e: new');
    put(db, 'e', 'newer');
    expect(it.valid).toBe(true);
    expect(text(it.value)).toBe('newer');
    expect(it.prev()).toBe(true);
    expect(at(it)).toBe(valueOf('d'));
  });

  test('at the end, then a larger key put: next() stays false, prev() finds the new last', () => {
    it.last();
    it.next();
    put(db, 'gf');
    expect(it.next()).toBe(false);
    expect(it.prev()).toBe(true);
    expect(at(it)).toBe(valueOf('gf'));
  });

  test('before the beginning, then a smaller key put: next() finds the new first', () => {
    drop(db, 'c');
    it.first();
    it.prev();
    put(db, 'c');
    expect(it.prev()).toBe(false);
    expect(it.next()).toBe(true);
    expect(at(it)).toBe(valueOf('c'));
  });

  test('the value replaced under it: what was read stays, the next read sees the new one', () => {
    it.seek(utf8('e'));
    const { key, value } = it;
    put(db, 'e', 'another');
    expect(text(key)).toBe('e');
    expect(text(value)).toBe('value of e');
    expect(at(it)).toBe('e: another');
    put(db, 'e', '');
    expect(at(it)).toBe('e: ');
    expect(it.next()).toBe(true);
    expect(at(it)).toBe(valueOf('f'));
  });

  test('its positions are where the bytes are in kvData, after growth and overwrites too', () => {
    it.seek(utf8('e'));
    const check = (value: string) => {
      expect(text(db.kvData.subarray(it.keyStart, it.valueStart))).toBe('e');
      expect(text(db.kvData.subarray(it.valueStart, it.valueEnd))).toBe(value);
    };
    check('value of e');
    put(db, 'x', 'x'.repeat(100_000));
    check('value of e');
    put(db, 'e', 'new');
    check('new');
    drop(db, 'e');
    for (const position of ['keyStart', 'valueStart', 'valueEnd'] as const) {
      put(db, 'e', `again for ${position}`);
      const shown = it[position];
      const other = db.iterator();
      other.seek(utf8('e'));
      expect(shown).toBe(other[position]);
    }
  });

  test('its positions are those of a deleted entry until it moves', () => {
    it.seek(utf8('e'));
    const { keyStart } = it;
    drop(db, 'e');
    expect(it.keyStart).toBe(keyStart);
    expect(text(db.kvData.subarray(it.keyStart, it.valueStart))).toBe('e');
    expect(text(db.kvData.subarray(it.valueStart, it.valueEnd))).toBe('value of e');
  });

  test('released, every move throws, and it stands nowhere', () => {
    it.seek(utf8('e'));
    it.release();
    expect(it.released).toBe(true);
    expect(at(it)).toBe('nowhere');
    expect([it.key, it.value, it.keyStart, it.valueStart, it.valueEnd]).toEqual([
      undefined,
      undefined,
      -1,
      -1,
      -1,
    ]);
    const moves = [
      () => it.first(),
      () => it.last(),
      () => it.seek(utf8('e')),
      () => it.next(),
      () => it.prev(),
    ];
    for (const move of moves) {
      const error = thrownBy(move);
      expect(error).toBeInstanceOf(IteratorReleasedError);
      expect(error.message).toBe('this iterator was released; make a new one');
    }
    it.release();
    it[Symbol.dispose]();
    expect(it.released).toBe(true);
  });

  test('disposed, it is released', () => {
    it[Symbol.dispose]();
    expect(it.released).toBe(true);
    expect(() => it.next()).toThrow(IteratorReleasedError);
  });

  test.each(['fresh', 'standing', 'at the end'])(
    'after a reset (%s), every move throws and it reads nothing',
    (state) => {
      if (state !== 'fresh') it.last();
      if (state === 'at the end') it.next();
      db.reset();
      for (const key of 'cdefg') put(db, key, 'stale?');
      expect(at(it)).toBe('nowhere');
      expect([it.key, it.value, it.keyStart, it.valueStart, it.valueEnd]).toEqual([
        undefined,
        undefined,
        -1,
        -1,
        -1,
      ]);
      const moves = [
        () => it.first(),
        () => it.last(),
        () => it.seek(utf8('e')),
        () => it.next(),
        () => it.prev(),
      ];
      for (const move of moves) {
        const error = thrownBy(move);
        expect(error).toBeInstanceOf(IteratorReleasedError);
        expect(error.message).toBe('the DB was reset under this iterator; make a new one');
      }
      expect(it.released).toBe(false);
      it.release();
      expect(it.released).toBe(true);
    },
  );

  test.each([
    ['valid', false],
    ['key', undefined],
    ['value', undefined],
    ['keyStart', -1],
    ['valueStart', -1],
    ['valueEnd', -1],
  ] as const)('after a reset, %s read before all else is %s', (member, expected) => {
    it.first();
    db.reset();
    put(db, 'c', 'stale?');
    expect(it[member]).toBe(expected);
  });

  test('after a reset, and nothing else, it reads nothing', () => {
    it.first();
    db.reset();
    expect([it.valid, it.key, it.value, it.keyStart]).toEqual([false, undefined, undefined, -1]);
    expect(() => it.next()).toThrow(IteratorReleasedError);
  });

  test('a reset between does not confuse a cursor made after it', () => {
    db.reset();
    const later = db.iterator(range);
    put(db, 'd');
    expect(later.next()).toBe(true);
    expect(at(later)).toBe(valueOf('d'));
  });
});

describe('a cursor that has made so many steps that it reads ahead', () => {
  const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];
  /** Values of different lengths, which say whose they are. */
  const longer = (key: string) => key.repeat(1 + (key.charCodeAt(0) % 7));

  /** All letters, and a cursor over those from c to v that stands on `on`, having come there by ten steps. */
  function under(on: string, step: 'next' | 'prev') {
    const db = new DB();
    for (const key of LETTERS) put(db, key, longer(key));
    const it = db.iterator({ start: utf8('c'), limit: utf8('w') });
    it.seek(utf8(LETTERS[LETTERS.indexOf(on) + (step === 'next' ? -10 : 10)]));
    for (let i = 0; i < 10; i++) it[step]();
    expect(text(it.key)).toBe(on);
    return { db, it };
  }

  /** By its positions alone, each of them read in turn. */
  const positionsAt = (db: DB, it: DBIterator) => {
    const [end, value, key] = [it.valueEnd, it.valueStart, it.keyStart];
    return `${text(db.kvData.subarray(key, value))}: ${text(db.kvData.subarray(value, end))}`;
  };

  test('it ends at the limit and at the start', () => {
    const { it } = under('m', 'next');
    let forward = '';
    while (it.next()) forward += text(it.key);
    expect(forward).toBe('nopqrstuv');
    let back = '';
    while (it.prev()) back += text(it.key);
    expect(back).toBe('vutsrqponmlkjihgfedc');
  });

  test.each(['next', 'prev'] as const)('on every entry, its positions are right after %s()', (step) => {
    const { db, it } = under('m', step);
    for (let key = 'm'; it.valid; it[step]()) {
      expect(positionsAt(db, it)).toBe(`${key}: ${longer(key)}`);
      expect([text(it.key), text(it.value)]).toEqual([key, longer(key)]);
      key = String.fromCharCode(key.charCodeAt(0) + (step === 'next' ? 1 : -1));
    }
  });

  test.each(['next', 'prev'] as const)('a neighbour deleted: %s() passes over it', (step) => {
    const { db, it } = under('m', step);
    drop(db, step === 'next' ? 'n' : 'l');
    it[step]();
    expect(text(it.key)).toBe(step === 'next' ? 'o' : 'k');
  });

  test.each(['next', 'prev'] as const)('a neighbour put: %s() meets it', (step) => {
    const { db, it } = under('m', step);
    put(db, step === 'next' ? 'mm' : 'lm');
    it[step]();
    expect(text(it.key)).toBe(step === 'next' ? 'mm' : 'lm');
  });

  test.each(['next', 'prev'] as const)("a neighbour's value replaced: %s() shows the new one", (step) => {
    const { db, it } = under('m', step);
    const neighbour = step === 'next' ? 'n' : 'l';
    put(db, neighbour, 'new');
    it[step]();
    expect(positionsAt(db, it)).toBe(`${neighbour}: new`);
  });

  test.each(['keyStart', 'valueStart', 'valueEnd'] as const)(
    'the value under it replaced: %s is that of the new one, even if read first',
    (position) => {
      const { db, it } = under('m', 'next');
      put(db, 'm', 'another');
      const shown = it[position];
      const other = db.iterator();
      other.seek(utf8('m'));
      expect(positionsAt(db, other)).toBe('m: another');
      expect(shown).toBe(other[position]);
    },
  );

  test('few of its steps search, after a change too', () => {
    const db = new DB();
    const searches = jest.spyOn(tableOf(db), 'next');
    for (const key of LETTERS) put(db, key);
    const it = db.iterator();
    for (const key of 'jmp') {
      put(db, key, 'new');
      it.first();
      searches.mockClear();
      let steps = 0;
      while (it.next()) steps++;
      expect(steps).toBe(25);
      expect(searches.mock.calls.length).toBeLessThan(8);
    }
  });

  test('reset under it: the next step throws', () => {
    const { db, it } = under('m', 'next');
    db.reset();
    expect(() => it.next()).toThrow(IteratorReleasedError);
    expect(() => it.prev()).toThrow(IteratorReleasedError);
  });
});

describe('a cursor that is sought to keys that are there, again and again', () => {
  const N = 1000;
  const keyOf = (i: number) => String(2 * i).padStart(6, '0');
  let db: DB;
  let it: DBIterator;

  beforeEach(() => {
    db = new DB();
    for (let i = 0; i < N; i++) put(db, keyOf((i * 377) % N));
    it = db.iterator({ start: utf8(keyOf(10)), limit: utf8(keyOf(990)) });
    for (const i of [500, 600, 700]) it.seek(utf8(keyOf(i)));
  });
  afterEach(() => checkStructure(db));

  const expectAt = (i: number) =>
    must(at(it) === valueOf(keyOf(i)), () => `it is at ${at(it)}, not at ${keyOf(i)}`);

  test('it stands on each, and goes on from there in both directions', () => {
    for (let step = 0; step < N; step++) {
      const i = 20 + ((step * 617) % 950);
      must(it.seek(utf8(keyOf(i))), () => `the seek of ${keyOf(i)} fails`);
      expectAt(i);
      const forward = step % 7;
      for (let j = 0; j < forward; j++) must(it.next(), () => `step ${j} forward from ${keyOf(i)} fails`);
      expectAt(i + forward);
      for (let j = 0; j < step % 5; j++) must(it.prev(), () => `step ${j} back to ${keyOf(i)} fails`);
      expectAt(i + forward - (step % 5));
    }
  });

  test('it stands on the next one where a key is missing, and stays in its range', () => {
    expect(it.seek(utf8('000901'))).toBe(true);
    expectAt(451);
    it.seek(utf8(keyOf(500)));
    expect(it.seek(utf8(keyOf(3)))).toBe(true);
    expectAt(10);
    it.seek(utf8(keyOf(500)));
    expect(it.seek(utf8(keyOf(990)))).toBe(false);
    expect(it.prev()).toBe(true);
    expectAt(989);
  });

  test('it does not stand on one that was deleted', () => {
    for (let i = 100; i < 900; i += 3) drop(db, keyOf(i));
    for (let i = 100; i < 897; i += 3) {
      expect(it.seek(utf8(keyOf(i + 1)))).toBe(true);
      expectAt(i + 1);
      expect(it.seek(utf8(keyOf(i)))).toBe(true);
      expectAt(i + 1);
    }
  });

  test.each(['next', 'prev'] as const)('its entry deleted, and read once more, %s() goes on', (move) => {
    for (const isRead of [false, true]) {
      const key = keyOf(isRead ? 400 : 450);
      it.seek(utf8(key));
      drop(db, key);
      if (isRead) expect(text(it.key)).toBe(key);
      expect(it[move]()).toBe(true);
      expectAt((isRead ? 400 : 450) + (move === 'next' ? 1 : -1));
    }
  });

  test('it comes to keys that were put beside it since', () => {
    it.seek(utf8(keyOf(300)));
    put(db, '000599');
    put(db, '000601');
    expect(it.prev()).toBe(true);
    expect(at(it)).toBe(valueOf('000599'));
    it.seek(utf8(keyOf(300)));
    expect(it.next()).toBe(true);
    expect(at(it)).toBe(valueOf('000601'));
  });

  test('it finds its place among several keys that were put in ascending order since', () => {
    it = db.iterator();
    for (let i = N; i < N + 600; i += 6) {
      for (let j = i; j < i + 6; j++) put(db, keyOf(j));
      expect(it.seek(utf8(String(2 * i + 7).padStart(6, '0')))).toBe(true);
      expectAt(i + 4);
    }
  });

  test('it finds keys behind all others that were put in ascending order since', () => {
    it = db.iterator();
    for (let i = N; i < N + 600; i++) {
      put(db, keyOf(i));
      expect(it.seek(utf8(keyOf(i)))).toBe(true);
      expectAt(i);
      if (i % 9 === 0) {
        expect(it.prev()).toBe(true);
        expectAt(i - 1);
      }
    }
  });
});

describe('a cursor over nothing', () => {
  const nothing = [
    { name: 'an empty DB', keys: '', range: undefined },
    { name: 'a range between two keys', keys: 'abcd', range: { start: utf8('bb'), limit: utf8('bc') } },
    { name: 'a range above all keys', keys: 'abcd', range: { start: utf8('e') } },
    { name: 'a range below all keys', keys: 'abcd', range: { limit: utf8('a') } },
    { name: 'an empty limit', keys: 'abcd', range: { limit: bytes() } },
    { name: 'start = limit', keys: 'abcd', range: { start: utf8('b'), limit: utf8('b') } },
    { name: 'start > limit', keys: 'abcd', range: { start: utf8('d'), limit: utf8('b') } },
  ];

  test.each(nothing)('$name: every move is false, and nothing is thrown', ({ keys, range }) => {
    const it = dbOf(keys).iterator(range);
    const moves = [
      () => it.next(),
      () => it.prev(),
      () => it.first(),
      () => it.prev(),
      () => it.next(),
      () => it.last(),
      () => it.next(),
      () => it.prev(),
      () => it.seek(utf8('b')),
      () => it.prev(),
      () => it.seek(bytes()),
      () => it.next(),
    ];
    for (const move of moves) {
      expect(move()).toBe(false);
      expect(it.valid).toBe(false);
    }
  });

  test.each(nothing)('$name: the iterables are empty', ({ keys, range }) => {
    const db = dbOf(keys);
    expect([...db.entries(range)]).toEqual([]);
    expect([...db.keys({ ...range, reverse: true })]).toEqual([]);
  });

  test('an empty DB that is filled later', () => {
    const db = new DB();
    const it = db.iterator();
    expect(it.next()).toBe(false);
    put(db, 'a');
    expect(it.next()).toBe(false);
    expect(it.prev()).toBe(true);
    expect(at(it)).toBe(valueOf('a'));
  });
});

describe('many cursors', () => {
  it('do not disturb each other', () => {
    const db = dbOf('abcdefghij');
    const cursors = [...'abcdefghij'].map((key) => {
      const it = db.iterator();
      it.seek(utf8(key));
      return it;
    });
    for (const key of 'bdfhj') drop(db, key);
    expect(cursors.map((it) => text(it.key)).join('')).toBe('abcdefghij');
    cursors.forEach((it) => it.next());
    expect(cursors.map((it) => text(it.key) ?? '.').join('')).toBe('cceeggii..');
    cursors.forEach((it) => it.prev());
    expect(cursors.map((it) => text(it.key) ?? '.').join('')).toBe('aacceeggii');
  });

  it('see the empty key as a key like any other', () => {
    const db = dbOf('a');
    db.put(bytes(), utf8('empty'));
    const it = db.iterator();
    expect(it.first()).toBe(true);
    expect(it.key).toEqual(bytes());
    expect(it.valid).toBe(true);
    db.delete(bytes());
    expect(it.valid).toBe(true);
    expect(it.key).toEqual(bytes());
    expect(text(it.value)).toBe('empty');
    expect(it.next()).toBe(true);
    expect(it.prev()).toBe(false);
    db.put(bytes(), utf8('again'));
    expect(it.next()).toBe(true);
    expect(text(it.value)).toBe('again');
  });
});
