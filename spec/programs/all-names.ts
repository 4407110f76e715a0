/*
 * Names all that the package has: `npm run check-types` compiles it with several versions and settings of TypeScript. Without
 * the types of the DOM and of Node, so it asks for nothing but the language. It is run, too.
 */
import {
  Arena,
  CapacityError,
  DB,
  DBIterator,
  InternalKeyComparer,
  InternalKeyCorruptedError,
  IteratorReleasedError,
  LocalRWLock,
  LockMisuseError,
  LockTimeoutError,
  LookupKey,
  MAX_SEQUENCE,
  MemDBError,
  MemTable,
  MemTableIterator,
  SharedRWLock,
  SkipList,
  SkipListIterator,
  StructureError,
  ValueType,
  bytesPrefix,
  bytewise,
  checkStructure,
  makeInternalKey,
  parseInternalKey,
} from 'flat-memdb';
import type {
  ArenaOptions,
  AttachOptions,
  Comparer,
  DBHandle,
  DBOptions,
  Entry,
  MemTableCompaction,
  MemTableEntry,
  MemTableFound,
  MemTableOptions,
  ParsedInternalKey,
  RWLock,
  Range,
  Scan,
  SharedDBOptions,
  SharedRWLockHandle,
  SharedRWLockOptions,
  SkipListOptions,
} from 'flat-memdb';

function must(condition: boolean): asserts condition {
  if (!condition) throw new Error('not as it must be');
}

const a = Uint8Array.of(97);
const b = Uint8Array.of(98);
const c = Uint8Array.of(99);
/** What a user hands on who may have nothing. */
const nothing = undefined as never as Uint8Array | undefined;

// Order, lock and options. All may be undefined explicitly.

const reverse: Comparer = {
  name: 'reverse',
  compare: (x, y) => bytewise.compare(y, x),
  separator: (x, _y): Uint8Array | undefined => x,
};
const successor: Uint8Array | undefined = bytewise.successor?.(a);
const separator: Uint8Array | undefined = bytewise.separator?.(a, c);
must(bytewise.name.length > 0 && successor !== undefined && separator !== undefined);

class CountingLock implements RWLock {
  readonly #lock = new LocalRWLock();
  count = 0;

  rlock(): void {
    this.count++;
    this.#lock.rlock();
  }

  runlock(): void {
    this.#lock.runlock();
  }

  lock(): void {
    this.count++;
    this.#lock.lock();
  }

  unlock(): void {
    this.#lock.unlock();
  }
}

const options: DBOptions = {
  autoCompact: true,
  comparer: reverse,
  capacity: 100,
  lock: new CountingLock(),
  randHeight: () => 1,
};
must(new DB(options).length === 0);
const ofNothing: DBOptions = {
  comparer: undefined,
  capacity: undefined,
  lock: undefined,
  randHeight: undefined,
  autoCompact: undefined,
};

// DB.

const db = new DB(ofNothing);
db.put(a, b);
const entry: Entry = [b, c];
db.putMany([entry, [c, a]]);
db.putMany(new Map([[c, a]]));
const value: Uint8Array | undefined = db.get(a);
const values: (Uint8Array | undefined)[] = db.getMany([a, b]);
must(value !== undefined && values.length === 2 && db.has(a));
for (const found of [db.find(a), db.first(), db.last(), db.at(-1)]) {
  must(found !== undefined);
  const [key, itsValue]: [Uint8Array, Uint8Array] = found;
  must(key.length === itsValue.length);
}
db.update(a, (old) => old ?? nothing);
const range: Range = { start: a, limit: nothing };
const scan: Scan = { ...range, reverse: undefined };
must(db.count() === 3 && db.count(range) === 3 && db.count(bytesPrefix(b)) === 1);
const entries: IterableIterator<Entry> = db.entries(scan);
const keys: Iterable<Uint8Array> = db.keys({ start: undefined, limit: undefined, reverse: true });
must([...entries].length === 3 && [...keys].length === 3 && [...db.values()].length === 3);
for (const [key, itsValue] of db) must(key.length === itsValue.length);
must(new Map(db).size === 3);

const it: DBIterator = db.iterator(range);
must(it.first() && it.next() && it.prev() && it.seek(b) && it.last() && it.valid);
must(it.key !== undefined && it.value !== undefined && it instanceof DBIterator);
must(it.keyStart < it.valueStart && it.valueStart < it.valueEnd);
it.release();
must(it.released);
{
  using scope = db.iterator();
  must(scope.next());
}
db.iterator()[Symbol.dispose]();

const lock: RWLock = db.lock;
lock.rlock();
lock.runlock();
const kvData: Uint8Array = db.kvData;
const nodeData: Int32Array = db.nodeData;
must(kvData.length >= db.kvLength && nodeData.length >= db.nodeLength);
must(db.length === 3 && db.size === 6 && db.capacity > db.free);
checkStructure(db);
db.compact();
must(db.garbage === 0);
must(db.delete(a) && db.deleteRange({ start: b }) === 2);
db.reset();

// A lock across threads.

const lockOptions: SharedRWLockOptions = { timeout: undefined, threads: 3 };
const shared = new SharedRWLock(lockOptions);
const handle: SharedRWLockHandle = shared.handle;
const attached: RWLock & SharedRWLock = SharedRWLock.attach(handle, { timeout: 10 });
attached.rlock();
attached.runlock();
attached.lock();
attached.unlock();
const awaited: Promise<void>[] = [shared.rlockAsync(), attached.rlockAsync()];
must(awaited.length === 2 && attached.threadId === shared.threadId);
must(handle.kind !== '' && handle.version > 0 && handle.buffer.byteLength > 0);
shared.runlock();
attached.runlock();
void shared.lockAsync();
shared.unlock();
attached.close();
const holders: readonly number[] = new LockTimeoutError('', [1]).holders;
must(holders.length === 1);

// LevelDB's.

const tableOptions: MemTableOptions = { comparer: new InternalKeyComparer(bytewise), capacity: undefined };
const table = new MemTable(tableOptions);
table.add(1, ValueType.Value, a, b);
table.add(2n, ValueType.Deletion, a);
const type: ValueType = ValueType.Value;
table.add(3, type, b, c);
const known: MemTableEntry | undefined = table.get(a, MAX_SEQUENCE);
must(known?.type === ValueType.Deletion);
const newest: MemTableEntry | undefined = table.get(new LookupKey(b, 3));
must(newest?.type === ValueType.Value && newest.value.length === 1 && newest.sequenceNumber === 3);
const found: MemTableFound | undefined = table.find(a);
must(found?.internalKey.length === 9 && found.value.length === 0);
must([...table.entries()].length === 3 && [...table.keys(scan)].length === 3 && [...table].length === 3);
must([...table.values()].length === 3 && table.length === 3 && table.size > 0 && table.kvData.length > 0);
must(table.approximateMemoryUsage > 0);
const dropping: MemTableCompaction = { snapshots: [1, 2n], bottom: false };
table.compact(3, dropping);
table.compact(0n);
const versions: MemTableIterator = table.iterator(range);
must(versions.seek(a, undefined) && versions.seek(a, 2n) && versions instanceof MemTableIterator);
const sequence: bigint | undefined = versions.sequence;
must(sequence === 2n && versions.sequenceNumber === 2 && versions.type === ValueType.Deletion);
must(versions.internalKey !== undefined && versions.userKey !== undefined && versions.value !== undefined);

const internalKey = makeInternalKey(a, 1, ValueType.Value);
const parsed: ParsedInternalKey = parseInternalKey(internalKey);
must(parsed.userKey.length === 1 && parsed.sequence === 1n && parsed.type === ValueType.Value);
const order = new InternalKeyComparer(reverse);
must(
  order.userComparer === reverse && order.name.length > 0 && order.compare(internalKey, internalKey) === 0,
);
must(order.separator(internalKey, internalKey) === undefined && order.successor(internalKey) === undefined);
const lookupKey = new LookupKey(a, 1n);
must(lookupKey.memtableKey.length > lookupKey.internalKey.length && lookupKey.userKey.length === 1);

// Threads.

const sharedOptions: SharedDBOptions = {
  shared: true,
  maxCapacity: 1 << 16,
  threads: 2,
  lockTimeout: 1000,
  comparer: undefined,
  randHeight: undefined,
  autoCompact: true,
  capacity: undefined,
};
const sharedDB = DB.create(sharedOptions);
const dbHandle: DBHandle = sharedDB.handle;
must(dbHandle.kind === 'flat-memdb.DB' && dbHandle.version === 1);
const attachOptions: AttachOptions = { comparer: undefined, lockTimeout: 1000 };
const attachedDB = DB.attach(dbHandle, attachOptions);
sharedDB.put(a, a);
must(attachedDB.read(a, (value) => value.length) === 1 && attachedDB.lock instanceof SharedRWLock);
attachedDB.recover({ dead: [17] });
attachedDB.close();

const listOptions: SkipListOptions = { comparer: undefined, capacity: 10 };
const list = new SkipList(listOptions);
list.insert(a);
const walk: SkipListIterator = list.iterator();
must(list.contains(a) && list.length === 1 && walk.next() && walk.key !== undefined);
must(walk instanceof SkipListIterator);

const arenaOptions: ArenaOptions = { limit: undefined };
const arena = new Arena(arenaOptions);
must(arena.allocate(1).length + arena.allocateAligned(8).length === 9 && arena.memoryUsage > 0);

// Errors.

const errors: MemDBError[] = [
  new CapacityError('', { cause: undefined }),
  new InternalKeyCorruptedError(''),
  new IteratorReleasedError(''),
  new LockMisuseError(''),
  new LockTimeoutError(''),
  new MemDBError('MEMDB_DUPLICATE_KEY', ''),
  new StructureError(''),
];
must(new Set(errors.map(({ code }) => code)).size === errors.length);

/** What must not compile. Never called. */
export function wrong(): unknown {
  return [
    // @ts-expect-error -- a key is bytes
    db.get('a'),
    // @ts-expect-error -- null is no bound
    db.count({ start: null }),
    // @ts-expect-error -- a range has no such bound
    db.count({ end: a }),
    // @ts-expect-error -- what there is under a cursor may be nothing
    it.key.length,
    // @ts-expect-error -- a cursor comes from its DB
    new DBIterator(),
    // @ts-expect-error -- a tombstone has no value
    known?.value,
    // @ts-expect-error -- what a cursor is made of is its own business
    it.table,
    // @ts-expect-error -- options have names
    new DB({ comparator: bytewise }),
  ];
}
