import { LockTimeoutError, MemDBError } from '../base/errors.js';
import { nameThreads, type Wait } from './seat.js';
import { threadsOf } from './words.js';

// Every engine has these, and the language does not.
declare const performance: { now(): number };
declare const setTimeout: (call: () => void, ms: number) => unknown;
declare const clearTimeout: (timer: unknown) => void;

/** Milliseconds that a thread sleeps at a time: who should wake it may have died on the way. */
const SLICE = 100;
/**
 * Before it sleeps, a thread looks so often whether it need not: for some 5 microseconds, in which most calls of others are over. To
 * sleep and be woken takes ten times as long.
 */
export const looking = { times: 1000 };
/** Milliseconds for which a thread that may not sleep looks again and again. */
const SPIN = 5;
/** Milliseconds between two looks, where there is no Atomics.waitAsync. */
const LOOK = 4;

/** Milliseconds, from any beginning; they only go up. */
function now(): number {
  return performance.now();
}

/** One call's waiting, however often it has to sleep. */
export class Patience {
  readonly #words: Int32Array;
  readonly #timeout: number;
  readonly #until: number;
  readonly #spin: number;
  /** When it stops looking; undefined where the thread may sleep. */
  #spinsUntil: number | undefined;

  constructor(words: Int32Array, timeout: number, spin = SPIN) {
    this.#words = words;
    this.#timeout = timeout;
    this.#spin = spin;
    this.#until = now() + timeout;
  }

  get isOver(): boolean {
    return now() >= this.#until;
  }

  /** May return sooner. @returns false once the time is over, without sleeping */
  sleep({ at, value }: Wait): boolean {
    if (this.#spinsUntil !== undefined) return this.#look(at, value, this.#spinsUntil);
    const left = this.#until - now();
    if (left <= 0) return false;
    for (let i = 0; i < looking.times; i++) if (Atomics.load(this.#words, at) !== value) return true;
    try {
      Atomics.wait(this.#words, at, value, Math.min(SLICE, left));
      return true;
    } catch (error) {
      // TypeError, of whichever realm: this thread may not sleep.
      if ((error as Error).name !== 'TypeError') throw error;
    }
    this.#spinsUntil = Math.min(this.#until, now() + this.#spin);
    return this.#look(at, value, this.#spinsUntil);
  }

  #look(at: number, value: number, until: number): boolean {
    while (Atomics.load(this.#words, at) === value) if (now() >= until) return false;
    return true;
  }

  /** What to throw when the time is over. `slots`: bits of those in the way. */
  refusal(what: string, slots: number): MemDBError {
    if (this.#spinsUntil !== undefined && this.#spinsUntil < this.#until) {
      return new MemDBError(
        'MEMDB_MAY_NOT_BLOCK',
        `another thread is in the way of ${what}, and this one, as the main thread of a page, may not sleep until it ` +
          'is gone: await rlockAsync() or lockAsync() of the lock',
      );
    }
    return timeoutError(this.#words, what, this.#timeout, slots);
  }
}

export function timeoutError(
  words: Int32Array,
  what: string,
  timeout: number,
  slots: number,
): LockTimeoutError {
  const threads = threadsOf(words, slots);
  const waited = `${what} was not had within ${timeout} ms`;
  if (threads.length === 0) return new LockTimeoutError(`${waited}, but nobody is in the way now: try again`);
  const dead = threads.length === 1 ? threads[0] : `[${threads.join(', ')}]`;
  return new LockTimeoutError(
    `${waited}: ${nameThreads(threads)} ${threads.length === 1 ? 'is' : 'are'} in the way. Of one that died, ` +
      `db.recover({ dead: ${dead} }) frees what it held; for one that lives, a larger timeout or shorter sections help`,
    threads,
  );
}

interface AsyncWait {
  async: boolean;
  value: string | Promise<string>;
}

/** Calls `wake` once, later: when the word has changed, or after a slice. */
export function whenChanged(words: Int32Array, { at, value }: Wait, wake: () => void): void {
  const waitAsync = (Atomics as { waitAsync?: (...args: unknown[]) => AsyncWait }).waitAsync;
  if (waitAsync === undefined) setTimer(wake, LOOK);
  else void Promise.resolve(waitAsync(words, at, value, SLICE).value).then(wake);
}

/** What timers can count to. */
const LONGEST = 2 ** 31 - 1;

/** Keeps Node alive, which a promise of waitAsync does not. What is longer than a timer can count does not come. */
export function setTimer(call: () => void, ms: number): unknown {
  return setTimeout(ms > LONGEST ? () => {} : call, Math.min(ms, LONGEST));
}

export function clearTimer(timer: unknown): void {
  clearTimeout(timer);
}
