import { keepOne } from '../base/kept.js';
import type { Encoded, IteratorOptions } from './abstractlevel.js';
import { breathe } from './breathe.js';
import { Format } from './formats.js';
import { makerOf, makersToKeep, type Item, type Maker, type Pick } from './items.js';
import { Past } from './past.js';
import { Readers } from './readers.js';
import { rangeOf, Scan } from './scan.js';
import type { Reader } from './snapshot.js';
import { Versions } from './versions.js';

/** Entries that `all` reads before others have their turn. */
const AT_ONCE = 4096;

/** What iterators of the three kinds have in common. */
export class Walk {
  readonly #scan: Scan;
  readonly #format: Format;
  readonly #maker: Maker;
  /** Who is to be told at the end. */
  readonly #own: Reader | undefined;

  /** @param isOwn whether the reader is there for this walk alone */
  constructor(reader: Reader, isOwn: boolean, format: Format, pick: Pick, options: IteratorOptions) {
    const range = rangeOf(options, (key) => format.key(key));
    this.#scan = new Scan(reader, range, options.reverse);
    this.#format = format;
    this.#maker = makerOf(pick, format, options);
    this.#own = isOwn ? reader : undefined;
    keepOne(Walk, oneToKeep);
  }

  next(): Item {
    return this.#scan.next() ? this.#maker.make(this.#scan) : undefined;
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
    const maker = this.#maker;
    let isOn = items.length >= count || scan.next();
    while (isOn && items.length < count) {
      items.push(maker.make(scan));
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

/** Those of a walk over nothing. */
export const IDLE_OPTIONS: IteratorOptions = {
  keyEncoding: 'view',
  valueEncoding: 'view',
  reverse: false,
  limit: -1,
};

export function idleWalk(format: Format = new Format('view', () => new Uint8Array(0))): Walk {
  const versions = new Versions();
  return new Walk({ versions, sequence: versions.enter() }, true, format, 'entry', IDLE_OPTIONS);
}

function oneToKeep(): unknown {
  const format = new Format('view', () => new Uint8Array(0));
  return [idleWalk(format), makersToKeep(format), new Past(new Readers())];
}
