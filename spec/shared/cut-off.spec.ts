import { checkStructure, DB } from '../../lib/index.js';
import {
  DAMAGED,
  HEAD,
  HEADER_SLOTS,
  localMemory,
  MAX_HEIGHT,
  NEXT,
  tableOf,
  VERSION,
  withInternals,
} from '../../lib/internals.js';
import { CutOff, seeAtomics, StoreLog } from '../support/storelog.js';

/*
 * A thread may end at any instant, with a write half done. Every kind of write is cut off before each of its stores in turn; then another
 * thread calls `recover`. The write must have happened or not, everything else be as it was, and the DB go on as any other.
 */

const SURVIVOR = 1;
const VICTIM = 2;
const thread = { id: SURVIVOR };
jest.mock('../../lib/lock/threadid', () => ({ threadId: () => thread.id }));

const encoder = new TextEncoder();
const bytes = (text: string) => encoder.encode(text);
const text = (array: Uint8Array) => new TextDecoder().decode(array);

let stopSeeing: () => void;
beforeAll(() => (stopSeeing = seeAtomics()));
afterAll(() => stopSeeing());

/** Of a write with more stores, some are left out, by turns. */
const MOST_CUTS = 200;

interface Write {
  readonly name: string;
  /** Entries before it, put in this order. */
  readonly before: readonly string[];
  readonly write: (db: DB) => void;
  /** Whether it may also be cut off between its entries: then each that is in must be whole. */
  readonly isSplit?: boolean;
  /** Whether it clears the list all at once, in no order. */
  readonly clears?: boolean;
  readonly autoCompact?: boolean;
}

const few = ['d', 'b', 'f', 'a', 'c', 'e'];
const many = Array.from({ length: 70 }, (_, i) => `key ${String((i * 37) % 70).padStart(4, '0')}`);
const long = 'v'.repeat(45);

const WRITES: Write[] = [
  { name: 'put into an empty DB', before: [], write: (db) => db.put(bytes('a'), bytes('new')) },
  { name: 'put of a new key', before: few, write: (db) => db.put(bytes('bb'), bytes('new')) },
  { name: 'put before all', before: few, write: (db) => db.put(bytes('A'), bytes('new')) },
  { name: 'put behind all', before: few, write: (db) => db.put(bytes('g'), bytes('new')) },
  {
    name: 'put that splits a page',
    before: many.slice(0, 63),
    write: (db) => db.put(bytes('key 0500'), bytes(long)),
  },
  { name: 'put in place of a value', before: few, write: (db) => db.put(bytes('c'), bytes(long)) },
  {
    name: 'put in place of a value, many',
    before: many,
    write: (db) => db.put(bytes('key 0033'), bytes('')),
  },
  { name: 'delete', before: few, write: (db) => db.delete(bytes('c')) },
  { name: 'delete of the first', before: few, write: (db) => db.delete(bytes('a')) },
  { name: 'delete of the last', before: few, write: (db) => db.delete(bytes('f')) },
  { name: 'delete of the only one', before: ['a'], write: (db) => db.delete(bytes('a')) },
  { name: 'delete among many', before: many, write: (db) => db.delete(bytes('key 0040')) },
  {
    name: 'deleteRange',
    before: many,
    write: (db) => db.deleteRange({ start: bytes('key 0010'), limit: bytes('key 0030') }),
  },
  { name: 'update', before: few, write: (db) => db.update(bytes('c'), (value) => bytes(`${text(value!)}!`)) },
  { name: 'update that deletes', before: few, write: (db) => db.update(bytes('c'), () => undefined) },
  {
    name: 'putMany of new keys and old ones',
    before: few,
    isSplit: true,
    write: (db) => db.putMany(['bb', 'c', 'cc', 'h'].map((key) => [bytes(key), bytes(`many ${key}`)])),
  },
  {
    name: 'putMany above all others, which is appended',
    before: few,
    isSplit: true,
    write: (db) => db.putMany(many.slice(0, 40).map((key) => [bytes(key), bytes(`many ${key}`)])),
  },
  { name: 'reset', before: few, clears: true, write: (db) => db.reset() },
  { name: 'compact', before: [...few, ...few], write: (db) => db.compact() },
  { name: 'compact of nothing', before: [], write: (db) => db.compact() },
  { name: 'compact of many', before: [...many, ...many], write: (db) => db.compact() },
];

/** All that is in it, as text. */
function contents(db: DB): string[] {
  return [...db].map(([key, value]) => `${text(key)}=${text(value)}`);
}

function fill(db: DB, before: readonly string[]): void {
  before.forEach((key, i) => db.put(bytes(key), bytes(`value ${i}`)));
  // Some garbage, and a node that is gone.
  db.put(bytes('gone'), bytes('gone'));
  db.delete(bytes('gone'));
}

/** Nodes that can be reached on a level, though not on the one below: there, one who reads meanwhile goes on from what is gone. */
function strays(nodes: Int32Array): string[] {
  const found: string[] = [];
  let below: Set<number> | undefined;
  for (let level = 0; level < MAX_HEIGHT; level++) {
    const linked = new Set<number>();
    for (let node = nodes[HEAD + NEXT + level]; node !== 0; node = nodes[node + NEXT + level]) {
      if (linked.has(node)) return [`level ${level} has no end`];
      linked.add(node);
      if (below?.has(node) === false) found.push(`node ${node} on level ${level}`);
    }
    below = linked;
  }
  return found;
}

/** A DB as it is before the write, as two threads have it: the first is seen, and may be cut off. */
function prepare({ before, autoCompact = true }: Write) {
  const internals = { ...localMemory, seed: 0x5eed };
  const other = DB.create(
    withInternals({ shared: true as const, maxCapacity: 1 << 13, autoCompact }, internals),
  );
  fill(other, before);
  const log = new StoreLog();
  thread.id = VICTIM;
  const victim = DB.attach(other.handle, withInternals({}, { ...localMemory, seen: log.seen }));
  thread.id = SURVIVOR;
  const unlock = victim.lock.unlock.bind(victim.lock);
  victim.lock.unlock = () => {
    if (log.isDead) throw new CutOff();
    unlock();
  };
  const table = tableOf(victim);
  const { kv } = table.storage;
  kv.view = log.view(kv.view);
  return { victim, other, log, table };
}

test.each(WRITES)('$name: cut off anywhere, it has happened or not', (write) => {
  const whole = prepare(write);
  const before = contents(whole.other);
  void whole.victim.length;
  whole.log.begin();
  write.write(whole.victim);
  const { length } = whole.log.stores;
  const after = contents(whole.other);
  expect(length).toBeGreaterThan(write.name.startsWith('compact of nothing') ? 0 : 10);

  const seen = new Set<string>();
  const step = Math.ceil(length / MOST_CUTS);
  for (let cutAt = 0; cutAt < length; cutAt += step) {
    const { victim, other, log, table } = prepare(write);
    void victim.length; // It loads what there is.
    log.begin(cutAt);
    try {
      write.write(victim);
    } catch {
      // Nothing that a thread does after its end counts.
    }
    expect(log.isDead).toBe(true);
    if (write.clears !== true) expect(strays(table.storage.nodes.array)).toEqual([]);
    other.recover({ dead: VICTIM });
    checkStructure(other);
    const found = contents(other);
    if (write.isSplit) {
      for (const entry of found) expect(before.includes(entry) || after.includes(entry)).toBe(true);
      for (const entry of before) {
        const [key] = entry.split('=');
        expect(found.some((each) => each.startsWith(`${key}=`))).toBe(true);
      }
    } else {
      expect([before, after]).toContainEqual(found);
    }
    seen.add(found.join());
    // It goes on as any other, for whoever attaches later, too.
    const third = DB.attach(other.handle);
    third.put(bytes('later'), bytes('1'));
    third.delete(bytes('a'));
    other.put(bytes('aa'), bytes('2'));
    const expected = new Map(found.map((entry) => entry.split('=') as [string, string]));
    expected.set('later', '1').delete('a');
    expected.set('aa', '2');
    expect(contents(third)).toEqual([...expected].map((entry) => entry.join('=')).sort());
    for (const key of expected.keys()) expect(text(other.get(bytes(key))!)).toBe(expected.get(key));
    checkStructure(third);
    expect(tableOf(third).length).toBe(expected.size);
  }
  // Both ends were met, unless it changes nothing that can be seen.
  expect(
    seen.has(before.join()) && (write.isSplit || seen.size === new Set([before.join(), after.join()]).size),
  ).toBe(true);
});

test.each(WRITES)('$name: says last that the header is another one, and that all is well', (write) => {
  const { victim, other, log } = prepare(write);
  void victim.length;
  log.begin();
  write.write(victim);
  const { header } = (other.handle as unknown as { table: { header: SharedArrayBuffer } }).table;
  const words = log.stores.map(({ target, index }) =>
    target.buffer === header ? target.byteOffset / 4 + index - HEADER_SLOTS : undefined,
  );
  expect(words.filter((word) => word !== undefined).length).toBeGreaterThan(HEADER_SLOTS);
  expect(words.slice(words.lastIndexOf(VERSION))).toEqual([VERSION, DAMAGED]);
});
