import type { RangeOptions } from './abstractlevel.js';
import { breathe } from './breathe.js';
import { Scan, successor } from './scan.js';
import type { Range } from '../index.js';
import type { Reader } from './snapshot.js';
import type { Versions } from './versions.js';

/** Entries that go at once. */
const AT_ONCE = 1 << 14;
/** Those of a stretch, where there are more. */
const STRETCH = 1 << 12;
/** Entries that go one by one, before others have their turn. */
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
  const isWhole = limit === -1 && snapshot === undefined;
  if (isWhole && !versions.hasReaders && versions.present.count(range) <= AT_ONCE) {
    versions.deleteRange(range);
    return;
  }
  const reader = snapshot ?? { versions, sequence: versions.enter() };
  const scan = new Scan(reader, range, !isWhole && reverse);
  try {
    // Nothing is awaited but where it can go by stretches: whatever is called next finds the first keys removed.
    const isAlone = versions.newestBut(reader.sequence) < 0;
    if (isWhole && isAlone && (await clearStretches(versions, range, scan, reader))) return;
    for (let count = 0; count !== limit && scan.next(); count++) {
      if (count > 0 && count % ONE_BY_ONE === 0) await breathe();
      versions.delete(keyOf(scan), snapshot === undefined ? versions.newestBut(reader.sequence) : undefined);
    }
  } finally {
    scan.release();
    if (snapshot === undefined) versions.leave(reader.sequence);
  }
}

/** A stretch at a time, until somebody else writes or reads. @returns whether that was all */
async function clearStretches(
  versions: Versions,
  { limit }: Range,
  scan: Scan,
  { sequence }: Reader,
): Promise<boolean> {
  let { changes } = versions;
  while (versions.changes === changes && versions.newestBut(sequence) < 0) {
    if (!scan.next()) return true;
    const start = keyOf(scan).slice();
    let isOn = true;
    for (let count = 1; count < STRETCH && isOn; count++) isOn = scan.advance();
    const end = isOn ? successor(keyOf(scan)) : limit;
    versions.deleteRange({ start, limit: end });
    if (!isOn) return true;
    changes = versions.changes;
    await breathe();
  }
  return false;
}

/** The key that a scan is at: a view. */
function keyOf({ kv, keyStart, keyEnd }: Scan): Uint8Array {
  return kv.subarray(keyStart, keyEnd);
}
