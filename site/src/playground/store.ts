/*
 * The DB of the playground: the package's own, made with the test door's option that fixes the secret of the hash index, so that a
 * link shows everybody the same. What it is filled with, and the operations on it.
 */
import { DB } from '../../../lib/index.js';
import { SeededHeights, localMemory, withInternals } from '../../../lib/internals.js';

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decoder = new TextDecoder();
export const decode = (bytes: Uint8Array): string => decoder.decode(bytes);

export interface Operation {
  kind: 'put' | 'get' | 'delete' | 'seek' | 'scan';
  key: string;
  /** Of a put the value, of a scan the limit. */
  value: string;
}

export const DATA = ['paper', 'words-200', 'words', 'million', 'lines', 'empty'] as const;
export type DataName = (typeof DATA)[number];
export const DATA_NAMES: Record<DataName, string> = {
  paper: 'the nine numbers of the paper',
  'words-200': '200 words',
  words: 'the word list: 274,137 words',
  million: 'a million entries',
  lines: 'lines of your own',
  empty: 'nothing',
};

/** The drawing in Pugh's paper, with which the skip list became known: numbers, and the heights of their towers. */
const PAPER: [key: string, height: number][] = [
  ['03', 1],
  ['06', 4],
  ['07', 1],
  ['09', 2],
  ['12', 1],
  ['19', 2],
  ['21', 1],
  ['25', 3],
  ['26', 1],
];
/** There, 17 is put in with two levels. */
const NEXT_IN_PAPER = 2;

const SEED = 1;
const AT_ONCE = 20_000;
const MILLION = 1_000_000;

export function makeDB(name: DataName): DB {
  const memory = { ...localMemory, seed: SEED };
  if (name !== 'paper') return new DB(withInternals({}, memory));
  const given = [...PAPER.map(([, height]) => height), NEXT_IN_PAPER];
  const seeded = new SeededHeights();
  return new DB(withInternals({ randHeight: () => given.shift() ?? seeded.next() }, memory));
}

/** Fills a DB a part at a time, so that the page stays usable. @param tell hears which part of it is done */
export async function fill(
  db: DB,
  name: DataName,
  lines: string,
  tell: (part: number) => void,
  isWanted: () => boolean,
): Promise<void> {
  const { count, entryAt } = await source(name, lines);
  for (let i = 0; i < count && isWanted();) {
    const batch: [Uint8Array, Uint8Array][] = [];
    for (const end = Math.min(count, i + AT_ONCE); i < end; i++) batch.push(entryAt(i));
    db.putMany(batch);
    tell(i / count);
    if (i < count) await new Promise((resolve) => setTimeout(resolve));
  }
}

interface Source {
  count: number;
  entryAt: (i: number) => [Uint8Array, Uint8Array];
}

async function source(name: DataName, lines: string): Promise<Source> {
  switch (name) {
    case 'empty':
      return { count: 0, entryAt: () => [encode(''), encode('')] };
    case 'paper':
      return { count: PAPER.length, entryAt: (i) => [encode(PAPER[i][0]), encode(`value ${i + 1}`)] };
    case 'million':
      return { count: MILLION, entryAt: (i) => [encode(keyOfMillion(i)), encode(`entry ${i}`)] };
    case 'lines':
      return ofLines(lines);
    case 'words':
      return ofWords(1);
    case 'words-200':
      return ofWords(1371);
  }
}

/** In an order that looks random, and each once: an odd factor permutes the integers of 32 bits. */
function keyOfMillion(i: number): string {
  return String(Math.imul(i, 0x9e3779b1) >>> 0).padStart(10, '0');
}

/** `key<TAB>value`, or a plain key, whose value is the number of its line. */
function ofLines(text: string): Source {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  return {
    count: lines.length,
    entryAt: (i) => {
      const tab = lines[i].indexOf('\t');
      const [key, value] =
        tab < 0 ? [lines[i], String(i + 1)] : [lines[i].slice(0, tab), lines[i].slice(tab + 1)];
      return [encode(key), encode(value)];
    },
  };
}

let wordList: string[] | undefined;

/** Every so many-th word of the list. */
async function ofWords(step: number): Promise<Source> {
  wordList ??= (await (await fetch('words.txt')).text()).split('\n').filter((word) => word !== '');
  const words = wordList;
  return {
    count: Math.ceil(words.length / step),
    entryAt: (i) => [encode(words[i * step]), encode(String(i * step + 1))],
  };
}
