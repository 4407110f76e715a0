// The keys that every competitor is measured with. A key is held here as a string with one character per
// byte (latin1): that sorts in byte order and is cheap to hash, and is turned into bytes only when written.
import { Random } from './random.js';

/** Each with what the reader of a table is told of it. */
export const KEY_SHAPE_TITLES = {
  random: '16 random bytes',
  decimal: '16 zero-padded decimals',
  url: 'URLs of 40 to 90 bytes',
  int32: '4-byte little-endian integers',
  uuid: 'UUIDs, as 36 characters',
  path: 'file paths of 30 to 80 bytes',
  timestamp: '8-byte big-endian milliseconds',
} as const;
export type KeyShape = keyof typeof KEY_SHAPE_TITLES;
export const KEY_SHAPES = Object.keys(KEY_SHAPE_TITLES) as KeyShape[];
/** The shapes of the table of repeated rows, and of perf:ab, where no others are asked for. */
export const TABLE_SHAPES: readonly KeyShape[] = ['random', 'decimal', 'url'];

/** The keys of one measurement, as lists in the order in which a row uses them. */
export type KeyLists = Record<string, string[]>;

/** Rows on a filled store use no more than this many keys per pass, so that a run at 1M ends in time. */
export const MAX_LOOKUPS = 150_000;
/** ... and no fewer than this: a short list, repeated, would be learned by the branch predictor. */
export const MIN_LOOKUPS = 35_000;

/** `n` distinct keys of a shape, in random order, and `missing` more of the same shape that are not among them. */
export function generateKeys(shape: KeyShape, n: number, missing: number, random: Random): Generated {
  switch (shape) {
    case 'decimal':
      return evenNumbers(n, missing, random, decimal);
    case 'int32':
      return evenNumbers(n, missing, random, littleEndian);
    case 'timestamp':
      return timestamps(n, missing, random);
    case 'random':
      return drawn(n, missing, random, randomBytes);
    case 'url':
      return drawn(n, missing, random, url);
    case 'uuid':
      return drawn(n, missing, random, uuid);
    case 'path':
      return drawn(n, missing, random, path);
  }
}

interface Generated {
  present: string[];
  absent: string[];
}

/** Even numbers are present and odd ones absent, so that a miss falls between two neighbours. */
function evenNumbers(n: number, missing: number, random: Random, write: (i: number) => string): Generated {
  const present = random.shuffled(Array.from({ length: n }, (_, i) => write(2 * i)));
  const absent = Array.from({ length: missing }, () => write(2 * random.below(n) + 1));
  return { present, absent };
}

function drawn(n: number, missing: number, random: Random, make: (random: Random) => string): Generated {
  const seen = new Set<string>();
  while (seen.size < n) seen.add(make(random));
  const absent: string[] = [];
  while (absent.length < missing) {
    const key = make(random);
    if (!seen.has(key)) absent.push(key);
  }
  return { present: Array.from(seen), absent };
}

/** The lists behind db_bench's rows; `random` is the order in which fillrandom inserts. */
export function dbBenchLists(shape: KeyShape, n: number, seed: number): KeyLists {
  const random = new Random(seed);
  const lookups = Math.min(Math.max(n, MIN_LOOKUPS), MAX_LOOKUPS);
  const { present, absent } = generateKeys(shape, n, lookups, random);
  const sample = () => Array.from({ length: lookups }, () => random.pick(present));
  return {
    sorted: present.slice().sort(),
    random: present,
    reads: sample(),
    misses: absent,
    seeks: sample(),
    overwrites: random.shuffled(present).slice(0, MAX_LOOKUPS),
    deletes: random.shuffled(present).slice(0, MAX_LOOKUPS),
  };
}

/**
 * The lists of a life: put in random order, then each key looked up once in another, as many that are absent, a seek for
 * each tenth, and all deleted in yet another order.
 */
export function lifeLists(shape: KeyShape, n: number, seed: number): KeyLists {
  const random = new Random(seed);
  const { present, absent } = generateKeys(shape, n, n, random);
  return {
    puts: present,
    gets: random.shuffled(present),
    misses: absent,
    seeks: random.shuffled(present).slice(0, Math.ceil(n / 10)),
    deletes: random.shuffled(present),
  };
}

/** The lists behind goleveldb's own four benchmarks: 32-bit little-endian keys, counting up or random. */
export function goleveldbLists(n: number, seed: number): KeyLists {
  const random = new Random(seed);
  const lookups = Math.min(Math.max(n, MIN_LOOKUPS), MAX_LOOKUPS);
  return {
    counting: Array.from({ length: n }, (_, i) => littleEndian(i)),
    drawn: Array.from({ length: n }, () => littleEndian(random.next())),
    picks: Array.from({ length: lookups }, () => littleEndian(random.below(n))),
  };
}

function decimal(i: number): string {
  return String(i).padStart(16, '0');
}

function randomBytes(random: Random): string {
  return (
    littleEndian(random.next()) +
    littleEndian(random.next()) +
    littleEndian(random.next()) +
    littleEndian(random.next())
  );
}

function littleEndian(x: number): string {
  return String.fromCharCode(x & 0xff, (x >>> 8) & 0xff, (x >>> 16) & 0xff, x >>> 24);
}

const HOSTS = [
  'www.example.com',
  'shop.example.com',
  'docs.example.org',
  'news.example.net',
  'wiki.example.org',
];
const PATHS = [
  '/products/kitchen',
  '/products/garden/tools',
  '/articles/2024/11',
  '/articles/2025/03',
  '/en/reference/library',
  '/users',
];
const WORDS = (
  'amber basin cedar delta ember field grove harbor island jasper kettle lantern meadow north orchard pebble ' +
  'quartz river summit timber upland valley willow yarrow zenith'
).split(' ');

/** A few hosts and sections, so that many keys share a long prefix, as in a crawler's or a cache's table. */
function url(random: Random): string {
  const slug = Array.from({ length: 1 + random.below(3) }, () => random.pick(WORDS)).join('-');
  return `https://${random.pick(HOSTS)}${random.pick(PATHS)}/${slug}-${10_000_000 + random.below(90_000_000)}`;
}

/** Version 4: all random but two places. */
function uuid(random: Random): string {
  const hex = (digits: number) => random.next().toString(16).padStart(8, '0').slice(0, digits);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${random.pick(['8', '9', 'a', 'b'])}${hex(3)}-${hex(8)}${hex(4)}`;
}

const FOLDERS = [
  'src',
  'src/components',
  'src/components/forms',
  'src/lib/parser',
  'spec/support',
  'docs/images',
  'build/esm/components',
  'node_modules/@types/node',
  'node_modules/typescript/lib',
  'node_modules/lodash/fp',
];
const EXTENSIONS = ['ts', 'ts', 'js', 'js.map', 'json', 'md', 'png'];

/** Some hundred folders with many files in each, so that neighbours share all but the last few bytes. */
function path(random: Random): string {
  const folder = `/home/user${random.below(20)}/projects/app-${random.below(6)}/${random.pick(FOLDERS)}`;
  const stem = random.pick(['file', 'file', ...WORDS]);
  return `${folder}/${stem}-${String(random.below(100_000)).padStart(5, '0')}.${random.pick(EXTENSIONS)}`;
}

const FIRST_TIME = 1_700_000_000_000;
const MEAN_STEP_MS = 40;

/**
 * Events about 40 ms apart, each at an even millisecond and up to three steps late; absent are the odd ones next to them.
 * So the first bytes are all the same, as those of times are.
 */
function timestamps(n: number, missing: number, random: Random): Generated {
  const times = new Set<number>();
  for (let i = 0; times.size < n; i++)
    times.add(FIRST_TIME + i * MEAN_STEP_MS + 2 * random.below(1.5 * MEAN_STEP_MS));
  const present = random.shuffled(Array.from(times));
  const absent = Array.from({ length: missing }, () => bigEndian64(random.pick(present) + 1));
  return { present: present.map(bigEndian64), absent };
}

function bigEndian64(x: number): string {
  const high = Math.floor(x / 0x1_0000_0000);
  const low = x >>> 0;
  return littleEndian(high).split('').reverse().join('') + littleEndian(low).split('').reverse().join('');
}
