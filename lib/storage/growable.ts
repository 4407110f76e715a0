import { CapacityError, noMemory } from '../base/errors.js';
import { localGrowth, type ArraySize, type Growth } from './growth.js';

export type Flat = Uint8Array | Int32Array;

/** What an array is called, what it is counted in, and where it ends. */
export interface Extent {
  readonly name: string;
  readonly unit: string;
  /** The most elements it may have. */
  readonly limit: number;
  /** What is to be done where it is full. */
  readonly whenFull?: string | undefined;
}

const WHEN_FULL =
  'compact() gives back what was overwritten or deleted, in a MemTable what no reader sees; or begin a new one';

/** Where its arrays come from. */
export interface Allocator<T extends Flat> {
  allocate(length: number): T;
  /** How many elements there may well be one day. */
  foresee?(): number;
}

/** Elements that are put aside together, as a power of 2. */
const PAGE_BITS = 10;

/** What the elements of an array were at one time: those of stretches that were written to since, put aside. */
export class Past<T extends Flat> {
  readonly length: number;
  readonly #pages = new Map<number, T>();
  #failure: unknown;

  constructor(length: number) {
    this.length = length;
  }

  get isEmpty(): boolean {
    return this.#pages.size === 0;
  }

  /** Bytes that were put aside. */
  get bytes(): number {
    let bytes = 0;
    for (const { byteLength } of this.#pages.values()) bytes += byteLength;
    return bytes;
  }

  /** Has to come before an element is written to. It does not throw: what lacks memory is lost, and the write goes on. */
  keep(array: T, index: number): void {
    const page = index >> PAGE_BITS;
    if (this.#pages.has(page)) return;
    try {
      this.#pages.set(page, array.slice(page << PAGE_BITS, (page + 1) << PAGE_BITS) as T);
    } catch (error) {
      this.#failure = error;
    }
  }

  read(array: T, index: number): number {
    const page = this.#pages.get(index >> PAGE_BITS);
    return page === undefined ? array[index] : page[index & ((1 << PAGE_BITS) - 1)];
  }

  /** @throws CapacityError where there was no memory to put something aside */
  requireWhole(): void {
    if (this.#failure !== undefined) throw noMemory('what the table was', this.#failure);
  }
}

const NOBODY: readonly never[] = [];

/** How far the array fills between two steps of the copying. */
const STEP_BYTES = 1 << 14;
/** Copying begins when this part of the array is left, and goes so many times faster than the array fills. */
const LEFT = 16;
/** Of room that somebody asked for, more bytes than this are copied ahead, too. */
const ASKED_AT_ONCE = 1 << 23;

/**
 * What to reserve for so many bytes that somebody asked for, and knows to be enough: much has some more behind it, and nothing is
 * copied before that is used.
 */
export function reservedFor(asked: number): number {
  return asked <= ASKED_AT_ONCE ? asked : Math.ceil((asked * LEFT) / (LEFT - 1));
}

/**
 * A typed array that is appended to and grows when it is full.
 *
 * Copying tens of megabytes at once would stall the event loop, so a large array is copied while its last sixteenth
 * fills: a larger one stands beside it, and every stretch appended brings sixteen stretches over. Only the room that
 * was asked for at first is not copied from before it is full: who asks for room knows how much will come. (Much of it has
 * a sixteenth more, see `reservedFor`.)
 *
 * Invariants:
 * 1. Elements [0, length) of `array` are the contents; nothing but growth replaces `array`.
 * 2. Elements [0, #copied) of `#next` equal those of `array`: `write` and `renew` see to that.
 * 3. A failed allocation changes nothing.
 * 4. Whoever watches hears of each element that `write` changes, before; elements that are appended, and `truncate`, are not its business.
 */
export class Growable<T extends Flat> {
  array: T;
  /** That of `array`, which takes as long to ask for as a view takes to make. */
  buffer: ArrayBufferLike;
  /** All of it, to read it by words wherever they are. */
  view: DataView;
  length = 0;
  readonly #extent: Extent;
  readonly #allocator: Allocator<T>;
  readonly #growth: Growth;
  /** Length that was asked for at first. */
  readonly #asked: number;
  /** `length` may rise to this before there is anything to do. */
  quietUntil: number;
  #next: T | undefined;
  #copied = 0;
  /** Who wants to know what it was; and the length of the longest of these. */
  pasts: readonly Past<T>[] = NOBODY;
  #watched = 0;

  /** @param asked the length that somebody asked for, if `length` is not that */
  constructor(
    extent: Extent,
    length: number,
    allocator: Allocator<T>,
    growth: Growth = localGrowth,
    asked = length,
  ) {
    this.#extent = extent;
    this.#allocator = allocator;
    this.#growth = growth;
    this.#asked = asked;
    this.array = this.#allocate(length);
    this.buffer = this.array.buffer;
    this.view = new DataView(this.buffer);
    this.quietUntil = this.#quietFrom(0);
  }

  /** Whether there is room for `extra` more elements, and nothing to do for more. */
  fits(extra: number): boolean {
    return this.length + extra <= this.quietUntil;
  }

  /** Makes room for `extra` more elements. @throws CapacityError, with nothing changed */
  reserve(extra: number): void {
    if (this.length + extra > this.quietUntil) this.#grow(extra);
  }

  /** Changes an element below `length`. */
  write(index: number, value: number): void {
    if (index < this.#watched) this.keep(index);
    this.array[index] = value;
    if (index < this.#copied) this.#next![index] = value;
  }

  /** Must follow changes, other than by `write`, of elements from `start` to before `end`. */
  renew(start: number, end: number): void {
    const next = this.#next!;
    for (let i = start; i < end && i < this.#copied; i++) next[i] = this.array[i];
  }

  /** Elements that have been copied ahead: what changes below is to be told to `renew`, unless `write` does it. */
  get copied(): number {
    return this.#copied;
  }

  /** Whether what was copied ahead is what it was copied from. */
  get isCopyRight(): boolean {
    const { array } = this;
    for (let i = 0; i < this.#copied; i++) if (this.#next![i] !== array[i]) return false;
    return true;
  }

  /** Must come before elements of that page of a watcher are changed other than by `write`. */
  keep(index: number): void {
    for (const past of this.pasts) if (index < past.length) past.keep(this.array, index);
  }

  /** What the elements are now, whatever is written from now on, until `unwatch`. */
  watch(): Past<T> {
    const past = new Past<T>(this.length);
    this.#watch([...this.pasts, past]);
    return past;
  }

  unwatch(past: Past<T>): void {
    this.#watch(this.pasts.filter((other) => other !== past));
  }

  #watch(pasts: readonly Past<T>[]): void {
    this.pasts = pasts;
    this.#watched = Math.max(0, ...pasts.map(({ length }) => length));
  }

  /** Takes over an array with its contents. */
  adopt(array: T, length: number): void {
    if (array !== this.array) this.#replace(array);
    this.truncate(length);
  }

  /** Nothing is called between the first store and the last, so that no call can be cut off there. */
  #replace(array: T): void {
    const { buffer } = array;
    const view = new DataView(buffer);
    this.array = array;
    this.buffer = buffer;
    this.view = view;
    this.#next = undefined;
    this.#copied = 0;
  }

  /** Forgets the contents from `length` on; what is reserved stays so. */
  truncate(length: number): void {
    this.length = length;
    this.#next = undefined;
    this.#copied = 0;
    this.quietUntil = this.#quietFrom(length);
  }

  #grow(extra: number): void {
    const needed = this.length + extra;
    const { name, unit, limit, whenFull = WHEN_FULL } = this.#extent;
    if (needed > limit) {
      throw new CapacityError(
        `${name} would need ${needed} ${unit}, and its limit is ${limit}; nothing was changed. ${whenFull}`,
      );
    }
    if (needed > this.array.length) {
      this.#moveOver(needed);
    } else {
      this.#copyAhead(needed);
    }
  }

  #moveOver(needed: number): void {
    if (this.#next === undefined || this.#next.length < needed) {
      this.#next = this.#allocateFor(needed);
      this.#copied = 0;
    }
    this.#next.set(this.array.subarray(this.#copied, this.length), this.#copied);
    this.#replace(this.#next);
    this.quietUntil = this.#quietFrom(this.length);
  }

  #copyAhead(needed: number): void {
    if (this.#next === undefined) {
      try {
        this.#next = this.#allocateFor(this.array.length + 1);
      } catch {
        this.quietUntil = this.array.length; // there is still room: fail when there is none
        return;
      }
    }
    const step = STEP_BYTES / this.array.BYTES_PER_ELEMENT;
    const full = this.array.length;
    const end = Math.min(this.length, Math.ceil(LEFT * (needed + step - (full - full / LEFT))));
    if (end > this.#copied) {
      this.#next.set(this.array.subarray(this.#copied, end), this.#copied);
      this.#copied = end;
    }
    this.quietUntil = Math.min(needed + step, this.array.length);
  }

  /** Where the next work is due, for an array that holds `length` elements and has no copy under way. */
  #quietFrom(length: number): number {
    const full = this.array.length;
    const isSmall = full * this.array.BYTES_PER_ELEMENT <= ASKED_AT_ONCE;
    if ((isSmall && full === this.#asked) || this.#growth.isCopiedAtOnce(this.#arraySize)) return full;
    return Math.max(length, Math.floor(full - full / LEFT));
  }

  /** A larger array with room for `needed` elements: or else a less large one, or one that is hardly larger than that. */
  #allocateFor(needed: number): T {
    let failure: unknown;
    for (const length of this.#growth.nextLengths(
      this.#arraySize,
      needed,
      this.#allocator.foresee?.() ?? 0,
    )) {
      try {
        return this.#allocate(length);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  get #arraySize(): ArraySize {
    const { length, BYTES_PER_ELEMENT: bytesPerElement } = this.array;
    return { length, bytesPerElement, limit: this.#extent.limit };
  }

  #allocate(length: number): T {
    try {
      return this.#allocator.allocate(length);
    } catch (cause) {
      const { name, unit } = this.#extent;
      throw noMemory(`${length} ${unit} for ${name}`, cause);
    }
  }
}
