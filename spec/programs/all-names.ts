/*
 * Names all that the package has: `npm run check-types` compiles it with several versions and settings of TypeScript. Without
 * the types of the DOM and of Node, so it asks for nothing but the language. It is run, too.
 */
import {
  Arena,
  CapacityError,
  CorruptionError,
  DB,
  DBIterator,
  InternalKeyComparer,
  InternalKeyCorruptedError,
  IteratorReleasedError,
  LocalRWLock,
  ComparerError,
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
  ListAttachOptions,
  MemTableCompaction,
  MemTableEntry,
  MemTableFound,
  MemTableHandle,
  MemTableOptions,
  ParsedInternalKey,
  RWLock,
  Range,
  ReadableBytes,
  Scan,
  SharedDBOptions,
  SharedListOptions,
  SharedRWLockHandle,
  SharedRWLockOptions,
  SkipListHandle,
  SkipListOptions,
  WritableBytes,
} from 'flat-memdb';

import { OrderedMap, codecs, prefix } from 'flat-memdb/map';
import type {
  AnyKey,
  BoundOf,
  Codec,
  CodecsOf,
  MapScan,
  OrderedMapOptions,
  PrefixOf,
  Scratch,
  SimpleCodec,
} from 'flat-memdb/map';

import { Mirror } from 'flat-memdb/etcd';
import type {
  EtcdClient,
  MirrorChange,
  MirrorIterator,
  MirrorOptions,
  MirrorRange,
  MirrorTransaction,
  MirrorView,
  Retain,
  WaitOptions,
} from 'flat-memdb/etcd';

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
must(db.length === 3 && db.size === 6 && db.capacity > db.free && db.comparer === bytewise);
// Dumps.
const dumped: Uint8Array = db.dump();
must(DB.load(dumped, { autoCompact: false, comparer: undefined }).length === db.length);
const chunks: Uint8Array[] = [];
const sink: WritableBytes = {
  getWriter: () => ({
    ready: Promise.resolve(),
    write: (chunk: Uint8Array) => Promise.resolve(chunks.push(chunk)),
    close: () => Promise.resolve(),
    abort: () => Promise.resolve(),
  }),
};
const source: ReadableBytes = {
  getReader: () => ({
    read: () => Promise.resolve({ done: chunks.length === 0, value: chunks.shift() }),
    cancel: () => Promise.resolve(),
  }),
};
const streamed: Promise<DB> = db.dumpTo(sink).then(() => DB.loadFrom(source, { capacity: 0 }));
void streamed.then((there) => must(there.length > 0));

checkStructure(db);
const checked: (DB | MemTable | SkipList)[] = [new MemTable(), new SkipList()];
checked.forEach(checkStructure);
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
must(MemTable.load(table.dump(), { capacity: 0 }).length === 2);
const streamedTable: () => Promise<MemTable> = () =>
  table.dumpTo(sink).then(() => MemTable.loadFrom(source, {}));
void streamed.then(streamedTable).then((there) => must(there.length > 0));
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

const ofShared: SharedListOptions = { shared: true, maxCapacity: 1 << 10, comparer: undefined };
const ofAttached: ListAttachOptions = { comparer: bytewise, writer: false };
const tableHandle: MemTableHandle = MemTable.create(ofShared).handle;
must(MemTable.attach(tableHandle, ofAttached).length === 0 && MemTable.create(tableOptions).length === 0);
const listHandle: SkipListHandle = SkipList.create(ofShared).handle;
must(!SkipList.attach(listHandle, ofAttached).contains(a) && SkipList.create(listOptions).length === 0);
must(tableHandle.kind !== (listHandle.kind as string));

const arenaOptions: ArenaOptions = { limit: undefined };
const arena = new Arena(arenaOptions);
must(arena.allocate(1).length + arena.allocateAligned(8).length === 9 && arena.memoryUsage > 0);

// The map.

const map = new OrderedMap({
  key: codecs.tuple(codecs.string, codecs.number, codecs.boolean),
  value: codecs.string,
});
map.set(['a', 1, true], 'x').set(['a', 2, false], 'y').set(['b', 1, true], 'z');
const mapValue: string | undefined = map.get(['a', 1, true]);
must(mapValue === 'x' && map.has(['b', 1, true]) && map.size === 3 && !map.delete(['c', 1, true]));
const firsts: readonly ['a', 1] = ['a', 1];
must([...map.range(prefix(['a']))].length === 2 && [...map.range(prefix(firsts))].length === 1);
must(map.count({ ...prefix(['a']), reverse: true, limit: 1 }) === 1 && map.count(prefix([])) === 3);
const bound: BoundOf<[string, number]> = ['a'];
const begin: PrefixOf<[string, number]> = ['a', 1];
const textBegin: PrefixOf<string> = 'a';
const mapScan: MapScan<[string, number, boolean]> = {
  gt: bound,
  gte: ['a', 1, true],
  lt: ['b'],
  lte: undefined,
};
must([...map.keys(mapScan)].length === 2 && [...map.values({ prefix: begin })].join() === 'x');
for (const [[name, place, flag], text] of map)
  must(name.length + place + text.length > 0 && flag !== undefined);
for (const [key, text] of map.entries()) must(key[1].toFixed().length === text.length);
map.forEach((text, [name], same) => must(text.length === name.length && same === map), undefined);
const atPlace: [[string, number, boolean], string] | undefined = map.at(0);
must(atPlace !== undefined && map.rank(['b', 0, true]) === 2 && map.first() !== undefined);
must(map.last()?.[1] === 'z' && map.update(['b', 1, true], (old = '') => `${old}!`) === 'z!');
must(
  map.getOrInsert(['d', 1, true], 'd') === 'd' && map.getOrInsertComputed(['e', 1, true], ([e]) => e) === 'e',
);
map.setMany([[['f', 1, true], 'f']]);
must(map.shift()?.[0][0] === 'a' && map.pop()?.[1] === 'f' && map.deleteRange({ gte: ['d'] }) === 2);
must(map.db instanceof DB && map[Symbol.toStringTag] === 'OrderedMap');
map.clear();
const standsIn: Map<number, bigint> = new OrderedMap({ key: codecs.number, value: codecs.bigint });
standsIn.set(1, 2n);
must([...standsIn.keys()].length === 1);
const ofAny = new OrderedMap();
const anyKey: AnyKey = ['a', [1n, null, undefined, new Date(0), a, true]];
ofAny.set(anyKey, { any: 'thing' });
const ofUsers = new OrderedMap<string, { name: string }>({ entries: [['user:1', { name: 'Ada' }]] });
must(ofUsers.get('user:1')?.name === 'Ada' && ofUsers.count({ prefix: textBegin }) === 0);
const inferred = new OrderedMap({ entries: [['k', 1] as const] });
const ofInferred: number | undefined = inferred.get('k');
must(ofInferred === 1);
const mine: Codec<Date> = {
  name: 'mine',
  write(date, scratch: Scratch, start) {
    scratch.reserve(start + 8).fill(0, start);
    scratch.from(start)[0] = scratch.bytes[start];
    scratch.view.setFloat64(start, date.getTime());
    return start + 8;
  },
  read: (array, start) => new Date(new DataView(array.buffer, array.byteOffset).getFloat64(start)),
  endOf: (_array, start) => start + 8,
  part: codecs.date,
  writePrefix: (_prefix, _scratch, start) => start,
  writeBound: (_bound, _scratch, start) => start,
};
const simple: SimpleCodec<number> = {
  name: undefined,
  encode: (n) => Uint8Array.of(n),
  decode: (array) => array[0],
};
const elements: CodecsOf<[Date, number]> = [mine, simple];
const mapOptions: OrderedMapOptions<[Date, number], unknown> = {
  key: codecs.tuple(...elements),
  value: codecs.json,
  db: undefined,
  entries: null,
  lock: undefined,
  autoCompact: true,
};
must(new OrderedMap(mapOptions).set([new Date(1), 2], 3).get([new Date(1), 2]) === 3);
must([codecs.any, codecs.bytes, codecs.date, codecs.string, codecs.boolean].every(({ name }) => name !== ''));

// Errors.

const errors: MemDBError[] = [
  new CapacityError('', { cause: undefined }),
  new InternalKeyCorruptedError(''),
  new IteratorReleasedError(''),
  new ComparerError(''),
  new LockMisuseError(''),
  new LockTimeoutError(''),
  new MemDBError('MEMDB_DUPLICATE_KEY', ''),
  new CorruptionError('', 12),
];
must(new Set(errors.map(({ code }) => code)).size === errors.length);
must(new StructureError('') instanceof CorruptionError && new CorruptionError('', 12).position === 12);

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
    // @ts-expect-error -- a handle is of one class
    MemTable.attach(listHandle),
    // @ts-expect-error -- a tombstone has no value
    known?.value,
    // @ts-expect-error -- what a cursor is made of is its own business
    it.table,
    // @ts-expect-error -- options have names
    new DB({ comparator: bytewise }),
    // @ts-expect-error -- keys have the type of their codec
    map.get('a'),
    // @ts-expect-error -- values, too
    map.set(['a', 1, true], 1),
    // @ts-expect-error -- the second element is a number
    map.range(prefix(['a', 'b'])),
    // @ts-expect-error -- a prefix has no more elements than the key
    map.range(prefix(['a', 1, true, 1])),
    // @ts-expect-error -- numbers have no prefixes
    new OrderedMap({ key: codecs.number }).range(prefix(1)),
    // @ts-expect-error -- there is no such codec
    codecs.float,
    // @ts-expect-error -- the codec of the keys makes the order
    new OrderedMap({ comparer: bytewise }),
    // @ts-expect-error -- the value may not be there
    ofUsers.get('user:1').name,
  ];
}

// A mirror of etcd; there is none here.

const retain: Retain = { revisions: 10, ms: undefined };
const mirrorRange: MirrorRange = { prefix: a };
const client: EtcdClient = { getAll: () => ({}), watch: () => ({}), close: () => {} };
const mirrorOptions: MirrorOptions = {
  client,
  range: mirrorRange,
  retain,
  maxStaleness: undefined,
  heartbeat: 1000,
  timeout: undefined,
};
async function useMirror(mirror: Mirror): Promise<void> {
  const revision: bigint = await mirror.put(a, b);
  must((await mirror.delete(a)) > revision);
  await mirror.transaction((txn: MirrorTransaction) => {
    txn.put(a, b);
    txn.delete(b);
    txn.unchanged(c);
  });
  const waitOptions: WaitOptions = {
    signal: { aborted: false, reason: undefined, addEventListener: () => {}, removeEventListener: () => {} },
  };
  must(waitOptions.signal?.aborted === false);
  await mirror.waitFor(revision, waitOptions);
  const stop: () => void = mirror.on('change', (change: MirrorChange) => {
    const written: Uint8Array | undefined = change.type === 'put' ? change.value : undefined;
    must(change.revision > 0n && change.key.length > 0 && written !== c);
  });
  stop();
  const found: Uint8Array | undefined = mirror.get(a);
  must(found !== undefined && mirror.has(a) && mirror.count(range) === 1 && mirror.length === 1);
  const all: [Entry[], Uint8Array[]] = [
    [...mirror.entries(scan)],
    [...mirror.keys(scan), ...mirror.values()],
  ];
  must(all.length === 2 && [...mirror].length === 1 && mirror.staleness >= 0);
  must(mirror.oldestRevision <= mirror.revision && mirror.member !== undefined);
  using view: MirrorView = mirror.at(revision);
  must(view.revision === revision && view.length === 1 && view.get(a) !== undefined);
  view.release();
  using cursor: MirrorIterator = mirror.iterator();
  must(cursor.first() && cursor.last() && cursor.seek(a) && cursor.valid && !cursor.released);
  must(cursor.key !== undefined && cursor.value !== undefined && !cursor.next() && cursor.prev());
  cursor.release();
  mirror.close();
  mirror[Symbol.dispose]();
}
must(typeof useMirror === 'function' && typeof Mirror.open === 'function');
Mirror.open(mirrorOptions).then(useMirror, (error: unknown) => must(error instanceof TypeError));
