import { KEY_LENGTH, OFFSET, VALUE_LENGTH, type KVOffset } from '../../storage/layout.js';
import type { Table } from '../table.js';
import { loadSorted } from './load.js';
import { STAGED_WORDS, giveBackStaged, stageEach, takeStaged } from './staging.js';

/**
 * `put` for each entry in turn. All are checked and staged first, and room for all is made as if every key were new:
 * either it can be had, or nothing is changed. Only a comparer can fail half-way.
 * @throws TypeError, CapacityError
 */
export function putMany(table: Table, entries: readonly unknown[]): void {
  const { kv, nodes } = table.storage;
  const count = entries.length;
  const staged = takeStaged(count);
  const stage = () => {
    const staging = ++table.stagings;
    return stageEach(table.storage, entries, count, staged, () => table.stagings !== staging);
  };
  try {
    const { array } = kv;
    const bytes = stage();
    kv.reserve(bytes);
    if (kv.array !== array && stage() > bytes) {
      throw new TypeError('entries must not change while they are put, but they grew');
    }
    table.announceHeight();
    nodes.reserve(table.heights.drawAhead(count));
    if (!loadSorted(table, staged, count)) putEach(table, staged, count);
  } finally {
    giveBackStaged(staged);
  }
}

function putEach(table: Table, staged: Int32Array, count: number): void {
  for (let word = 0; word < STAGED_WORDS * count; word += STAGED_WORDS) {
    table.putStaged(
      staged[word + OFFSET] as KVOffset,
      staged[word + KEY_LENGTH],
      staged[word + VALUE_LENGTH],
    );
  }
}
