import { any } from './any.js';
import { bytes } from './bytes.js';
import type { Codec } from './codec.js';
import { json } from './json.js';
import { bigint, boolean, date, number } from './numbers.js';
import { string } from './text.js';
import { tuple } from './tuple.js';

/**
 * How keys and values become bytes. All but `json` keep an order, so they are for keys, and all are for values.
 *
 * - `string`: by code points. A surrogate without its other half is a code point, too; every string comes back as it was.
 * - `number`: all of them; as in a `Map`, -0 is 0 and NaN equals itself. NaN comes after Infinity.
 * - `bigint` of any size, `boolean` with false first, `date` by its time.
 * - `bytes`: a `Uint8Array`. A copy goes in and a copy comes out.
 * - `tuple(a, b, ...)`: arrays of so many elements, each with a codec of its own.
 * - `any`: all of these mixed, and arrays of them, nested. Types sort as undefined, null, false, true, numbers, bigints, dates,
 *   strings, bytes, arrays.
 * - `json`: what `JSON.stringify` makes text of, and `undefined`; for values.
 *
 * Each refuses other values with a `TypeError` that names it.
 * @example
 * const events = new OrderedMap({ key: codecs.tuple(codecs.string, codecs.number), value: codecs.string });
 * events.set(['door', 20], 'shut').set(['door', 3], 'open').set(['bell', 9], 'rings');
 * console.log([...events.values()]); // -> [ 'rings', 'open', 'shut' ]
 */
export const codecs: {
  readonly any: typeof any;
  readonly bigint: Codec<bigint>;
  readonly boolean: Codec<boolean>;
  readonly bytes: Codec<Uint8Array>;
  readonly date: Codec<Date>;
  readonly json: typeof json;
  readonly number: Codec<number>;
  readonly string: Codec<string>;
  readonly tuple: typeof tuple;
} = { any, bigint, boolean, bytes, date, json, number, string, tuple };
