import { MemoryLevel } from 'memory-level';
import type { KeyList } from '../key-files.js';
import { type Competitor, weigh } from './competitor.js';

type Bytes = Uint8Array;
/** Entries that one nextv() of a scan brings, the bulk read that its documentation offers. */
const SCAN_CHUNK = 1000;

/**
 * Changes and cursors are promises, awaited one by one, as a user's code does; get has a synchronous form, which is
 * used. Keys and values are stored as they are given ('view'), its cheapest way.
 */
class MemoryLevelCompetitor implements Competitor<Bytes> {
  #db = create();

  async open(): Promise<void> {
    await this.#db.close();
    this.#db = create();
    await this.#db.open();
  }

  async close(): Promise<void> {
    await this.open();
  }

  keys(list: KeyList): Bytes[] {
    return Array.from({ length: list.count }, (_, i) => list.view(i));
  }

  freshKey(list: KeyList, i: number): Bytes {
    return list.view(i).slice();
  }

  async fill(keys: Bytes[], values: Bytes[]): Promise<number> {
    const db = this.#db;
    for (let i = 0; i < keys.length; i++) await db.put(keys[i], values[i]);
    return keys.length;
  }

  get(keys: Bytes[]): number {
    const db = this.#db;
    let sum = 0;
    for (let i = 0; i < keys.length; i++) {
      const value = db.getSync(keys[i]);
      if (value !== undefined) sum += 1 + weigh(value);
    }
    return sum;
  }

  async seek(keys: Bytes[]): Promise<number> {
    const iterator = this.#db.iterator();
    let sum = 0;
    for (let i = 0; i < keys.length; i++) {
      iterator.seek(keys[i]);
      const entry = await iterator.next();
      if (entry !== undefined) sum += entry[0].length + weigh(entry[1]);
    }
    await iterator.close();
    return sum;
  }

  async scan(reverse: boolean): Promise<number> {
    const iterator = this.#db.iterator({ reverse });
    let sum = 0;
    for (
      let entries = await iterator.nextv(SCAN_CHUNK);
      entries.length > 0;
      entries = await iterator.nextv(SCAN_CHUNK)
    ) {
      for (const [key, value] of entries) sum += key.length + weigh(value);
    }
    await iterator.close();
    return sum;
  }

  /** del() does not say whether the key was there; every pass deletes keys that are. */
  async delete(keys: Bytes[]): Promise<number> {
    const db = this.#db;
    for (let i = 0; i < keys.length; i++) await db.del(keys[i]);
    return keys.length;
  }

  async fillTimed(
    count: number,
    entry: (i: number) => { key: Bytes; value: Bytes },
    ms: Float64Array,
  ): Promise<void> {
    const db = this.#db;
    for (let i = 0; i < count; i++) {
      const { key, value } = entry(i);
      const start = performance.now();
      await db.put(key, value);
      ms[i] = performance.now() - start;
    }
  }
}

function create(): MemoryLevel<Bytes, Bytes> {
  return new MemoryLevel<Bytes, Bytes>({ keyEncoding: 'view', valueEncoding: 'view', storeEncoding: 'view' });
}

export default () => new MemoryLevelCompetitor();
