import { ValueType, bytewise, type DBIterator, type Range } from '../index.js';
import type { Encoded, RangeOptions } from './abstractlevel.js';
import { TAG_BYTES, afterSequence, beforeAll, behindAll, endOf, type Past } from './past.js';
import type { Reader } from './snapshot.js';
import type { Versions } from './versions.js';

/** Where the entry that a scan is at comes from. */
const NOWHERE = 0;
const PRESENT = 1;
const PAST = 2;

/** The first of all keys behind this one. */
export function successor(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

/** The range of options, whose keys are bytes. Where there is one with and one without the bound itself, the first counts. */
export function rangeOf(options: RangeOptions, bytesOf: (key: Encoded) => Uint8Array): Range {
  const { gt, gte, lt, lte } = options;
  const start =
    gte !== undefined ? new Uint8Array(bytesOf(gte)) : gt !== undefined ? successor(bytesOf(gt)) : undefined;
  const limit =
    lte !== undefined ? successor(bytesOf(lte)) : lt !== undefined ? new Uint8Array(bytesOf(lt)) : undefined;
  return { start, limit };
}

/**
 * The entries of a range, as a reader sees them, in order or in reverse. What there is now and what there was are gone along together;
 * where both have a key, what was counts.
 *
 * After `next`, the entry is kv[keyStart, keyEnd) and kv[valueStart, valueEnd).
 */
export class Scan {
  readonly #versions: Versions;
  readonly #sequence: number;
  readonly #range: Range;
  readonly #reverse: boolean;
  readonly #present: DBIterator;
  /** Once there is something that was. */
  #past: Past | undefined;
  #was: DBIterator | undefined;
  /** The number of changes when the two were moved last. */
  #changes = -1;
  /** Whether they stand on what is next, or on what was given out. */
  #isPlaced = false;
  /** Where to place them: at the first key at or behind this one, in reverse the last one before it. */
  #bound: Uint8Array | undefined;
  /** Nothing comes any more. */
  #isOver = false;
  /** Which of them stand on what was given out. */
  #from = NOWHERE;
  /** The bytes that the cursor over what is there has its positions in. */
  #presentKV: Uint8Array;

  kv: Uint8Array;
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;

  constructor({ versions, sequence }: Reader, range: Range, reverse: boolean) {
    this.#versions = versions;
    this.#sequence = sequence;
    this.#range = range;
    this.#reverse = reverse;
    this.#present = versions.present.iterator(range);
    this.kv = this.#presentKV = versions.present.kvData;
  }

  /** Goes on from a key, that one included. From one outside of the range, there is nothing. */
  seek(key: Uint8Array): void {
    const { start, limit } = this.#range;
    this.#isOver =
      (start !== undefined && bytewise.compare(key, start) < 0) ||
      (limit !== undefined && bytewise.compare(key, limit) >= 0);
    this.#bound = this.#reverse ? successor(key) : new Uint8Array(key);
    this.#isPlaced = false;
    this.#from = NOWHERE;
  }

  release(): void {
    this.#present.release();
    this.#was?.release();
  }

  /** Moves to the next entry. @returns whether there is one */
  next(): boolean {
    if (this.#isOver) return false;
    this.#look();
    return this.advance();
  }

  /** The same, where nobody wrote since the last move. */
  advance(): boolean {
    this.#isOver ||= !(this.#past === undefined ? this.#nextPresent() : this.#merge());
    return !this.#isOver;
  }

  /** Takes note of what was changed since the last move. */
  #look(): void {
    this.#presentKV = this.#versions.present.kvData;
    if (this.#past === undefined && this.#versions.past !== undefined) this.#bringPast(this.#versions.past);
    if (this.#past !== undefined && this.#changes !== this.#versions.changes) this.#placeAnew();
  }

  /** Where nothing has changed since the reader came. */
  #nextPresent(): boolean {
    const present = this.#present;
    if (this.#isPlaced === false) {
      this.#isPlaced = true;
      if (!place(present, this.#bound, this.#reverse)) return false;
    } else if (this.#reverse ? !present.prev() : !present.next()) {
      return false;
    }
    this.#from = PRESENT;
    this.kv = this.#presentKV;
    this.keyStart = present.keyStart;
    this.keyEnd = this.valueStart = present.valueStart;
    this.valueEnd = present.valueEnd;
    return true;
  }

  #bringPast(past: Past): void {
    this.#past = past;
    this.#was = past.iterator(this.#range);
    this.#changes = -1;
  }

  /** Where it changed since the last step: from behind the key that was given out. */
  #placeAnew(): void {
    const key = this.#given();
    if (key !== undefined) this.#bound = this.#reverse ? key : successor(key);
    this.#from = NOWHERE;
    this.#isPlaced = false;
    this.#changes = this.#versions.changes;
  }

  /** The key that was given out last. */
  #given(): Uint8Array | undefined {
    if ((this.#from & PRESENT) !== 0) return this.#present.key!.slice();
    if ((this.#from & PAST) !== 0) return this.#was!.key!.slice(0, -TAG_BYTES);
    return undefined;
  }

  #merge(): boolean {
    const present = this.#present;
    const was = this.#was!;
    if (this.#isPlaced) {
      this.#step();
    } else {
      this.#isPlaced = true;
      place(present, this.#bound, this.#reverse);
      this.#placeWas();
    }
    while (present.valid || was.valid) {
      const order = this.#order();
      this.#from = order < 0 ? PRESENT : order > 0 ? PAST : PRESENT | PAST;
      if (this.#from === PRESENT) {
        this.#take(present, this.#presentKV, 0);
        return true;
      }
      this.#take(was, this.#past!.kv, TAG_BYTES);
      if (this.kv[this.keyEnd] === ValueType.Value) return true;
      this.#step(); // It was not there.
    }
    return false;
  }

  #take(cursor: DBIterator, kv: Uint8Array, tagBytes: number): void {
    this.kv = kv;
    this.keyStart = cursor.keyStart;
    this.valueStart = cursor.valueStart;
    this.valueEnd = cursor.valueEnd;
    this.keyEnd = this.valueStart - tagBytes;
  }

  /** Which of the two comes first, in the direction of the scan: below 0 what is, above 0 what was, at 0 both have the key. */
  #order(): number {
    if (!this.#was!.valid) return -1;
    if (!this.#present.valid) return 1;
    const order = bytewise.compare(this.#present.key!, this.#wasKey());
    return this.#reverse ? -order : order;
  }

  /** The user key of what was. */
  #wasKey(): Uint8Array {
    return this.#was!.key!.subarray(0, -TAG_BYTES);
  }

  /** From what was given out. */
  #step(): void {
    if ((this.#from & PRESENT) !== 0) void (this.#reverse ? this.#present.prev() : this.#present.next());
    if ((this.#from & PAST) !== 0) this.#stepWas();
  }

  #stepWas(): void {
    const was = this.#was!;
    const key = this.#wasKey();
    if (this.#reverse) {
      place(was, beforeAll(key), true);
    } else {
      was.seek(behindAll(key));
    }
    this.#settleWas();
  }

  #placeWas(): void {
    place(this.#was!, this.#bound && beforeAll(this.#bound), this.#reverse);
    this.#settleWas();
  }

  /** Moves on to what this reader sees: of a key, the first version that ended after it came. Versions of a key are in the order of their ends. */
  #settleWas(): void {
    const was = this.#was!;
    while (was.valid) {
      const isSeen = endOf(this.#past!.kv, was.valueStart) > this.#sequence;
      if (this.#reverse) {
        if (isSeen) {
          was.seek(afterSequence(this.#wasKey(), this.#sequence));
          return;
        }
        place(was, beforeAll(this.#wasKey()), true);
      } else {
        if (isSeen) return;
        was.next();
      }
    }
  }
}

/** Moves a cursor to the first entry at or behind a bound, in reverse to the last before it. */
function place(cursor: DBIterator, bound: Uint8Array | undefined, reverse: boolean): boolean {
  if (bound === undefined) return reverse ? cursor.last() : cursor.first();
  const isThere = cursor.seek(bound);
  return reverse ? cursor.prev() : isThere;
}
