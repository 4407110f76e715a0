/** What a round did, and what was done to it. */
export interface Tally {
  /** Calls whose outcome was compared with what had to come of them. */
  readonly operations: number;
  /** Allocations that failed on purpose. */
  readonly refused?: number;
  /** Threads that were ended at a random instant; and how many of them left others waiting, or a call half done. */
  readonly killed?: number;
  readonly inTheWay?: number;
  /** Dumps that were changed before they were loaded. */
  readonly dumps?: number;
}

/** And what there is to say of it. */
export interface Told {
  readonly line: string;
  readonly tally: Tally;
}
