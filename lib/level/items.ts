import type { Encoded, IteratorOptions } from './abstractlevel.js';
import type { Copier } from './copier.js';
import type { Format, PartReader } from './formats.js';
import type { Scan } from './scan.js';

export type Pick = 'entry' | 'key' | 'value';
type Part = Encoded | undefined;
/** What an iterator hands to abstract-level, which decodes it. */
export type Item = [key: Part, value: Part] | Part;

/** Makes items. These are objects, not closures: what the engine learns of a closure, it forgets with that one. */
export interface Maker {
  /** One of the entry that a scan is at. */
  make(scan: Scan): Item;
}

export function makerOf(pick: Pick, format: Format, options: IteratorOptions): Maker {
  const { keyEncoding, valueEncoding } = options;
  if (pick === 'key') return new KeyMaker(format.reader(keyEncoding));
  if (pick === 'value') return new ValueMaker(format.reader(valueEncoding));
  const hasKeys = options.keys !== false;
  const hasValues = options.values !== false;
  if (hasKeys && hasValues && keyEncoding === valueEncoding && keyEncoding !== 'utf8') {
    return new CopyMaker(format.copier(keyEncoding));
  }
  return new EntryMaker(
    hasKeys ? format.reader(keyEncoding) : undefined,
    hasValues ? format.reader(valueEncoding) : undefined,
  );
}

class KeyMaker implements Maker {
  readonly #reader: PartReader;

  constructor(reader: PartReader) {
    this.#reader = reader;
  }

  make({ kv, keyStart, keyEnd }: Scan): Item {
    return this.#reader.read(kv, keyStart, keyEnd);
  }
}

class ValueMaker implements Maker {
  readonly #reader: PartReader;

  constructor(reader: PartReader) {
    this.#reader = reader;
  }

  make({ kv, valueStart, valueEnd }: Scan): Item {
    return this.#reader.read(kv, valueStart, valueEnd);
  }
}

class EntryMaker implements Maker {
  readonly #keys: PartReader | undefined;
  readonly #values: PartReader | undefined;

  constructor(keys: PartReader | undefined, values: PartReader | undefined) {
    this.#keys = keys;
    this.#values = values;
  }

  make({ kv, keyStart, keyEnd, valueStart, valueEnd }: Scan): Item {
    return [this.#keys?.read(kv, keyStart, keyEnd), this.#values?.read(kv, valueStart, valueEnd)];
  }
}

/** Keys and values are bytes of the same encoding. */
class CopyMaker implements Maker {
  readonly #copier: Copier;

  constructor(copier: Copier) {
    this.#copier = copier;
  }

  make({ kv, keyStart, keyEnd, valueStart, valueEnd }: Scan): Item {
    const copier = this.#copier;
    return keyEnd === valueStart
      ? copier.readBoth(kv, keyStart, keyEnd, valueEnd)
      : [copier.read(kv, keyStart, keyEnd), copier.read(kv, valueStart, valueEnd)];
  }
}

/** One of each. */
export function makersToKeep(format: Format): unknown {
  const copier = format.copier('view');
  return [
    new KeyMaker(copier),
    new ValueMaker(copier),
    new EntryMaker(copier, copier),
    new CopyMaker(copier),
  ];
}
