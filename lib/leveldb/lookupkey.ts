import { requireBytes } from '../base/arguments.js';
import { copyBytes, lengthOf } from '../base/bytes.js';
import { CapacityError } from '../base/errors.js';
import { SEEK_TYPE, TAG_LENGTH, requireSequence, writeTag } from './tag.js';
import { varint32Length, writeVarint32 } from '../base/varint32.js';

const LONGEST = 2 ** 32 - 1;

/**
 * What to look for when a user key is read as of a sequence number: made once, then asked of one table after another.
 *
 *     | length of the internal key, varint32 | user key | tag |
 *     | memtableKey                                           |
 *                                            | internalKey    |
 *                                            | userKey  |
 *
 * The three are views of one buffer, laid out as LevelDB lays it out; they are not to be modified.
 * @example
 * const table = new MemTable();
 * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
 * console.log(text(table.get(new LookupKey(bytes('color'), 1)).value)); // -> red
 */
export class LookupKey {
  /** The length of the internal key as a varint32, then the internal key: how LevelDB's memtable begins an entry. */
  readonly memtableKey: Uint8Array;
  /** The user key and a tag: it comes before every version at or below the sequence number, after every newer one. */
  readonly internalKey: Uint8Array;
  readonly userKey: Uint8Array;

  /**
   * Copies the user key.
   * @param sequence 0 .. 2^56-1; above 2^53-1 as a `bigint`
   * @throws TypeError, RangeError, CapacityError
   * @example
   * const key = new LookupKey(bytes('color'), 7);
   * console.log(key.memtableKey.length, key.internalKey.length, text(key.userKey)); // -> 14 13 color
   */
  constructor(userKey: Uint8Array, sequence: number | bigint) {
    requireBytes(userKey, 'userKey');
    requireSequence(sequence);
    const userLength = lengthOf(userKey);
    const length = userLength + TAG_LENGTH;
    if (length > LONGEST) {
      throw new CapacityError(
        `a LookupKey holds at most ${LONGEST} bytes, but this one would need ${length}: shorten the user key`,
      );
    }
    const keyStart = varint32Length(length);
    const tagStart = keyStart + userLength;
    const bytes = new Uint8Array(keyStart + length);
    writeVarint32(bytes, 0, length);
    copyBytes(userKey, userLength, bytes, keyStart);
    writeTag(bytes, tagStart, sequence, SEEK_TYPE);
    this.memtableKey = bytes;
    this.internalKey = bytes.subarray(keyStart);
    this.userKey = bytes.subarray(keyStart, tagStart);
  }
}
