// What a line of input means to the examples: "key<TAB>value", or a plain key, whose value is then its line number.
import { UserError } from './input.js';

const TAB = 0x09;

/** Key and value of a line: views into it, where there are bytes to view. @throws UserError for a line without a key */
export function entryOf(line: Buffer, file: string, number: number): [key: Buffer, value: Buffer] {
  const tab = line.indexOf(TAB);
  const key = tab === -1 ? line : line.subarray(0, tab);
  if (key.length === 0) {
    throw new UserError(
      `${file}:${number}: no key: the line ${tab === 0 ? 'begins with a tab' : 'is empty'}`,
    );
  }
  return [key, tab === -1 ? Buffer.from(String(number)) : line.subarray(tab + 1)];
}
