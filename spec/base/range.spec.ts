import fc from 'fast-check';
import { DB, MemTable, SkipList, bytesPrefix, bytewise, type Range, type Scan } from '../../lib/index.js';
import { bytes, run, text, utf8 } from '../support/bytes.js';
import { keys } from '../support/programs.js';

const letters = () => {
  const db = new DB();
  for (const letter of 'abcdef') db.put(utf8(letter), bytes());
  return db;
};
const within = (range?: Range) => [...letters().keys(range)].map(text).join('');

describe('a range', () => {
  it('contains start and not limit', () => {
    expect(within({ start: utf8('b'), limit: utf8('e') })).toBe('bcd');
    expect(within({ start: utf8('aa'), limit: utf8('ee') })).toBe('bcde');
  });

  it('is unbounded where a bound is absent', () => {
    expect(within(undefined)).toBe('abcdef');
    expect(within({})).toBe('abcdef');
    expect(within({ start: undefined, limit: undefined })).toBe('abcdef');
    expect(within({ start: utf8('d') })).toBe('def');
    expect(within({ limit: utf8('d') })).toBe('abc');
  });

  it('with an empty start is unbounded below, with an empty limit it contains nothing', () => {
    expect(within({ start: bytes() })).toBe('abcdef');
    expect(within({ limit: bytes() })).toBe('');
    expect(within({ start: bytes(), limit: bytes() })).toBe('');
    const db = new DB();
    db.put(bytes(), bytes());
    expect([...db.keys({ start: bytes() })]).toHaveLength(1);
    expect([...db.keys({ limit: bytes() })]).toHaveLength(0);
    expect([...db.keys({ limit: bytes(0) })]).toHaveLength(1);
  });

  it('with start at or above limit is empty', () => {
    expect(within({ start: utf8('c'), limit: utf8('c') })).toBe('');
    expect(within({ start: utf8('e'), limit: utf8('b') })).toBe('');
  });

  it('is in the order of the comparer', () => {
    const comparer = { name: 'reverse', compare: (a: Uint8Array, b: Uint8Array) => bytewise.compare(b, a) };
    const db = new DB({ comparer });
    for (const letter of 'abcdef') db.put(utf8(letter), bytes());
    expect([...db.keys({ start: utf8('e'), limit: utf8('b') })].map(text).join('')).toBe('edc');
    expect([...db.keys({ start: utf8('e'), limit: utf8('b'), reverse: true })].map(text).join('')).toBe(
      'cde',
    );
  });

  it.each([
    ['null', null],
    ['a string', 'a'],
    ['a number', 1],
    ['an array of bounds', [utf8('b'), utf8('d')]],
    ['a bound', utf8('b')],
  ])('can not be %s, which would mean everything', (_, range) => {
    const db = letters();
    for (const ask of [
      () => db.iterator(range as never),
      () => db.count(range as never),
      () => db.deleteRange(range as never),
    ]) {
      expect(ask).toThrow(TypeError);
      expect(ask).toThrow('a range must be an object { start?: Uint8Array, limit?: Uint8Array }, but got ');
    }
    expect(db.length).toBe(6);
  });

  it.each(['gt', 'gte', 'lt', 'lte', 'from', 'end', 'prefix'])(
    "with a bound by another library's name, '%s', is refused",
    (name) => {
      const ask = () => letters().iterator({ [name]: utf8('b') });
      expect(ask).toThrow(TypeError);
      expect(ask).toThrow(`a range has no '${name}': it has start (inclusive) and limit (exclusive)`);
    },
  );

  it('with reverse is for entries, keys and values alone', () => {
    const db = letters();
    const table = new MemTable();
    const list = new SkipList();
    for (const ask of [
      () => db.iterator({ reverse: true } as never),
      () => db.count({ reverse: true } as never),
      () => db.deleteRange({ start: utf8('b'), reverse: true } as never),
      () => table.iterator({ reverse: true } as never),
      () => list.iterator({ reverse: true } as never),
    ]) {
      expect(ask).toThrow(TypeError);
      expect(ask).toThrow('reverse is for entries, keys and values');
    }
    expect(db.length).toBe(6);
    // One that asks for what they do anyway.
    for (const reverse of [false, undefined]) {
      expect(db.count({ reverse } as never)).toBe(6);
      expect(db.iterator({ reverse } as never).next()).toBe(true);
    }
    // Of a range with a prototype, too, these take all there is.
    const scan = Object.create({ start: utf8('b'), limit: utf8('d'), reverse: true }) as Scan;
    expect([...db.keys(scan)].map(text)).toEqual(['c', 'b']);
    expect(() => db.entries({ gt: utf8('b'), reverse: true } as never)).toThrow("a range has no 'gt'");
    expect(() => db.values(null as never)).toThrow('a range must be an object');
  });

  it.each(['start', 'limit'])('with a %s that is no Uint8Array is refused', (bound) => {
    for (const wrong of ['b', 98, [98], null]) {
      const ask = () => letters().iterator({ [bound]: wrong });
      expect(ask).toThrow(TypeError);
      expect(ask).toThrow(`${bound} must be a Uint8Array, but got `);
    }
  });
});

describe('bytesPrefix', () => {
  it.each<[string, Uint8Array, Range]>([
    ['a prefix', utf8('ab'), { start: utf8('ab'), limit: utf8('ac') }],
    ['a prefix that ends in 0xff', bytes(0x61, 0xff), { start: bytes(0x61, 0xff), limit: bytes(0x62) }],
    [
      'one that ends in several',
      bytes(0x61, 0x00, 0xff, 0xff),
      { start: bytes(0x61, 0x00, 0xff, 0xff), limit: bytes(0x61, 0x01) },
    ],
    ['a 0xff inside', bytes(0xff, 0x01), { start: bytes(0xff, 0x01), limit: bytes(0xff, 0x02) }],
    ['a run of 0xff', run(0xff, 3), { start: run(0xff, 3) }],
    ['a single 0xfe', bytes(0xfe), { start: bytes(0xfe), limit: bytes(0xff) }],
    ['the empty prefix', bytes(), { start: bytes() }],
  ])('%s', (_, prefix, expected) => {
    const before = prefix.slice();
    const range = bytesPrefix(prefix);
    expect(range).toEqual(expected);
    expect('limit' in range).toBe('limit' in expected);
    expect(prefix).toEqual(before);
  });

  it('gives copies', () => {
    const prefix = utf8('ab');
    const range = bytesPrefix(prefix);
    prefix.fill(0);
    expect(range).toEqual({ start: utf8('ab'), limit: utf8('ac') });
  });

  it('gives plain Uint8Arrays for a Buffer, and does not touch its pool', () => {
    const range = bytesPrefix(Buffer.from('ab'));
    expect(range).toEqual({ start: utf8('ab'), limit: utf8('ac') });
    expect(Buffer.isBuffer(range.start)).toBe(false);
  });

  it('refuses what is no Uint8Array', () => {
    expect(() => bytesPrefix('ab' as never)).toThrow('prefix must be a Uint8Array, but got the string "ab"');
  });

  it('contains exactly the keys with that prefix', () => {
    fc.assert(
      fc.property(keys(), fc.array(keys(), { maxLength: 20 }), fc.nat(), (prefix, others, cut) => {
        const db = new DB();
        const tail = others[0] ?? bytes();
        const all = [
          prefix,
          Buffer.concat([prefix, tail]),
          prefix.subarray(0, cut % (prefix.length + 1)),
          ...others,
        ];
        for (const key of all) db.put(key, bytes());
        const found = [...db.keys(bytesPrefix(prefix))].map((key) => Buffer.from(key).toString('hex'));
        const hex = [...new Set(all.map((key) => Buffer.from(key).toString('hex')))].sort();
        expect(found).toEqual(hex.filter((key) => key.startsWith(Buffer.from(prefix).toString('hex'))));
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
