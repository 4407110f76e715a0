import { describe } from '../base/arguments.js';
import type { Comparer } from '../base/comparer.js';
import { MemDBError } from '../base/errors.js';

/** @throws TypeError for what is no handle of that kind, MemDBError for one of another version of this package */
export function requireHandle(handle: unknown, kind: string, version: number): void {
  const given = handle as { kind?: unknown; version?: unknown } | null | undefined;
  if (given?.kind !== kind) {
    throw new TypeError(
      `this takes the handle of a shared ${kind.replace(/^.*\./, '')}, as it was posted by another thread, but got ${describe(handle)}`,
    );
  }
  if (given.version !== version) {
    throw new MemDBError(
      'MEMDB_VERSION',
      `the handle has version ${String(given.version)}, and this version of flat-memdb takes ${version}: all threads must load the same one`,
    );
  }
}

/** @throws TypeError where not all that belongs to a handle is in it */
export function requireWhole(isWhole: boolean): void {
  if (isWhole) return;
  throw new TypeError(
    'this handle was changed: it must be posted as it is, or as a part of a message, and not turned into JSON',
  );
}

/** @throws MemDBError where a table is in another order than that of the comparer that was given */
export function requireOrder(name: string, comparer: Comparer): void {
  if (comparer.name === name) return;
  throw new MemDBError(
    'MEMDB_ORDER',
    `the keys are in the order of the comparer ${JSON.stringify(name)}, but this thread has ${JSON.stringify(comparer.name)}: ` +
      'give the option comparer, with the same function as the thread that made it',
  );
}

/** @throws MemDBError where there is no handle, as it is not shared */
export function requireSharing<T>(handle: T | undefined, kind: string): T {
  if (handle !== undefined) return handle;
  throw new MemDBError(
    'MEMDB_NOT_SHARED',
    `this ${kind} is not shared with other threads: ${kind}.create({ shared: true }) makes one that is`,
  );
}
