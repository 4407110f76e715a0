import { requireBytes } from '../base/arguments.js';
import type { Range } from '../base/range.js';
import type { ReentryGuard } from '../lock/reentry.js';
import { Cursor } from '../table/cursor.js';
import type { Table } from '../table/table.js';
import type { KeyScratch } from './keyscratch.js';
import {
  SEEK_TYPE,
  TAG_LENGTH,
  requireSequence,
  sequenceAt,
  sequenceNumberAt,
  type ValueType,
} from './tag.js';

/**
 * A cursor over the versions in a memtable: user keys ascending, and of each the newest first. It moves as a
 * `DBIterator` does, and versions added meanwhile are met in their place.
 *
 * `keyStart`, `valueStart` and `valueEnd` are positions in the memtable's `kvData`; the key there is the internal key,
 * whose last 8 bytes are sequence number and type.
 * @example
 * const table = new MemTable();
 * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
 * const it = table.iterator();
 * console.log(it.next(), it.sequenceNumber, text(it.value), it.next()); // -> true 1 red false
 */
export class MemTableIterator extends Cursor {
  readonly #guard: ReentryGuard;
  readonly #scratch: KeyScratch;

  /** @internal */
  constructor(table: Table, guard: ReentryGuard, scratch: KeyScratch, range: Range | undefined) {
    super(table, guard, true, range);
    this.#guard = guard;
    this.#scratch = scratch;
  }

  /**
   * Moves to the newest version of `userKey` at or below `sequence` (by default, the newest of all), or else to what
   * follows in internal-key order: the versions of the next user key.
   * @returns whether there is one in the range; if not, `prev()` moves to the last version of the range
   * @example
   * const table = new MemTable();
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * table.add(2, ValueType.Value, bytes('color'), bytes('blue'));
   * const it = table.iterator();
   * console.log(it.seek(bytes('color'), 1), text(it.value)); // -> true red
   */
  override seek(userKey: Uint8Array, sequence?: number | bigint): boolean {
    requireBytes(userKey, 'userKey');
    if (sequence !== undefined) requireSequence(sequence);
    this.#guard.requireOutside(); // the call that it is in is using the scratch buffer
    const length = this.#scratch.set(userKey, sequence, SEEK_TYPE);
    return this.seekBytes(this.#scratch.bytes, length);
  }

  /** User key, sequence number and type as one key, see `makeInternalKey`: a view; `undefined` where not valid. */
  get internalKey(): Uint8Array | undefined {
    return this.keyView();
  }

  /** The user key: a view, not to be modified; `undefined` where not valid. */
  get userKey(): Uint8Array | undefined {
    const { keyStart, tagStart } = this;
    if (tagStart >= 0) return this.table.storage.view(keyStart, tagStart - keyStart);
    return this.keyView()?.subarray(0, -TAG_LENGTH);
  }

  /** The sequence number; `undefined` where not valid. */
  get sequence(): bigint | undefined {
    return this.#tag(sequenceAt);
  }

  /** The same as a plain number; `undefined` above 2^53-1, and where not valid. */
  get sequenceNumber(): number | undefined {
    return this.#tag(sequenceNumberAt);
  }

  /** Whether this version is a value or a tombstone; `undefined` where not valid. */
  get type(): ValueType | undefined {
    return this.#tag((bytes, tagStart) => bytes[tagStart] as ValueType);
  }

  /** The value, empty for a tombstone: a view, not to be modified; `undefined` where not valid. */
  get value(): Uint8Array | undefined {
    return this.valueView();
  }

  #tag<T>(read: (bytes: Uint8Array, tagStart: number) => T): T | undefined {
    const { tagStart } = this;
    const { storage } = this.table;
    storage.requireAttached();
    if (tagStart >= 0) return read(storage.kv.array, tagStart);
    const key = this.keyView(); // It may have been left behind by a compaction.
    return key && read(key, key.length - TAG_LENGTH);
  }

  /** Below 0 where not valid. */
  private get tagStart(): number {
    return this.valueStart - TAG_LENGTH;
  }
}
