import { MemTable, type SkipList } from '../../lib/index.js';
import {
  checkTable,
  FIRST_NODE,
  HEAD,
  HEIGHT,
  localMemory,
  NEXT,
  tableOf,
  type Internals,
} from '../../lib/internals.js';
import {
  checkReads,
  memTables,
  skipLists,
  withItem,
  type Item,
  type ListKindUnderTest,
} from '../support/lists.js';
import { Prng } from '../support/prng.js';
import { firstByteOf, seeAtomics, storeAgain, StoreLog, type Stored } from '../support/storelog.js';

/*
 * What other threads may see of a writer. Its stores are written down, and made once more in copies of the buffers, one by one, in
 * their order or in any other that a weak memory may show. At each point, a reader of the copies finds every item that had been added,
 * whole, and of the one that is being added all or nothing.
 */

const thread = { id: 1 };
jest.mock('../../lib/lock/threadid', () => ({ threadId: () => thread.id }));

let stopSeeing: () => void;
beforeAll(() => (stopSeeing = seeAtomics()));
afterAll(() => stopSeeing());
beforeEach(() => (thread.id = 1));

type List = MemTable | SkipList;

const MEMORY: Internals = { ...localMemory, seed: 7 };
const OPTIONS = { shared: true as const, maxCapacity: 1 << 13 };
const BUFFERS = ['header', 'kv', 'nodes'] as const;
type Buffers = Record<(typeof BUFFERS)[number], SharedArrayBuffer>;

/** Stores of a writer: of its creation, and of each item. */
interface History {
  readonly kind: ListKindUnderTest;
  readonly items: readonly Item[];
  readonly stores: readonly Stored[];
  /** How many there were before each item, and at the end. */
  readonly starts: readonly number[];
  readonly writer: List;
}

function record(kind: ListKindUnderTest, count: number, seed: number): History {
  const log = new StoreLog();
  const writer = kind.create(OPTIONS, { ...MEMORY, seen: log.seen });
  const { kv } = tableOf(writer).storage;
  kv.view = log.view(kv.view);
  const items = kind.items(count, seed);
  const starts: number[] = [];
  for (const item of items) {
    starts.push(log.stores.length);
    kind.add(writer, item);
  }
  starts.push(log.stores.length);
  const { array } = tableOf(writer).storage.nodes;
  let tallest = 0;
  for (let node = array[HEAD + NEXT]; node !== 0; node = array[node + NEXT]) {
    tallest = Math.max(tallest, array[node + HEIGHT]);
  }
  if (tallest < 4) throw new Error('no tower is tall enough to tell anything');
  return { kind, items, stores: log.stores, starts, writer };
}

/** What there is in a handle. */
function listOf(handle: List['handle']): Buffers {
  return (handle as unknown as { list: Buffers }).list;
}

/** Copies of the buffers, in which stores can be made once more. */
class Replica {
  readonly handle: List['handle'];
  readonly #copies = new Map<ArrayBufferLike, SharedArrayBuffer>();

  /** @param from those of the writer, or of another replica, as they are now or empty */
  constructor({ handle }: { handle: List['handle'] }, isEmpty = true) {
    const buffers = {} as Buffers;
    for (const name of BUFFERS) {
      const original = listOf(handle)[name];
      buffers[name] = new SharedArrayBuffer(original.byteLength);
      if (!isEmpty) new Uint8Array(buffers[name]).set(new Uint8Array(original));
      this.#copies.set(original, buffers[name]);
    }
    this.handle = { ...handle, list: buffers } as unknown as List['handle'];
    // What is written before a log is there.
    if (isEmpty) new Int32Array(buffers.header).set(new Int32Array(listOf(handle).header).subarray(0, 2));
  }

  hasNodesOf({ handle }: Replica): boolean {
    const [ours, theirs] = [this.handle, handle].map((each) => new Int32Array(listOf(each).nodes));
    return ours.every((slot, i) => slot === theirs[i]);
  }

  store(stored: Stored): void {
    storeAgain(stored, this.#copies.get(stored.target.buffer)!);
  }
}

/** The items so far, and one more, in order. */
function* steps({ kind, items }: History): Generator<{ item: Item; before: Item[]; after: Item[] }> {
  let before: Item[] = [];
  for (const item of items) {
    const after = withItem(kind, before, item);
    yield { item, before, after };
    before = after;
  }
}

/** Items to be asked for: the one that comes, its neighbours, and what is beside all. */
function probesFor(item: Item, after: readonly Item[]): Item[] {
  const place = after.indexOf(item);
  const near = after.slice(Math.max(0, place - 1), place + 2);
  return [...near, { ...item, key: '' }, { ...item, key: '~' }, { ...item, key: `${item.key}0` }];
}

/** @returns whether the item is there; what can be read is all right either way */
function checkEither(
  kind: ListKindUnderTest,
  reader: List,
  { item, before, after }: { item: Item; before: Item[]; after: Item[] },
): boolean {
  const { length } = reader;
  const it = kind.iterator(reader);
  const isThere = kind.seek(it, item) && kind.shown(it) === kind.show(item);
  checkReads(kind, reader, isThere ? after : before, probesFor(item, after));
  if (length < before.length || length > (isThere ? after.length : before.length)) {
    throw new Error(`length is ${length}, and there are ${before.length} or ${after.length}`);
  }
  return isThere;
}

const KINDS = [skipLists, memTables].map((kind) => [kind.name, kind] as const);
const ITEMS = 50;

describe.each(KINDS)('a shared %s', (_, kind) => {
  it('is right for readers after every single store', () => {
    const history = record(kind, ITEMS, 3);
    const replica = new Replica(history.writer);
    history.stores.slice(0, history.starts[0]).forEach((stored) => replica.store(stored));
    const reader = kind.attach(replica.handle, {}, MEMORY);
    const walking = kind.iterator(reader);
    let walked = '';
    let i = 0;
    let turns = 0;
    for (const step of steps(history)) {
      let wasThere = checkEither(kind, reader, step);
      expect(wasThere).toBe(false);
      for (let at = history.starts[i]; at < history.starts[i + 1]; at++) {
        replica.store(history.stores[at]);
        const isThere = checkEither(kind, reader, step);
        if (wasThere && !isThere) throw new Error(`item ${i} is gone after store ${at}`);
        if (isThere && !wasThere) turns++;
        wasThere = isThere;
        // A cursor from long ago goes on: never back, and past nothing.
        const all = wasThere ? step.after : step.before;
        const next = all.find((item) => walked === '' || isBehind(kind, all, item, walked));
        expect(walked === '' ? walking.first() : walking.next()).toBe(next !== undefined);
        walked = next === undefined ? '' : kind.shown(walking);
        if (next !== undefined) expect(walked).toBe(kind.show(next));
      }
      i++;
      expect(wasThere).toBe(true);
      expect(reader.length).toBe(i);
    }
    expect(turns).toBe(ITEMS);
    const size = history.items.reduce((sum, item) => sum + kind.sizeOf(item), 0);
    if (reader instanceof MemTable) {
      expect([reader.size, (history.writer as MemTable).size]).toEqual([size, size]);
      expect(reader.approximateMemoryUsage).toBeGreaterThan(size);
    }
    checkTable(tableOf(history.writer));
  });

  it('is right where a memory shows plain stores early, and in another order', () => {
    const history = record(kind, ITEMS, 5);
    const all = [...steps(history)];
    for (let round = 0; round < 6; round++) {
      const draw = new Prng(round);
      const replica = new Replica(history.writer);
      const reader = kind.attach(replica.handle, {}, MEMORY);
      let done = 0; // Items whose stores have all been made.
      for (const upTo of anyOrder(history.stores, draw, round < 3 ? 40 : 400)) {
        replica.store(history.stores[upTo.index]);
        while (done < ITEMS && history.starts[done + 1] <= upTo.all) done++;
        if (upTo.all < history.starts[0]) continue;
        // Only where an atomic one was just made is there anything new to be seen, if it is right; and now and then, if it is not.
        if (!history.stores[upTo.index].isAtomic && draw.below(8) > 0) continue;
        if (done < ITEMS) checkEither(kind, reader, all[done]);
        else checkReads(kind, reader, all[ITEMS - 1].after, []);
      }
      expect(done).toBe(ITEMS);
    }
  });

  it('is linked by Atomics alone, from the bottom up, each node after all that it is made of', () => {
    const { items, starts, stores, writer } = record(kind, ITEMS, 4);
    const nodes = tableOf(writer).storage.nodes.array;
    const list = listOf(writer.handle);
    let end = FIRST_NODE as number;
    items.forEach((_item, i) => {
      const node = end;
      end += NEXT + nodes[node + HEIGHT];
      const ofItem = stores.slice(starts[i], starts[i + 1]);
      const links = ofItem.filter(({ target, index }) => target.buffer === list.nodes && index < node);
      expect(links.every(({ isAtomic }) => isAtomic)).toBe(true);
      expect(links.every(({ value }) => value === node)).toBe(true);
      expect(links).toHaveLength(nodes[node + HEIGHT]);
      const firstLink = ofItem.indexOf(links[0]);
      const own = ofItem.filter(({ target, index }) => target.buffer === list.kv || index >= node);
      expect(own.length).toBeGreaterThan(NEXT);
      expect(
        own.every((stored) => ofItem.indexOf(stored) < firstLink || stored.target.buffer === list.header),
      ).toBe(true);
      // What says how much there is comes last, and that by Atomics.
      const last = ofItem[ofItem.length - 1];
      expect([last.target.buffer === list.header, last.isAtomic, last.value]).toEqual([true, true, i + 1]);
      // The slot of a link says its level, by the node that it is in.
      const starts_ = nodeStarts(nodes, node);
      const levels = links.map(
        ({ index }) => index - Math.max(...starts_.filter((each) => each <= index)) - NEXT,
      );
      expect(levels).toEqual(levels.map((_level, level) => level));
    });
  });

  it('is read without a single store, and its links by Atomics alone', () => {
    const history = record(kind, ITEMS, 6);
    const log = new StoreLog();
    const reader = kind.attach(history.writer.handle, {}, { ...MEMORY, seen: log.seen });
    const { nodes, kv } = tableOf(reader).storage;
    kv.view = log.view(kv.view);
    const plain = tableOf(history.writer).storage.nodes.array;
    const starts = new Set(nodeStarts(plain, tableOf(history.writer).storage.nodes.length));
    const isField = (index: number) => [0, 1, 2, 3].some((field) => starts.has(index - field));
    let links = 0;
    log.onLoad = (target, index, isAtomic) => {
      if (target.buffer !== listOf(history.writer.handle).nodes) return;
      if (isField(index) === isAtomic)
        throw new Error(`slot ${index} is read ${isAtomic ? 'by' : 'without'} Atomics`);
      if (isAtomic) links++;
    };
    const all = [...steps(history)].at(-1)!.after;
    checkReads(kind, reader, all, all);
    expect(links).toBeGreaterThan(1000);
    expect(reader.length).toBe(ITEMS);
    expect(log.stores).toEqual([]);
    expect(nodes.array.length).toBe(plain.length);
  });

  it('stays right while a search is under way', () => {
    for (let round = 0; round < 8; round++) {
      const history = record(kind, 150, 100 + round);
      const draw = new Prng(round);
      const replica = new Replica(history.writer);
      let made = 0;
      const make = (count: number) => {
        for (; count > 0 && made < history.stores.length; count--) replica.store(history.stores[made++]);
      };
      make(history.starts[0]);
      const log = new StoreLog();
      const reader = kind.attach(replica.handle, {}, { ...MEMORY, seen: log.seen });
      log.onLoad = (_target, _index, isAtomic) => {
        // Mostly nothing; then a whole item, or a part of one.
        if (isAtomic && draw.below(6) === 0) make(draw.below(2) === 0 ? draw.below(4) : draw.below(120));
      };
      checkWhile(kind, history, reader, () => made, draw);
    }
  });

  it('can be taken over after every single store', () => {
    const history = record(kind, 30, 8);
    const replica = new Replica(history.writer);
    history.stores.slice(0, history.starts[0]).forEach((stored) => replica.store(stored));
    let i = 0;
    let mended = 0;
    const later = kind
      .items(3, 77)
      .map((item, n) => ({ ...item, key: `${item.key}later`, sequence: 2000 + n }));
    for (const step of steps(history)) {
      for (let at = history.starts[i]; at <= history.starts[i + 1]; at++) {
        const left = new Replica(replica, false);
        thread.id++;
        const writer = kind.attach(left.handle, { writer: true }, MEMORY);
        const wasThere = checkEither(kind, kind.attach(left.handle, {}, MEMORY), step);
        if (!left.hasNodesOf(replica)) mended += checkRepair(kind, replica, step, wasThere);
        checkTable(tableOf(writer));
        expect(writer.length).toBe(wasThere ? step.after.length : step.before.length);
        let all = wasThere ? step.after : step.before;
        const reader = kind.attach(left.handle, {}, MEMORY);
        checkReads(kind, reader, all, probesFor(step.item, step.after));
        // It goes on: with what the other could not end, too.
        for (const item of wasThere ? later : [step.item, ...later]) {
          kind.add(writer, item);
          all = withItem(kind, all, item);
        }
        checkReads(kind, reader, all, later);
        checkReads(kind, writer, all, later);
        expect(reader.length).toBe(all.length);
        checkTable(tableOf(writer));
        if (at < history.starts[i + 1]) replica.store(history.stores[at]);
      }
      i++;
    }
    expect(mended).toBeGreaterThan(5);
  });
});

/** Others read while a writer takes over: after each store of that. @returns how many links it stored */
function checkRepair(
  kind: ListKindUnderTest,
  replica: Replica,
  step: { item: Item; before: Item[]; after: Item[] },
  isThere: boolean,
): number {
  const left = new Replica(replica, false);
  const seen = new Replica(left, false);
  const log = new StoreLog();
  thread.id++;
  kind.attach(left.handle, { writer: true }, { ...MEMORY, seen: log.seen });
  const meanwhile = kind.attach(seen.handle, {}, MEMORY);
  expect(checkEither(kind, meanwhile, step)).toBe(isThere);
  let links = 0;
  for (const stored of log.stores) {
    if (stored.target.buffer === listOf(left.handle).nodes) {
      links++;
      expect(stored.isAtomic).toBe(true);
    }
    seen.store(stored);
    expect(checkEither(kind, meanwhile, step)).toBe(isThere);
  }
  return links;
}

function isBehind(kind: ListKindUnderTest, all: readonly Item[], item: Item, shown: string): boolean {
  return all.findIndex((each) => kind.show(each) === shown) < all.indexOf(item);
}

/** Where nodes start below a slot, that of the head among them. */
function nodeStarts(nodes: Int32Array, end: number): number[] {
  const starts = [HEAD as number];
  for (let node = FIRST_NODE as number; node < end; node += NEXT + nodes[node + HEIGHT]) starts.push(node);
  return starts;
}

/**
 * An order in which a memory may show stores: an atomic one after all before it; those to one place in their order; and a plain one as
 * early as it likes, among the next `window`.
 * @returns for each in turn, which one it is, and how many have been made without a gap
 */
function* anyOrder(
  stores: readonly Stored[],
  draw: Prng,
  window: number,
): Generator<{ index: number; all: number }> {
  const isMade = new Uint8Array(stores.length);
  /** For each, the last one before it that writes a byte of it. */
  const after = new Int32Array(stores.length).fill(-1);
  const last = new Map<ArrayBufferLike, Map<number, number>>();
  stores.forEach((stored, i) => {
    const { buffer } = stored.target;
    if (!last.has(buffer)) last.set(buffer, new Map());
    const bytes = last.get(buffer)!;
    for (let byte = 0; byte < stored.width; byte++) {
      const place = firstByteOf(stored) + byte;
      after[i] = Math.max(after[i], bytes.get(place) ?? -1);
      bytes.set(place, i);
    }
  });
  const isReady = (i: number, from: number) =>
    isMade[i] === 0 && (stores[i].isAtomic ? i === from : after[i] < 0 || isMade[after[i]] === 1);
  let from = 0;
  while (from < stores.length) {
    let index = from;
    for (let tries = 0; tries < 4; tries++) {
      const candidate = from + draw.below(Math.min(window, stores.length - from));
      if (isReady(candidate, from)) {
        index = candidate;
        break;
      }
    }
    isMade[index] = 1;
    while (from < stores.length && isMade[from] === 1) from++;
    yield { index, all: from };
  }
}

/**
 * Reads in random ways while stores are made, until all have been. What had been added when a call began counts as there, and what no
 * store was made for when it ended as not there; anything between may be either.
 */
function checkWhile(
  kind: ListKindUnderTest,
  { items, starts }: History,
  reader: List,
  made: () => number,
  draw: Prng,
): void {
  const sorted = [...items].sort((a, b) => kind.compare(a, b));
  const rankOf = new Map(sorted.map((item, rank) => [kind.show(item), rank]));
  const startOf = new Map(items.map((item, i) => [item, starts[i]]));
  const endOf = new Map(items.map((item, i) => [item, starts[i + 1]]));
  const it = kind.iterator(reader);
  let rank = -1; // Of what is under the cursor; -1 before all, and the number of all behind them.
  /** @param from nothing that was there stands between this rank and where it landed, but for that @param by 1 or -1 */
  const landed = (isThere: boolean, from: number, by: number, began: number, what: string) => {
    const to = isThere ? rankOf.get(kind.shown(it)) : by > 0 ? sorted.length : -1;
    if (to === undefined) throw new Error(`${what}: ${kind.shown(it)} is none of the items`);
    if (isThere && startOf.get(sorted[to])! >= made())
      throw new Error(`${what}: item ${to} was not there yet`);
    if (isThere && (to - from) * by <= 0) throw new Error(`${what}: from ${from} to ${to}`);
    for (let between = from + by; between !== to; between += by) {
      if (between < 0 || between >= sorted.length) break;
      if (endOf.get(sorted[between])! <= began)
        throw new Error(`${what}: from ${from} to ${to}, past ${between}`);
    }
    rank = to;
  };
  const end = starts[items.length];
  for (let calls = 0; made() < end || calls < 500; calls++) {
    const began = made();
    switch (draw.below(7)) {
      case 0:
        landed(it.first(), -1, 1, began, 'first');
        break;
      case 1:
        landed(it.last(), sorted.length, -1, began, 'last');
        break;
      case 2:
      case 3: {
        const item = draw.pick(items);
        landed(kind.seek(it, item), rankOf.get(kind.show(item))! - 1, 1, began, `seek`);
        break;
      }
      case 4:
        if (rank < sorted.length) landed(it.next(), rank, 1, began, 'next');
        break;
      case 5:
        if (rank >= 0) landed(it.prev(), rank, -1, began, 'prev');
        break;
      default: {
        const item = draw.pick(items);
        const found = kind.points(reader, item);
        // By what was there at any moment of the call.
        const possible = new Set<string>();
        for (let n = items.length; n >= 0; n--) {
          if (starts[n] > made() && n > 0 && starts[n - 1] >= made()) continue;
          const present = sorted.filter((each) => items.indexOf(each) < n);
          possible.add(kind.pointsOf(present, item));
          if (starts[n] <= began) break;
        }
        requirePart(found, [...possible]);
      }
    }
  }
}

/** Several calls were made: each has an answer of its own time. */
function requirePart(found: string, possible: string[]): void {
  const parts = found.split(',');
  parts.forEach((part, i) => {
    if (!possible.some((each) => each.split(',')[i] === part)) {
      throw new Error(`a read gave ${part}, not one of ${possible.join(' or ')}`);
    }
  });
}
