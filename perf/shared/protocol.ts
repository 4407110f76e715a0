// What processes and threads are asked, and what they answer.
import type { DBHandle, MemTableHandle } from 'flat-memdb';
import type { MessagePort } from 'node:worker_threads';

/** In which several threads have the same entries. */
export const FORMS = ['lock', 'lock-free', 'messages', 'messages-100', 'clone'] as const;
export type Form = (typeof FORMS)[number];

export const FORM_TITLES: Readonly<Record<Form, string>> = {
  lock: 'shared DB, lock',
  'lock-free': 'shared MemTable, no lock',
  messages: "one thread's Map, a get a message",
  'messages-100': "one thread's Map, 100 a message",
  clone: 'a Map, cloned for each',
};

/** Of a form that copies everything to each thread, none sees what is written elsewhere. */
export const SEES_WRITES: readonly Form[] = FORMS.filter((form) => form !== 'clone');

export const ROWS = [
  'put of a new key',
  'get, the first time',
  'get',
  'get, and a copy of its own',
  'read, which lends the bytes',
  'has',
  'get of a key that is missing',
  'find',
  'put in place of a value',
  'entries, an entry',
  'cursor within one lock, an entry',
  'delete',
  'MemTable: add',
  'MemTable: get of the writer',
  'MemTable: get of a reader',
] as const;
export type Row = (typeof ROWS)[number];

/** Of these, the shared form should not take much longer than the local one. */
export const LIMITED: readonly Row[] = [
  'put of a new key',
  'get, the first time',
  'get',
  'put in place of a value',
];
export const LIMIT = 1.3;

export const SIDES = ['local', 'shared'] as const;
export type Side = (typeof SIDES)[number];

/** ns a call, one for each life. */
export type Times = Record<Row, Record<Side, number[]>>;

/** Who reads and writes meanwhile. */
export interface Setting {
  form: Form;
  n: number;
  readers: number;
  hasWriter: boolean;
}

export type Job =
  | { what: 'single'; n: number; lives: number }
  | ({ what: 'threads'; seconds: number } & Setting)
  | { what: 'clone'; n: number; times: number };

/** What threads did together, for a while. */
export interface Traffic {
  /** A second, of all readers together. */
  reads: number;
  /** A second; 0 where nobody writes. */
  writes: number;
  /** ms, of the longest wait of a reader for so many reads at once. */
  longest: number;
}

/** What a thread is given to begin with. */
export interface Start {
  form: Form;
  n: number;
  isWriter: boolean;
  handle?: DBHandle | MemTableHandle | undefined;
  /** Where a reader asks the thread that has the Map. */
  port?: MessagePort | undefined;
  /** Its own. */
  map?: Map<string, string> | undefined;
  /** Words of it are not 0 once the threads are to begin, and to end. */
  signals: Int32Array;
}

/** Words of the signals. */
export const GO = 0;
export const STOP = 1;

/** What a thread has done. */
export interface Done {
  calls: number;
  ms: number;
  longest: number;
}
