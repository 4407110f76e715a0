/// <reference lib="esnext.disposable" preserve="true" />
import { requireBytes } from '../base/arguments.js';
import type { Cursor } from './cursor.js';

/** What the iterators of DB, MemTable and SkipList have in common: the moves, and the positions in `kvData`. */
export abstract class TableIterator {
  /** @internal */
  protected readonly cursor: Cursor;

  /** @internal */
  constructor(cursor: Cursor) {
    this.cursor = cursor;
  }

  /** Whether the cursor stands on an entry. It keeps standing on one that is deleted under it until it moves. */
  get valid(): boolean {
    return this.cursor.keyStart >= 0;
  }

  /** Whether `release` was called. */
  get released(): boolean {
    return this.cursor.isReleased;
  }

  /** Byte position in `kvData` where the key begins; -1 where not valid. */
  get keyStart(): number {
    return this.cursor.keyStart;
  }

  /** Byte position in `kvData` where the value begins and the key ends; -1 where not valid. */
  get valueStart(): number {
    return this.cursor.valueStart;
  }

  /** Byte position in `kvData` where the value ends; -1 where not valid. */
  get valueEnd(): number {
    return this.cursor.valueEnd;
  }

  /** Moves to the first entry of the range. @returns whether there is one */
  first(): boolean {
    return this.cursor.first();
  }

  /** Moves to the last entry of the range. @returns whether there is one */
  last(): boolean {
    return this.cursor.last();
  }

  /**
   * Moves to the first entry of the range whose key is at or above `key`.
   * @returns whether there is one; if not, `prev()` moves to the last entry of the range
   */
  seek(key: Uint8Array): boolean {
    requireBytes(key, 'key');
    return this.cursor.seek(key, key.length);
  }

  /** Moves to the next entry; on a fresh cursor, to the first. @returns whether there is one */
  next(): boolean {
    return this.cursor.next();
  }

  /** Moves to the entry before; past the end, to the last. @returns whether there is one */
  prev(): boolean {
    return this.cursor.prev();
  }

  /** Ends the use of the cursor: moves throw from now on. May be called again. */
  release(): void {
    this.cursor.release();
  }

  [Symbol.dispose](): void {
    this.cursor.release();
  }
}
