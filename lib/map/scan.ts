import { describe, requireBoolean } from '../base/arguments.js';
import { bytesPrefix, bytewise, type Range } from '../index.js';
import type { Encoder } from './scratch.js';

/** What keys may begin with: a text, bytes, or the first elements of a tuple. */
export type PrefixOf<K> = K extends string
  ? string
  : K extends Uint8Array
    ? Uint8Array
    : K extends readonly unknown[]
      ? HeadOf<K>
      : never;

type HeadOf<T extends readonly unknown[]> = T extends readonly [infer First, ...infer Rest]
  ? readonly [] | readonly [First, ...HeadOf<Rest>]
  : T;

/** A key, or the first elements of a tuple, which come before all tuples that begin so. */
export type BoundOf<K> = K | (K extends readonly unknown[] ? HeadOf<K> : never);

/**
 * Which entries, and in which direction. All bounds must hold; they don't change with the direction.
 * @example
 * const map = new OrderedMap({ entries: [[1, 'a'], [2, 'b'], [3, 'c'], [4, 'd']] });
 * console.log([...map.keys({ gt: 1, lte: 4 })]); // -> [ 2, 3, 4 ]
 * console.log([...map.keys({ gt: 1, lte: 4, reverse: true, limit: 2 })]); // -> [ 4, 3 ]
 */
export interface MapScan<K> {
  /** Above this key. */
  gt?: BoundOf<K> | undefined;
  /** At or above this key. */
  gte?: BoundOf<K> | undefined;
  /** Below this key. */
  lt?: BoundOf<K> | undefined;
  /** At or below this key. */
  lte?: BoundOf<K> | undefined;
  /** Keys that begin so. */
  prefix?: PrefixOf<K> | undefined;
  /** From the last to the first. */
  reverse?: boolean | undefined;
  /** At most so many entries, counted in the direction of the scan. */
  limit?: number | undefined;
}

/**
 * The range of all keys that begin so: with a text, with bytes, or, where keys are tuples, with these elements. Others may
 * stand beside it: `{ ...prefix(['a']), reverse: true }`.
 * @example
 * const map = new OrderedMap({ key: codecs.tuple(codecs.string, codecs.number), value: codecs.string });
 * map.set(['tenant-7', 1], 'one').set(['tenant-7', 2], 'two').set(['tenant-70', 1], 'other');
 * console.log([...map.values(prefix(['tenant-7']))]); // -> [ 'one', 'two' ]
 * const users = new OrderedMap({ entries: [['user:1', 'Ada'], ['zone:1', 'north']] });
 * console.log([...users.values(prefix('user:'))]); // -> [ 'Ada' ]
 */
export function prefix<const P>(begin: P): { prefix: P } {
  return { prefix: begin };
}

/** A scan as a DB has it. */
export interface Bounds {
  /** Its arrays hold until a key is encoded. */
  readonly range: Range;
  readonly reverse: boolean;
  readonly limit: number;
}

const NAMES = ['gt', 'gte', 'lt', 'lte', 'prefix', 'reverse', 'limit'];
const ALL: Bounds = { range: {}, reverse: false, limit: Infinity };

/**
 * @param lower encodes lower bounds, `upper` the others: both are needed at once
 * @throws TypeError, RangeError
 */
export function boundsOf<K>(scan: MapScan<K> | undefined, lower: Encoder<K>, upper: Encoder<K>): Bounds {
  if (scan === undefined) return ALL;
  requireScan(scan);
  const { gt, gte, lt, lte, reverse = false, limit = Infinity } = scan;
  let { start, limit: end }: Range =
    scan.prefix === undefined ? {} : bytesPrefix(lower.encodePrefix(scan.prefix));
  start = narrower(start, lower, gte, false, 1);
  start = narrower(start, lower, gt, true, 1);
  const { turn } = lower;
  end = narrower(end, upper, lt, false, -1);
  end = narrower(end, upper, lte, true, -1);
  if (start !== undefined) lower.requireTurn(turn);
  return { range: { start, limit: end }, reverse, limit: limit + 0 }; // -0 is 0.
}

/** The narrower of two bounds: of lower ones the larger, with a `sign` of 1, of upper ones the smaller. */
function narrower<K>(
  known: Uint8Array | undefined,
  encoder: Encoder<K>,
  bound: unknown,
  isBehind: boolean,
  sign: number,
): Uint8Array | undefined {
  if (bound === undefined) return known;
  const kept = known?.slice(); // It may lie where the next one is written.
  const other = encoder.encodeBound(bound, isBehind);
  return kept === undefined || sign * bytewise.compare(other, kept) > 0 ? other : kept;
}

function requireScan(scan: unknown): asserts scan is MapScan<unknown> {
  if (scan === null || typeof scan !== 'object' || Array.isArray(scan) || ArrayBuffer.isView(scan)) {
    throw new TypeError(
      `a range must be an object such as { gte, lt, reverse, limit }, but got ${describe(scan)}`,
    );
  }
  for (const name in scan) {
    if (!NAMES.includes(name)) throw new TypeError(`a range has no '${name}': it has ${NAMES.join(', ')}`);
  }
  const { reverse, limit } = scan as MapScan<unknown>;
  if (reverse !== undefined) requireBoolean(reverse, 'reverse');
  if (limit === undefined) return;
  if (typeof limit !== 'number') throw new TypeError(`limit must be a number, but got ${describe(limit)}`);
  if (limit !== Infinity && (!Number.isInteger(limit) || limit < 0)) {
    throw new RangeError(`limit must be a whole number from 0 up, or Infinity, but got ${limit}`);
  }
}
