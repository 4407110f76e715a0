import type { DB, DBIterator } from 'flat-memdb';
import { LOG_WORDS, MISSED, REMOVED, SAW, WROTE } from '../../support/history.js';
import { Prng } from '../../support/prng.js';
import { numberOf, stamped } from './stamps.js';

/*
 * What each of several threads does to one DB: every kind of call, by chance, on keys that all of them use. It writes down what it
 * did and saw, with times of a clock that they share, for `History`. What can be judged at once is: the order of scans, and
 * whether values are whole.
 */

export const KEYS = 120;
export const COUNTERS = 4;
/** Of one thread: numbers of its values begin there. */
const WRITES = 1 << 24;

/** The keys in bytewise order; some long, and alike at their beginnings. */
export function keyOf(i: number): Uint8Array {
  const tail = i % 3 === 0 ? '/with/a/long/path/behind/it' : '';
  return new TextEncoder().encode(`key ${String(i).padStart(4, '0')}${tail}`);
}

export function counterKey(i: number): Uint8Array {
  return new TextEncoder().encode(`~counter ${i}`);
}

export interface Share {
  /** From 1 on: of all that use the DB, this one. */
  readonly thread: number;
  readonly seed: number;
  /** Whether keys are in the reverse of bytewise order. */
  readonly reverse: boolean;
}

/** A call, and whether it needs the write side of the lock. */
export interface Action {
  readonly isWrite: boolean;
  run(): void;
}

export class Mixer {
  readonly #db: DB;
  readonly #clock: Int32Array;
  readonly #share: Share;
  readonly #prng: Prng;
  /** By their ranks in the DB's order. */
  readonly #keys: Uint8Array[];
  readonly #ranks = new Map<string, number>();
  readonly #log: number[] = [];
  #writes = 0;
  /** How many calls were drawn. */
  calls = 0;
  /** How often each counter was incremented. */
  readonly counts = new Array<number>(COUNTERS).fill(0);
  /** Bytes of keys and values that were put. */
  written = 0;

  /** @param clock word 0 is the clock */
  constructor(db: DB, clock: Int32Array, share: Share) {
    this.#db = db;
    this.#clock = clock;
    this.#share = share;
    this.#prng = new Prng(share.seed);
    this.#keys = Array.from({ length: KEYS }, (_, i) => keyOf(share.reverse ? KEYS - 1 - i : i));
    this.#keys.forEach((key, rank) => this.#ranks.set(key.join(), rank));
  }

  get log(): Int32Array {
    return Int32Array.from(this.#log);
  }

  /** How many things it has written down. */
  get facts(): number {
    return this.#log.length / LOG_WORDS;
  }

  /** The next call, drawn by chance. */
  next(): Action {
    const draw = this.#prng.below(100);
    let sum = 0;
    this.calls++;
    for (const [weight, isWrite, run] of this.#calls) if (draw < (sum += weight)) return { isWrite, run };
    throw new RangeError(`weights sum up to ${sum}`);
  }

  /** Looks each key up: at the end, that is what the last writers left. */
  lookAll(): void {
    for (let rank = 0; rank < KEYS; rank++) this.#get(rank);
    this.#scan(0, KEYS, false);
    this.#scan(0, KEYS, true);
    this.#walk(0, KEYS);
  }

  readonly #calls: readonly [weight: number, isWrite: boolean, run: () => void][] = [
    [22, true, () => this.#put(this.#rank())],
    [6, true, () => this.#update(this.#rank(), false)],
    [3, true, () => this.#update(this.#rank(), true)],
    [8, true, () => this.#delete(this.#rank())],
    [4, true, () => this.#putMany()],
    [2, true, () => this.#deleteRange()],
    [11, true, () => this.#count()],
    [16, false, () => this.#get(this.#rank())],
    [5, false, () => this.#lend(this.#rank())],
    [4, false, () => this.#has(this.#rank())],
    [4, false, () => this.#getMany()],
    [6, false, () => this.#find(this.#rank())],
    [3, false, () => this.#scan(...this.#ranks2(), false)],
    [3, false, () => this.#scan(...this.#ranks2(), true)],
    [3, false, () => this.#walk(...this.#ranks2())],
  ];

  #rank(): number {
    return this.#prng.below(KEYS);
  }

  /** Of a range: the first, and the one behind the last. */
  #ranks2(): [number, number] {
    const from = this.#rank();
    return [from, Math.min(KEYS, from + 1 + this.#prng.below(40))];
  }

  #now(): number {
    return Atomics.add(this.#clock, 0, 1);
  }

  #note(what: number, rank: number, value: number, from: number, to: number): void {
    this.#log.push(what, rank, value, from, to);
  }

  #newValue(rank: number): { number: number; value: Uint8Array } {
    const number = this.#share.thread * WRITES + this.#writes++;
    const length = this.#prng.below(8) === 0 ? 200 + this.#prng.below(1500) : this.#prng.below(60);
    const value = stamped(this.#keys[rank], number, length);
    this.written += this.#keys[rank].length + value.length;
    return { number, value };
  }

  #noteSeen(rank: number, value: Uint8Array | undefined, from: number, to: number): void {
    if (value === undefined) this.#note(MISSED, rank, 0, from, to);
    else this.#note(SAW, rank, numberOf(this.#keys[rank], value), from, to);
  }

  #noteMissed(first: number, end: number, from: number, to: number): void {
    for (let rank = first; rank < end; rank++) this.#note(MISSED, rank, 0, from, to);
  }

  #put(rank: number): void {
    const { number, value } = this.#newValue(rank);
    const from = this.#now();
    this.#db.put(this.#keys[rank], value);
    this.#note(WROTE, rank, number, from, this.#now());
  }

  /** Read and write: nothing comes between. */
  #update(rank: number, isDelete: boolean): void {
    const key = this.#keys[rank];
    const { number, value } = this.#newValue(rank);
    const from = this.#now();
    let between = 0;
    this.#db.update(key, (old) => {
      between = this.#now();
      this.#noteSeen(rank, old, from, between);
      return isDelete ? undefined : value;
    });
    this.#note(isDelete ? REMOVED : WROTE, rank, isDelete ? 0 : number, between, this.#now());
  }

  #delete(rank: number): void {
    const from = this.#now();
    const wasThere = this.#db.delete(this.#keys[rank]);
    const to = this.#now();
    this.#note(REMOVED, rank, 0, from, to);
    if (!wasThere) this.#note(MISSED, rank, 0, from, to);
  }

  #putMany(): void {
    const ranks = new Set(Array.from({ length: 2 + this.#prng.below(5) }, () => this.#rank()));
    const news = [...ranks].map((rank) => ({ rank, ...this.#newValue(rank) }));
    const from = this.#now();
    this.#db.putMany(news.map(({ rank, value }) => [this.#keys[rank], value]));
    const to = this.#now();
    for (const { rank, number } of news) this.#note(WROTE, rank, number, from, to);
  }

  #deleteRange(): void {
    const first = this.#rank();
    const end = Math.min(KEYS - 1, first + this.#prng.below(8));
    const from = this.#now();
    this.#db.deleteRange({ start: this.#keys[first], limit: this.#keys[end] });
    const to = this.#now();
    for (let rank = first; rank < end; rank++) this.#note(REMOVED, rank, 0, from, to);
  }

  #count(): void {
    const counter = this.#prng.below(COUNTERS);
    const key = counterKey(counter);
    this.#db.update(key, (old) => stamped(key, old === undefined ? 1 : numberOf(key, old) + 1, counter));
    this.counts[counter]++;
  }

  #get(rank: number): void {
    const from = this.#now();
    const value = this.#db.get(this.#keys[rank]);
    this.#noteSeen(rank, value, from, this.#now());
  }

  #lend(rank: number): void {
    const from = this.#now();
    const number = this.#db.read(this.#keys[rank], (value) => numberOf(this.#keys[rank], value));
    const to = this.#now();
    if (number === undefined) this.#note(MISSED, rank, 0, from, to);
    else this.#note(SAW, rank, number, from, to);
  }

  #has(rank: number): void {
    const from = this.#now();
    const isThere = this.#db.has(this.#keys[rank]);
    if (!isThere) this.#note(MISSED, rank, 0, from, this.#now());
  }

  #getMany(): void {
    const ranks = Array.from({ length: 1 + this.#prng.below(6) }, () => this.#rank());
    const from = this.#now();
    const values = this.#db.getMany(ranks.map((rank) => this.#keys[rank]));
    const to = this.#now();
    values.forEach((value, i) => this.#noteSeen(ranks[i], value, from, to));
  }

  #find(rank: number): void {
    const from = this.#now();
    const found = this.#db.find(this.#keys[rank]);
    const to = this.#now();
    const at = found === undefined ? KEYS : this.#rankOf(found[0], KEYS);
    if (at < rank) throw new Error(`find(${rank}) gave ${at}`);
    this.#noteMissed(rank, at, from, to);
    if (at < KEYS) this.#noteSeen(at, found![1], from, to);
  }

  /** @param otherwise for a key that is a counter */
  #rankOf(key: Uint8Array, otherwise: number): number {
    const rank = this.#ranks.get(key.join());
    if (rank !== undefined) return rank;
    if (key[0] !== '~'.charCodeAt(0))
      throw new Error(`a key that nobody put: ${new TextDecoder().decode(key)}`);
    return otherwise;
  }

  /** Ranks [first, end), by an iterable: key and value belong together, and each step is as of its instant. */
  #scan(first: number, end: number, reverse: boolean): void {
    let from = this.#now();
    let last = reverse ? end : first - 1;
    const bounds = { start: this.#keys[first], ...(end < KEYS && { limit: this.#keys[end] }) };
    for (const [key, value] of this.#db.entries({ ...bounds, reverse })) {
      const to = this.#now();
      const rank = this.#rankOf(key, -1);
      if (rank >= 0) {
        if (rank < first || rank >= end || (reverse ? rank >= last : rank <= last))
          throw new Error(
            `a scan of [${first}, ${end})${reverse ? ', reverse,' : ''} gave ${rank} after ${last}`,
          );
        if (reverse) this.#noteMissed(rank + 1, last, from, to);
        else this.#noteMissed(last + 1, rank, from, to);
        this.#noteSeen(rank, value, from, to);
        last = rank;
      } else {
        numberOf(key, value);
        // A counter stands behind all keys: on its way there, the scan has passed those that are left, and comes to none of them later.
        if (!reverse) {
          this.#noteMissed(last + 1, end, from, to);
          last = end;
        }
      }
      from = to;
    }
    if (reverse) this.#noteMissed(first, last, from, this.#now());
    else this.#noteMissed(last + 1, end, from, this.#now());
  }

  /** The same by a cursor, back and forth. Its entry may be deleted under it: then it may still give the old value, or none. */
  #walk(first: number, end: number): void {
    const bounds = { start: this.#keys[first], ...(end < KEYS && { limit: this.#keys[end] }) };
    const it = this.#db.iterator(bounds);
    const turn = this.#prng.below(end - first);
    let last = -1;
    for (let step = 0; it.next(); step++) {
      last = this.#look(it, last, 1);
      if (step === turn) last = it.prev() ? this.#look(it, last, -1) : -1;
    }
    it.release();
  }

  #look(it: DBIterator, last: number, direction: number): number {
    const { key, value } = it;
    if (key === undefined) throw new Error('a cursor stands on an entry and has no key');
    if (value !== undefined) numberOf(key, value);
    const rank = this.#rankOf(key, last);
    if (rank !== last && Math.sign(rank - last) !== direction && last >= 0)
      throw new Error(`a cursor went from ${last} to ${rank}, direction ${direction}`);
    return rank;
  }
}
