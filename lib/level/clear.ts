import type { RangeOptions } from './abstractlevel.js';
import { breathe } from './breathe.js';
import { Scan } from './scan.js';
import type { Range } from '../index.js';
import type { Reader } from './snapshot.js';
import type { Versions } from './versions.js';

/** Entries that go at once. */
const AT_ONCE = 1 << 14;
/** The same one by one. */
const ONE_BY_ONE = 2000;

/**
 * Removes the keys of a range: those that a snapshot has, or those that there are at this moment, even if somebody puts them again
 * while it goes on. More than a few go in steps, between which others have their turn.
 */
export async function clear(
  versions: Versions,
  range: Range,
  { limit, reverse }: RangeOptions,
  snapshot: Reader | undefined,
): Promise<void> {
  if (
    limit === -1 &&
    snapshot === undefined &&
    !versions.hasReaders &&
    versions.present.count(range) <= AT_ONCE
  ) {
    versions.deleteRange(range);
    return;
  }
  const reader = snapshot ?? { versions, sequence: versions.enter() };
  const scan = new Scan(reader, range, reverse);
  try {
    for (let count = 0; count !== limit && scan.next(); count++) {
      if (count > 0 && count % ONE_BY_ONE === 0) await breathe();
      const key = scan.kv.subarray(scan.keyStart, scan.keyEnd);
      versions.delete(key, snapshot === undefined ? versions.newestBut(reader.sequence) : undefined);
    }
  } finally {
    scan.release();
    if (snapshot === undefined) versions.leave(reader.sequence);
  }
}
