import { MemTable, ValueType } from '../index.js';
import type { Revision } from './revisions.js';

const NOTHING = new Uint8Array(0);

/**
 * Revisions that the watch tells of when the mirror is shown to be further on already: of keys that came and went. They are kept until all
 * that came has gone, so that nobody sees a key which is no more.
 */
export class Late {
  #revisions: Revision[] = [];
  #keys = new MemTable();
  /** Keys that came and have not gone. */
  #there = 0;

  get isEmpty(): boolean {
    return this.#revisions.length === 0;
  }

  /** @returns the revisions that make no difference together, or none yet */
  add(revision: Revision): readonly Revision[] {
    this.#revisions.push(revision);
    for (const { key, value, sequence } of revision.edits) {
      const wasThere = this.#keys.get(key)?.type === ValueType.Value;
      const isThere = value !== undefined;
      this.#keys.add(sequence, isThere ? ValueType.Value : ValueType.Deletion, key, NOTHING);
      this.#there += Number(isThere) - Number(wasThere);
    }
    if (this.#there > 0) return [];
    const whole = this.#revisions;
    this.#revisions = [];
    this.#keys = new MemTable();
    return whole;
  }
}
