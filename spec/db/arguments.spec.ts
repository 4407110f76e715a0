import { runInNewContext } from 'node:vm';
import { DB, checkStructure } from '../../lib/index.js';
import { tableOf } from '../../lib/internals.js';
import { bytes, text, utf8 } from '../support/bytes.js';
import { NotingLock, snapshot, thrownBy } from '../support/faults.js';

function detached(): Uint8Array {
  const array = utf8('gone');
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

/** Its bytes are gone: it reads as empty. */
function shrunk(): Uint8Array {
  const buffer = new ArrayBuffer(8, { maxByteLength: 8 });
  const array = new Uint8Array(buffer, 4, 4);
  buffer.resize(2);
  return array;
}

const GONE =
  'is a Uint8Array whose buffer is detached (it was transferred elsewhere) or was shrunk: pass a copy made before';
const ENCODE_NUMBER =
  '; encode it in a fixed number of bytes, most significant first, for example with DataView';
const VIEW = '; view its bytes with new Uint8Array(view.buffer, view.byteOffset, view.byteLength)';

const wrong: { name: string; value: unknown; message: string }[] = [
  {
    name: 'a string',
    value: 'text',
    message: 'must be a Uint8Array, but got the string "text"; encode it with new TextEncoder().encode(text)',
  },
  {
    name: 'a long string',
    value: 'x'.repeat(1000),
    message: `must be a Uint8Array, but got the string "${'x'.repeat(40)}..."; encode it with new TextEncoder().encode(text)`,
  },
  { name: 'a number', value: 42, message: `must be a Uint8Array, but got the number 42${ENCODE_NUMBER}` },
  { name: 'NaN', value: NaN, message: `must be a Uint8Array, but got the number NaN${ENCODE_NUMBER}` },
  { name: 'a bigint', value: 42n, message: `must be a Uint8Array, but got the bigint 42${ENCODE_NUMBER}` },
  { name: 'a boolean', value: true, message: 'must be a Uint8Array, but got the boolean true' },
  { name: 'a symbol', value: Symbol('s'), message: 'must be a Uint8Array, but got the symbol Symbol(s)' },
  {
    name: 'an array',
    value: [1, 2, 3],
    message: 'must be a Uint8Array, but got an array of 3 elements; encode it with Uint8Array.from(array)',
  },
  {
    name: 'an ArrayBuffer',
    value: new ArrayBuffer(4),
    message:
      'must be a Uint8Array, but got an instance of ArrayBuffer; view its bytes with new Uint8Array(buffer)',
  },
  {
    name: 'a SharedArrayBuffer',
    value: new SharedArrayBuffer(4),
    message:
      'must be a Uint8Array, but got an instance of SharedArrayBuffer; view its bytes with new Uint8Array(buffer)',
  },
  {
    name: 'a DataView',
    value: new DataView(new ArrayBuffer(4)),
    message: `must be a Uint8Array, but got an instance of DataView${VIEW}`,
  },
  {
    name: 'a Uint8ClampedArray',
    value: new Uint8ClampedArray(4),
    message: `must be a Uint8Array, but got an instance of Uint8ClampedArray${VIEW}`,
  },
  {
    name: 'an Int8Array',
    value: new Int8Array(4),
    message: `must be a Uint8Array, but got an instance of Int8Array${VIEW}`,
  },
  {
    name: 'a Float64Array',
    value: new Float64Array(1),
    message: `must be a Uint8Array, but got an instance of Float64Array${VIEW}`,
  },
  {
    name: 'null',
    value: null,
    message: 'must be a Uint8Array, but got null; an empty one is new Uint8Array(0)',
  },
  {
    name: 'undefined',
    value: undefined,
    message: 'must be a Uint8Array, but got undefined; an empty one is new Uint8Array(0)',
  },
  { name: 'an object', value: { length: 1, 0: 1 }, message: 'must be a Uint8Array, but got an object' },
  {
    name: 'an object of no class',
    value: Object.create(null),
    message: 'must be a Uint8Array, but got an object',
  },
  { name: 'a date', value: new Date(0), message: 'must be a Uint8Array, but got an instance of Date' },
  { name: 'a function', value: () => bytes(), message: 'must be a Uint8Array, but got a function' },
  { name: 'a detached array', value: detached(), message: GONE },
  { name: 'an array beyond the end of a buffer that was shrunk', value: shrunk(), message: GONE },
];

describe('an empty array', () => {
  it('that was taken does not let another pass that has lost its bytes', () => {
    const db = new DB();
    const empty = bytes();
    for (const key of ['a', 'b']) db.put(utf8(key), empty);
    for (const lost of [detached(), shrunk()]) {
      expect(() => db.put(utf8('c'), lost)).toThrow(GONE);
      expect(() => db.put(lost, empty)).toThrow(GONE);
    }
    expect([...db.keys()].map(text)).toEqual(['a', 'b']);
  });

  it('that was taken is taken still when it has been transferred: it had nothing to lose', () => {
    const db = new DB();
    const empty = bytes();
    db.put(utf8('a'), empty);
    structuredClone(empty.buffer, { transfer: [empty.buffer as ArrayBuffer] });
    db.put(empty, empty);
    expect([...db.keys()].map(text)).toEqual(['', 'a']);
  });

  it('that was taken, and has got bytes and lost them since, is refused', () => {
    const db = new DB();
    const buffer = new ArrayBuffer(0, { maxByteLength: 8 });
    const array = new Uint8Array(buffer);
    db.put(utf8('a'), array);
    buffer.resize(8);
    db.put(utf8('b'), array);
    structuredClone(buffer, { transfer: [buffer] });
    expect(() => db.put(utf8('a'), array)).toThrow(GONE);
    expect([...db.values()].map((value) => value.length)).toEqual([0, 8]);
  });
});

describe.each(wrong)('$name given for bytes', ({ value, message }) => {
  const given = value as Uint8Array;
  const calls: { name: string; what: string; call: (db: DB) => unknown }[] = [
    { name: 'put', what: 'key', call: (db) => db.put(given, bytes()) },
    { name: 'put', what: 'value', call: (db) => db.put(utf8('new'), given) },
    { name: 'put over another', what: 'value', call: (db) => db.put(utf8('a'), given) },
    { name: 'get', what: 'key', call: (db) => db.get(given) },
    { name: 'has', what: 'key', call: (db) => db.has(given) },
    { name: 'find', what: 'key', call: (db) => db.find(given) },
    { name: 'delete', what: 'key', call: (db) => db.delete(given) },
    { name: 'seek', what: 'key', call: (db) => db.iterator().seek(given) },
  ];
  if (value !== undefined) {
    calls.push(
      { name: 'iterator', what: 'start', call: (db) => db.iterator({ start: given }) },
      { name: 'iterator', what: 'limit', call: (db) => db.iterator({ limit: given }) },
      { name: 'entries', what: 'start', call: (db) => db.entries({ start: given }) },
      { name: 'keys', what: 'limit', call: (db) => db.keys({ limit: given }) },
      { name: 'values', what: 'limit', call: (db) => db.values({ limit: given }) },
    );
  }

  test.each(calls)('as $what to $name: a TypeError that says so, and nothing changed', ({ what, call }) => {
    const lock = new NotingLock();
    const db = new DB({ lock });
    db.put(utf8('a'), utf8('1'));
    const before = snapshot(db);
    const epoch = tableOf(db).now();
    lock.take();
    const error = thrownBy(() => call(db));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(`${what} ${message}`);
    expect(lock.take()).toEqual([]);
    expect(snapshot(db)).toEqual(before);
    expect(epoch.current).toBe(true);
    checkStructure(db);
  });

  test('leaves a cursor where it is', () => {
    const db = new DB();
    for (const key of 'abc') db.put(utf8(key), utf8(key));
    const it = db.iterator();
    it.seek(utf8('b'));
    expect(() => it.seek(given)).toThrow(TypeError);
    expect(text(it.key)).toBe('b');
    expect(it.next()).toBe(true);
    expect(text(it.key)).toBe('c');
  });
});

describe('bytes of every kind', () => {
  const kinds: { name: string; make: (text: string) => Uint8Array }[] = [
    { name: 'a Uint8Array', make: utf8 },
    { name: 'a Buffer', make: (text) => Buffer.from(text) },
    { name: 'a Buffer not of the pool', make: (text) => Buffer.concat([Buffer.alloc(0), Buffer.from(text)]) },
    {
      name: 'a part of a larger array',
      make: (text) => utf8(`before ${text} after`).subarray(7, 7 + utf8(text).length),
    },
    {
      name: 'an array over a SharedArrayBuffer',
      make: (text) => {
        const shared = new Uint8Array(new SharedArrayBuffer(utf8(text).length));
        shared.set(utf8(text));
        return shared;
      },
    },
    {
      name: 'an array over a resizable buffer',
      make: (text) => {
        const resizable = new Uint8Array(new ArrayBuffer(utf8(text).length, { maxByteLength: 1 << 20 }));
        resizable.set(utf8(text));
        return resizable;
      },
    },
    {
      name: 'an array of another realm',
      make: (text) => runInNewContext('Uint8Array.from(given)', { given: [...utf8(text)] }) as Uint8Array,
    },
    {
      name: 'an array of a class of its own',
      make: (text) => new (class Bytes extends Uint8Array {})(utf8(text)),
    },
  ];

  test('another realm is another one', () => {
    expect(kinds[6].make('x') instanceof Uint8Array).toBe(false);
  });

  // Short ones are copied in another way than long ones.
  describe.each([5, 31, 32, 33, 1000])('of %d bytes', (length) => {
    test.each(kinds)('$name serves as key, value and bound', ({ make }) => {
      const db = new DB();
      const key = 'k'.repeat(length);
      const value = 'v'.repeat(length);
      db.put(make(key), make(value));
      db.put(make(`${key}+`), make(''));
      db.put(utf8('a'), utf8('first'));
      expect(text(db.get(utf8(key)))).toBe(value);
      expect(text(db.get(make(key)))).toBe(value);
      expect(db.has(make(`${key}+`))).toBe(true);
      expect(text(db.find(make('b'))![0])).toBe(key);
      const range = { start: make(key), limit: make(`${key}+`) };
      expect([...db.keys(range)].map(text)).toEqual([key]);
      expect([...db.keys({ ...range, reverse: true })].map(text)).toEqual([key]);
      const it = db.iterator();
      expect(it.seek(make(key))).toBe(true);
      expect(text(it.value)).toBe(value);
      expect(db.delete(make(key))).toBe(true);
      expect(db.has(utf8(key))).toBe(false);
      checkStructure(db);
    });
  });

  test('what is given out is a plain Uint8Array over kvData', () => {
    const db = new DB();
    db.put(Buffer.from('key'), Buffer.from('value'));
    const it = db.iterator();
    it.first();
    const given = [
      db.get(Buffer.from('key'))!,
      ...db.find(Buffer.from('key'))!,
      it.key!,
      it.value!,
      ...[...db][0],
    ];
    for (const view of given) {
      expect(Object.getPrototypeOf(view)).toBe(Uint8Array.prototype);
      expect(view.buffer).toBe(db.kvData.buffer);
    }
  });
});
