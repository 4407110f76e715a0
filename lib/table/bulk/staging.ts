import { isFilledBytes, requireBytes, requirePair } from '../../base/arguments.js';
import { lengthOf } from '../../base/bytes.js';
import { LockMisuseError } from '../../base/errors.js';
import { KEY_LENGTH, NONE, OFFSET, VALUE_LENGTH } from '../../storage/layout.js';
import type { Storage } from '../../storage/storage.js';

/*
 * Entries that are put together are staged first: all are checked, and their records copied behind the others, in one pass.
 */

/**
 * Words for each staged entry: OFFSET, KEY_LENGTH and VALUE_LENGTH, as in a node; and the node with its key, NONE where there
 * is none yet.
 */
export const STAGED_WORDS = 4;
export const STAGED_NODE = 3;

/** Entries for which room is kept. */
const MAX_KEPT = 1 << 16;
const NO_ENTRIES: Int32Array = new Int32Array(0);
let kept = NO_ENTRIES;

/** Room for the words of so many entries, which nobody else has meanwhile. */
export function takeStaged(count: number): Int32Array {
  const taken = kept;
  kept = NO_ENTRIES;
  return taken.length >= STAGED_WORDS * count ? taken : new Int32Array(STAGED_WORDS * count);
}

export function giveBackStaged(staged: Int32Array): void {
  if (staged.length <= STAGED_WORDS * MAX_KEPT) kept = staged;
}

/**
 * Checks entries, takes down their lengths, and copies their records behind the others as long as there is room.
 * @param isDisturbed whether something else may have been copied there since
 * @returns bytes of all of them
 * @throws TypeError, LockMisuseError
 */
export function stageEach(
  storage: Storage,
  entries: readonly unknown[],
  count: number,
  staged: Int32Array,
  isDisturbed: () => boolean,
): number {
  const from = storage.kv.length;
  let bytes = 0;
  for (let i = 0, at = 0; i < count; i++, at += STAGED_WORDS) {
    const entry = entries[i];
    requirePair(entry, i);
    const [key, value] = [entry[0], entry[1]];
    if (!isFilledBytes(key)) requireBytes(key, `the key of entries[${i}]`);
    if (!isFilledBytes(value)) requireBytes(value, `the value of entries[${i}]`);
    const keyLength = lengthOf(key);
    const valueLength = lengthOf(value);
    // To read an entry may run somebody's code, and his lock may let everything through.
    if (isDisturbed()) throw new LockMisuseError('entries must not change the DB that they are put in');
    const offset = from + bytes;
    bytes += keyLength + valueLength;
    staged[at + OFFSET] = offset;
    staged[at + KEY_LENGTH] = keyLength;
    staged[at + VALUE_LENGTH] = valueLength;
    staged[at + STAGED_NODE] = NONE;
    if (from + bytes <= storage.kv.array.length) {
      storage.stage(offset, key, keyLength, value, valueLength);
    }
  }
  return bytes;
}
