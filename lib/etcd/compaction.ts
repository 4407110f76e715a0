import { MemTable, ValueType, bytewise, type MemTableIterator } from '../index.js';

/**
 * Drops the versions that nobody sees any more, step by step: copies the others, in order, to another MemTable, while what is added to
 * the first one is added to that as well. The first one stays as it is for cursors that stand in it.
 *
 * Kept is what is the newest version at or below the oldest revision, or above it, and what is the newest at or below a pinned one;
 * of these, no tombstone that has nothing below it to hide.
 */
export class Compaction {
  readonly copy: MemTable;
  /** Versions that are not in the copy. */
  dropped = 0;
  readonly #cursor: MemTableIterator;
  /** The revisions that are read at, falling; the first is the oldest that anybody may come to read at. */
  readonly #readers: readonly number[];
  /** The key that the cursor is at, and the first reader that sees none of the versions of it that were passed. */
  #key: Uint8Array | undefined;
  #reader = 0;
  /** The sequence number of a tombstone that counts only where an older version is kept. */
  #tombstone: number | undefined;

  constructor(table: MemTable, oldest: number, pinned: Iterable<number>) {
    const older = [...pinned].filter((revision) => revision < oldest);
    this.#readers = [oldest, ...older.sort((a, b) => b - a)];
    this.copy = new MemTable();
    this.#cursor = table.iterator();
  }

  /** Looks at some more versions. @returns whether it was all of them */
  step(versions: number): boolean {
    const cursor = this.#cursor;
    for (let i = 0; i < versions; i++) {
      const isThere = cursor.next();
      if (!isThere || !this.#isAt(cursor.userKey!)) {
        if (this.#tombstone !== undefined) this.dropped++;
        this.#tombstone = undefined;
        this.#reader = 0;
      }
      if (!isThere) {
        cursor.release();
        return true;
      }
      this.#key = cursor.userKey!;
      this.#look(this.#key, cursor.sequenceNumber!);
    }
    return false;
  }

  /** Another version of a key, newer than all that it has: where the cursor has passed its place, it will not come to it. */
  added(sequence: number, type: ValueType, key: Uint8Array, value: Uint8Array): void {
    if (this.#key !== undefined && bytewise.compare(key, this.#key) <= 0) {
      this.copy.add(sequence, type, key, value);
    }
  }

  #look(key: Uint8Array, sequence: number): void {
    const { copy } = this;
    const { type, value } = this.#cursor;
    const readers = this.#readers;
    if (sequence <= readers[0]) {
      if (this.#reader === readers.length || sequence > readers[this.#reader]) {
        this.dropped++;
        return;
      }
      while (this.#reader < readers.length && sequence <= readers[this.#reader]) this.#reader++;
      if (type === ValueType.Deletion) {
        if (this.#tombstone !== undefined) this.dropped++; // This one says the same.
        this.#tombstone = sequence;
        return;
      }
      if (this.#tombstone !== undefined) copy.add(this.#tombstone, ValueType.Deletion, key);
      this.#tombstone = undefined;
    }
    copy.add(sequence, type!, key, value!);
  }

  #isAt(key: Uint8Array): boolean {
    return this.#key !== undefined && bytewise.compare(this.#key, key) === 0;
  }
}
