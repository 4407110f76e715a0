import type { DBHandle } from 'flat-memdb';
import type { Share } from './mixer.js';

/** What a worker is for. */
export type Role = Mix | Victim | Bystander | Holder | Recoverer | Guest;

interface OfDB {
  readonly handle: DBHandle;
  readonly reverse: boolean;
}

/** Makes random calls until it has written down so many things, and posts its log. */
export interface Mix extends OfDB {
  readonly role: 'mix';
  readonly share: Share;
  readonly facts: number;
  readonly clock: SharedArrayBuffer;
}

/** Writes until it is killed. */
export interface Victim extends OfDB {
  readonly role: 'victim';
  readonly seed: number;
  /** Words STARTED and DONE: how many steps. */
  readonly progress: SharedArrayBuffer;
}

/** Counts and reads, and calls `recover` as soon as it hears of a dead thread. */
export interface Bystander extends OfDB {
  readonly role: 'bystander';
  readonly name: string;
  readonly control: SharedArrayBuffer;
}

/** Takes the lock in one of several ways, says so, and never gives it back. */
export interface Holder extends OfDB {
  readonly role: 'holder';
  readonly way: 'read' | 'rlock' | 'scan' | 'update' | 'lock';
  readonly progress: SharedArrayBuffer;
}

/** Says that it begins, calls `recover`, and says that it is done. */
export interface Recoverer extends OfDB {
  readonly role: 'recoverer';
  readonly dead: number;
  readonly progress: SharedArrayBuffer;
}

/** Attaches, puts an entry of its own, counts, and waits to be told to close. */
export interface Guest extends OfDB {
  readonly role: 'guest';
  readonly number: number;
}

// Words of `progress`.
export const STARTED = 0;
export const DONE = 1;

// Words of `control`.
/** 1 when the bystanders are to end. */
export const STOP = 0;
/** Counts deaths, and is what bystanders wait for. */
export const DEATHS = 1;
/** Who died last: an id of a thread. */
export const DEAD = 2;
/** How many have come back from `recover`, of all deaths. */
export const RECOVERED = 3;
/** How often a bystander got a LockTimeoutError. */
export const TIMEOUTS = 4;
/** How many calls of theirs have succeeded. */
export const CALLS = 5;
export const CONTROL_WORDS = 6;
