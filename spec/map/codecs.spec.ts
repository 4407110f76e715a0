import fc from 'fast-check';
import { runInNewContext } from 'node:vm';
import type * as Door from '../../lib/map/index.js';
import { codecs, OrderedMap, type Codec } from '../../lib/map/index.js';
import { bytes, text, utf8 } from '../support/bytes.js';
import { compareBytes, decodingOf, encodingOf, KINDS, texts } from '../support/keys-of-codecs.js';
import { thrownBy } from '../support/faults.js';
import { must } from '../support/must.js';

const SEED = 20250301;
const PAIRS = 100_000;
const SAMPLES = 3000;

const shown = (value: unknown) => JSON.stringify(String(value)).slice(0, 100);

describe.each(KINDS)('codecs.$name', ({ codec, keys, compare }) => {
  const samples = fc.sample(keys, { seed: SEED, numRuns: SAMPLES });
  const encoded = samples.map((key) => encodingOf(codec, key));

  test('sorts as its values do, and gives equal ones the same bytes: 100,000 pairs', () => {
    let equal = 0;
    for (let pair = 0; pair < PAIRS; pair++) {
      // Each with those after it: no pair comes twice.
      const i = pair % SAMPLES;
      const j = (i + 1 + Math.floor(pair / SAMPLES)) % SAMPLES;
      const expected = Math.sign(compare(samples[i], samples[j]));
      const found = Math.sign(compareBytes(encoded[i], encoded[j]));
      must(
        found === expected,
        () => `${shown(samples[i])} and ${shown(samples[j])}: ${found}, not ${expected}`,
      );
      if (expected === 0) equal++;
    }
    expect(equal).toBeLessThan(PAIRS);
  });

  test('gives back what it was given', () => {
    samples.forEach((key, i) => {
      const read = decodingOf(codec, encoded[i]);
      must(compare(read, key) === 0, () => `${shown(key)} came back as ${shown(read)}`);
    });
  });

  test('says where its bytes end, whatever comes behind them, if it says so at all', () => {
    const ends = codec.endOf?.bind(codec) ?? codec.part?.endOf?.bind(codec.part);
    if (ends === undefined) return;
    const part = codec.part ?? codec;
    for (const key of samples.slice(0, 500)) {
      const bytes = encodingOf(part, key);
      for (const behind of [0, 1, 0xff]) {
        must(
          ends(Uint8Array.of(9, ...bytes, behind, behind), 1) === 1 + bytes.length,
          () => `${shown(key)} with ${behind} behind`,
        );
      }
    }
  });

  test('sorts the keys of a map', () => {
    const map = new OrderedMap({ key: codec, value: codecs.number });
    for (const key of samples.slice(0, 300)) map.set(key, 1);
    const found = [...map.keys()];
    for (let i = 1; i < found.length; i++) {
      must(compare(found[i - 1], found[i]) < 0, () => `${shown(found[i - 1])} before ${shown(found[i])}`);
    }
    for (const key of samples.slice(0, 300)) must(map.has(key), () => shown(key));
  });
});

const others: [keyof typeof codecs, unknown[]][] = [
  ['string', [1, 1n, null, undefined, true, Symbol('s'), {}, ['a'], () => 1, Object('boxed')]],
  ['number', ['1', 1n, null, undefined, new Date(), [1]]],
  ['bigint', [1, '1', null, undefined]],
  ['boolean', [0, 1, 'true', null, undefined]],
  ['date', [0, '2025-01-01', null, undefined, {}]],
  ['bytes', ['a', [1, 2], new ArrayBuffer(2), new Uint16Array(2), new DataView(new ArrayBuffer(1)), null]],
  ['any', [{}, Symbol('s'), () => 1, new Map(), new Uint16Array(1), [[{}]], Object('boxed')]],
  ['json', [() => 1, Symbol('s'), 1n, { n: 1n }, { toJSON: () => undefined }]],
];

describe.each(others)('codecs.%s', (name, values) => {
  const codec = codecs[name] as Codec<unknown>;

  test.each(values.map((value) => ({ value })))('refuses a value of another type, $#', ({ value }) => {
    const error = thrownBy(() => encodingOf(codec, value));
    expect(error.name).toBe('TypeError');
    expect(error.message).toMatch(new RegExp(`^codecs\\.${name}\\b`));
  });

  test('has its name', () => expect(codec.name).toBe(`codecs.${name}`));
});

test('a refusal says what was given', () => {
  const map = new OrderedMap({ key: codecs.string, value: codecs.bytes });
  const set = (key: unknown, value: unknown) => thrownBy(() => map.set(key as never, value as never)).message;
  const bytes = new Uint8Array(0);
  expect(set(1, bytes)).toBe('codecs.string takes strings, but got the number 1');
  expect(set(null, bytes)).toBe('codecs.string takes strings, but got null');
  expect(set(['a'], bytes)).toBe('codecs.string takes strings, but got an array of 1 elements');
  expect(set(new Date(), bytes)).toBe('codecs.string takes strings, but got an instance of Date');
  expect(set('a', 'b')).toBe('codecs.bytes takes Uint8Arrays, but got the string "b"');
  expect(set('a', () => 1)).toBe('codecs.bytes takes Uint8Arrays, but got a function');
  expect(set('a', 'x'.repeat(100))).toMatch(/"x{40}\.\.\."$/);
  expect(map.size).toBe(0);
});

test.each([2.5, -3, NaN, 100])(
  'of arrays that say their length is %p, the bytes that there are are kept',
  (length) => {
    const lie = <T extends Uint8Array>(array: T) => Object.defineProperty(array, 'length', { value: length });
    const own = { encode: (text: string) => lie(utf8(text)), decode: (array: Uint8Array) => text(array)! };
    const map = new OrderedMap({ key: codecs.any, value: codecs.bytes });
    map.set(lie(bytes(1, 2, 3)), lie(bytes(4, 5)));
    expect([...map]).toEqual([[bytes(1, 2, 3), bytes(4, 5)]]);
    expect([...new OrderedMap({ key: own, value: own, entries: [['abc', 'd']] })]).toEqual([['abc', 'd']]);
  },
);

describe('codecs.string', () => {
  test('keeps a surrogate without its other half, and every other string', () => {
    const odd = [
      '\ud800',
      '\udfff',
      'a\udc00b',
      '\ud83d'.repeat(30),
      '\ufeffa',
      '\ufffd',
      '\ufffd\ud800',
      '',
    ];
    for (const text of odd) expect(decodingOf(codecs.string, encodingOf(codecs.string, text))).toBe(text);
  });

  test('is UTF-8', () => {
    for (const text of [
      '',
      'abc',
      'Ångström',
      '語',
      '😀',
      'é'.repeat(100),
      'x'.repeat(10_000),
      '語'.repeat(5000),
    ]) {
      expect(Buffer.from(encodingOf(codecs.string, text)).equals(Buffer.from(text))).toBe(true);
    }
  });
});

/** Without a Buffer, as in browsers, text is read by other means. */
describe('where there is no Buffer', () => {
  let door!: typeof Door;

  beforeAll(() => {
    const { Buffer } = globalThis;
    globalThis.Buffer = undefined as never;
    try {
      jest.isolateModules(() => {
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- another instance of the module
        door = require('../../lib/map/index.js') as typeof Door;
      });
    } finally {
      globalThis.Buffer = Buffer;
    }
  });

  test('strings come back as they were', () => {
    expect(door.codecs.string).not.toBe(codecs.string);
    for (const text of [
      ...fc.sample(texts(), { seed: SEED, numRuns: 2000 }),
      'x'.repeat(5000),
      `\ufeff${'é'.repeat(20)}`,
      '語'.repeat(3000),
    ]) {
      must(decodingOf(door.codecs.string, encodingOf(door.codecs.string, text)) === text, () => shown(text));
    }
  });
});

/** Engines before 2023 can't tell whether every surrogate has its other half. */
test('where strings have no isWellFormed, they come back as they were', () => {
  const prototype = String.prototype as { isWellFormed?: unknown };
  const { isWellFormed } = prototype;
  prototype.isWellFormed = undefined;
  try {
    for (const text of ['é'.repeat(50), `${'é'.repeat(50)}\ud800`]) {
      expect(decodingOf(codecs.string, encodingOf(codecs.string, text))).toBe(text);
    }
  } finally {
    prototype.isWellFormed = isWellFormed;
  }
});

describe('codecs.number', () => {
  const roundTrip = (value: number) => decodingOf(codecs.number, encodingOf(codecs.number, value));

  test('makes 0 of -0, and keeps NaN', () => {
    expect(Object.is(roundTrip(-0), 0)).toBe(true);
    expect(roundTrip(NaN)).toBeNaN();
  });

  test('gives each NaN the same bytes', () => {
    const view = new DataView(new ArrayBuffer(8));
    const seen = [0xfff80000, 0x7ff80000, 0x7ff12345].map((high, i) => {
      view.setUint32(0, high);
      view.setUint32(4, i);
      return [...encodingOf(codecs.number, view.getFloat64(0))].join();
    });
    expect(new Set(seen).size).toBe(1);
  });
});

describe('codecs.date', () => {
  test.each(['date', 'any'] as const)('codecs.%s refuses one that is no time', (name) => {
    const error = thrownBy(() => encodingOf(codecs[name] as Codec<unknown>, new Date(NaN)));
    expect([error.name, error.message]).toEqual([
      'RangeError',
      `codecs.${name} takes dates, but got an invalid one`,
    ]);
  });
});

test.each([
  { [Symbol.toStringTag]: 'Date' },
  Object.create(Date.prototype) as Date,
  new Proxy(new Date(), {}),
])('what only looks like a date is none, $#', (value) => {
  for (const name of ['date', 'any'] as const) {
    const error = thrownBy(() => encodingOf(codecs[name] as Codec<unknown>, value));
    expect([error.name, error.message]).toEqual([
      'TypeError',
      expect.stringMatching(new RegExp(`^codecs\\.${name} takes .*dates.*, but got an `)),
    ]);
  }
});

describe('what comes from another realm', () => {
  test('is taken', () => {
    const date = runInNewContext('new Date(5)') as Date;
    const bytes = runInNewContext('Uint8Array.of(1, 2)') as Uint8Array;
    const list = runInNewContext("['a', [1]]") as Door.AnyKey;
    expect(decodingOf(codecs.date, encodingOf(codecs.date, date)).getTime()).toBe(5);
    expect([...decodingOf(codecs.bytes, encodingOf(codecs.bytes, bytes))]).toEqual([1, 2]);
    expect(decodingOf(codecs.any, encodingOf(codecs.any, list))).toEqual(['a', [1]]);
    expect([...encodingOf(codecs.any, date)]).toEqual([...encodingOf(codecs.any, new Date(5))]);
  });
});

describe('codecs.bytes', () => {
  test('gives arrays of its own, also for a Buffer', () => {
    const map = new OrderedMap({ key: codecs.string, value: codecs.bytes });
    for (const length of [0, 1, 40, 1000]) {
      const given = Buffer.alloc(length, 7);
      const value = map.set('a', given).get('a')!;
      expect(value.constructor.name).toBe('Uint8Array');
      expect([...value]).toEqual([...given]);
      expect(value.buffer.byteLength).toBe(length);
      value.fill(1);
      expect([...map.get('a')!]).toEqual([...given]);
    }
  });

  test('refuses an array whose buffer was transferred away', () => {
    const lost = new Uint8Array(8);
    structuredClone(lost.buffer, { transfer: [lost.buffer] });
    expect(thrownBy(() => encodingOf(codecs.bytes, lost)).message).toMatch(/codecs\.bytes.*transferred/);
  });
});

describe('codecs.any', () => {
  test('tells keys apart that look alike', () => {
    const alike = [
      1,
      1n,
      '1',
      new Date(1),
      [1],
      [[1]],
      Uint8Array.of(1),
      true,
      [],
      '',
      null,
      undefined,
      [undefined],
    ];
    const map = new OrderedMap<Door.AnyKey, number>();
    alike.forEach((key, i) => map.set(key, i));
    expect(map.size).toBe(alike.length);
    alike.forEach((key, i) => expect(map.get(key)).toBe(i));
  });

  test('takes a hole in an array for undefined', () => {
    // eslint-disable-next-line no-sparse-arrays -- it is about holes
    expect(decodingOf(codecs.any, encodingOf(codecs.any, [1, , 2] as Door.AnyKey))).toEqual([
      1,
      undefined,
      2,
    ]);
  });

  test('refuses an array that holds itself', () => {
    const list: unknown[] = [];
    list.push(list);
    expect(thrownBy(() => encodingOf(codecs.any, list as Door.AnyKey)).message).toMatch(
      /^codecs\.any: .*1000 deep/,
    );
  });

  test('takes arrays that are nested deeply', () => {
    let list: Door.AnyKey = [];
    for (let i = 0; i < 900; i++) list = [list];
    expect(decodingOf(codecs.any, encodingOf(codecs.any, list))).toEqual(list);
  });
});

describe('codecs.tuple', () => {
  const pair = codecs.tuple(codecs.string, codecs.number);

  test.each([
    [['a'], 'codecs.tuple takes arrays of 2 elements, but got an array of 1 elements'],
    [['a', 1, 2], 'codecs.tuple takes arrays of 2 elements, but got an array of 3 elements'],
    ['a', 'codecs.tuple takes arrays of 2 elements, but got the string "a"'],
    [['a', '1'], 'codecs.number takes numbers, but got the string "1"'],
    [[1, 1], 'codecs.string takes strings, but got the number 1'],
  ])('refuses %j', (value, message) => {
    const error = thrownBy(() => encodingOf(pair, value as never));
    expect([error.name, error.message]).toEqual(['TypeError', message]);
  });

  test('takes codecs of two plain functions, too', () => {
    const lower = {
      encode: (text: string) => new TextEncoder().encode(text.toLowerCase()),
      decode: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
    };
    const codec = codecs.tuple(lower, codecs.boolean);
    for (const text of ['ABC', '\0\x01', '']) {
      expect(decodingOf(codec, encodingOf(codec, [text, true]))).toEqual([text.toLowerCase(), true]);
    }
    expect(thrownBy(() => codecs.tuple({} as never)).message).toMatch(
      /an element of codecs\.tuple must be a codec/,
    );
  });
});

describe('codecs.json', () => {
  test.each([null, true, 0, 'text', '\ud800', [1, [2]], { a: { b: [null] } }, undefined, ''])(
    'gives back %j',
    (value) => expect(decodingOf(codecs.json, encodingOf(codecs.json, value))).toEqual(value),
  );

  test('does to others what JSON does', () => {
    const value = { date: new Date(0), nan: NaN, none: undefined };
    expect(decodingOf(codecs.json, encodingOf(codecs.json, value))).toEqual(
      JSON.parse(JSON.stringify(value)),
    );
  });

  test('passes on what toJSON throws', () => {
    const value = {
      toJSON() {
        throw new RangeError('mine');
      },
    };
    expect(thrownBy(() => encodingOf(codecs.json, value)).message).toBe('mine');
  });
});

describe('a codec of one’s own', () => {
  test.each([null, 'string', {}, { write() {} }, { encode() {} }])('must be one: %j', (codec) => {
    for (const what of ['key', 'value']) {
      const error = thrownBy(() => new OrderedMap({ [what]: codec as never }));
      expect([error.name, error.message]).toEqual([
        'TypeError',
        expect.stringMatching(`^${what} must be a codec`),
      ]);
    }
  });

  describe.each([undefined, -1, 1e7, 1.5, NaN, '3'])('must say where its bytes end: not at %p', (end) => {
    const mine = { name: 'mine', write: () => end, read: () => 1 } as never as Codec<number>;
    const map = new OrderedMap<string, number>({ value: mine });
    const keys = new OrderedMap({ key: mine });
    const first = (element: Codec<number>) =>
      new OrderedMap({ key: codecs.tuple(element, codecs.bytes), value: codecs.string });

    test.each<[string, () => unknown]>([
      ['set', () => map.set('a', 1)],
      ['setMany', () => map.setMany([['a', 1]])],
      ['a lower bound', () => keys.count({ gte: 1 })],
      ['a bound that it comes behind', () => keys.count({ gt: 1 })],
      ['a tuple', () => first(mine).set([1, new Uint8Array(100)], '')],
      ['a tuple, where it says so', () => first({ ...mine, endOf: () => 9 }).set([1, bytes(1)], '')],
    ])('%s', (_call, call) => {
      const error = thrownBy(call);
      expect([error.name, error.message]).toEqual([
        'TypeError',
        expect.stringMatching(
          /^mine: write must give where the bytes end that it wrote, from \d on, but gave/,
        ),
      ]);
      expect([map.size, keys.size]).toEqual([0, 0]);
    });
  });

  test('must say where they end, and not how many they are', () => {
    const two = (endOf?: Codec<number>['endOf']): Codec<number> => ({
      name: 'mine',
      write(value, scratch, at) {
        scratch.reserve(at + 2).set([value, value], at);
        return 2;
      },
      read: (array, start) => array[start],
      ...(endOf && { endOf }),
    });
    const entries = new OrderedMap({ key: codecs.string, value: two() });
    const message =
      /^mine: write must give where the bytes end that it wrote, from \d on, but gave the number 2$/;
    expect(thrownBy(() => entries.setMany([['four', 1]])).message).toMatch(message);
    for (const element of [two(), two((_array, start) => start + 2)]) {
      const map = new OrderedMap({ key: codecs.tuple(codecs.string, element) });
      expect(thrownBy(() => map.set(['four', 1], 1)).message).toMatch(message);
    }
  });

  test('is given arrays of its own to decode, and may keep them', () => {
    const map = new OrderedMap({
      key: codecs.string,
      value: { encode: (value: Uint8Array) => value, decode: (bytes: Uint8Array) => bytes },
    });
    const value = map.set('a', Uint8Array.of(1, 2)).get('a')!;
    expect([...value, value.buffer.byteLength]).toEqual([1, 2, 2]);
  });

  test('must encode to bytes', () => {
    const codec = { name: 'mine', encode: () => 'text' as never, decode: () => 1 };
    expect(thrownBy(() => new OrderedMap({ value: codec }).set('a', 1)).message).toBe(
      'mine must encode to a Uint8Array, but gave the string "text"',
    );
    const nameless = { encode: codec.encode, decode: codec.decode };
    expect(thrownBy(() => new OrderedMap({ value: nameless }).set('a', 1)).message).toMatch(
      /^the value codec must/,
    );
  });
});
