import { boundsOf, type Range } from '../base/range.js';
import type { NodeIndex } from '../storage/layout.js';
import type { Table } from './table.js';

/** The range of a cursor, in copies: the caller may reuse its arrays. @throws TypeError for what is no range */
export class Bounds {
  readonly start: Uint8Array | undefined;
  readonly limit: Uint8Array | undefined;

  constructor(range: Range | undefined) {
    const { start, limit } = boundsOf(range);
    this.start = start;
    this.limit = limit;
  }

  /** Whether a node is before the range. */
  isBefore(table: Table, node: NodeIndex): boolean {
    return this.start !== undefined && table.compare(node, this.start, this.start.length) < 0;
  }

  /** Whether a node is behind the range. */
  isBehind(table: Table, node: NodeIndex): boolean {
    return this.limit !== undefined && table.compare(node, this.limit, this.limit.length) >= 0;
  }
}
