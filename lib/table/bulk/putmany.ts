import { KEY_LENGTH, OFFSET, VALUE_LENGTH, type KVOffset } from '../../storage/layout.js';
import type { Table } from '../table.js';
import { Batch } from './batch.js';
import { loadSorted } from './load.js';
import { STAGED_WORDS, giveBackStaged, stageEach, takeStaged } from './staging.js';

/**
 * `put` for each entry in turn. All are checked and staged first, and room for all is made as if every key were new. Where it throws, or is
 * cut off, none is in.
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
  const { array } = kv;
  const bytes = stage();
  kv.reserve(bytes);
  if (kv.array !== array && stage() > bytes) {
    throw new TypeError('entries must not change while they are put, but they grew');
  }
  table.announceHeight();
  nodes.reserve(table.heights.drawAhead(count));
  const batch = new Batch(table.storage, table.heights, staged, count);
  table.batch = batch;
  table.isTorn = true;
  if (!loadSorted(table, staged, count)) putEach(table, batch);
  table.batch = undefined;
  table.isTorn = false;
  giveBackStaged(staged); // Otherwise it may still be needed.
}

function putEach(table: Table, batch: Batch): void {
  const { staged, end } = batch;
  for (let word = 0; word < end; word += STAGED_WORDS) {
    batch.word = word;
    table.putStaged(
      staged[word + OFFSET] as KVOffset,
      staged[word + KEY_LENGTH],
      staged[word + VALUE_LENGTH],
    );
  }
}
