/*
 * What the page and its worker say to each other.
 */
export const ROWS = ['put', 'get', 'miss', 'scan of 10', 'scan of all', 'delete'] as const;
export type Row = (typeof ROWS)[number];

export interface Order {
  entries: number;
  rounds: number;
}

export interface Result {
  entries: number;
  rounds: number;
  names: string[];
  /** Nanoseconds an operation, for each contestant. */
  rows: { row: Row; nanoseconds: Record<string, number> }[];
  leftOut: string[];
}

export type Report =
  | { kind: 'progress'; part: number; name: string }
  | ({ kind: 'done' } & Result)
  | { kind: 'failed'; message: string };
