import { refuse, type Codec } from './codec.js';
import { readText, writeText } from './text.js';

/**
 * What JSON can say, as JSON.stringify and JSON.parse do it: dates become strings, NaN becomes null. `undefined` alone is no
 * bytes.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as JSON.parse has it
export const json: Codec<any> = {
  name: 'codecs.json',
  write(value: unknown, scratch, at) {
    if (value === undefined) return at;
    const text = textOf(value);
    if (text === undefined) refuse('json', 'what JSON can say', value);
    return writeText(text, scratch, at);
  },
  read: (bytes, start, end): unknown => (start === end ? undefined : JSON.parse(readText(bytes, start, end))),
};

function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // Of a bigint, or of an object that holds itself.
    if ((error as Error | undefined)?.name !== 'TypeError') throw error;
    throw new TypeError(`codecs.json: ${(error as Error).message}`, { cause: error });
  }
}
