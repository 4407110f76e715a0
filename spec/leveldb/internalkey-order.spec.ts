import fc from 'fast-check';
import {
  DB,
  InternalKeyComparer,
  InternalKeyCorruptedError,
  ValueType,
  bytewise,
  checkStructure,
  makeInternalKey,
  type Comparer,
} from '../../lib/index.js';
import { byteOrder, CustomOrder, InternalOrder, orderOf } from '../../lib/internals.js';
import { bytes, concat, utf8 } from '../support/bytes.js';
import { must } from '../support/must.js';
import { keys } from '../support/programs.js';
import { Prng } from '../support/prng.js';
import { fromHex, readOrders, toHex } from '../support/recordings.js';

const comparer = new InternalKeyComparer(bytewise);
const shorterFirst: Comparer = {
  name: 'shorter first',
  compare: (a, b) => a.length - b.length || bytewise.compare(a, b),
};

function internalKeys(): fc.Arbitrary<Uint8Array> {
  const sequence = fc.oneof(
    fc.bigInt(0n, 3n),
    fc.bigInt(2n ** 24n - 2n, 2n ** 24n),
    fc.bigInt(0n, 2n ** 56n - 1n),
  );
  return fc
    .tuple(keys(), sequence, fc.constantFrom(ValueType.Deletion, ValueType.Value))
    .map(([userKey, number, type]) => makeInternalKey(userKey, number, type));
}

describe.each([bytewise, shorterFirst])('a stored and a given internal key, by $name', (userComparer) => {
  const internal = new InternalKeyComparer(userComparer);
  const order = orderOf(internal);

  test('compare as the comparer says, wherever they lie in their buffers', () => {
    const pair = fc.oneof(
      fc.tuple(internalKeys(), internalKeys()),
      fc.tuple(internalKeys(), fc.nat({ max: 7 }), fc.nat({ max: 255 })).map(([key, place, byte]) => {
        const other = Uint8Array.from(key);
        other[key.length - 8 + place] = byte;
        return [key, other];
      }),
    );
    fc.assert(
      fc.property(pair, fc.uint8Array({ maxLength: 9 }), ([stored, given], padding) => {
        const kv = concat(padding, stored, padding);
        const scratch = concat(given, padding);
        const result = order.compare(kv, padding.length, stored.length, scratch, 0, given.length, 0);
        const expected = internal.compare(stored, given);
        must(Object.is(Math.sign(result), Math.sign(expected)), () => `it is ${result}, and not ${expected}`);
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  test('are refused when too short for a tag', () => {
    const key = makeInternalKey(utf8('k'), 1, ValueType.Value);
    expect(() => order.compare(key, 0, key.length, key, 0, 7, 0)).toThrow(InternalKeyCorruptedError);
    expect(() => order.compare(key, 0, 7, key, 0, key.length, 0)).toThrow(InternalKeyCorruptedError);
  });
});

describe('orderOf', () => {
  const tail = (given: Comparer) => orderOf(given).byteOrderedTail;

  test('tells how many bytes of a key are not in byte order', () => {
    expect(orderOf(bytewise)).toBe(byteOrder);
    expect(tail(bytewise)).toBe(0);
    expect(tail(comparer)).toBe(8);
    expect(tail(new InternalKeyComparer(shorterFirst))).toBeUndefined();
    expect(tail(new InternalKeyComparer(comparer))).toBeUndefined();
    expect(tail({ ...bytewise })).toBeUndefined();
  });

  test('takes a subclass with an order of its own at its word', () => {
    class OldestFirst extends InternalKeyComparer {
      override compare(a: Uint8Array, b: Uint8Array): number {
        return super.compare(b, a);
      }
    }
    expect(orderOf(new InternalKeyComparer(bytewise))).toBeInstanceOf(InternalOrder);
    expect(orderOf(new OldestFirst(bytewise))).toBeInstanceOf(CustomOrder);
  });
});

describe('a DB of internal keys', () => {
  test("keeps goleveldb's recorded keys in goleveldb's order", () => {
    const recorded = readOrders().internal.keys.map(({ key }) => key);
    const shuffled = [...recorded];
    const draw = new Prng(4);
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = draw.below(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
    }
    const db = new DB({ comparer });
    for (const key of shuffled) db.put(fromHex(key), fromHex(key));
    expect([...db.keys()].map(toHex)).toEqual(recorded);
    expect(recorded.map((key) => toHex(db.get(fromHex(key))))).toEqual(recorded);
    checkStructure(db);
  });

  test.each([bytewise, shorterFirst])(
    'refuses keys too short for a tag and stays as it was ($name)',
    (user) => {
      const db = new DB({ comparer: new InternalKeyComparer(user) });
      const key = makeInternalKey(utf8('k'), 1, ValueType.Value);
      db.put(key, utf8('v'));
      for (const short of [bytes(), bytes(1), new Uint8Array(7)]) {
        expect(() => db.put(short, utf8('v'))).toThrow(InternalKeyCorruptedError);
        expect(() => db.get(short)).toThrow(InternalKeyCorruptedError);
        expect(() => db.delete(short)).toThrow(InternalKeyCorruptedError);
        expect(() => db.iterator().seek(short)).toThrow(InternalKeyCorruptedError);
      }
      expect([...db]).toEqual([[key, utf8('v')]]);
      db.put(makeInternalKey(utf8('k'), 2, ValueType.Value), utf8('w'));
      expect(db.length).toBe(2);
      checkStructure(db);
    },
  );
});
