import { sameBytes } from './bytes.js';
import { partsOf, seal } from './dumpsum.js';
import { Prng } from './prng.js';

/*
 * Dumps that were changed, knowing what they are made of: fields, lengths, links, heights, offsets, keys, parts of other dumps. Most have
 * right checksums, so that what is behind these is reached. Whatever they are: `load` gives an error of the package, or a store that
 * is whole and whose dump is the very one that was loaded.
 */

type Compare = (a: Uint8Array, b: Uint8Array) => number;
type Entry = [key: Uint8Array, value: Uint8Array];

interface Loaded extends Iterable<Entry> {
  readonly length: number;
  dump(): Uint8Array;
  get(key: Uint8Array): unknown;
}

interface Options {
  comparer?: { name: string; compare: Compare };
  randHeight?: () => number;
}

interface FuzzedDB extends Loaded {
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): boolean;
}

interface FuzzedTable extends Loaded {
  add(sequence: number, type: 0 | 1, key: Uint8Array, value: Uint8Array): void;
}

/** What it needs of the library: lib/ under jest, the built package in programs. */
export interface FuzzedLibrary {
  DB: {
    new (options?: Options): FuzzedDB;
    load(bytes: Uint8Array, options?: Options): FuzzedDB;
    loadFrom(stream: ReadableStream<Uint8Array>, options?: Options): Promise<FuzzedDB>;
  };
  MemTable: {
    new (options?: Options): FuzzedTable;
    load(bytes: Uint8Array, options?: Options): FuzzedTable;
    loadFrom(stream: ReadableStream<Uint8Array>, options?: Options): Promise<FuzzedTable>;
  };
  bytewise: { name: string; compare: Compare };
  checkStructure(store: never): void;
}

/** What became of one. */
export interface Outcome {
  /** Code of the error; or `accepted`, or `unchanged` where it is the dump of before, byte for byte. */
  readonly result: string;
  /** Whether it came through all checksums. */
  readonly isDeep: boolean;
}

const CODES = [
  'MEMDB_CORRUPTION',
  'MEMDB_VERSION',
  'MEMDB_ORDER',
  'MEMDB_KIND',
  'MEMDB_BYTE_ORDER',
  'MEMDB_CAPACITY',
];

/** Tries one dump, which the seed says all of. @throws Error that says what is wrong */
export async function fuzzDump(library: FuzzedLibrary, seed: number): Promise<Outcome> {
  const prng = new Prng(seed);
  const { store, options, Class } = makeStore(library, prng);
  const original = store.dump();
  const other = makeStore(library, prng).store.dump();
  let dumped: Uint8Array = original.slice();
  for (let count = 1 + prng.below(3); count > 0; count--) dumped = mutated(dumped, other, prng);
  // Some are left with checksums that are wrong.
  if (prng.below(4) > 0) seal(dumped);
  const isStreamed = prng.below(8) === 0;
  let loaded: Loaded;
  try {
    loaded = isStreamed
      ? await Class.loadFrom(streamOf(dumped, 1 + prng.below(100)), options)
      : Class.load(dumped, options);
  } catch (error) {
    return requireClear(error, dumped);
  }
  checkAccepted(library, loaded, dumped, options, Class === library.DB);
  return { result: sameBytes(dumped, original) ? 'unchanged' : 'accepted', isDeep: true };
}

function requireClear(error: unknown, dumped: Uint8Array): Outcome {
  const { code, message, name, position } = error as Record<string, unknown>;
  if (!(error instanceof Error) || !CODES.includes(String(code))) {
    throw new Error(`load threw ${String(name)}: ${String(message)}`, { cause: error });
  }
  if (code === 'MEMDB_CORRUPTION') {
    const isPlace = Number.isInteger(position) && Number(position) >= 0 && Number(position) <= dumped.length;
    if (!isPlace)
      throw new Error(`${String(position)} is no place in ${dumped.length} bytes: ${error.message}`);
  }
  const isDeep =
    code === 'MEMDB_CORRUPTION' && !/checksum|cut off|no dump|follows the end/.test(error.message);
  return { result: String(code), isDeep };
}

/** What was accepted is whole, finds each of its keys, and gives the same dump. */
function checkAccepted(
  { checkStructure, bytewise }: FuzzedLibrary,
  loaded: Loaded,
  dumped: Uint8Array,
  options: Options,
  isDB: boolean,
): void {
  checkStructure(loaded as never);
  if (!sameBytes(loaded.dump(), dumped)) throw new Error('the dump of what was loaded is another one');
  const { compare } = options.comparer ?? bytewise;
  let before: Uint8Array | undefined;
  let count = 0;
  for (const [key, value] of loaded) {
    const found = loaded.get(isDB ? key : key.subarray(0, -8));
    if (isDB ? !sameBytes(found as Uint8Array, value) : found === undefined)
      throw new Error('a key is not found');
    if (isDB && before !== undefined && !(compare(before, key) < 0)) throw new Error('keys are not in order');
    before = key;
    count++;
  }
  if (count !== loaded.length)
    throw new Error(`${loaded.length} entries are said to be there, and ${count} are`);
}

function makeStore({ DB, MemTable, bytewise }: FuzzedLibrary, prng: Prng) {
  const orders: (Options['comparer'] | undefined)[] = [
    undefined,
    undefined,
    { name: 'reverse', compare: (a, b) => bytewise.compare(b, a) },
    { name: 'shorter first', compare: (a, b) => a.length - b.length || bytewise.compare(a, b) },
  ];
  const comparer = prng.pick(orders);
  const options: Options = comparer === undefined ? {} : { comparer };
  const count = prng.pick([0, 1, 2, 5, 20, 60]);
  const bytes = (most: number) =>
    Uint8Array.from({ length: prng.below(most) }, () => prng.pick([0, 1, 97, 98, 255]));
  if (prng.below(3) === 0) {
    const table = new MemTable(options);
    for (let i = 1; i <= count; i++) table.add(i, prng.below(2) as 0 | 1, bytes(4), bytes(12));
    return { store: table, options, Class: MemTable };
  }
  const height = prng.pick([() => 1, () => 12, () => 1 + prng.below(12), undefined]);
  const db = new DB({ ...options, ...(height && { randHeight: height }) });
  for (let i = 0; i < count; i++) {
    if (prng.below(5) === 0) db.delete(bytes(4));
    else db.put(bytes(6), bytes(20));
  }
  return { store: db, options, Class: DB };
}

function mutated(dumped: Uint8Array, other: Uint8Array, prng: Prng): Uint8Array {
  if (dumped.length < 64) return cutOrJoined(dumped, other, prng);
  const { view, kvStart, size, nodesStart, slots } = partsOf(dumped);
  const isWhole = nodesStart + 4 * slots + 8 <= dumped.length;
  if (!isWhole && prng.below(2) === 0) return cutOrJoined(dumped, other, prng);
  const nodes = isWhole ? nodeStarts(view, nodesStart, slots) : [0];
  switch (prng.below(12)) {
    case 0:
      dumped[prng.below(dumped.length)] ^= 1 << prng.below(8);
      return dumped;
    case 1: {
      const field = prng.pick([0, 8, 12, 16, 20, 24, 28, 32, 36, 40]);
      view.setUint32(field, telling(view.getUint32(field, true), [], prng), true);
      return dumped;
    }
    case 2:
      return cutOrJoined(dumped, other, prng);
    case 3: // A byte of a key or value.
      if (size > 0 && isWhole) dumped[kvStart + prng.below(size)] = prng.pick([0, 1, 97, 98, 255]);
      return dumped;
    case 4:
      if (isWhole) swapKeys(dumped, nodes, prng);
      return dumped;
    case 5: // One entry becomes longer, and the next one shorter.
      if (isWhole && nodes.length > 2) {
        const slot = nodesStart + 4 * (prng.pick(nodes) + 1 + prng.below(2));
        view.setInt32(slot, view.getInt32(slot, true) + prng.pick([1, -1]), true);
      }
      return dumped;
    case 6: // A header and lengths that agree with one another, and not with the rest.
      view.setUint32(24, view.getUint32(24, true) + prng.pick([-1, 1]), true);
      return dumped;
    default: {
      if (!isWhole) return dumped;
      const node = prng.pick(nodes);
      const height = Math.max(1, Math.min(12, view.getInt32(nodesStart + 4 * (node + 3), true)));
      const slot = nodesStart + 4 * Math.min(slots - 1, node + prng.below(4 + height));
      view.setInt32(slot, telling(view.getInt32(slot, true), nodes, prng), true);
      return dumped;
    }
  }
}

/** A number that may go wrong. */
function telling(was: number, nodes: readonly number[], prng: Prng): number {
  switch (prng.below(6)) {
    case 0:
      return was + 1;
    case 1:
      return was - 1;
    case 2:
      return nodes.length > 0 ? prng.pick(nodes) : 2 * was;
    case 3:
      return nodes.length > 0 ? prng.pick(nodes) + prng.pick([-1, 1]) : was ^ (1 << prng.below(32));
    case 4:
      return prng.pick([0, 1, -1, 7, 8, 12, 13, 255, 65_535, 65_536, 2 ** 31 - 1, -(2 ** 31)]);
    default:
      return prng.next();
  }
}

function nodeStarts(view: DataView, nodesStart: number, slots: number): number[] {
  const starts = [0];
  for (let node = 16; node + 5 <= slots;) {
    starts.push(node);
    node += 4 + Math.max(1, Math.min(12, view.getInt32(nodesStart + 4 * (node + 3), true)));
  }
  return starts;
}

function swapKeys(dumped: Uint8Array, nodes: readonly number[], prng: Prng): void {
  const { view, kvStart, nodesStart } = partsOf(dumped);
  const keyOf = (node: number) => {
    const start = kvStart + view.getInt32(nodesStart + 4 * node, true);
    return dumped.subarray(start, start + view.getInt32(nodesStart + 4 * (node + 1), true));
  };
  const [a, b] = [keyOf(prng.pick(nodes)), keyOf(prng.pick(nodes))];
  const length = Math.min(a.length, b.length);
  const kept = a.slice(0, length);
  a.set(b.subarray(0, length));
  b.set(kept);
}

function cutOrJoined(dumped: Uint8Array, other: Uint8Array, prng: Prng): Uint8Array {
  const at = prng.below(dumped.length + 1);
  const part = prng.below(40);
  const joined = (...parts: Uint8Array[]) => {
    const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let end = 0;
    for (const each of parts) {
      whole.set(each, end);
      end += each.length;
    }
    return whole;
  };
  switch (prng.below(5)) {
    case 0:
      return dumped.slice(0, at);
    case 1:
      return joined(dumped, new Uint8Array(1 + part).fill(prng.below(2)));
    case 2: // A part is lost.
      return joined(dumped.subarray(0, at), dumped.subarray(at + part));
    case 3: // A part is there twice.
      return joined(dumped.subarray(0, at + part), dumped.subarray(at));
    default:
      return joined(dumped.subarray(0, at), other.subarray(at));
  }
}

function streamOf(bytes: Uint8Array, portion: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, (at += portion)));
      else controller.close();
    },
  });
}
