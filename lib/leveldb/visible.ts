import { requireBoolean, requireIterable, requireOptions } from '../base/arguments.js';
import type { Order } from '../base/order.js';
import {
  HEAD,
  HEIGHT,
  KEY_LENGTH,
  NEXT,
  NONE,
  OFFSET,
  VALUE_LENGTH,
  type NodeIndex,
} from '../storage/layout.js';
import type { KeptNodes } from '../table/compaction/compaction.js';
import type { Table } from '../table/table.js';
import { TAG_LENGTH, ValueType, requireSequence, sequenceAt, sequenceNumberAt } from './tag.js';

/*
 * Which versions can be seen. A reader at a sequence number sees, of each user key, the newest version at or below it. So one of
 * sequence number s, whose next newer version has n, is seen by readers from s to below n, and by no others.
 */

type Sequence = number | bigint;

/** At which sequence numbers there are readers: at or above `oldest`, and at each of the snapshots, which are below it, ascending. */
export interface Readers {
  readonly oldest: Sequence;
  readonly snapshots: readonly Sequence[];
  /** Whether what is not here is nowhere else. */
  readonly bottom: boolean;
}

/** @throws TypeError, RangeError */
export function requireReaders(
  oldest: Sequence,
  options: { snapshots?: Iterable<Sequence> | undefined; bottom?: boolean | undefined },
): Readers {
  requireSequence(oldest);
  requireOptions(options, 'compact', ['snapshots', 'bottom']);
  const { snapshots = [], bottom = false } = options;
  requireBoolean(bottom, 'bottom');
  requireIterable(snapshots, 'snapshots');
  const below: Sequence[] = [];
  for (const snapshot of snapshots) {
    requireSequence(snapshot);
    if (snapshot < oldest) below.push(snapshot);
  }
  below.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return { oldest, snapshots: below, bottom };
}

/** The versions of a memtable that somebody can see. */
export function visibleTo(readers: Readers, { storage }: Table, user: Order): KeptNodes {
  const kv = storage.kv.array;
  const nodes = storage.nodes.array;
  const kept: NodeIndex[] = [];
  let size = 0;
  let liveSlots = 0;
  const tagOf = (node: NodeIndex) => nodes[node + OFFSET] + nodes[node + KEY_LENGTH] - TAG_LENGTH;
  const sequenceOf = (node: NodeIndex) => sequenceNumberAt(kv, tagOf(node)) ?? sequenceAt(kv, tagOf(node));
  const count = (node: NodeIndex, sign: 1 | -1) => {
    size += sign * (nodes[node + KEY_LENGTH] + nodes[node + VALUE_LENGTH]);
    liveSlots += sign * (NEXT + nodes[node + HEIGHT]);
  };
  const isSameUserKey = (a: NodeIndex, b: NodeIndex) => {
    const length = nodes[a + KEY_LENGTH] - TAG_LENGTH;
    return (
      user.compare(
        kv,
        nodes[a + OFFSET],
        length,
        kv,
        nodes[b + OFFSET],
        nodes[b + KEY_LENGTH] - TAG_LENGTH,
        0,
      ) === 0
    );
  };
  /** Of the versions of one user key that were kept, the oldest may be tombstones that hide nothing. */
  const dropTombstones = (from: number) => {
    while (kept.length > from) {
      const node = kept[kept.length - 1];
      if (kv[tagOf(node)] !== ValueType.Deletion || sequenceOf(node) > readers.oldest) return;
      kept.pop();
      count(node, -1);
    }
  };
  let before = NONE;
  let keptBefore = 0;
  for (let node = nodes[HEAD + NEXT] as NodeIndex; node !== NONE; node = nodes[node + NEXT] as NodeIndex) {
    const newer = before !== NONE && isSameUserKey(before, node) ? sequenceOf(before) : undefined;
    if (newer === undefined) {
      if (readers.bottom) dropTombstones(keptBefore);
      keptBefore = kept.length;
    }
    if (isSeen(sequenceOf(node), newer, readers)) {
      kept.push(node);
      count(node, 1);
    }
    before = node;
  }
  if (readers.bottom) dropTombstones(keptBefore);
  return { nodes: kept, size, liveSlots };
}

/** Whether a reader sees a version, whose next newer one is not known to all readers that know this one. */
function isSeen(sequence: Sequence, newer: Sequence | undefined, { oldest, snapshots }: Readers): boolean {
  if (newer === undefined) return true;
  if (newer <= sequence) return false; // A value and a tombstone may have the same number.
  if (newer > oldest) return true;
  // The first snapshot at or above `sequence`.
  let from = 0;
  for (let to = snapshots.length; from < to;) {
    const middle = (from + to) >>> 1;
    if (snapshots[middle] < sequence) from = middle + 1;
    else to = middle;
  }
  return from < snapshots.length && snapshots[from] < newer;
}
