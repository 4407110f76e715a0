import type { Encoded, IteratorOptions, StoreEncoding } from './abstractlevel.js';
import type { Format } from './formats.js';
import type { Scan } from './scan.js';

export type Pick = 'entry' | 'key' | 'value';
type Part = Encoded | undefined;
/** What an iterator hands to abstract-level, which decodes it. */
export type Item = [key: Part, value: Part] | Part;
/** Makes one of the entry that a scan is at. */
export type Make = (scan: Scan) => Item;

export function makerOf(pick: Pick, format: Format, options: IteratorOptions): Make {
  const { keyEncoding, valueEncoding } = options;
  if (pick === 'key') return keyMaker(format, keyEncoding);
  if (pick === 'value') return valueMaker(format, valueEncoding);
  const hasKeys = options.keys !== false;
  const hasValues = options.values !== false;
  if (hasKeys && hasValues && keyEncoding === valueEncoding && keyEncoding !== 'utf8') {
    const copier = format.copier(keyEncoding);
    return ({ kv, keyStart, keyEnd, valueStart, valueEnd }) =>
      keyEnd === valueStart
        ? copier.copyBoth(kv, keyStart, keyEnd, valueEnd)
        : [copier.copy(kv, keyStart, keyEnd), copier.copy(kv, valueStart, valueEnd)];
  }
  const keyOf = hasKeys ? keyMaker(format, keyEncoding) : nothing;
  const valueOf = hasValues ? valueMaker(format, valueEncoding) : nothing;
  return (scan) => [keyOf(scan), valueOf(scan)];
}

function keyMaker(format: Format, encoding: StoreEncoding): (scan: Scan) => Part {
  const read = format.reader(encoding);
  return ({ kv, keyStart, keyEnd }) => read(kv, keyStart, keyEnd);
}

function valueMaker(format: Format, encoding: StoreEncoding): (scan: Scan) => Part {
  const read = format.reader(encoding);
  return ({ kv, valueStart, valueEnd }) => read(kv, valueStart, valueEnd);
}

function nothing(): undefined {
  return undefined;
}
