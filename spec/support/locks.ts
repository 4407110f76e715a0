import { LockTimeoutError, MemDBError, SharedRWLock } from '../../lib/index.js';
import { RGEN } from '../../lib/internals.js';
import { thrownBy } from './faults.js';

/** What a promise is rejected with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was not rejected');
}

/** What a call throws that waits for too long. */
export function timeoutOf(call: () => unknown): LockTimeoutError {
  const error = thrownBy(call);
  if (error instanceof LockTimeoutError) return error;
  throw error;
}

export function holdersIn(error: unknown): readonly number[] {
  if (error instanceof LockTimeoutError) return error.holders;
  throw error;
}

export function codeOf(error: unknown): string {
  if (error instanceof MemDBError) return error.code;
  throw error;
}

/** A lock, and another handle of it that does not wait. */
export function pair(timeout = 0) {
  const lock = new SharedRWLock({ timeout });
  return { lock, other: SharedRWLock.attach(lock.handle, { timeout }) };
}

/** All that is shared of a lock. */
export const words = (lock: SharedRWLock) => new Int32Array(lock.handle.buffer).slice();

export const isFree = (lock: SharedRWLock) => {
  const probe = SharedRWLock.attach(lock.handle, { timeout: 0 });
  try {
    probe.lock();
    probe.unlock();
    probe.rlock();
    probe.runlock();
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
};

/** Makes handles as another thread would. */
export function asThread<T>(threadId: number, make: () => T): T {
  const ask = process.getBuiltinModule;
  process.getBuiltinModule = (name: string) => (name === 'node:worker_threads' ? { threadId } : ask(name));
  try {
    return make();
  } finally {
    process.getBuiltinModule = ask;
  }
}

/** What readers wait for changes whenever one has waited. */
export function withoutGeneration(all: Int32Array): Int32Array {
  all[RGEN] = 0;
  return all;
}
