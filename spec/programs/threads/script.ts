import type { DB } from 'flat-memdb';
import type { Prng } from '../../support/prng.js';
import { numberOf, stamped } from './stamps.js';

/*
 * What a thread does that is killed on the way: steps that follow from a seed, so that whoever finds it dead knows what must be there.
 */

const KEYS = 800;

export type Contents = Map<string, Uint8Array>;

/** A step, and what it makes of what was there. */
export interface Step {
  apply(db: DB): void;
  /** Changes what is expected. @returns the keys that it concerns */
  expect(contents: Contents): void;
  /** Whether it may be in up to some entry, where it was cut off. */
  readonly isSplit: boolean;
}

const encoder = new TextEncoder();
export const PREFIX = 'victim ';

function nameOf(i: number): string {
  return `${PREFIX}${String(i).padStart(5, '0')}`;
}

/** @param reverse whether the keys are in the reverse of bytewise order */
export function drawStep(prng: Prng, number: number, reverse: boolean): Step {
  const draw = prng.below(100);
  if (draw < 45) return put(prng, number);
  if (draw < 55) return increment(prng, number);
  if (draw < 70) return remove(prng);
  if (draw < 85) return putMany(prng, number);
  if (draw < 90) return removeRange(prng, reverse);
  return compact;
}

const compact: Step = { isSplit: false, apply: (db) => db.compact(), expect: () => {} };

function entry(prng: Prng, number: number): { name: string; key: Uint8Array; value: Uint8Array } {
  const name = nameOf(prng.below(KEYS));
  const key = encoder.encode(name);
  return { name, key, value: stamped(key, number, prng.below(prng.below(4) === 0 ? 600 : 40)) };
}

function put(prng: Prng, number: number): Step {
  const { name, key, value } = entry(prng, number);
  return {
    isSplit: false,
    apply: (db) => db.put(key, value),
    expect: (contents) => contents.set(name, value),
  };
}

function increment(prng: Prng, number: number): Step {
  const { name, key } = entry(prng, number);
  const next = (old: Uint8Array | undefined) =>
    stamped(key, old === undefined ? 1 : numberOf(key, old) + 1, 20);
  return {
    isSplit: false,
    apply: (db) => db.update(key, next),
    expect: (contents) => contents.set(name, next(contents.get(name))),
  };
}

function remove(prng: Prng): Step {
  const name = nameOf(prng.below(KEYS));
  return {
    isSplit: false,
    apply: (db) => db.delete(encoder.encode(name)),
    expect: (contents) => contents.delete(name),
  };
}

function putMany(prng: Prng, number: number): Step {
  // No key twice: cut off between two of them, the first value is rightly there.
  const drawn = Array.from({ length: 1 + prng.below(40) }, () => entry(prng, number));
  const entries = [...new Map(drawn.map((each) => [each.name, each])).values()];
  return {
    isSplit: true,
    apply: (db) => db.putMany(entries.map(({ key, value }) => [key, value])),
    expect: (contents) => {
      for (const { name, value } of entries) contents.set(name, value);
    },
  };
}

function removeRange(prng: Prng, reverse: boolean): Step {
  const first = prng.below(KEYS);
  const names = Array.from({ length: 1 + prng.below(60) }, (_, i) => nameOf(first + i));
  if (reverse) names.reverse();
  // The last one is the limit.
  const limit = names.pop()!;
  const start = names[0] ?? limit;
  return {
    isSplit: false,
    apply: (db) => db.deleteRange({ start: encoder.encode(start), limit: encoder.encode(limit) }),
    expect: (contents) => {
      for (const name of names) contents.delete(name);
    },
  };
}
