import { describe, requireBytes } from './arguments.js';
import { raisedAt } from './comparer.js';

/** The keys from `start` (inclusive) to `limit` (exclusive); absent means unbounded. */
export interface Range {
  start?: Uint8Array | undefined;
  limit?: Uint8Array | undefined;
}

/** A range and the direction to read it in. `start` stays the lower bound when `reverse` is set. */
export interface Scan extends Range {
  reverse?: boolean | undefined;
}

/**
 * The range of all keys, in byte order, that begin with `prefix`. The bounds are copies.
 * @example
 * const db = new DB();
 * for (const key of ['user:1', 'user:2', 'zone:1']) db.put(bytes(key), bytes(''));
 * console.log(db.count(bytesPrefix(bytes('user:')))); // -> 2
 */
export function bytesPrefix(prefix: Uint8Array): Range {
  requireBytes(prefix, 'prefix');
  const start = new Uint8Array(prefix);
  let raisable = start.length - 1;
  while (raisable >= 0 && start[raisable] === 0xff) raisable--;
  return raisable < 0 ? { start } : { start, limit: raisedAt(start, raisable) };
}

/**
 * The bounds of a range, each read once, and copied: arrays that hold what they say. Refuses what is no range, and what would silently mean
 * everything: other names for bounds, and a direction where there is none. @throws TypeError
 */
export function boundsOf(range: unknown = {}, isScan = false): Range {
  if (range === null || typeof range !== 'object' || Array.isArray(range) || ArrayBuffer.isView(range)) {
    throw new TypeError(
      `a range must be an object { start?: Uint8Array, limit?: Uint8Array }, but got ${describe(range)}`,
    );
  }
  for (const name in range) {
    if (name !== 'start' && name !== 'limit' && name !== 'reverse') {
      throw new TypeError(`a range has no '${name}': it has start (inclusive) and limit (exclusive)`);
    }
  }
  const { start, limit, reverse } = range as Scan;
  if (reverse && !isScan) throw new TypeError('reverse is for entries, keys and values');
  return { start: boundOf(start, 'start'), limit: boundOf(limit, 'limit') };
}

function boundOf(bound: unknown, name: string): Uint8Array | undefined {
  if (bound === undefined) return undefined;
  requireBytes(bound, name);
  return new Uint8Array(bound);
}
