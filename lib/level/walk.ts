import type { Encoded, IteratorOptions } from './abstractlevel.js';
import { breathe } from './breathe.js';
import type { Format, Read } from './formats.js';
import { rangeOf, Scan } from './scan.js';
import type { Reader } from './snapshot.js';

export type Pick = 'entry' | 'key' | 'value';
type Part = Encoded | undefined;
/** What an iterator hands to abstract-level, which decodes it. */
export type Item = [key: Part, value: Part] | Part;

/** Entries that `all` reads before others have their turn. */
const AT_ONCE = 4096;

/** What iterators of the three kinds have in common. */
export class Walk {
  readonly #scan: Scan;
  readonly #format: Format;
  readonly #readKey: Read;
  readonly #readValue: Read;
  readonly #pick: Pick;
  readonly #hasKeys: boolean;
  readonly #hasValues: boolean;
  /** Who is to be told at the end. */
  readonly #own: Reader | undefined;

  /** @param isOwn whether the reader is there for this walk alone */
  constructor(reader: Reader, isOwn: boolean, format: Format, pick: Pick, options: IteratorOptions) {
    const range = rangeOf(options, (key) => format.key(key));
    this.#scan = new Scan(reader, range, options.reverse);
    this.#format = format;
    this.#readKey = format.reader(options.keyEncoding);
    this.#readValue = format.reader(options.valueEncoding);
    this.#pick = pick;
    this.#hasKeys = pick === 'key' || (pick === 'entry' && options.keys !== false);
    this.#hasValues = pick === 'value' || (pick === 'entry' && options.values !== false);
    this.#own = isOwn ? reader : undefined;
  }

  next(): Item {
    if (!this.#scan.next()) return undefined;
    const scan = this.#scan;
    const key = this.#hasKeys ? this.#readKey(scan.kv, scan.keyStart, scan.keyEnd) : undefined;
    const value = this.#hasValues ? this.#readValue(scan.kv, scan.valueStart, scan.valueEnd) : undefined;
    return this.#pick === 'entry' ? [key, value] : this.#pick === 'key' ? key : value;
  }

  many(size: number): Item[] {
    const items: Item[] = [];
    for (let item; items.length < size && (item = this.next()) !== undefined;) items.push(item);
    return items;
  }

  async all(most: number): Promise<Item[]> {
    const items: Item[] = [];
    for (let item; items.length < most && (item = this.next()) !== undefined;) {
      items.push(item);
      if (items.length % AT_ONCE === 0) await breathe();
    }
    return items;
  }

  seek(target: Encoded): void {
    this.#scan.seek(this.#format.key(target));
  }

  close(): void {
    this.#scan.release();
    this.#own?.versions.leave(this.#own.sequence);
  }
}
