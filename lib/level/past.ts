import {
  DB,
  InternalKeyComparer,
  ValueType,
  bytewise,
  makeInternalKey,
  type DBIterator,
  type Range,
} from '../index.js';
import type { Readers } from './readers.js';

/*
 * A version that was replaced, or removed, stands here under an internal key, in LevelDB's order: versions of a user key by falling
 * sequence numbers. The number is what is left from the end of the version to LAST: so a search for what a reader sees finds the
 * version that ended first of those that ended after it.
 */

const LAST = Number.MAX_SAFE_INTEGER;
/** Bytes of the tag behind a user key. */
export const TAG_BYTES = 8;
/** How many versions are looked at, whether anybody sees them, for each that is added: so there are no more than twice as many as seen. */
const STEPS = 4;

const NOTHING = new Uint8Array(0);

/** Before all versions of a key that ended after a sequence number, and behind the others. */
export function afterSequence(userKey: Uint8Array, sequence: number): Uint8Array {
  return makeInternalKey(userKey, LAST - sequence - 1, ValueType.Value);
}

/** Before all versions of a key. */
export function beforeAll(userKey: Uint8Array): Uint8Array {
  return makeInternalKey(userKey, LAST, ValueType.Value);
}

/** Behind all versions of a key. */
export function behindAll(userKey: Uint8Array): Uint8Array {
  return makeInternalKey(userKey, 0, ValueType.Deletion);
}

/** The sequence number at which a version ended, by the position of its value. */
export function endOf(kv: Uint8Array, valueStart: number): number {
  const low = kv[valueStart - 7] | (kv[valueStart - 6] << 8) | (kv[valueStart - 5] << 16);
  const middle = kv[valueStart - 4] | (kv[valueStart - 3] << 8) | (kv[valueStart - 2] << 16);
  return LAST - (kv[valueStart - 1] * 2 ** 48 + middle * 2 ** 24 + low);
}

/** Whether a user key begins an internal key, and nothing but the tag is behind it. */
function isOf(internalKey: Uint8Array, userKey: Uint8Array): boolean {
  const { length } = userKey;
  if (internalKey.length !== length + TAG_BYTES) return false;
  for (let i = 0; i < length; i++) if (internalKey[i] !== userKey[i]) return false;
  return true;
}

/** What a key was: its value, or null where it was not there. */
export type Version = Uint8Array | null;

/**
 * What keys were before they were changed, as long as somebody reads at a sequence number from then.
 *
 * Invariant: what a reader at a sequence number sees of a key is the version here that ended first of those that ended after it;
 * or what the key is now, where there is none.
 */
export class Past {
  readonly db = new DB({ comparer: new InternalKeyComparer(bytewise) });
  readonly #readers: Readers;
  #sweeper: DBIterator | undefined;
  /** Whether more can be dropped since the sweeper began. */
  #isSweptAgain = false;
  /** User key and end of the version that it was at before. */
  #sweptKey = NOTHING;
  #sweptEnd = 0;

  constructor(readers: Readers) {
    this.#readers = readers;
  }

  /** The bytes that a cursor's positions are in. */
  get kv(): Uint8Array {
    return this.db.kvData;
  }

  /** What a reader sees of a key: a view; undefined where it is what the key is now. */
  find(userKey: Uint8Array, sequence: number): Version | undefined {
    const found = this.db.find(afterSequence(userKey, sequence));
    if (found === undefined || !isOf(found[0], userKey)) return undefined;
    return found[0][userKey.length] === ValueType.Deletion ? null : found[1];
  }

  /** Keeps what a key is, that will change at a sequence number. @throws CapacityError */
  add(userKey: Uint8Array, value: Uint8Array | undefined, end: number): void {
    const type = value === undefined ? ValueType.Deletion : ValueType.Value;
    this.db.put(makeInternalKey(userKey, LAST - end, type), value ?? NOTHING);
  }

  /** A cursor over the versions of user keys in a range. */
  iterator({ start, limit }: Range): DBIterator {
    return this.db.iterator({
      ...(start !== undefined && { start: beforeAll(start) }),
      ...(limit !== undefined && { limit: beforeAll(limit) }),
    });
  }

  /** Whether all was looked at since the last reader left. */
  get isClean(): boolean {
    return this.#sweeper === undefined;
  }

  /** To be called when a reader has left: there may be versions now that nobody sees any more. */
  soil(): void {
    if (this.#sweeper === undefined) this.#beginSweep();
    else this.#isSweptAgain = true;
  }

  #beginSweep(): void {
    this.#isSweptAgain = false;
    this.#sweeper = this.db.iterator();
    this.#sweptKey = NOTHING;
    this.#sweptEnd = 0;
  }

  /** Looks at some versions, and drops those that nobody sees. */
  sweep(steps = STEPS): void {
    for (let i = 0; i < steps && this.#sweeper !== undefined; i++) {
      if (this.#sweeper.next()) {
        this.#look(this.#sweeper);
      } else {
        this.#sweeper.release();
        this.#sweeper = undefined;
        if (this.#isSweptAgain) this.#beginSweep();
      }
    }
  }

  #look(sweeper: DBIterator): void {
    const key = sweeper.key!.slice();
    const begin = isOf(key, this.#sweptKey) ? this.#sweptEnd : 0;
    this.#sweptKey = key.subarray(0, -TAG_BYTES);
    this.#sweptEnd = endOf(this.db.kvData, sweeper.valueStart);
    if (!this.#readers.hasWithin(begin, this.#sweptEnd)) this.db.delete(key);
  }
}
