import { CapacityError, MemDBError } from './errors.js';

/**
 * @param smaller what to ask for less of, where so much can't be had
 * @throws MemDBError where threads can't share memory, CapacityError
 */
export function allocateShared(bytes: number, smaller: string): SharedArrayBuffer {
  requireSharedMemory();
  try {
    return new SharedArrayBuffer(bytes);
  } catch (cause) {
    throw new CapacityError(`could not reserve ${bytes} bytes of shared memory. ${smaller}`, { cause });
  }
}

export function requireSharedMemory(): void {
  if (typeof SharedArrayBuffer !== 'undefined') return;
  throw new MemDBError(
    'MEMDB_NOT_ISOLATED',
    'this page may not share memory between threads: there is no SharedArrayBuffer, as it is not cross-origin isolated. Serve it, ' +
      'and the scripts of its workers, with the headers "Cross-Origin-Opener-Policy: same-origin" and ' +
      '"Cross-Origin-Embedder-Policy: require-corp"',
  );
}

/** Whether it is one, of this realm or another. */
export function isSharedBuffer(value: unknown): value is SharedArrayBuffer {
  return Object.prototype.toString.call(value) === '[object SharedArrayBuffer]';
}
