// What main.ts asks a worker for, and what it is told.

/** The steps of docs/outgrowing.md that run on one machine, and how they are named in the table. */
export const STEPS = {
  db: 'DB',
  shared: 'DB, shared',
  level: 'MemoryLevel',
  disk: 'classic-level',
  synced: 'classic-level, puts with sync',
  http: 'MemoryLevel behind an HTTP server',
  mirror: 'mirror of three members of etcd',
  etcd: 'etcd itself, three members',
} as const;

export type StepName = keyof typeof STEPS;

/** These need a cluster. */
export const OF_CLUSTER: readonly StepName[] = ['mirror', 'etcd'];

export interface Job {
  step: StepName;
  /** Of a cluster that has the entries. */
  hosts?: string[];
  /** A folder that is there, for a database on disk. */
  folder?: string;
}

export interface Answer {
  /** Microseconds. */
  get: number;
  /** Milliseconds, for all entries of one. */
  scan: number;
  /** Microseconds, where each waits for the one before. */
  put: number;
  /** Where so many as MANY are on their way. */
  putsPerSecond: number;
}

export const MANY = 64;
