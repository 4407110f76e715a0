import {
  InternalKeyComparer,
  InternalKeyCorruptedError,
  MAX_SEQUENCE,
  ValueType,
  bytewise,
  makeInternalKey,
  parseInternalKey,
  type Comparer,
} from '../../lib/index.js';
import { bytes, concat, utf8 } from '../support/bytes.js';
import { checkShortening } from '../support/orders.js';
import { fromHex, readOrders, toHex } from '../support/recordings.js';

/** The neighbourhoods where an encoding in pieces goes wrong; 2^24 is where ours is cut. */
const SEQUENCES = [0, 8, 16, 24, 31, 32, 40, 48, 53, 55, 56]
  .flatMap((power) => [2n ** BigInt(power) - 1n, 2n ** BigInt(power), 2n ** BigInt(power) + 1n])
  .filter((sequence) => sequence <= MAX_SEQUENCE);

/** The tag as one 64-bit number, which is how the format defines it. */
function tag(sequence: bigint, type: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, (sequence << 8n) | BigInt(type), true);
  return new Uint8Array(view.buffer);
}

const { internal } = readOrders();

describe('makeInternalKey and parseInternalKey', () => {
  test.each(SEQUENCES)('sequence number %s is written and read back', (sequence) => {
    for (const type of [ValueType.Deletion, ValueType.Value]) {
      for (const userKey of [bytes(), bytes(0xff), utf8('a user key of more than thirty-two bytes')]) {
        const internalKey = makeInternalKey(userKey, sequence, type);
        expect(internalKey).toEqual(concat(userKey, tag(sequence, type)));
        expect(parseInternalKey(internalKey)).toEqual({ userKey, sequence, type });
      }
    }
  });

  test.each(SEQUENCES.filter((sequence) => sequence < 2n ** 53n))(
    'sequence number %s is the same as a plain number',
    (sequence) => {
      const asNumber = makeInternalKey(utf8('k'), Number(sequence), ValueType.Value);
      expect(asNumber).toEqual(makeInternalKey(utf8('k'), sequence, ValueType.Value));
    },
  );

  test('2^56-1 is the largest sequence number', () => {
    expect(MAX_SEQUENCE).toBe(2n ** 56n - 1n);
  });

  test.each([-1, -1n, 2n ** 56n, 2n ** 56n + 1n, 2n ** 64n, 2 ** 53, 1.5, NaN, Infinity, -Infinity])(
    'sequence number %p is a RangeError that shows it',
    (sequence) => {
      expect(() => makeInternalKey(utf8('k'), sequence, ValueType.Value)).toThrow(RangeError);
      expect(() => makeInternalKey(utf8('k'), sequence, ValueType.Value)).toThrow(String(sequence));
    },
  );

  test.each([undefined, null, '5', true, {}, [1], Symbol('5')])(
    '%p as a sequence number is a TypeError',
    (sequence) => {
      expect(() => makeInternalKey(utf8('k'), sequence as number, ValueType.Value)).toThrow(TypeError);
    },
  );

  test.each([2, -1, 0.5, NaN, 255])('type %p is a RangeError', (type) => {
    expect(() => makeInternalKey(utf8('k'), 1, type as ValueType)).toThrow(RangeError);
  });

  test.each([undefined, null, '1', 1n, true])('type %p is a TypeError', (type) => {
    expect(() => makeInternalKey(utf8('k'), 1, type as unknown as ValueType)).toThrow(TypeError);
  });

  test('a user key or an internal key that is no Uint8Array is a TypeError', () => {
    expect(() => makeInternalKey('k' as unknown as Uint8Array, 1, ValueType.Value)).toThrow(/userKey/);
    expect(() => makeInternalKey('k' as unknown as Uint8Array, 1, ValueType.Value)).toThrow(TypeError);
    expect(() => parseInternalKey('internal' as unknown as Uint8Array)).toThrow(TypeError);
  });

  test.each([0, 1, 7])('%i bytes are no internal key, and the error says how many there were', (length) => {
    const parse = () => parseInternalKey(new Uint8Array(length));
    expect(parse).toThrow(InternalKeyCorruptedError);
    expect(parse).toThrow(expect.objectContaining({ code: 'MEMDB_INTERNAL_KEY_CORRUPTED' }));
    expect(parse).toThrow(new RegExp(`this one has ${length}$`));
  });

  test.each([2, 3, 0x80, 0xff])('type %i is unknown, and the error says so', (type) => {
    const parse = () => parseInternalKey(concat(utf8('key'), tag(7n, type)));
    expect(parse).toThrow(InternalKeyCorruptedError);
    expect(parse).toThrow(new RegExp(`this one has ${type}$`));
  });

  test('an internal key is a copy, a parsed user key is a view', () => {
    const userKey = utf8('key');
    const internalKey = makeInternalKey(userKey, 1, ValueType.Value);
    userKey[0]++;
    expect(parseInternalKey(internalKey).userKey).toEqual(utf8('key'));
    expect(parseInternalKey(internalKey).userKey.buffer).toBe(internalKey.buffer);
  });

  test("they agree with all of goleveldb's recorded internal keys", () => {
    expect(internal.keys.length).toBeGreaterThan(1000);
    const recorded = internal.keys.map(({ key }) => key);
    const parts = internal.keys.map(({ userKey, sequence, type }) => ({
      userKey: fromHex(userKey),
      sequence: BigInt(sequence),
      type,
    }));
    const made = parts.map(({ userKey, sequence, type }) => makeInternalKey(userKey, sequence, type));
    expect(made.map(toHex)).toEqual(recorded);
    expect(recorded.map((key) => parseInternalKey(fromHex(key)))).toEqual(parts);
  });
});

describe('InternalKeyComparer', () => {
  const comparer = new InternalKeyComparer(bytewise);

  test("has LevelDB's name, and its user comparer", () => {
    expect(comparer.name).toBe('leveldb.InternalKeyComparator');
    expect(comparer.userComparer).toBe(bytewise);
  });

  test("orders keys as goleveldb's recorded comparisons", () => {
    expect(internal.comparisons.length).toBeGreaterThan(1000);
    const expected = internal.comparisons.flatMap(({ a, b, sign }) => [
      [a, b, sign],
      [b, a, 0 - sign],
    ]);
    const found = internal.comparisons
      .flatMap(({ a, b }) => [
        [a, b],
        [b, a],
      ])
      .map(([a, b]) => [a, b, Math.sign(comparer.compare(fromHex(a), fromHex(b)))]);
    expect(found).toEqual(expected);
  });

  test("sorts keys into goleveldb's recorded order", () => {
    const keys = internal.keys.map(({ key }) => key);
    const sorted = [...keys].sort().sort((a, b) => comparer.compare(fromHex(a), fromHex(b)));
    expect(sorted).toEqual(keys);
  });

  test("separates keys and finds successors as goleveldb's recordings", () => {
    expect(internal.separators.filter(({ separator }) => separator !== null).length).toBeGreaterThan(100);
    expect(internal.successors.filter(({ successor }) => successor !== null).length).toBeGreaterThan(100);
    expect(checkShortening(internal, comparer)).toEqual([]);
  });

  test.each(SEQUENCES.filter((sequence) => sequence < MAX_SEQUENCE))(
    'a version one newer than %s comes before it, and its value before its tombstone',
    (sequence) => {
      const key = (add: bigint, type: ValueType) => makeInternalKey(utf8('k'), sequence + add, type);
      const order = [
        key(1n, ValueType.Value),
        key(1n, ValueType.Deletion),
        key(0n, ValueType.Value),
        key(0n, ValueType.Deletion),
      ];
      for (const [i, a] of order.entries()) {
        for (const [j, b] of order.entries()) {
          expect(Math.sign(comparer.compare(a, b))).toBe(Math.sign(i - j));
        }
      }
    },
  );

  test('user keys count before tags, and go by the user comparer', () => {
    const reverse: Comparer = { name: 'reverse', compare: (a, b) => bytewise.compare(b, a) };
    const a = makeInternalKey(utf8('a'), 1, ValueType.Value);
    const longer = makeInternalKey(utf8('ab'), MAX_SEQUENCE, ValueType.Value);
    expect(comparer.compare(a, longer)).toBeLessThan(0);
    expect(new InternalKeyComparer(reverse).compare(a, longer)).toBeGreaterThan(0);
  });

  test('a key too short for a tag is an InternalKeyCorruptedError in every call', () => {
    const key = makeInternalKey(utf8('k'), 1, ValueType.Value);
    const short = new Uint8Array(7);
    expect(() => comparer.compare(key, short)).toThrow(InternalKeyCorruptedError);
    expect(() => comparer.compare(short, key)).toThrow(InternalKeyCorruptedError);
    expect(() => comparer.separator(key, short)).toThrow(InternalKeyCorruptedError);
    expect(() => comparer.separator(short, key)).toThrow(InternalKeyCorruptedError);
    expect(() => comparer.successor(short)).toThrow(InternalKeyCorruptedError);
  });

  test('shortens only to what is both shorter and larger', () => {
    const a = makeInternalKey(utf8('mm'), 5, ValueType.Value);
    const b = makeInternalKey(utf8('zz'), 5, ValueType.Value);
    const shortened = (proposal: Uint8Array | undefined) => {
      const propose = () => proposal;
      const proposing = {
        name: 'proposing',
        compare: bytewise.compare,
        separator: propose,
        successor: propose,
      };
      const order = new InternalKeyComparer(proposing);
      expect(order.successor(a)).toEqual(order.separator(a, b));
      return order.separator(a, b);
    };
    expect(shortened(utf8('n'))).toEqual(makeInternalKey(utf8('n'), MAX_SEQUENCE, ValueType.Value));
    expect(shortened(utf8('m'))).toBeUndefined();
    expect(shortened(utf8('nn'))).toBeUndefined();
    expect(shortened(utf8('mm'))).toBeUndefined();
    expect(shortened(undefined)).toBeUndefined();
  });

  test('a user comparer that shortens nothing leaves keys as they are', () => {
    const plain = new InternalKeyComparer({ name: 'plain', compare: bytewise.compare });
    const [a, b] = ['aaa', 'ccc'].map((text) => makeInternalKey(utf8(text), 5, ValueType.Value));
    expect(plain.separator(a, b)).toBeUndefined();
    expect(plain.successor(a)).toBeUndefined();
  });

  test.each([undefined, null, {}, { name: 'x' }, { compare: () => 0 }, () => 0])(
    '%p is no user comparer: TypeError',
    (userComparer) => {
      expect(() => new InternalKeyComparer(userComparer as unknown as Comparer)).toThrow(TypeError);
    },
  );
});
