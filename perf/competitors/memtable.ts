import { MemTable, type MemTableIterator, ValueType } from 'flat-memdb';
import { ByteKeyCompetitor, weigh } from './competitor.js';

/** Sequence numbers rise with each add, so each key has one version. Looked up is the newest. */
class FlatMemTable extends ByteKeyCompetitor {
  #table = new MemTable();
  #cursor: MemTableIterator = this.#table.iterator();
  #sequence = 0;

  open(reserve: number): void {
    this.#table = new MemTable(reserve > 0 ? { capacity: reserve } : {});
    this.#cursor = this.#table.iterator();
    this.#sequence = 0;
  }

  close(): void {
    this.open(0);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#table.add(++this.#sequence, ValueType.Value, key, value);
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    const entry = this.#table.get(key);
    return entry?.type === ValueType.Value ? entry.value : undefined;
  }

  seekOne(key: Uint8Array): number {
    const cursor = this.#cursor;
    return cursor.seek(key) ? positionsWeight(cursor, this.#table.kvData) : 0;
  }

  /** Versions are never removed: a tombstone would be one more. */
  remove(): boolean {
    throw new Error('A MemTable has no delete.');
  }

  scan(reverse: boolean): number {
    const bytes = this.#table.kvData;
    const cursor = this.#table.iterator();
    let sum = 0;
    if (reverse)
      for (let more = cursor.last(); more; more = cursor.prev()) sum += positionsWeight(cursor, bytes);
    else for (let more = cursor.first(); more; more = cursor.next()) sum += positionsWeight(cursor, bytes);
    cursor.release();
    return sum;
  }

  scanViews(reverse: boolean): number {
    const cursor = this.#table.iterator();
    let sum = 0;
    if (reverse) for (let more = cursor.last(); more; more = cursor.prev()) sum += viewsWeight(cursor);
    else for (let more = cursor.first(); more; more = cursor.next()) sum += viewsWeight(cursor);
    cursor.release();
    return sum;
  }
}

function positionsWeight(cursor: MemTableIterator, bytes: Uint8Array): number {
  const { keyStart, valueStart, valueEnd } = cursor;
  return valueEnd - keyStart + (valueEnd > valueStart ? bytes[valueStart] : 0);
}

function viewsWeight(cursor: MemTableIterator): number {
  return cursor.internalKey!.length + weigh(cursor.value!);
}

export default () => new FlatMemTable();
