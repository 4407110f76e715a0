import { sameBytes, show } from './bytes.js';
import { Model, ModelCursor, sameEntry, type Bounds, type Compare, type Entry } from './model.js';

/**
 * Drives a DB and the model through the same steps and compares everything that can be seen. Specs give it a DB of
 * lib/, programs one of the built package: so it asks for nothing but the shape of a DB.
 */
export interface Store {
  put(key: Uint8Array, value: Uint8Array): void;
  get(key: Uint8Array): Uint8Array | undefined;
  has(key: Uint8Array): boolean;
  find(key: Uint8Array): [Uint8Array, Uint8Array] | undefined;
  first(): [Uint8Array, Uint8Array] | undefined;
  last(): [Uint8Array, Uint8Array] | undefined;
  at(index: number): [Uint8Array, Uint8Array] | undefined;
  update(key: Uint8Array, compute: (value: Uint8Array | undefined) => Uint8Array | undefined): void;
  delete(key: Uint8Array): boolean;
  putMany(entries: Iterable<readonly [Uint8Array, Uint8Array]>): void;
  getMany(keys: Iterable<Uint8Array>): (Uint8Array | undefined)[];
  deleteRange(range: Bounds): number;
  count(range?: Bounds): number;
  iterator(range?: Bounds): StoreIterator;
  entries(scan?: Bounds & { reverse?: boolean }): IterableIterator<[Uint8Array, Uint8Array]>;
  keys(scan?: Bounds & { reverse?: boolean }): IterableIterator<Uint8Array>;
  values(scan?: Bounds & { reverse?: boolean }): IterableIterator<Uint8Array>;
  reset(): void;
  compact(): void;
  readonly length: number;
  readonly size: number;
  readonly capacity: number;
  readonly free: number;
  readonly kvData: Uint8Array;
  readonly kvLength: number;
  readonly garbage: number;
}

export interface StoreIterator {
  first(): boolean;
  last(): boolean;
  seek(key: Uint8Array): boolean;
  next(): boolean;
  prev(): boolean;
  release(): void;
  readonly valid: boolean;
  readonly released: boolean;
  readonly key: Uint8Array | undefined;
  readonly value: Uint8Array | undefined;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** A DB to be tried. */
export interface Subject {
  readonly store: Store;
  readonly compare: Compare;
  /** What its garbage never exceeds, given the bytes of its entries; it says nothing where nothing is given back by itself. */
  readonly garbageLimit: ((size: number) => number) | undefined;
  /** Whether allocations fail now and then. */
  readonly lacksMemory: boolean;
  /** How many have failed so far, where that is counted. */
  refused?(): number;
  /** Whether a cursor may have no value any more, once its entry was deleted and left behind by a compaction. */
  readonly forgets?: boolean;
  /** Whether they may fail for good, so that a call that needs some can't be made at all. */
  readonly isFull?: boolean;
  /** Reads the whole structure, and throws where it is broken. */
  check(): void;
}

/** Keys are named by their place in the program's list (modulo its length), cursors and walks by a small number. */
export type Step =
  | { do: 'put'; key: number; length: number; fill: number }
  | { do: 'delete'; key: number }
  | { do: 'get'; key: number }
  | { do: 'find'; key: number }
  | { do: 'at'; index: number }
  | { do: 'update'; key: number; length: number | null; fill: number }
  | { do: 'fill'; key: number; count: number }
  | { do: 'drain'; key: number; count: number }
  | { do: 'putMany'; key: number; count: number; length: number; fill: number }
  | { do: 'getMany'; key: number; count: number }
  | { do: 'deleteRange'; start: number | null; limit: number | null }
  | { do: 'count'; start: number | null; limit: number | null }
  | { do: 'reset' }
  | { do: 'compact' }
  | { do: 'scan'; pick: Pick; reverse: boolean; start: number | null; limit: number | null }
  | { do: 'open'; cursor: number; start: number | null; limit: number | null }
  | { do: 'move'; cursor: number; to: 'first' | 'last' | 'next' | 'prev' }
  | { do: 'seek'; cursor: number; key: number }
  | { do: 'look'; cursor: number }
  | { do: 'release'; cursor: number }
  | { do: 'walk'; walk: number; pick: Pick; reverse: boolean; start: number | null; limit: number | null }
  | { do: 'step'; walk: number }
  | { do: 'leave'; walk: number };

export type Pick = 'entries' | 'keys' | 'values';

export interface Program {
  keys: Uint8Array[];
  steps: Step[];
}

export const CURSORS = 4;
export const WALKS = 2;

/** Views given out that are watched at a time. */
const WATCHED = 64;
const CHECK_EVERY = 16;
/** One call may allocate for both arrays, and for what comes next of each. */
const MOST_TRIES = 6;

/** Runs a program. Throws at the first difference, naming the step. @returns how many operations it made */
export function runProgram(subject: Subject, program: Program): number {
  const machine = new Machine(subject, program.keys);
  program.steps.forEach((step, i) => {
    try {
      machine.do(step);
    } catch (cause) {
      throw new Error(`step ${i} ${JSON.stringify(step)}: ${String(cause)}`, { cause });
    }
  });
  machine.finish();
  return machine.operations;
}

class Machine {
  operations = 0;
  readonly #subject: Subject;
  readonly #store: Store;
  readonly #model: Model;
  readonly #keys: Uint8Array[];
  readonly #cursors: ({ real: StoreIterator; model: ModelCursor } | undefined)[] = [];
  readonly #walks: (Walk | undefined)[] = [];
  #lent: Uint8Array[] = [];
  #watched: { view: Uint8Array; copy: Uint8Array }[] = [];
  #unchecked = 0;

  constructor(subject: Subject, keys: Uint8Array[]) {
    this.#subject = subject;
    this.#store = subject.store;
    this.#model = new Model(subject.compare);
    this.#keys = keys;
  }

  do(step: Step): void {
    this.#perform(step);
    this.operations++;
    // Whoever gives bytes may use their arrays again at once.
    for (const lent of this.#lent) lent.fill(0xa5);
    this.#lent = [];
    this.#compareCounters();
    // A full check takes as long as there are entries: make it a constant share of the work.
    if (++this.#unchecked >= Math.max(CHECK_EVERY, this.#model.length >>> 2)) this.#check();
  }

  finish(): void {
    this.#check();
    for (const pick of ['entries', 'keys', 'values'] as const) {
      this.#scan(pick, false, {});
      this.#scan(pick, true, {});
    }
    this.#keys.forEach((_, i) => {
      this.#get(i);
      this.#find(i);
    });
    this.#cursors.forEach((cursor) => cursor && this.#look(cursor));
    this.#checkWatched();
  }

  #perform(step: Step): void {
    switch (step.do) {
      case 'put':
        return this.#put(step.key, step.length, step.fill);
      case 'delete':
        return this.#delete(step.key);
      case 'get':
        return this.#get(step.key);
      case 'find':
        return this.#find(step.key);
      case 'at':
        return this.#at(step.index);
      case 'update':
        return this.#update(step.key, step.length, step.fill);
      case 'fill':
        for (let i = 0; i < step.count; i++) this.#put(step.key + i, i % 40, i & 0xff);
        this.operations += step.count;
        return;
      case 'drain':
        for (let i = 0; i < step.count; i++) this.#delete(step.key + i);
        this.operations += step.count;
        return;
      case 'putMany':
        return this.#putMany(step.key, step.count, step.length, step.fill);
      case 'getMany':
        return this.#getMany(step.key, step.count);
      case 'deleteRange':
        return this.#deleteRange(this.#bounds(step.start, step.limit));
      case 'count': {
        const bounds = this.#bounds(step.start, step.limit);
        return same(this.#store.count(this.#lendBounds(bounds)), this.#model.range(bounds).length, 'count');
      }
      case 'reset':
        this.#checkWatched();
        this.#watched = [];
        this.#store.reset();
        this.#model.reset();
        return;
      case 'compact':
        return this.#compact();
      case 'scan':
        return this.#scan(step.pick, step.reverse, this.#bounds(step.start, step.limit));
      case 'open':
        return this.#open(step.cursor, this.#bounds(step.start, step.limit));
      case 'move':
        return this.#move(step.cursor, (it) => it[step.to]());
      case 'seek':
        return this.#move(step.cursor, (it) => it.seek(this.#key(step.key)));
      case 'look': {
        const cursor = this.#cursors[step.cursor];
        return cursor && this.#look(cursor);
      }
      case 'release': {
        const cursor = this.#cursors[step.cursor];
        if (cursor === undefined) return;
        cursor.real.release();
        cursor.model.released = true;
        return this.#look(cursor);
      }
      case 'walk':
        this.#walks[step.walk] = this.#walk(step.pick, step.reverse, this.#bounds(step.start, step.limit));
        return;
      case 'step': {
        const walk = this.#walks[step.walk];
        return walk && this.#step(walk);
      }
      case 'leave': {
        const walk = this.#walks[step.walk];
        if (walk === undefined) return;
        walk.real.return?.();
        walk.done = true;
      }
    }
  }

  #put(i: number, length: number, fill: number): void {
    const entry = { key: this.#pooled(i).slice(), value: new Uint8Array(length).fill(fill) };
    const key = this.#lend(entry.key);
    const value = this.#lend(entry.value);
    if (this.#untilThereIsRoom(() => this.#store.put(key, value))) this.#model.put(entry);
  }

  #putMany(from: number, count: number, length: number, fill: number): void {
    const entries = Array.from({ length: count }, (_, i) => ({
      key: this.#pooled(from + i).slice(),
      value: new Uint8Array(length).fill(fill + i),
    }));
    const lent = entries.map(({ key, value }) => [this.#lend(key), this.#lend(value)] as const);
    this.operations += count;
    if (this.#untilThereIsRoom(() => this.#store.putMany(lent))) {
      entries.forEach((entry) => this.#model.put(entry));
    }
  }

  /** Where allocations fail, a call may have to be made again, after it changed nothing. @returns whether it was made */
  #untilThereIsRoom(call: () => void): boolean {
    for (let tries = 1; ; tries++) {
      try {
        call();
        return true;
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'MEMDB_CAPACITY' || tries === MOST_TRIES) throw error;
        this.#compareCounters();
        this.#check();
        if (this.#subject.isFull === true) return false;
      }
    }
  }

  #getMany(from: number, count: number): void {
    const keys = Array.from({ length: count }, (_, i) => this.#pooled(from + i));
    const values = this.#store.getMany(keys.map((key) => this.#lend(key)));
    same(values.length, count, 'the number of values that getMany gives');
    keys.forEach((key, i) => sameView(values[i], this.#model.get(key)?.value, () => `getMany, ${show(key)}`));
    values.slice(0, 4).forEach((value) => this.#watch(value));
    this.operations += count;
  }

  #deleteRange(bounds: Bounds): void {
    const expected = this.#model.range(bounds);
    same(this.#store.deleteRange(this.#lendBounds(bounds)), expected.length, 'deleteRange');
    expected.forEach(({ key }) => this.#model.delete(key));
  }

  #delete(i: number): void {
    const key = this.#pooled(i);
    same(this.#store.delete(this.#lend(key)), this.#model.delete(key), () => `delete ${show(key)}`);
  }

  #get(i: number): void {
    const key = this.#pooled(i);
    const expected = this.#model.get(key);
    same(this.#store.has(this.#lend(key)), expected !== undefined, () => `has ${show(key)}`);
    const value = this.#store.get(this.#lend(key));
    sameView(value, expected?.value, () => `get ${show(key)}`);
    this.#watch(value);
  }

  /** The ends are at the same places. */
  #at(index: number): void {
    const { entries } = this.#model;
    const isSame = (
      found: [Uint8Array, Uint8Array] | undefined,
      expected: Entry | undefined,
      what: string,
    ) => {
      sameView(found?.[0], expected?.key, `the key that ${what} gives`);
      sameView(found?.[1], expected?.value, `the value that ${what} gives`);
      found?.forEach((view) => this.#watch(view));
    };
    const i = entries.length === 0 ? index : index % (2 * entries.length);
    isSame(this.#store.at(i), entries.at(i), `at(${i})`);
    isSame(this.#store.at(-i), entries.at(-i), `at(-${i})`);
    isSame(this.#store.first(), entries[0], 'first()');
    isSame(this.#store.last(), entries.at(-1), 'last()');
  }

  #compact(): void {
    try {
      this.#store.compact();
    } catch (error) {
      // It takes many allocations, of which one may always fail.
      if ((error as { code?: unknown }).code !== 'MEMDB_CAPACITY' || !this.#subject.lacksMemory) throw error;
      return this.#check();
    }
    this.#model.appended = this.#model.size;
    same(this.#store.garbage, 0, 'garbage');
    this.#check();
    // All is in the order of keys, end to end.
    let end = 0;
    const it = this.#store.iterator();
    while (it.next()) {
      same(it.keyStart, end, 'where a key begins after a compaction');
      end = it.valueEnd;
    }
    same(end, this.#store.kvLength, 'where the last value ends after a compaction');
  }

  #update(i: number, length: number | null, fill: number): void {
    const entry = { key: this.#pooled(i).slice(), value: new Uint8Array(length ?? 0).fill(fill) };
    const key = this.#lend(entry.key);
    const value = length === null ? undefined : this.#lend(entry.value);
    const expected = this.#model.get(entry.key)?.value;
    const isMade = this.#untilThereIsRoom(() =>
      this.#store.update(key, (present) => {
        sameView(present, expected, 'what update lends');
        return value;
      }),
    );
    if (!isMade) return;
    if (value === undefined) this.#model.delete(entry.key);
    else this.#model.put(entry);
  }

  #find(i: number): void {
    const key = this.#pooled(i);
    const expected = this.#model.firstFrom(key);
    const [foundKey, foundValue] = this.#store.find(this.#lend(key)) ?? [];
    sameView(foundKey, expected?.key, () => `the key that find ${show(key)} gives`);
    sameView(foundValue, expected?.value, () => `the value that find ${show(key)} gives`);
    this.#watch(foundKey);
    this.#watch(foundValue);
  }

  #scan(pick: Pick, reverse: boolean, bounds: Bounds): void {
    const expected = this.#model.range(bounds);
    if (reverse) expected.reverse();
    let i = 0;
    for (const item of this.#store[pick](this.#lendBounds(bounds, reverse))) {
      if (i >= expected.length) throw new Error(`${pick}: more than ${expected.length}: ${describe(item)}`);
      sameItem(item, expected[i], pick, () => `number ${i} of ${pick}`);
      i++;
    }
    same(i, expected.length, `the number of ${pick}`);
  }

  #open(cursor: number, bounds: Bounds): void {
    this.#cursors[cursor] = {
      real: this.#store.iterator(this.#lendBounds(bounds)),
      model: new ModelCursor(this.#model, bounds),
    };
  }

  #move(slot: number, how: (it: StoreIterator | ModelCursor) => boolean): void {
    const cursor = this.#cursors[slot];
    if (cursor === undefined) return;
    if (cursor.model.dead) {
      mustBeReleased(() => how(cursor.real));
    } else {
      same(how(cursor.real), how(cursor.model), 'the move');
    }
    this.#look(cursor);
  }

  /** Everything that can be read of a cursor. */
  #look({ real, model }: { real: StoreIterator; model: ModelCursor }): void {
    same(real.released, model.released, 'released');
    same(real.valid, model.valid, 'valid');
    const { key, value } = real;
    if (!model.valid) {
      same(key, undefined, 'key');
      same(value, undefined, 'value');
      same([real.keyStart, real.valueStart, real.valueEnd].join(), '-1,-1,-1', 'positions');
      return;
    }
    if (value === undefined && this.#subject.forgets === true && this.#model.get(key!) === undefined) {
      const isReadable = model.readable().some((entry) => sameBytes(entry.key, key));
      same(isReadable && real.keyStart < 0, true, 'the key of an entry that was left behind');
      return;
    }
    const shown = { key: key!, value: value! };
    const read = model.readable().find((entry) => sameEntry(entry, shown));
    if (read === undefined) {
      const allowed = model.readable().map((entry) => `${show(entry.key)} ${show(entry.value)}`);
      throw new Error(`the cursor shows ${show(key)} ${show(value)} and not ${allowed.join(' or ')}`);
    }
    model.read(read);
    const { kvData } = this.#store;
    this.#watch(key);
    this.#watch(value);
    if (real.keyStart < 0) {
      // A compaction has left it behind.
      same(this.#model.get(read.key), undefined, 'the entry that has no positions');
      same([real.keyStart, real.valueStart, real.valueEnd].join(), '-1,-1,-1', 'positions');
      return;
    }
    sameView(kvData.subarray(real.keyStart, real.valueStart), read.key, 'kvData[keyStart, valueStart)');
    sameView(kvData.subarray(real.valueStart, real.valueEnd), read.value, 'kvData[valueStart, valueEnd)');
  }

  #walk(pick: Pick, reverse: boolean, bounds: Bounds): Walk {
    return {
      real: this.#store[pick](this.#lendBounds(bounds, reverse)),
      pick,
      reverse,
      model: new ModelCursor(this.#model, bounds),
      begun: false,
      done: false,
    };
  }

  #step(walk: Walk): void {
    const { real, model, reverse, begun } = walk;
    if (!walk.done && model.dead) {
      mustBeReleased(() => real.next());
      walk.done = true;
    }
    if (!walk.done) {
      const on = reverse ? (begun ? model.prev() : model.last()) : begun ? model.next() : model.first();
      walk.begun = true;
      walk.done = !on;
    }
    const result = real.next();
    same(result.done, walk.done, 'done');
    if (result.done !== true) sameItem(result.value, model.readable()[0], walk.pick, 'the next item');
  }

  #compareCounters(): void {
    const store = this.#store;
    const model = this.#model;
    same(store.length, model.length, 'length');
    same(store.size, model.size, 'size');
    same(store.garbage, store.kvLength - model.size, 'garbage');
    same(store.free, store.capacity - store.kvLength, 'free');
    const { garbageLimit } = this.#subject;
    if (garbageLimit === undefined) {
      same(store.kvLength, model.appended, 'kvLength');
    } else if (!(store.garbage <= garbageLimit(model.size))) {
      throw new Error(`there are ${store.garbage} bytes of garbage, with ${model.size} that live`);
    }
  }

  #check(): void {
    this.#unchecked = 0;
    this.#subject.check();
  }

  #watch(view: Uint8Array | undefined): void {
    if (view === undefined) return;
    if (this.#watched.length === WATCHED) this.#checkOne(this.#watched.shift()!);
    this.#watched.push({ view, copy: view.slice() });
  }

  #checkWatched(): void {
    this.#watched.forEach((one) => this.#checkOne(one));
  }

  #checkOne({ view, copy }: { view: Uint8Array; copy: Uint8Array }): void {
    sameView(view, copy, 'bytes given out earlier');
  }

  #pooled(i: number): Uint8Array {
    return this.#keys[i % this.#keys.length];
  }

  #key(i: number): Uint8Array {
    return this.#lend(this.#pooled(i));
  }

  #bounds(start: number | null, limit: number | null): Bounds {
    return {
      ...(start === null ? {} : { start: this.#pooled(start) }),
      ...(limit === null ? {} : { limit: this.#pooled(limit) }),
    };
  }

  #lendBounds({ start, limit }: Bounds, reverse?: boolean): Bounds & { reverse?: boolean } {
    return { start: start && this.#lend(start), limit: limit && this.#lend(limit), reverse };
  }

  /** A copy that is overwritten when the step is over. It begins inside a larger buffer, as slices do. */
  #lend(original: Uint8Array): Uint8Array {
    const lent = new Uint8Array(new ArrayBuffer(original.length + 3), 2, original.length);
    lent.set(original);
    this.#lent.push(lent);
    return lent;
  }
}

/** A `for ... of` under way. */
interface Walk {
  real: Iterator<Uint8Array | [Uint8Array, Uint8Array]>;
  pick: Pick;
  reverse: boolean;
  model: ModelCursor;
  begun: boolean;
  done: boolean;
}

/** What is compared, in words: a function where it takes time to say, which is asked only where there is need. */
type What = string | (() => string);

function same<T>(actual: T, expected: T, what: What): void {
  if (actual !== expected) throw differs(what, String(expected), String(actual));
}

function sameView(actual: Uint8Array | undefined, expected: Uint8Array | undefined, what: What): void {
  if (!sameBytes(actual, expected)) throw differs(what, show(expected), show(actual));
}

function differs(what: What, expected: string, actual: string): Error {
  return new Error(`${typeof what === 'string' ? what : what()}: expected ${expected}, got ${actual}`);
}

function sameItem(
  item: Uint8Array | [Uint8Array, Uint8Array],
  expected: Entry,
  pick: Pick,
  what: What,
): void {
  if (pick !== 'values')
    sameView(pick === 'keys' ? (item as Uint8Array) : (item[0] as Uint8Array), expected.key, what);
  if (pick !== 'keys')
    sameView(pick === 'values' ? (item as Uint8Array) : (item[1] as Uint8Array), expected.value, what);
}

function describe(item: Uint8Array | [Uint8Array, Uint8Array]): string {
  return Array.isArray(item) ? item.map(show).join(' ') : show(item);
}

function mustBeReleased(move: () => unknown): void {
  try {
    move();
  } catch (error) {
    same((error as { code?: unknown }).code, 'MEMDB_ITERATOR_RELEASED', 'the code of the error');
    return;
  }
  throw new Error('the move should have thrown');
}
