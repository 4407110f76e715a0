import { describe, requireBytes, requireOptions } from '../base/arguments.js';
import { bytesPrefix, bytewise, type Range } from '../index.js';

/** The keys that a mirror holds: `{ prefix }` stands for all that begin with it. */
export type MirrorRange = Range | { prefix: Uint8Array };

/** Which of the old revisions can still be read. */
export interface Retain {
  /** So many changed states before the newest one; 1000 by default, where `ms` is not given either. */
  revisions?: number | undefined;
  /** States that were the newest one at most so many milliseconds ago. */
  ms?: number | undefined;
}

/** How long to wait. */
export interface WaitOptions {
  /** Ends it: an `AbortSignal`, with whose reason the promise is rejected. */
  signal?: Abort | undefined;
}

/** As much of an `AbortSignal` as is needed. */
export interface Abort {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', call: () => void): void;
  removeEventListener(type: 'abort', call: () => void): void;
}

/** Bounds as etcd has them: there is no empty key, and an end of one zero byte is the end of all. */
export interface Bounds {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
  has(key: Uint8Array): boolean;
}

const DEFAULT_REVISIONS = 1000;

/** A plain array of its own; `slice` of a Buffer would be a view. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** A revision as the mirror counts inside. @throws TypeError, RangeError */
export function requireRevision(revision: unknown): number {
  if (typeof revision !== 'bigint' && typeof revision !== 'number') {
    throw new TypeError(`a revision must be a bigint or a number, but got ${describe(revision)}`);
  }
  const number = Number(revision);
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new RangeError(`a revision must be a whole number from 0 to 2^53-1, but got ${revision}`);
  }
  return number;
}

/** @throws TypeError, RangeError */
export function requireMs(ms: unknown, what: string): asserts ms is number {
  if (typeof ms !== 'number') {
    throw new TypeError(`${what} must be a number of milliseconds, but got ${describe(ms)}`);
  }
  if (!(ms > 0)) throw new RangeError(`${what} must be above 0 milliseconds, but is ${ms}`);
}

/** @throws TypeError */
export function requireSignal(options: WaitOptions | undefined): Abort | undefined {
  if (options === undefined) return undefined;
  requireOptions(options, 'waitFor', ['signal']);
  const { signal } = options;
  if (signal !== undefined && typeof (signal as Partial<Abort> | null)?.addEventListener !== 'function') {
    throw new TypeError(`signal must be an AbortSignal, but got ${describe(signal)}`);
  }
  return signal;
}

/** @throws TypeError, RangeError */
export function requireRetain(retain: Retain | undefined): { revisions: number; ms: number } {
  if (retain === undefined) return { revisions: DEFAULT_REVISIONS, ms: Infinity };
  requireOptions(retain, 'retain', ['revisions', 'ms']);
  const { revisions, ms } = retain;
  if (ms !== undefined) requireMs(ms, 'retain.ms');
  if (revisions !== undefined) {
    if (typeof revisions !== 'number') {
      throw new TypeError(`retain.revisions must be a number, but got ${describe(revisions)}`);
    }
    if (!(revisions >= 0)) throw new RangeError(`retain.revisions must be 0 or more, but is ${revisions}`);
  }
  return {
    revisions: revisions ?? (ms === undefined ? DEFAULT_REVISIONS : Infinity),
    ms: ms ?? Infinity,
  };
}

/** @throws TypeError for what is no range, RangeError for one in which no key can be */
export function requireBounds(range: unknown): Bounds {
  if (range === null || typeof range !== 'object' || Array.isArray(range) || ArrayBuffer.isView(range)) {
    throw new TypeError(
      `range must be { start?: Uint8Array, limit?: Uint8Array } or { prefix: Uint8Array }, but got ${describe(range)}`,
    );
  }
  const isPrefix = 'prefix' in range;
  requireOptions(range, 'range', isPrefix ? ['prefix'] : ['start', 'limit']);
  if (isPrefix) requireBytes(range.prefix, 'range.prefix');
  const { start, limit } = isPrefix ? bytesPrefix(range.prefix as Uint8Array) : (range as Range);
  if (start !== undefined) requireBytes(start, 'range.start');
  if (limit !== undefined) requireBytes(limit, 'range.limit');
  const first = start === undefined || start.length === 0 ? Uint8Array.of(0) : copyOf(start);
  const end = limit && copyOf(limit);
  if (end !== undefined && bytewise.compare(first, end) >= 0) {
    throw new RangeError('no key is in this range: its limit is not above its start');
  }
  return {
    start: first,
    end: end ?? Uint8Array.of(0),
    has: (key) => bytewise.compare(key, first) >= 0 && (end === undefined || bytewise.compare(key, end) < 0),
  };
}
