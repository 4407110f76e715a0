/**
 * What can go wrong in the store itself. Every class has a stable `code`, so that a caller who can't use
 * `instanceof` (two copies of the package, an error that crossed a thread) can still tell them apart.
 * Wrong argument types are plain `TypeError`s, wrong numbers plain `RangeError`s.
 * @example
 * const it = new DB().iterator();
 * it.release();
 * try {
 *   it.next();
 * } catch (error) {
 *   console.log(error instanceof MemDBError, error.code); // -> true MEMDB_ITERATOR_RELEASED
 * }
 */
export class MemDBError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An array would pass its limit, or memory for it could not be had. Nothing was changed. */
export class CapacityError extends MemDBError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('MEMDB_CAPACITY', message, options);
  }
}

/** That memory for something could not be had. */
export function noMemory(what: string, cause: unknown): CapacityError {
  return new CapacityError(`could not allocate ${what}; nothing was changed. Free memory, or hold less`, {
    cause,
  });
}

/** Passes on what is no lack of memory: whoever can do without, can't go on when a call is cut off. */
export function requireLackOfMemory(error: unknown): asserts error is CapacityError {
  if (!(error instanceof CapacityError)) throw error;
}

/** A cursor was moved after its `release()`, or after the DB under it was reset. */
export class IteratorReleasedError extends MemDBError {
  constructor(message: string) {
    super('MEMDB_ITERATOR_RELEASED', message);
  }
}

/** A lock was not had within its timeout. Nothing was changed: the call can be made again. */
export class LockTimeoutError extends MemDBError {
  /** Ids of the threads that were in the way; a worker has it as `threadId`. */
  readonly holders: readonly number[];

  constructor(message: string, holders: readonly number[] = []) {
    super('MEMDB_LOCK_TIMEOUT', message);
    this.holders = holders;
  }
}

/** A lock was used against its rules: released while not held, or taken again from inside. Or a thread writes that is not the writer. */
export class LockMisuseError extends MemDBError {
  constructor(message: string) {
    super('MEMDB_LOCK_MISUSE', message);
  }
}

/** A comparer contradicts what it said before: by what it says now, keys are not in the order in which they stand. Nothing was changed. */
export class ComparerError extends MemDBError {
  constructor(what: string) {
    super(
      'MEMDB_COMPARER',
      `the comparer contradicts what it said before: ${what}. It must be a total order, the same for as long as keys stand in it`,
    );
  }
}

/** Bytes that should be an internal key (user key, sequence, type) are not. */
export class InternalKeyCorruptedError extends MemDBError {
  constructor(message: string) {
    super('MEMDB_INTERNAL_KEY_CORRUPTED', message);
  }
}

/** What was loaded is damaged, or what was checked is no valid structure; see `load` and `checkStructure`. */
export class CorruptionError extends MemDBError {
  /** Where it was found: bytes from the beginning of a dump. `undefined` where none was loaded. */
  readonly position: number | undefined;

  constructor(message: string, position?: number) {
    super(
      'MEMDB_CORRUPTION',
      position === undefined ? message : `${message} (at byte ${position} of the dump)`,
    );
    this.position = position;
  }
}

/** Its old name. */
export { CorruptionError as StructureError };

/** Throws a CorruptionError that says `what`, unless `condition` holds. */
export function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new CorruptionError(what);
}
