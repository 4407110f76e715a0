export const KINDS = ['DB', 'MemTable'] as const;
export type Kind = (typeof KINDS)[number];

/** Whether keys were put in random order, so that records and nodes lie scattered, or in ascending order. */
export const ORDERS = ['random', 'ascending'] as const;
export type PutOrder = (typeof ORDERS)[number];

export interface Job {
  readonly kind: Kind;
  readonly order: PutOrder;
  readonly n: number;
}

/** What is timed, in milliseconds for all entries. */
export const ROWS = { put: 'put all', dump: 'dump()', dumpTo: 'dumpTo()', load: 'load()' } as const;
export type Row = keyof typeof ROWS;

export interface Answer {
  readonly times: Record<Row, number>;
  /** Of the dump. */
  readonly bytes: number;
}
