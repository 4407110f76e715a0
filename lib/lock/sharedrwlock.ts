import { describe, requireOptions } from '../base/arguments.js';
import { LockMisuseError, MemDBError } from '../base/errors.js';
import { endRecovery, free } from './recovery.js';
import { HAD, HELD, Requests, WAITS, type Outcome } from './requests.js';
import type { RWLock } from './rwlock.js';
import { takeSeat, type Seat, type Wait } from './seat.js';
import { threadId } from './threadid.js';
import { Patience, timeoutError } from './waiting.js';
import { MOST_SLOTS, holdersOf, madeUpId, makeWords, threadsOf, wordsIn } from './words.js';

/** Milliseconds. */
const DEFAULT_TIMEOUT = 10_000;
const KIND = 'flat-memdb SharedRWLock';
const VERSION = 1;

export interface SharedRWLockOptions {
  /** Milliseconds to wait at most, by default 10,000; 0 tries once, `Infinity` waits for ever. Each thread has its own. */
  timeout?: number | undefined;
  /** How many may use the lock at a time, this one among them: 1 to 31, which is the default. */
  threads?: number | undefined;
}

/** What `postMessage` takes to another thread, for `SharedRWLock.attach` there. */
export interface SharedRWLockHandle {
  readonly kind: string;
  readonly version: number;
  readonly buffer: SharedArrayBuffer;
}

// What a handle does. A request that is tried may be seen in shared memory.
const RESTS = 0;
const WRITES = 1;
const ASKS = 2;
const CLOSED = 3;

/**
 * A read/write lock for threads: any number of readers, or one writer. A writer that waits holds new readers back, as in
 * Go's `sync.RWMutex`; writers that never pause keep readers out. It lies in a SharedArrayBuffer: in browsers, that takes
 * a page which is cross-origin isolated.
 *
 * Make it in one thread, post `lock.handle` to the others, and attach there. Each `new SharedRWLock` and each `attach` takes one
 * of 31 slots until `close()`, and is a party of its own, also beside another in the same thread.
 *
 * A call waits in its thread, asleep, until it has what it asks for. The main thread of a page may not sleep: there, a call
 * looks for 5 ms, then throws a `MemDBError` with code `MEMDB_MAY_NOT_BLOCK`, and `rlockAsync` and `lockAsync` are to be
 * awaited. Don't await anything else while you hold a side: all other threads would wait for it, too.
 *
 * Where a thread dies while it holds a side, others get a `LockTimeoutError` that says which one.
 *
 * Any call may throw a `LockMisuseError`, which changes nothing: where a side is given back that is not held, where the write side is
 * asked for inside of a read or another write, where a read begins inside of a write, and after `close()`. Reads may be nested.
 * @example
 * const lock = new SharedRWLock({ timeout: 1000 });
 * // worker.postMessage(lock.handle), and there:
 * const there = SharedRWLock.attach(lock.handle, { timeout: 1000 });
 * there.lock();
 * // ... changes what is shared ...
 * there.unlock();
 * lock.rlock();
 * // ... reads it ...
 * lock.runlock();
 */
export class SharedRWLock implements RWLock {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #timeout: number;
  readonly #threadId: number;
  readonly #seat: Seat;
  readonly #wait: Wait = { at: 0, value: 0 };
  #state = RESTS;
  /** How often it was taken and not given back. */
  #reads = 0;
  #writes = 0;
  #isRecovering = false;
  /** Undefined until somebody awaits. */
  #requests: Requests | undefined;

  /**
   * Makes a lock, and takes the first of its slots.
   * @throws TypeError, RangeError; MemDBError with code `MEMDB_NOT_ISOLATED` where there is no SharedArrayBuffer
   * @example
   * const lock = new SharedRWLock({ threads: 2 });
   * SharedRWLock.attach(lock.handle);
   * try { SharedRWLock.attach(lock.handle); } catch (error) { console.log(error.code); } // -> MEMDB_LOCK_MISUSE
   */
  constructor(options: SharedRWLockOptions = {}) {
    const given = (options as Partial<Attaching>)[ATTACHING];
    if (given === undefined) {
      requireOptions(options, 'SharedRWLock', ['timeout', 'threads']);
      const { threads = MOST_SLOTS } = options;
      requireThreads(threads);
      requireTimeout(options.timeout ?? DEFAULT_TIMEOUT);
      requireSharedMemory();
      this.#words = makeWords(threads);
    } else {
      this.#words = given;
    }
    this.#timeout = options.timeout ?? DEFAULT_TIMEOUT;
    this.#threadId = threadId() ?? ownMadeUpId(this.#words);
    this.#seat = takeSeat(this.#words, this.#threadId);
  }

  /**
   * The lock that a handle is of, in this thread or another.
   * @throws TypeError, RangeError; LockMisuseError when all slots are taken: nothing was changed
   * @example
   * const { handle } = new SharedRWLock();
   * const lock = SharedRWLock.attach(structuredClone(handle), { timeout: 100 });
   * lock.rlock();
   * lock.runlock();
   */
  static attach(handle: SharedRWLockHandle, options: { timeout?: number | undefined } = {}): SharedRWLock {
    requireOptions(options, 'SharedRWLock.attach', ['timeout']);
    const { timeout = DEFAULT_TIMEOUT } = options;
    requireTimeout(timeout);
    const attaching: Attaching & SharedRWLockOptions = { timeout, [ATTACHING]: wordsOf(handle) };
    return new SharedRWLock(attaching);
  }

  /** What other threads attach to. It may be posted at any time, as often as needed. */
  get handle(): SharedRWLockHandle {
    return { kind: KIND, version: VERSION, buffer: this.#words.buffer };
  }

  /**
   * The id of this thread, as `LockTimeoutError.holders` has it: `threadId` of `worker_threads`; where there is none, a number
   * that no other thread has in this lock.
   */
  get threadId(): number {
    return this.#threadId;
  }

  /**
   * Takes the read side. Inside of a read that is a matter of counting, also while a writer waits.
   * @throws LockTimeoutError, LockMisuseError inside a write
   * @example
   * const lock = new SharedRWLock();
   * lock.rlock();
   * lock.rlock();
   * lock.runlock();
   * lock.runlock();
   */
  rlock(): void {
    if (this.#reads === 0 && (this.#state === RESTS || this.#mayTakeRead())) {
      if (!this.#seat.enter(this.#wait)) this.#waitToRead();
    }
    this.#reads++;
  }

  /**
   * Gives the read side back, as often as it was taken.
   * @throws LockMisuseError when it is not held
   * @example
   * const lock = new SharedRWLock();
   * try { lock.runlock(); } catch (error) { console.log(error.message); } // -> runlock() without a matching rlock()
   */
  runlock(): void {
    if (this.#reads === 0) this.#refuse('runlock() without a matching rlock()');
    if (--this.#reads > 0) return;
    if (this.#state !== WRITES) this.#seat.leave();
    if (this.#requests !== undefined) this.#requests.goOn();
  }

  /**
   * Takes the write side.
   * @throws LockTimeoutError, LockMisuseError inside a read or another write
   * @example
   * const lock = new SharedRWLock();
   * lock.rlock();
   * try { lock.lock(); } catch (error) { console.log(error.code); } // -> MEMDB_LOCK_MISUSE
   * lock.runlock();
   */
  lock(): void {
    if ((this.#reads === 0 && this.#state === RESTS) || this.#mayTakeWrite()) {
      let isHad = false;
      try {
        if (!this.#seat.acquire(this.#wait)) this.#waitToWrite();
        isHad = true;
      } finally {
        if (!isHad) this.#seat.release();
      }
      this.#state = WRITES;
    }
    this.#writes++;
  }

  /**
   * Gives the write side back.
   * @throws LockMisuseError when it is not held
   * @example
   * const lock = new SharedRWLock();
   * lock.lock();
   * lock.unlock();
   */
  unlock(): void {
    if (this.#writes === 0) this.#refuse('unlock() without a matching lock()');
    if (this.#reads > 0) this.#refuse('unlock() inside a read');
    if (--this.#writes > 0) return;
    this.#state = RESTS;
    const isHad = this.#seat.leaveWrite();
    if (this.#isRecovering) {
      this.#isRecovering = false;
      endRecovery(this.#seat);
    }
    if (!isHad) this.#seat.requireAlive();
    if (this.#requests !== undefined) this.#requests.goOn();
  }

  /** Takes the write side, if nobody is in the way. @returns whether it has it now @internal */
  tryLock(): boolean {
    if (this.#reads > 0 || this.#state !== RESTS) return false;
    if (!this.#seat.acquire(this.#wait)) {
      this.#seat.release();
      return false;
    }
    this.#state = WRITES;
    this.#writes = 1;
    return true;
  }

  /**
   * Takes the read side without blocking its thread. Give it back before you await anything else. Those who await the same handle
   * are served in the order in which they came.
   * @returns a promise that is rejected with what `rlock` throws
   * @example
   * const lock = new SharedRWLock();
   * const reading = lock.rlockAsync().then(() => lock.runlock());
   */
  rlockAsync(): Promise<void> {
    const isInWrite = this.#state === WRITES && !this.#isDelivering;
    if (isInWrite || this.#state === CLOSED) return Promise.reject(this.#misuse('read'));
    if (this.#reads === 0) return this.#awaiting().add(false);
    this.#reads++;
    return this.#awaiting().addHad();
  }

  /**
   * Takes the write side without blocking its thread. Give it back before you await anything else.
   * @returns a promise that is rejected with what `lock` throws
   * @example
   * const lock = new SharedRWLock();
   * const written = lock.lockAsync().then(() => lock.unlock());
   */
  lockAsync(): Promise<void> {
    const isInside = (this.#reads > 0 || this.#state === WRITES) && !this.#isDelivering;
    if (isInside || this.#state === CLOSED) return Promise.reject(this.#misuse('write'));
    return this.#awaiting().add(true);
  }

  /**
   * Gives the slot of this handle back. The lock goes on for others. A second `close()` is fine.
   * @throws LockMisuseError while it holds a side, or somebody awaits one
   * @example
   * const lock = new SharedRWLock();
   * lock.close();
   * try { lock.rlock(); } catch (error) { console.log(error.message); } // -> read after close()
   */
  close(): void {
    if (this.#state === CLOSED) return;
    if (this.#reads > 0 || this.#writes > 0)
      this.#refuse('close() of a lock that is held: give it back first');
    if (this.#requests?.isEmpty === false) this.#refuse('close() of a lock for which somebody awaits a side');
    this.#seat.vacate();
    this.#state = CLOSED;
  }

  /**
   * Ids of the threads that are in the way of others: those that read, or else the one that writes, or else those that want to.
   * @internal For `recover` of a DB.
   */
  holders(): number[] {
    return threadsOf(this.#words, holdersOf(this.#words, 0));
  }

  /**
   * Frees all that threads had which died: their slots, what they held, what they asked for. `dead`: ids of threads that are
   * gone; without, whoever is still in the way after 100 ms is taken for it. Several threads may do it at once: one after
   * the other does. It waits for the living as long as `lock` does. For a DB:
   *
   *     while (lock.free(dead)) {
   *       repair();
   *       lock.unlock();
   *     }
   *
   * @returns whether one of them had the write side. Then this handle has it now, and nobody was in between. Until `unlock`, other
   *   calls of `free` wait; if this thread dies before, the next one gets `true`. After `false`, both sides are to be had:
   *   with names, as far as the dead were named; without, in any case.
   * @throws LockMisuseError while this handle holds a side; RangeError when this thread is among the dead; LockTimeoutError
   *   when one that lives is in the way: a reader, or whoever repairs just now; try again
   * @internal For `recover` of a DB.
   */
  free(dead?: readonly number[]): boolean {
    if (this.#state === CLOSED) throw this.#misuse('recover');
    if (this.#reads > 0 || this.#writes > 0) this.#refuse('recover inside of a read or a write');
    if (dead?.includes(this.#threadId)) {
      throw new RangeError(`thread ${this.#threadId} can't be dead: it is the one that calls recover`);
    }
    this.#withdraw();
    if (!free(this.#seat, dead, this.#timeout)) {
      this.#requests?.goOn();
      return false;
    }
    this.#isRecovering = true;
    this.#state = WRITES;
    this.#writes = 1;
    return true;
  }

  /** Whether this handle has the write side, though whoever awaited it may not run yet. @internal */
  get hasWriteSide(): boolean {
    return this.#state === WRITES;
  }

  /** Whether this handle holds the write side, and whoever it was given to runs. @internal */
  get isWriting(): boolean {
    return this.#state === WRITES && !this.#isDelivering;
  }

  /** Whether a side was given to somebody who awaited it, and does not run yet. Until then, others of this thread may come. */
  get #isDelivering(): boolean {
    return this.#requests?.isDelivering === true;
  }

  /** @returns false where what is held is enough @throws LockMisuseError */
  #mayTakeRead(): boolean {
    if (this.#state === WRITES && this.#isDelivering) return false;
    if (this.#state === WRITES || this.#state === CLOSED) throw this.#misuse('read');
    this.#withdraw();
    return true;
  }

  #mayTakeWrite(): boolean {
    if (this.#state === WRITES && this.#isDelivering && this.#reads === 0) return false;
    if (this.#reads > 0 || this.#state === WRITES || this.#state === CLOSED) throw this.#misuse('write');
    this.#withdraw();
    return true;
  }

  #waitToRead(): void {
    const patience = new Patience(this.#words, this.#timeout);
    do {
      if (!patience.sleep(this.#wait)) throw patience.refusal('the read side', this.#inTheWay());
    } while (!this.#seat.retryEnter(this.#wait));
  }

  #waitToWrite(): void {
    const patience = new Patience(this.#words, this.#timeout);
    do {
      if (!patience.sleep(this.#wait)) throw patience.refusal('the write side', this.#inTheWay());
    } while (!this.#seat.acquire(this.#wait));
  }

  #inTheWay(): number {
    return holdersOf(this.#words, this.#seat.bit);
  }

  /** A request goes on when it is tried again. */
  #withdraw(): void {
    if (this.#state !== ASKS) return;
    this.#state = RESTS;
    this.#seat.release();
  }

  #awaiting(): Requests {
    this.#requests ??= new Requests({
      words: this.#words,
      timeout: this.#timeout,
      attempt: (isWrite, wait) => (isWrite ? this.#attemptToWrite(wait) : this.#attemptToRead(wait)),
      withdraw: () => this.#withdraw(),
      refusal: (isWrite) => {
        const own = this.#reads > 0 || this.#writes > 0 ? this.#seat.bit : 0;
        const side = isWrite ? 'the write side' : 'the read side';
        return timeoutError(this.#words, side, this.#timeout, own || this.#inTheWay());
      },
    });
    return this.#requests;
  }

  #attemptToRead(wait: Wait): Outcome {
    if (this.#writes > 0) return HELD;
    if (this.#reads === 0 && !this.#seat.retryEnter(wait)) return WAITS;
    this.#reads++;
    return HAD;
  }

  #attemptToWrite(wait: Wait): Outcome {
    if (this.#writes > 0 || this.#reads > 0) return HELD;
    this.#state = ASKS;
    if (!this.#seat.acquire(wait)) return WAITS;
    this.#state = WRITES;
    this.#writes = 1;
    return HAD;
  }

  #misuse(what: 'read' | 'write' | 'recover'): LockMisuseError {
    if (this.#state === CLOSED) return new LockMisuseError(`${what} after close()`);
    return new LockMisuseError(
      `${what} inside a ${this.#reads > 0 ? 'read' : 'write'} of the same lock: give that back first`,
    );
  }

  #refuse(what: string): never {
    throw new LockMisuseError(this.#state === CLOSED ? `${what}; the lock is closed` : what);
  }
}

/** Under which `attach` gives the constructor what it found. */
const ATTACHING: unique symbol = Symbol('attaching');
interface Attaching {
  [ATTACHING]: Int32Array<SharedArrayBuffer>;
}

function requireThreads(threads: unknown): void {
  if (typeof threads !== 'number')
    throw new TypeError(`threads must be a number, but got ${describe(threads)}`);
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_SLOTS) {
    throw new RangeError(`threads must be a whole number from 1 to ${MOST_SLOTS}, but got ${threads}`);
  }
}

function requireTimeout(timeout: unknown): void {
  if (typeof timeout !== 'number') {
    throw new TypeError(`timeout must be a number of milliseconds, but got ${describe(timeout)}`);
  }
  if (!(timeout >= 0)) throw new RangeError(`timeout must be 0 or more milliseconds, but got ${timeout}`);
}

function requireSharedMemory(): void {
  if (typeof SharedArrayBuffer !== 'undefined') return;
  throw new MemDBError(
    'MEMDB_NOT_ISOLATED',
    'this page may not share memory between threads: there is no SharedArrayBuffer, as it is not cross-origin isolated. Serve it, ' +
      'and the scripts of its workers, with the headers "Cross-Origin-Opener-Policy: same-origin" and ' +
      '"Cross-Origin-Embedder-Policy: require-corp"',
  );
}

function wordsOf(handle: unknown): Int32Array<SharedArrayBuffer> {
  const { kind, version, buffer } = (handle ?? {}) as Partial<SharedRWLockHandle>;
  if (kind !== KIND) {
    throw new TypeError(
      `SharedRWLock.attach takes the handle of a SharedRWLock, but got ${describe(handle)}`,
    );
  }
  if (version !== VERSION) {
    throw new RangeError(
      `this handle of a SharedRWLock is of version ${version}, and this copy of the package knows version ${VERSION}: use ` +
        'the same one in all threads',
    );
  }
  requireSharedMemory();
  const isShared = Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]';
  const words = isShared ? wordsIn(buffer!) : undefined;
  if (words === undefined)
    throw new TypeError('this handle of a SharedRWLock was changed: its buffer is none of a lock');
  return words;
}

/** For threads that have no id: one for each lock, also where it is attached twice. */
const madeUpIds = new WeakMap<SharedArrayBuffer, number>();

function ownMadeUpId(words: Int32Array<SharedArrayBuffer>): number {
  let id = madeUpIds.get(words.buffer);
  if (id === undefined) {
    id = madeUpId(words);
    madeUpIds.set(words.buffer, id);
  }
  return id;
}
