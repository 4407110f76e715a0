import type { Store, Subject } from './machine.js';
import { byTurns } from './sharing.js';
import type { Compare } from './model.js';

/** What configurations need of the library: lib/ under jest, the built package in programs. */
export interface Library {
  DB: {
    new (options?: StoreOptions): Store;
    create(options: StoreOptions & { shared: true; maxCapacity: number }): SharedStore;
    attach(handle: never, options: object): SharedStore;
  };
  bytewise: { name: string; compare: Compare };
  checkStructure(store: never): void;
}

/** A DB that threads share. */
interface SharedStore extends Store {
  readonly handle: unknown;
}

interface StoreOptions {
  comparer?: { name: string; compare: Compare };
  capacity?: number;
  randHeight?: () => number;
  autoCompact?: boolean;
}

/** A kind of DB that must do all that any DB does. */
export interface Configuration {
  readonly name: string;
  make(): Subject;
}

/** What lib/ takes under a symbol of its own, see lib/internals.ts. */
interface Internals {
  kvLimit: number;
  nodeLimit: number;
  allocate(bytes: number): ArrayBuffer;
  indexed: boolean;
  seed: number;
  maintained?: boolean;
  compactEvery?: number;
  compactAtOnce?: number;
}

const MEMORY: Internals = {
  kvLimit: 2 ** 31,
  nodeLimit: 2 ** 31 - 1,
  allocate: (bytes) => new ArrayBuffer(bytes),
  indexed: true,
  // Fixed, so that a failure can be repeated.
  seed: 0x5eed,
};

const plainly: Partial<Internals> = { indexed: false };

/** Every n-th allocation fails, but for those that a DB can't be made without. */
function failing(every: number): Partial<Internals> {
  let allocations = 0;
  return {
    allocate(bytes) {
      if (++allocations > 2 && allocations % every === 0)
        throw new RangeError('Array buffer allocation failed');
      return MEMORY.allocate(bytes);
    },
  };
}

/** Begins a compaction every so many writes, and copies so many entries with each. */
function compacting(compactEvery: number, compactAtOnce: number): Partial<Internals> {
  return { compactEvery, compactAtOnce };
}

/** What a spec may want of all configurations. */
export interface Wish {
  internals?: Partial<Internals>;
  /** Makes of a DB what is tried; `allocations` tells how many there were so far. */
  wrap?(db: Store, allocations: () => number): Store;
}

export function configurations(
  { DB, bytewise, checkStructure }: Library,
  { internals: wished, wrap }: Wish = {},
): Configuration[] {
  const configuration = (
    name: string,
    options: StoreOptions,
    internals: () => Partial<Internals> = () => ({}),
  ): Configuration => ({
    name,
    make() {
      const { comparer = bytewise } = options;
      let allocations = 0;
      let given = 0;
      const memory = { ...MEMORY, ...wished, ...internals() };
      const allocate = (bytes: number) => {
        allocations++;
        const buffer = memory.allocate(bytes);
        given++;
        return buffer;
      };
      const inside = { [Symbol.for('flat-memdb.internals')]: { ...memory, allocate } };
      const db = new DB({ ...options, comparer, ...inside });
      const store = wrap?.(db, () => allocations) ?? db;
      return {
        store,
        compare: comparer.compare,
        garbageLimit: garbageLimit(options, memory),
        lacksMemory: memory.allocate !== MEMORY.allocate,
        refused: () => allocations - given,
        check: () => checkStructure(db as never),
      };
    },
  });
  const order = (name: string, compare: Compare) => ({ comparer: { name, compare } });
  const again = order('again', (a, b) => bytewise.compare(a, b));
  const reverse = order('reverse', (a, b) => bytewise.compare(b, a));
  const shorterFirst = order('shorter first', (a, b) => a.length - b.length || bytewise.compare(a, b));
  const folded = order('folded', foldedOrder);
  const noZeros = order('no leading zeros', (a, b) => bytewise.compare(withoutZeros(a), withoutZeros(b)));
  return [
    configuration('bytewise, as goleveldb has it', { autoCompact: false }),
    configuration('bytewise', {}),
    configuration('bytewise, nothing reserved', { capacity: 0 }),
    configuration('bytewise, much reserved', { capacity: 1 << 20 }),
    configuration('bytewise, not accelerated', {}, () => plainly),
    configuration('bytewise, always compacting, an entry at a time', {}, () => compacting(1, 1)),
    configuration('bytewise, compacting every third write, at once', { capacity: 0 }, () =>
      compacting(3, 1e6),
    ),
    configuration('bytewise, compacting every 20th write, some entries at a time', {}, () =>
      compacting(20, 3),
    ),
    configuration('bytewise, always compacting, every fifth allocation failing', { capacity: 0 }, () => ({
      ...failing(5),
      ...compacting(2, 2),
    })),
    configuration('reverse, always compacting', reverse, () => compacting(1, 2)),
    configuration('letters of both cases equal, compacting every seventh write', folded, () =>
      compacting(7, 1),
    ),
    configuration('leading zeros of no account, always compacting, not accelerated', noZeros, () => ({
      ...plainly,
      ...compacting(1, 1),
    })),
    configuration('bytewise, all towers low', { randHeight: () => 1 }),
    configuration('bytewise, all towers of full height', { randHeight: () => 12 }),
    configuration(
      'bytewise, all towers of full height, not accelerated',
      { randHeight: () => 12 },
      () => plainly,
    ),
    configuration('bytewise, every second allocation failing', { capacity: 0 }, () => failing(2)),
    configuration('bytewise, every seventh allocation failing', { capacity: 0 }, () => failing(7)),
    configuration('bytewise order by a comparer of its own', again),
    configuration('reverse', { ...reverse, capacity: 7 }),
    configuration('reverse, not accelerated', { ...reverse, capacity: 7 }, () => plainly),
    configuration('reverse, every third allocation failing', reverse, () => failing(3)),
    configuration('shorter first', shorterFirst),
    configuration('letters of both cases equal', folded),
    configuration('leading zeros of no account', noZeros),
    configuration('leading zeros of no account, not accelerated', noZeros, () => plainly),
  ];
}

/** DBs that threads share, each as three of them have it, with each call made by another one. */
export function sharedConfigurations({ DB, bytewise, checkStructure }: Library): Configuration[] {
  const shared = (
    name: string,
    options: StoreOptions,
    maxCapacity: number,
    internals: Partial<Internals> = {},
  ): Configuration => ({
    name: `${name}, shared by three`,
    make() {
      const { comparer = bytewise } = options;
      const inside = { [Symbol.for('flat-memdb.internals')]: { ...MEMORY, ...internals } };
      const made = DB.create({ ...options, shared: true, maxCapacity, ...inside });
      const attach = () => DB.attach(made.handle as never, { comparer, ...inside });
      const stores = [made, attach(), attach()];
      return {
        store: byTurns(stores),
        compare: comparer.compare,
        garbageLimit: garbageLimit(options, { ...MEMORY, ...internals }),
        lacksMemory: false,
        forgets: true,
        check: () => {
          for (const each of stores) checkStructure(each as never);
        },
      };
    },
  });
  const order = (name: string, compare: Compare) => ({ comparer: { name, compare } });
  const reverse = order('reverse', (a, b) => bytewise.compare(b, a));
  return [
    shared('bytewise', {}, 1 << 22),
    shared('bytewise, compacting every third write', {}, 1 << 22, compacting(3, 1)),
    shared('reverse, compacting every write', reverse, 1 << 22, compacting(1, 1)),
    shared('letters of both cases equal', order('folded', foldedOrder), 1 << 22),
  ];
}

/** By contract; without memory, or at other times than it is due, a compaction may not keep to it. */
function garbageLimit({ autoCompact }: StoreOptions, { allocate, compactEvery }: Internals) {
  if (autoCompact === false) return undefined;
  const isUnbound = allocate !== MEMORY.allocate || compactEvery !== undefined;
  return (size: number) => (isUnbound ? Infinity : size + 2 ** 20);
}

/** Letters of both cases are equal. */
export function foldedOrder(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = lowerCase(a[i]) - lowerCase(b[i]);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function lowerCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

function withoutZeros(bytes: Uint8Array): Uint8Array {
  const from = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(from < 0 ? bytes.length : from);
}
