import { DB, type DBIterator } from 'flat-memdb';
import { ByteKeyCompetitor, weigh } from './competitor.js';

class FlatMemDB extends ByteKeyCompetitor {
  #db = new DB();
  #cursor: DBIterator = this.#db.iterator();

  open(reserve: number): void {
    this.#db = new DB(reserve > 0 ? { capacity: reserve } : {});
    this.#cursor = this.#db.iterator();
  }

  close(): void {
    this.open(0);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#db.put(key, value);
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    return this.#db.get(key);
  }

  seekOne(key: Uint8Array): number {
    const cursor = this.#cursor;
    return cursor.seek(key) ? positionsWeight(cursor, this.#db.kvData) : 0;
  }

  remove(key: Uint8Array): boolean {
    return this.#db.delete(key);
  }

  /** By positions, which allocate nothing, as the slices of Go's iterator do not. */
  scan(reverse: boolean): number {
    const bytes = this.#db.kvData;
    const cursor = this.#db.iterator();
    let sum = 0;
    if (reverse)
      for (let more = cursor.last(); more; more = cursor.prev()) sum += positionsWeight(cursor, bytes);
    else for (let more = cursor.first(); more; more = cursor.next()) sum += positionsWeight(cursor, bytes);
    cursor.release();
    return sum;
  }

  scanViews(reverse: boolean): number {
    const cursor = this.#db.iterator();
    let sum = 0;
    if (reverse) for (let more = cursor.last(); more; more = cursor.prev()) sum += viewsWeight(cursor);
    else for (let more = cursor.first(); more; more = cursor.next()) sum += viewsWeight(cursor);
    cursor.release();
    return sum;
  }

  indexBytes(): number {
    return tableOf(this.#db).indexBytes;
  }

  bufferBytes(): number {
    return this.#db.kvLength + this.indexBytes();
  }
}

/** The table inside a DB, which knows what it takes beside the records. Not public, so the types don't tell of it. */
function tableOf(db: DB): { indexBytes: number } {
  return (db as unknown as Record<symbol, { indexBytes: number }>)[Symbol.for('flat-memdb.table')];
}

function positionsWeight(cursor: DBIterator, bytes: Uint8Array): number {
  const { keyStart, valueStart, valueEnd } = cursor;
  return valueEnd - keyStart + (valueEnd > valueStart ? bytes[valueStart] : 0);
}

function viewsWeight(cursor: DBIterator): number {
  return cursor.key!.length + weigh(cursor.value!);
}

export default () => new FlatMemDB();
