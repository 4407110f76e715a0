// Keys and values, of which each process makes the same.
import { Random } from '../random.js';

export const VALUE_KINDS = ['string', 'json'] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

export const VALUE_TITLES: Readonly<Record<ValueKind, string>> = {
  string: 'values are strings of some 90 characters',
  json: 'values are small objects',
};

/** What an application keeps of a user. */
export interface User {
  id: number;
  name: string;
  email: string;
  score: number;
  tags: string[];
  active: boolean;
}

export interface Columns<V> {
  readonly kind: ValueKind;
  readonly value: (number: number) => V;
  /** What reading a value adds to a sum; it reaches into it. */
  readonly weigh: (value: V) => number;
}

const TAGS = ['new', 'gold', 'silver', 'beta', 'staff', 'trial', 'press', 'guest'];

/** As a program makes one that has read or computed it. */
function userOf(number: number): User {
  return {
    id: number,
    name: `Name ${number}`,
    email: `name.${number}@example.com`,
    score: number * 1.5,
    tags: [TAGS[number & 7], TAGS[(number >> 3) & 7]],
    active: number % 3 === 0,
  };
}

export const STRINGS: Columns<string> = {
  kind: 'string',
  value: (number) =>
    `Name ${number}, of the town of ${TAGS[number & 7]}, with a score of ${number * 1.5} and more to say`,
  weigh: (value) => value.length + value.charCodeAt(5),
};

export const OBJECTS: Columns<User> = {
  kind: 'json',
  value: userOf,
  weigh: (value) => value.id + value.tags.length,
};

/** Between two of these there is one that is missing. */
export function keyOf(number: number): string {
  return `user:${String(2 * number).padStart(11, '0')}`;
}

export function missingKeyOf(number: number): string {
  return `user:${String(2 * number + 1).padStart(11, '0')}`;
}

const STEP = 0.6180339887;

/** The numbers 0 to count - 1, each once, far apart from the one before: an order that needs no memory. */
export class Scattered {
  readonly #count: number;
  readonly #step: number;

  constructor(count: number) {
    this.#count = count;
    let step = Math.max(1, Math.floor(count * STEP));
    while (greatestCommonDivisor(step, count) !== 1) step++;
    this.#step = step;
  }

  /** The i-th of them. */
  at(i: number): number {
    // Below 2^53 for up to 2^26 entries.
    return (i * this.#step) % this.#count;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The lists of a life, in the order of their use. */
export interface Lists<V> {
  keys: string[];
  values: V[];
  present: string[];
  missing: string[];
  ranges: string[];
  indexes: number[];
  deleted: string[];
}

/** Of those that look something up, at most so many. */
const SAMPLE = 200_000;
const RANGES = 1000;

export function listsOf<V>(columns: Columns<V>, n: number, seed: number): Lists<V> {
  const random = new Random(seed);
  const numbers = random.shuffled(Array.from({ length: n }, (_, i) => i));
  const some = () => random.shuffled(numbers.slice(0, SAMPLE));
  return {
    keys: numbers.map((number) => flat(keyOf(number))),
    values: numbers.map((number) => columns.value(number)),
    present: some().map((number) => flat(keyOf(number))),
    missing: some().map((number) => flat(missingKeyOf(number))),
    ranges: some()
      .slice(0, RANGES)
      .map((number) => flat(keyOf(number))),
    indexes: some(),
    deleted: some().map((number) => flat(keyOf(number))),
  };
}

/** A string that is no tree of parts, as one that was read from somewhere is. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
