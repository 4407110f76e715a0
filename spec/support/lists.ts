import {
  bytewise,
  MemTable,
  SkipList,
  ValueType,
  type MemTableIterator,
  type SharedListOptions,
  type SkipListIterator,
} from '../../lib/index.js';
import type { Internals } from '../../lib/internals.js';
import { withInternals } from '../../lib/internals.js';
import { text, utf8 } from './bytes.js';
import { Prng } from './prng.js';

/*
 * A MemTable and a SkipList as one and the same: what is added to them, and all the ways to read it, each as text, beside what an array
 * in order says.
 */

type List = MemTable | SkipList;
type Iterator = MemTableIterator | SkipListIterator;
export type ListHandleOf<L extends List> = L['handle'];

/** Something to be added; of a SkipList, the key alone. */
export interface Item {
  readonly key: string;
  readonly sequence: number;
  readonly type: ValueType;
  readonly value: string;
}

export interface ListKindUnderTest {
  readonly name: string;
  create(options: SharedListOptions, internals: Internals): List;
  /** @param handle that of another one, or one like it for a copy of its buffers */
  attach(handle: object, options: { writer?: boolean }, internals: Internals): List;
  /** So many, in random order, no two of them equal. */
  items(count: number, seed: number): Item[];
  compare(a: Item, b: Item): number;
  add(list: List, item: Item): void;
  iterator(list: List): Iterator;
  seek(it: Iterator, item: Item): boolean;
  /** The item under a cursor. */
  shown(it: Iterator): string;
  show(item: Item): string;
  /** What calls that read one key give. */
  points(list: List, item: Item): string;
  /** The same of items in order. */
  pointsOf(present: readonly Item[], item: Item): string;
  /** Bytes of the caller's in it. */
  sizeOf(item: Item): number;
}

const compareText = (a: string, b: string) => bytewise.compare(utf8(a), utf8(b));

export const skipLists: ListKindUnderTest = {
  name: 'SkipList',
  create: (options, internals) => SkipList.create(withInternals(options, internals)),
  attach: (handle, options, internals) => SkipList.attach(handle as never, withInternals(options, internals)),
  items(count, seed) {
    const draw = new Prng(seed);
    const keys = new Set<string>();
    while (keys.size < count)
      keys.add(`${draw.pick(['', 'a', 'key:', 'key:long:'])}${draw.below(9 * count)}`);
    return [...keys].map((key) => ({ key, sequence: 0, type: ValueType.Value, value: '' }));
  },
  compare: (a, b) => compareText(a.key, b.key),
  add: (list, { key }) => (list as SkipList).insert(utf8(key)),
  iterator: (list) => list.iterator(),
  seek: (it, { key }) => it.seek(utf8(key)),
  shown: (it) => String(text((it as SkipListIterator).key)),
  show: ({ key }) => key,
  points: (list, { key }) => String((list as SkipList).contains(utf8(key))),
  pointsOf: (present, item) => String(present.some(({ key }) => key === item.key)),
  sizeOf: ({ key }) => key.length,
};

const known = (entry: ReturnType<MemTable['get']>) =>
  entry === undefined
    ? 'none'
    : `${entry.sequenceNumber} ${entry.type === ValueType.Value ? text(entry.value) : 'deleted'}`;

const knownOf = (present: readonly Item[], key: string, sequence: number) => {
  const found = present.find((item) => item.key === key && item.sequence <= sequence);
  return found ? `${found.sequence} ${found.type === ValueType.Value ? found.value : 'deleted'}` : 'none';
};

export const memTables: ListKindUnderTest = {
  name: 'MemTable',
  create: (options, internals) => MemTable.create(withInternals(options, internals)),
  attach: (handle, options, internals) => MemTable.attach(handle as never, withInternals(options, internals)),
  items(count, seed) {
    const draw = new Prng(seed);
    const keys = Math.max(1, count >> 2);
    return Array.from({ length: count }, (_, i) => {
      const type = draw.below(4) === 0 ? ValueType.Deletion : ValueType.Value;
      // The newest version comes last, as in LevelDB, or anywhere.
      const sequence = seed % 2 === 0 ? i + 1 : ((i * 7) % 1009) + 1;
      const value = type === ValueType.Value ? 'v'.repeat(draw.below(40)) + i : '';
      return { key: `${draw.pick(['', 'user:'])}${draw.below(keys)}`, sequence, type, value };
    });
  },
  compare: (a, b) => compareText(a.key, b.key) || b.sequence - a.sequence || b.type - a.type,
  add: (list, { sequence, type, key, value }) =>
    (list as MemTable).add(sequence, type as 1, utf8(key), utf8(value)),
  iterator: (list) => list.iterator(),
  seek: (it, { key, sequence }) => (it as MemTableIterator).seek(utf8(key), sequence),
  shown(iterator) {
    const it = iterator as MemTableIterator;
    return it.valid ? `${text(it.userKey)} ${it.sequence} ${it.type} ${text(it.value)}` : 'undefined';
  },
  show: ({ key, sequence, type, value }) => `${key} ${sequence} ${type} ${value}`,
  points(list, { key, sequence }) {
    const table = list as MemTable;
    return [
      known(table.get(utf8(key), sequence)),
      known(table.get(utf8(key))),
      text(table.find(utf8(key))?.value),
    ].join();
  },
  pointsOf(present, { key, sequence }) {
    const found = present.find((item) => compareText(item.key, key) >= 0);
    return [
      knownOf(present, key, sequence),
      knownOf(present, key, Infinity),
      found === undefined ? undefined : found.value,
    ].join();
  },
  sizeOf: ({ key, value }) => key.length + value.length,
};

/**
 * Reads all there is in every way there is, and compares it with items in order.
 * @throws Error that says what differs
 */
export function checkReads(
  kind: ListKindUnderTest,
  list: List,
  present: readonly Item[],
  probes: readonly Item[],
): void {
  const agree = (what: string, found: unknown, expected: unknown) => {
    if (found !== expected)
      throw new Error(`${what}: ${String(found).slice(-200)}, not ${String(expected).slice(-200)}`);
  };
  const it = kind.iterator(list);
  const all = present.map((item) => kind.show(item));
  const forward: string[] = [];
  for (let on = it.first(); on; on = it.next()) forward.push(kind.shown(it));
  agree('forward', forward.join(), all.join());
  const backward: string[] = [];
  for (let on = it.last(); on; on = it.prev()) backward.push(kind.shown(it));
  agree('backward', backward.reverse().join(), all.join());
  for (const probe of probes) {
    const what = kind.show(probe);
    const place = present.findIndex((item) => kind.compare(item, probe) >= 0);
    agree(`seek ${what}`, kind.seek(it, probe), place >= 0);
    agree(`at ${what}`, kind.shown(it), String(place >= 0 ? all[place] : undefined));
    const before = place < 0 ? all.length - 1 : place - 1;
    agree(`prev from ${what}`, it.prev(), before >= 0);
    agree(`before ${what}`, kind.shown(it), String(all[before]));
    agree(`points of ${what}`, kind.points(list, probe), kind.pointsOf(present, probe));
  }
}

/** The same items with one more in its place. */
export function withItem(kind: ListKindUnderTest, present: readonly Item[], item: Item): Item[] {
  return [...present, item].sort((a, b) => kind.compare(a, b));
}
