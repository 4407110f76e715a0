// The keys that every competitor is measured with. A key is held here as a string with one character per
// byte (latin1): that sorts in byte order and is cheap to hash, and is turned into bytes only when written.
import { Random } from './random.js';

export const KEY_SHAPES = ['random', 'decimal', 'url'] as const;
/** 16 random bytes; 16 zero-padded decimals; URLs of 40 to 90 bytes. */
export type KeyShape = (typeof KEY_SHAPES)[number];

/** The keys of one measurement, as lists in the order in which a row uses them. */
export type KeyLists = Record<string, string[]>;

/** Rows on a filled store use no more than this many keys per pass, so that a run at 1M ends in time. */
export const MAX_LOOKUPS = 150_000;
/** ... and no fewer than this: a short list, repeated, would be learned by the branch predictor. */
export const MIN_LOOKUPS = 35_000;

/** `n` distinct keys of a shape, in random order, and `missing` more of the same shape that are not among them. */
export function generateKeys(
  shape: KeyShape,
  n: number,
  missing: number,
  random: Random,
): { present: string[]; absent: string[] } {
  if (shape === 'decimal') {
    // Even numbers are present and odd ones absent, so that a miss falls between two neighbours.
    const present = random.shuffled(Array.from({ length: n }, (_, i) => decimal(2 * i)));
    const absent = Array.from({ length: missing }, () => decimal(2 * random.below(n) + 1));
    return { present, absent };
  }
  const make = shape === 'random' ? randomBytes : url;
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
