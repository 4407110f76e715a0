import type { Room } from '../../storage/storage.js';
import type { Table } from '../table.js';

/** Of what is copied, so many parts more are reserved: an array that was full would grow with the next put. */
const MARGIN = 8;

/** Whether what a table has reserved is about as much as is needed. */
export function isFit({ storage: { kv, nodes } }: Table, { bytes, slots }: Room): boolean {
  const isAbout = (there: number, needed: number) =>
    withMargin(there) >= needed && there <= withMargin(needed);
  return isAbout(kv.array.length, bytes) && isAbout(nodes.array.length, slots);
}

export function withMargin(count: number): number {
  return count + Math.ceil(count / MARGIN);
}

export function roomFor({ size, liveSlots }: { size: number; liveSlots: number }, asked: number): Room {
  return { bytes: Math.max(withMargin(size), asked), slots: withMargin(liveSlots) };
}
