import { copyBytes, describe, requireBytes } from './bytes.js';
import { requireComparer, type Comparer } from './comparer.js';
import { InternalKeyCorruptedError } from './errors.js';

/*
 * An internal key is a user key with a tag behind it, as LevelDB writes it to memtables and files:
 *
 *     user key | type, 1 byte | sequence number, 7 bytes, least significant first
 *
 * that is, the tag is sequence << 8 | type as a little-endian 64-bit number. Internal keys are ordered by user key,
 * ascending, then by tag, descending: of the versions of a user key the newest comes first.
 */

/** What a version of a key is. The numbers are LevelDB's; they are written to its files. */
export const ValueType = Object.freeze({
  /** The key was deleted: a tombstone, which hides every older version. */
  Deletion: 0,
  /** The key was given a value. */
  Value: 1,
} as const);
export type ValueType = (typeof ValueType)[keyof typeof ValueType];

/** The largest sequence number. Reading at it reads the newest version of everything. */
export const MAX_SEQUENCE = 2n ** 56n - 1n;

export const TAG_LENGTH = 8;

/** Of equal sequence numbers the highest type comes first, so a search that must miss none begins there. */
export const SEEK_TYPE = ValueType.Value;

/** The three low bytes of a sequence number and the four high ones are handled apart: both halves are small numbers. */
const LOW_RANGE = 2 ** 24;

/**
 * A user key and its tag, in an array of their own.
 * @param sequence 0 .. 2^56-1; above 2^53-1 as a `bigint`
 * @throws TypeError, RangeError
 */
export function makeInternalKey(userKey: Uint8Array, sequence: number | bigint, type: ValueType): Uint8Array {
  requireBytes(userKey, 'userKey');
  requireSequence(sequence);
  requireValueType(type);
  const internalKey = new Uint8Array(userKey.length + TAG_LENGTH);
  copyBytes(userKey, userKey.length, internalKey, 0);
  writeTag(internalKey, userKey.length, sequence, type);
  return internalKey;
}

/**
 * The parts of an internal key. `userKey` is a view of the bytes given, not a copy.
 * @throws InternalKeyCorruptedError when it is too short to hold a tag, or its type is unknown
 */
export function parseInternalKey(internalKey: Uint8Array): {
  userKey: Uint8Array;
  sequence: bigint;
  type: ValueType;
} {
  requireBytes(internalKey, 'internalKey');
  const userKey = userKeyOf(internalKey);
  const type = internalKey[userKey.length];
  if (type !== ValueType.Deletion && type !== ValueType.Value) {
    throw new InternalKeyCorruptedError(
      `the type of an internal key must be ${ValueType.Deletion} (Deletion) or ${ValueType.Value} (Value), but this one has ${type}`,
    );
  }
  return { userKey, sequence: sequenceAt(internalKey, userKey.length), type };
}

/**
 * The order of internal keys over an order of user keys: LevelDB's `InternalKeyComparator`. Two keys are equal only
 * where user key, sequence number and type are.
 */
export class InternalKeyComparer implements Comparer {
  readonly name = 'leveldb.InternalKeyComparator';
  /** The order of the user keys. */
  readonly userComparer: Comparer;

  /** @throws TypeError when `userComparer` is no comparer */
  constructor(userComparer: Comparer) {
    requireComparer(userComparer);
    this.userComparer = userComparer;
  }

  /** @throws InternalKeyCorruptedError when a key is too short to hold a tag */
  compare(a: Uint8Array, b: Uint8Array): number {
    const userA = userKeyOf(a);
    const userB = userKeyOf(b);
    const result = this.userComparer.compare(userA, userB);
    return result !== 0 ? result : compareTags(a, userA.length, b, userB.length);
  }

  /**
   * An internal key in [a, b) with a shorter user key than a's, where the user comparer finds one; otherwise
   * `undefined`: a itself.
   * @throws InternalKeyCorruptedError when a key is too short to hold a tag
   */
  separator(a: Uint8Array, b: Uint8Array): Uint8Array | undefined {
    const userKey = userKeyOf(a);
    return this.#shortened(userKey, this.userComparer.separator?.(userKey, userKeyOf(b)));
  }

  /**
   * An internal key at or above b with a shorter user key, where the user comparer finds one; otherwise `undefined`:
   * b itself.
   * @throws InternalKeyCorruptedError when b is too short to hold a tag
   */
  successor(b: Uint8Array): Uint8Array | undefined {
    const userKey = userKeyOf(b);
    return this.#shortened(userKey, this.userComparer.successor?.(userKey));
  }

  /** A shorter user key that is no larger would, with the first of all tags, come before the key it stands for. */
  #shortened(userKey: Uint8Array, shorter: Uint8Array | undefined): Uint8Array | undefined {
    const better =
      shorter !== undefined &&
      shorter.length < userKey.length &&
      this.userComparer.compare(userKey, shorter) < 0;
    return better ? makeInternalKey(shorter, MAX_SEQUENCE, SEEK_TYPE) : undefined;
  }
}

/** @throws InternalKeyCorruptedError when a key of this many bytes can't hold a tag */
export function requireTag(length: number): void {
  if (length < TAG_LENGTH) {
    throw new InternalKeyCorruptedError(
      `an internal key has at least ${TAG_LENGTH} bytes (sequence number and type), but this one has ${length}`,
    );
  }
}

function userKeyOf(internalKey: Uint8Array): Uint8Array {
  requireTag(internalKey.length);
  return internalKey.subarray(0, internalKey.length - TAG_LENGTH);
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
  const low = bytes[offset + 1] | (bytes[offset + 2] << 8) | (bytes[offset + 3] << 16);
  const high =
    (bytes[offset + 4] | (bytes[offset + 5] << 8) | (bytes[offset + 6] << 16) | (bytes[offset + 7] << 24)) >>>
    0;
  return BigInt(high * LOW_RANGE) | BigInt(low);
}
