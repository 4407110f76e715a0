import fc from 'fast-check';
import type { AnyKey, Codec, Scratch } from '../../lib/map/index.js';
import { codecs } from '../../lib/map/index.js';

/*
 * For each codec that keeps an order: keys that go wrong, and the order that they should have, said without bytes.
 */

/** What each kind has its own type for. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- codecs of many types stand in one list
export type Loose = any;

export interface KeyKind<K = Loose> {
  readonly name: string;
  readonly codec: Codec<K>;
  readonly keys: fc.Arbitrary<K>;
  readonly compare: (a: K, b: K) => number;
}

/** Memory to write into, as the map has it. */
export class TestScratch implements Scratch {
  bytes = new Uint8Array(4).fill(0xaa);
  view = new DataView(this.bytes.buffer);

  /** Gives another array each time, so that nobody can go on with the one before. */
  reserve(end: number): Uint8Array {
    const { bytes } = this;
    this.bytes = new Uint8Array(Math.max(end, bytes.length)).fill(0xaa);
    this.bytes.set(bytes);
    bytes.fill(0x55);
    this.view = new DataView(this.bytes.buffer);
    return this.bytes;
  }

  from(at: number): Uint8Array {
    return this.bytes.subarray(at);
  }
}

/** The bytes of a value, written behind others. */
export function encodingOf<T>(codec: Codec<T>, value: T): Uint8Array {
  const scratch = new TestScratch();
  scratch.reserve(3).set([1, 2, 3]);
  const end = codec.write(value, scratch, 3);
  const written = scratch.bytes.slice(0, end);
  if (written[0] !== 1 || written[1] !== 2 || written[2] !== 3)
    throw new Error('bytes of others were changed');
  return written.slice(3);
}

/** What a codec reads of bytes among others. */
export function decodingOf<T>(codec: Codec<T>, bytes: Uint8Array): T {
  return codec.read(Uint8Array.of(0xff, 0, ...bytes, 0xff, 0x80), 2, 2 + bytes.length);
}

// --- Orders

const sign = (below: boolean, above: boolean) => (below ? -1 : above ? 1 : 0);

export function compareTexts(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => Array.from(text, (letter) => letter.codePointAt(0)!));
  return compareLists(x, y, (p, q) => p - q);
}

export function compareNumbers(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return sign(a < b, a > b);
}

export const compareBytes = (a: Uint8Array, b: Uint8Array): number =>
  compareLists([...a], [...b], (p, q) => p - q);

function compareLists<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = compare(a[i], b[i]);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function rankOfType(key: AnyKey): number {
  if (key === undefined) return 0;
  if (key === null) return 1;
  if (Array.isArray(key)) return 9;
  if (key instanceof Date) return 5;
  if (key instanceof Uint8Array) return 8;
  return { boolean: 2, number: 3, bigint: 4, string: 6 }[typeof key as 'number'] ?? NaN;
}

export function compareAny(a: AnyKey, b: AnyKey): number {
  const byType = rankOfType(a) - rankOfType(b);
  if (byType !== 0) return byType;
  if (typeof a === 'string') return compareTexts(a, b as string);
  if (typeof a === 'number') return compareNumbers(a, b as number);
  if (a instanceof Uint8Array) return compareBytes(a, b as Uint8Array);
  if (Array.isArray(a)) return compareLists(a as AnyKey[], b as AnyKey[], compareAny);
  const [x, y] = [a, b] as number[];
  return sign(x < y, x > y);
}

// --- Keys

/** Units that sort otherwise than code points, that take 1 to 4 bytes, that escapes are made of, and halves of pairs. */
const UNITS =
  '\0 \x01 \x02 a b ~ \x7f \x80 \xff \u07ff \u0800 \ud7ff \ud800 \udbff \udc00 \udfff \ue000 \ufeff \ufffd \uffff 😀 \u{10ffff}'.split(
    ' ',
  );

export function texts(): fc.Arbitrary<string> {
  const unit = fc.constantFrom(...UNITS);
  return fc.oneof(
    { weight: 6, arbitrary: fc.array(unit, { maxLength: 5 }).map((units) => units.join('')) },
    { weight: 2, arbitrary: fc.string({ maxLength: 40 }) },
    // Longer than what is encoded by a loop, and alike for long.
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom('k', 'é', '語', '😀'), fc.integer({ min: 15, max: 70 }), unit, unit)
        .map(([letter, times, a, b]) => letter.repeat(times) + a + b),
    },
  );
}

const ODD_NUMBERS = [
  NaN,
  -Infinity,
  Infinity,
  -0,
  0,
  5e-324,
  -5e-324,
  2.2250738585072014e-308,
  -2.225073858507201e-308,
  1,
  -1,
  1.0000000000000002,
  0.1,
  255,
  256,
  -256,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 53,
  2 ** 53 - 1,
  -(2 ** 53),
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
];

export function numbers(): fc.Arbitrary<number> {
  const bits = fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff)).map(([high, low]) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setUint32(0, high);
    view.setUint32(4, low);
    return view.getFloat64(0);
  });
  return fc.oneof(
    fc.constantFrom(...ODD_NUMBERS),
    fc.integer({ min: -70_000, max: 70_000 }),
    fc.double(),
    bits,
  );
}

export function bigints(): fc.Arbitrary<bigint> {
  const power = fc
    .tuple(
      fc.constantFrom(0, 1, 7, 8, 9, 15, 16, 63, 64, 65, 1007, 1008, 1009, 1015, 1016, 1017, 4000),
      fc.integer({ min: -2, max: 2 }),
    )
    .map(([exponent, more]) => 2n ** BigInt(exponent) + BigInt(more));
  const signed = power.chain((value) => fc.constantFrom(value, -value));
  return fc.oneof(
    signed,
    fc.bigInt({ min: -300n, max: 300n }),
    fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
  );
}

export const dates = (): fc.Arbitrary<Date> => fc.date({ noInvalidDate: true });

export function arrays(): fc.Arbitrary<Uint8Array> {
  const telling = fc.constantFrom(0, 1, 2, 3, 0x7f, 0x80, 0xfe, 0xff);
  const short = fc.array(telling, { maxLength: 5 }).map((list) => Uint8Array.from(list));
  return fc.oneof(short, fc.uint8Array({ maxLength: 100 }));
}

export function anyKeys(): fc.Arbitrary<AnyKey> {
  const { key } = fc.letrec<{ key: AnyKey; list: AnyKey[] }>((tie) => ({
    key: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.constantFrom(undefined, null, false, true, '', 0, 1, 0n, 1n),
      texts(),
      numbers(),
      bigints(),
      dates(),
      arrays(),
      tie('list'),
    ),
    list: fc.array(tie('key'), { maxLength: 4 }),
  }));
  return key;
}

type Order = [string, number, bigint];

export const KINDS: readonly KeyKind[] = [
  { name: 'string', codec: codecs.string, keys: texts(), compare: compareTexts },
  { name: 'number', codec: codecs.number, keys: numbers(), compare: compareNumbers },
  { name: 'bigint', codec: codecs.bigint, keys: bigints(), compare: compareAny },
  { name: 'boolean', codec: codecs.boolean, keys: fc.boolean(), compare: compareAny },
  { name: 'date', codec: codecs.date, keys: dates(), compare: compareAny },
  { name: 'bytes', codec: codecs.bytes, keys: arrays(), compare: compareBytes },
  { name: 'any', codec: codecs.any, keys: anyKeys(), compare: compareAny },
  {
    name: 'tuple(string, number, bigint)',
    codec: codecs.tuple(codecs.string, codecs.number, codecs.bigint),
    keys: fc.tuple(texts(), fc.oneof(numbers(), fc.constant(1)), bigints()),
    compare: compareAny as (a: Order, b: Order) => number,
  },
  {
    name: 'tuple(tuple(bytes, date), any, tuple(), boolean, string)',
    codec: codecs.tuple(
      codecs.tuple(codecs.bytes, codecs.date),
      codecs.any,
      codecs.tuple(),
      codecs.boolean,
      codecs.string,
    ),
    keys: fc.tuple(
      fc.tuple(arrays(), fc.constantFrom(new Date(0), new Date(1))),
      anyKeys(),
      fc.constant([]),
      fc.boolean(),
      texts(),
    ),
    compare: compareAny as (a: unknown[], b: unknown[]) => number,
  },
];
