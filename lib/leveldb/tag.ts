import { describe } from '../base/arguments.js';
import { InternalKeyCorruptedError } from '../base/errors.js';

/*
 * An internal key is a user key with a tag behind it, as LevelDB writes it to memtables and files:
 *
 *     user key | type, 1 byte | sequence number, 7 bytes, least significant first
 *
 * that is, the tag is sequence << 8 | type as a little-endian 64-bit number. Internal keys are ordered by user key,
 * ascending, then by tag, descending: of the versions of a user key the newest comes first.
 */

/**
 * What a version of a key is. The numbers are LevelDB's; they are written to its files.
 * @example
 * console.log(ValueType.Deletion, ValueType.Value); // -> 0 1
 */
export const ValueType = Object.freeze({
  /** The key was deleted: a tombstone, which hides every older version. */
  Deletion: 0,
  /** The key was given a value. */
  Value: 1,
} as const);
export type ValueType = (typeof ValueType)[keyof typeof ValueType];

/**
 * The largest sequence number. Reading at it reads the newest version of everything.
 * @example
 * console.log(MAX_SEQUENCE === 2n ** 56n - 1n); // -> true
 */
export const MAX_SEQUENCE = 2n ** 56n - 1n;

export const TAG_LENGTH = 8;

/** Of equal sequence numbers the highest type comes first, so a search that must miss none begins there. */
export const SEEK_TYPE = ValueType.Value;

/** The three low bytes of a sequence number and the four high ones are handled apart: both halves are small numbers. */
const LOW_RANGE = 2 ** 24;
/** High parts of numbers up to 2^53-1 are below this. */
const SAFE_HIGHS = 2 ** 29;

/** @throws InternalKeyCorruptedError when a key of this many bytes can't hold a tag */
export function requireTag(length: number): void {
  if (length < TAG_LENGTH) {
    throw new InternalKeyCorruptedError(
      `an internal key has at least ${TAG_LENGTH} bytes (sequence number and type), but this one has ${length}`,
    );
  }
}

/** Orders the tags at a[aStart] and b[bStart], larger first: below, at or above 0. */
export function compareTags(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number): number {
  for (let i = TAG_LENGTH - 1; i >= 0; i--) {
    const difference = b[bStart + i] - a[aStart + i];
    if (difference !== 0) return difference;
  }
  return 0;
}

export function requireSequence(sequence: unknown): asserts sequence is number | bigint {
  if (typeof sequence === 'number') {
    if (sequence >= 0 && Number.isSafeInteger(sequence)) return;
  } else if (typeof sequence === 'bigint') {
    if (sequence >= 0n && sequence <= MAX_SEQUENCE) return;
  } else {
    throw new TypeError(`sequence must be a number or a bigint, but got ${describe(sequence)}`);
  }
  throw new RangeError(
    `sequence must be a whole number from 0 to 2^56-1, above 2^53-1 as a bigint, but got ${describe(sequence)}`,
  );
}

export function requireValueType(type: unknown): asserts type is ValueType {
  if (type === ValueType.Deletion || type === ValueType.Value) return;
  const what = 'type must be ValueType.Deletion (0) or ValueType.Value (1)';
  const ErrorClass = typeof type === 'number' ? RangeError : TypeError;
  throw new ErrorClass(`${what}, but got ${describe(type)}`);
}

/** Writes a tag to target[offset, offset + TAG_LENGTH). A plain number takes no `bigint` arithmetic. */
export function writeTag(
  target: Uint8Array,
  offset: number,
  sequence: number | bigint,
  type: ValueType,
): void {
  let low: number;
  let high: number;
  if (typeof sequence === 'number') {
    high = Math.floor(sequence / LOW_RANGE);
    low = sequence - high * LOW_RANGE;
  } else {
    high = Number(sequence >> 24n);
    low = Number(sequence & 0xffffffn);
  }
  target[offset] = type;
  target[offset + 1] = low;
  target[offset + 2] = low >>> 8;
  target[offset + 3] = low >>> 16;
  target[offset + 4] = high;
  target[offset + 5] = high >>> 8;
  target[offset + 6] = high >>> 16;
  target[offset + 7] = high >>> 24;
}

/** Writes the tag that comes before all others. */
export function writeFirstTag(target: Uint8Array, offset: number): void {
  target[offset] = SEEK_TYPE;
  for (let i = 1; i < TAG_LENGTH; i++) target[offset + i] = 0xff;
}

/** The sequence number in the tag at bytes[offset]. */
export function sequenceAt(bytes: Uint8Array, offset: number): bigint {
  return BigInt(highAt(bytes, offset) * LOW_RANGE) | BigInt(lowAt(bytes, offset));
}

/** The same as a plain number; `undefined` above 2^53-1. */
export function sequenceNumberAt(bytes: Uint8Array, offset: number): number | undefined {
  const high = highAt(bytes, offset);
  return high < SAFE_HIGHS ? high * LOW_RANGE + lowAt(bytes, offset) : undefined;
}

function lowAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset + 1] | (bytes[offset + 2] << 8) | (bytes[offset + 3] << 16);
}

function highAt(bytes: Uint8Array, offset: number): number {
  const high =
    bytes[offset + 4] | (bytes[offset + 5] << 8) | (bytes[offset + 6] << 16) | (bytes[offset + 7] << 24);
  return high >>> 0;
}
