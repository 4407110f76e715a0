import { requireBytes } from '../base/arguments.js';
import { copyBytes, lengthOf, partOf } from '../base/bytes.js';
import { requireComparer, type Comparer } from '../base/comparer.js';
import { InternalKeyCorruptedError } from '../base/errors.js';
import { orderOf, toOrder, type Order } from '../base/order.js';
import { InternalOrder } from './internalorder.js';
import {
  MAX_SEQUENCE,
  SEEK_TYPE,
  TAG_LENGTH,
  ValueType,
  compareTags,
  requireSequence,
  requireTag,
  requireValueType,
  sequenceAt,
  writeTag,
} from './tag.js';

export const INTERNAL_COMPARER = 'leveldb.InternalKeyComparator';

/**
 * A user key and its tag, in an array of their own.
 * @param sequence 0 .. 2^56-1; above 2^53-1 as a `bigint`
 * @throws TypeError, RangeError
 * @example
 * const internalKey = makeInternalKey(bytes('color'), 7, ValueType.Value);
 * console.log(internalKey.length, internalKey.at(-8), internalKey.at(-7)); // -> 13 1 7
 */
export function makeInternalKey(userKey: Uint8Array, sequence: number | bigint, type: ValueType): Uint8Array {
  requireBytes(userKey, 'userKey');
  requireSequence(sequence);
  requireValueType(type);
  const length = lengthOf(userKey);
  const internalKey = new Uint8Array(length + TAG_LENGTH);
  copyBytes(userKey, length, internalKey, 0);
  writeTag(internalKey, length, sequence, type);
  return internalKey;
}

/** The parts of an internal key. */
export interface ParsedInternalKey {
  userKey: Uint8Array;
  sequence: bigint;
  type: ValueType;
}

/**
 * The parts of an internal key. `userKey` is a view of the bytes given, not a copy.
 * @throws InternalKeyCorruptedError when it is too short to hold a tag, or its type is unknown
 * @example
 * const { userKey, sequence, type } = parseInternalKey(makeInternalKey(bytes('color'), 7, ValueType.Value));
 * console.log(text(userKey), sequence, type); // -> color 7n 1
 */
export function parseInternalKey(internalKey: Uint8Array): ParsedInternalKey {
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
 * @example
 * const order = new InternalKeyComparer(bytewise);
 * const [older, newer] = [1, 2].map((sequence) => makeInternalKey(bytes('a'), sequence, ValueType.Value));
 * console.log(order.compare(newer, older) < 0); // -> true
 */
export class InternalKeyComparer implements Comparer {
  readonly name = INTERNAL_COMPARER;
  /** The order of the user keys. */
  readonly userComparer: Comparer;

  /**
   * @throws TypeError when `userComparer` is no comparer
   * @example
   * console.log(new InternalKeyComparer(bytewise).userComparer === bytewise); // -> true
   */
  constructor(userComparer: Comparer) {
    requireComparer(userComparer);
    this.userComparer = userComparer;
  }

  /**
   * @throws InternalKeyCorruptedError when a key is too short to hold a tag
   * @example
   * const order = new InternalKeyComparer(bytewise);
   * const [a, b] = ['a', 'b'].map((key) => makeInternalKey(bytes(key), 1, ValueType.Value));
   * console.log(order.compare(a, b) < 0, order.compare(a, a)); // -> true 0
   */
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
   * @example
   * const order = new InternalKeyComparer(bytewise);
   * const [a, b] = ['abcd', 'axyz'].map((key) => makeInternalKey(bytes(key), 1, ValueType.Value));
   * console.log(text(parseInternalKey(order.separator(a, b)).userKey)); // -> ac
   */
  separator(a: Uint8Array, b: Uint8Array): Uint8Array | undefined {
    const userKey = userKeyOf(a);
    return this.#shortened(userKey, this.userComparer.separator?.(userKey, userKeyOf(b)));
  }

  /**
   * An internal key at or above b with a shorter user key, where the user comparer finds one; otherwise `undefined`:
   * b itself.
   * @throws InternalKeyCorruptedError when b is too short to hold a tag
   * @example
   * const order = new InternalKeyComparer(bytewise);
   * const shorter = order.successor(makeInternalKey(bytes('abcd'), 1, ValueType.Value));
   * console.log(text(parseInternalKey(shorter).userKey)); // -> b
   */
  successor(b: Uint8Array): Uint8Array | undefined {
    const userKey = userKeyOf(b);
    return this.#shortened(userKey, this.userComparer.successor?.(userKey));
  }

  /** Compares keys where they lie; not for a subclass with an order of its own. @internal */
  [toOrder](): Order | undefined {
    return this.compare === InternalKeyComparer.prototype.compare
      ? new InternalOrder(orderOf(this.userComparer))
      : undefined;
  }

  /** A shorter user key that is no larger would, with the first of all tags, come before the key it stands for. */
  #shortened(userKey: Uint8Array, shorter: Uint8Array | undefined): Uint8Array | undefined {
    if (shorter === undefined) return undefined;
    requireBytes(shorter, `what a separator or successor of '${this.userComparer.name}' returns`);
    const isBetter = lengthOf(shorter) < userKey.length && this.userComparer.compare(userKey, shorter) < 0;
    return isBetter ? makeInternalKey(shorter, MAX_SEQUENCE, SEEK_TYPE) : undefined;
  }
}

function userKeyOf(internalKey: Uint8Array): Uint8Array {
  requireBytes(internalKey, 'internalKey');
  const length = lengthOf(internalKey);
  requireTag(length);
  return partOf(internalKey, length - TAG_LENGTH);
}
