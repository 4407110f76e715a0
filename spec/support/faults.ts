import type { Comparer, DB, RWLock } from '../../lib/index.js';
import { bytewise } from '../../lib/index.js';
import { localMemory, type Internals } from '../../lib/internals.js';

const byDefault: Internals = localMemory;

/** Whether this spec is run with compactions forced, see spec/support/forced.ts: then they move entries at other times than usual. */
export const isForced = byDefault.compactEvery !== undefined;

/** What a call throws. A call that throws nothing fails the test. */
export function thrownBy(call: () => unknown): Error {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    return error as Error;
  }
  throw new Error(`expected the call to throw, but it gave ${String(result)}`);
}

/** All that a DB holds, as texts that are quick to compare: both arrays, what its calls show, and its counters. */
export function snapshot(db: DB) {
  return {
    entries: Array.from(db, ([key, value]) => `${hex(key)}=${hex(value)}`).join(' '),
    kv: hex(db.kvData.subarray(0, db.kvLength)),
    nodes: db.nodeData.subarray(0, db.nodeLength).join(' '),
    length: db.length,
    size: db.size,
  };
}

/**
 * The same, to compare what a call did to two DBs. Under a compaction that is forced, a fault may come when it follows the call:
 * it is given up then, and that DB has other arrays.
 */
export function outcome(db: DB): Partial<ReturnType<typeof snapshot>> {
  const { kv, nodes, ...shown } = snapshot(db);
  return isForced ? shown : { ...shown, kv, nodes };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** A comparer in byte order that can be told to fail, or to do anything else, at a call to come. */
export class FaultyComparer implements Comparer {
  readonly name = 'faulty';
  /** Calls since it was armed. */
  calls = 0;
  #at = 0;
  #fault: (() => unknown) | undefined;

  /** From now on the `at`-th call does `fault` and answers with its result, if there is one. */
  arm(at: number, fault: () => unknown): void {
    this.calls = 0;
    this.#at = at;
    this.#fault = fault;
  }

  /** @returns whether the call to fail at had come */
  disarm(): boolean {
    const fired = this.#fault === undefined;
    this.#fault = undefined;
    return fired;
  }

  compare(a: Uint8Array, b: Uint8Array): number {
    this.calls++;
    if (this.#fault !== undefined && this.calls === this.#at) {
      const fault = this.#fault;
      this.#fault = undefined;
      return fault() as number;
    }
    return bytewise.compare(a, b);
  }
}

/** A lock that notes every call, and throws where one does not match. */
export class NotingLock implements RWLock {
  notes: string[] = [];
  #readers = 0;
  #writing = false;

  get idle(): boolean {
    return this.#readers === 0 && !this.#writing;
  }

  rlock(): void {
    this.#note('rlock', !this.#writing);
    this.#readers++;
  }

  runlock(): void {
    this.#note('runlock', this.#readers > 0);
    this.#readers--;
  }

  lock(): void {
    this.#note('lock', this.idle);
    this.#writing = true;
  }

  unlock(): void {
    this.#note('unlock', this.#writing);
    this.#writing = false;
  }

  /** The notes since the last time. */
  take(): string[] {
    const { notes } = this;
    this.notes = [];
    return notes;
  }

  #note(call: string, right: boolean): void {
    this.notes.push(call);
    if (!right) throw new Error(`${call}() out of turn, after ${this.notes.join(' ')}`);
  }
}

/** Memory whose allocations fail when told to, and whose limits may be lower than the real ones. */
export class FaultyMemory implements Internals {
  readonly kvLimit: number;
  readonly nodeLimit: number;
  readonly fault = new RangeError('Array buffer allocation failed');
  readonly compactEvery = byDefault.compactEvery;
  readonly compactAtOnce = byDefault.compactAtOnce;
  allocations = 0;
  readonly #fails: (allocation: number) => boolean;

  constructor(limits: { kvLimit?: number; nodeLimit?: number } = {}, fails = (_allocation: number) => false) {
    this.kvLimit = limits.kvLimit ?? localMemory.kvLimit;
    this.nodeLimit = limits.nodeLimit ?? localMemory.nodeLimit;
    this.#fails = fails;
  }

  allocate(bytes: number): ArrayBuffer {
    if (this.#fails(++this.allocations)) throw this.fault;
    return localMemory.allocate(bytes);
  }
}
