import type { Encoded, IteratorOptions } from './abstractlevel.js';
import { breathe } from './breathe.js';
import type { Format } from './formats.js';
import { makerOf, type Item, type Make, type Pick } from './items.js';
import { rangeOf, Scan } from './scan.js';
import type { Reader } from './snapshot.js';

/** Entries that `all` reads before others have their turn. */
const AT_ONCE = 4096;

/** What iterators of the three kinds have in common. */
export class Walk {
  readonly #scan: Scan;
  readonly #format: Format;
  readonly #make: Make;
  /** Who is to be told at the end. */
  readonly #own: Reader | undefined;

  /** @param isOwn whether the reader is there for this walk alone */
  constructor(reader: Reader, isOwn: boolean, format: Format, pick: Pick, options: IteratorOptions) {
    const range = rangeOf(options, (key) => format.key(key));
    this.#scan = new Scan(reader, range, options.reverse);
    this.#format = format;
    this.#make = makerOf(pick, format, options);
    this.#own = isOwn ? reader : undefined;
  }

  next(): Item {
    return this.#scan.next() ? this.#make(this.#scan) : undefined;
  }

  many(size: number): Item[] {
    const items: Item[] = [];
    this.#read(items, size);
    return items;
  }

  async all(most: number): Promise<Item[]> {
    const items: Item[] = [];
    while (this.#read(items, Math.min(most, items.length + AT_ONCE)) && items.length < most) await breathe();
    return items;
  }

  /** Adds items until there are so many. @returns whether there are */
  #read(items: Item[], count: number): boolean {
    const scan = this.#scan;
    const make = this.#make;
    let isOn = items.length >= count || scan.next();
    while (isOn && items.length < count) {
      items.push(make(scan));
      isOn = items.length === count || scan.advance();
    }
    return isOn;
  }

  seek(target: Encoded): void {
    this.#scan.seek(this.#format.key(target));
  }

  close(): void {
    this.#scan.release();
    this.#own?.versions.leave(this.#own.sequence);
  }
}
