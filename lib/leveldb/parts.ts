import { describe, requireBoolean, requireCapacity, requireOptions } from '../base/arguments.js';
import { Made } from '../base/made.js';
import { bytewise, requireComparer, type Comparer } from '../base/comparer.js';
import { orderOf, type Order } from '../base/order.js';
import { MEM_TABLE_KIND } from '../dump/format.js';
import type { Maker } from '../dump/read.js';
import { DEFAULT_MAX_CAPACITY } from '../shared/arrays.js';
import { requireHandle, requireOrder } from '../shared/handle.js';
import { SharedList, type SharedListHandle } from '../shared/sharedlist.js';
import { reservedFor } from '../storage/growable.js';
import { DEFAULT_CAPACITY, internalsOf, localMemory } from '../storage/memory.js';
import { Table } from '../table/table.js';

/** What `create` takes, in place of the options of the constructor, for a MemTable or SkipList that threads share. */
export interface SharedListOptions {
  shared: true;
  /** Bytes of keys and values that it may ever hold; 256 MiB by default. A few times as much address space is reserved. */
  maxCapacity?: number | undefined;
  /** Order of the keys, of a MemTable that of the user keys; `bytewise` by default. Another one has to be given to `attach`, too. */
  comparer?: Comparer | undefined;
  /** Ignored: `maxCapacity` says it. */
  capacity?: number | undefined;
}

/** What `attach` of a MemTable or SkipList takes. */
export interface ListAttachOptions {
  /** The order of the keys, if it is not `bytewise`: of the name that the other one was made with. */
  comparer?: Comparer | undefined;
  /** Whether to take over from the writer, which is gone; `false` by default: to read. */
  writer?: boolean | undefined;
}

/** What another thread attaches a shared MemTable or SkipList by: posted as it is. */
export interface ListHandle<Kind extends string> {
  readonly kind: Kind;
  readonly version: number;
}

/** What there is in it. */
interface WholeHandle<Kind extends string> extends ListHandle<Kind> {
  /** Name of the comparer. */
  readonly order: string;
  readonly list: SharedListHandle;
}

const HANDLE_VERSION = 1;

/** In what MemTable and SkipList differ. */
export interface ListKind<Kind extends string> {
  readonly name: string;
  /** That of its handles. */
  readonly kind: Kind;
  /** Bytes behind each key that are not the caller's. Where there are some, they say which version of it an entry is. */
  readonly tagLength: number;
  /** Bytes of nodes for each byte of keys and values, where all is reserved at once. */
  readonly nodeBytes: number;
  userComparerOf(comparer: Comparer): Comparer;
  /** The order of the whole keys. */
  orderOf(user: Order): Order;
}

/** What a MemTable or SkipList is made of. */
export interface Parts<Kind extends string> {
  /** Of the order, of a MemTable that of the user keys. */
  readonly name: string;
  readonly userOrder: Order;
  readonly table: Table;
  /** Where threads share it. */
  readonly shared?: SharedList;
  readonly handle?: ListHandle<Kind>;
}

/** In place of the options of a constructor. */
export function withParts<Kind extends string>(parts: Parts<Kind>): object {
  return new Made(parts);
}

/** @param options of the constructor @throws TypeError, RangeError, CapacityError */
export function partsOf<Kind extends string>(
  list: ListKind<Kind>,
  options: { comparer?: Comparer | undefined; capacity?: number | undefined },
): Parts<Kind> {
  return options instanceof Made ? (options as Made<Parts<Kind>>).parts : makerOf(list, options).make();
}

/** Makes one of these options, once they are found to be right: an empty one, or one that a dump is loaded into. */
export function makerOf<Kind extends string>(
  list: ListKind<Kind>,
  options: { comparer?: Comparer | undefined; capacity?: number | undefined },
): Maker<Parts<Kind>> {
  requireOptions(options, list.name, ['comparer', 'capacity']);
  const memory = internalsOf(options);
  const { comparer = bytewise, capacity = DEFAULT_CAPACITY } = options;
  requireCapacity(capacity, memory.kvLimit);
  requireComparer(comparer);
  const user = list.userComparerOf(comparer);
  const userOrder = orderOf(user);
  const order = list.orderOf(userOrder);
  const { tagLength } = list;
  const reserved = reservedFor(capacity);
  return {
    subject: { kind: MEM_TABLE_KIND, order: user.name },
    tagLength,
    capacity: reserved,
    make: (room) => ({
      name: user.name,
      userOrder,
      table: new Table({ order, capacity: reserved, memory, hasVersions: tagLength > 0, room }),
    }),
  };
}

/** @throws TypeError, RangeError, CapacityError, MemDBError */
export function sharedParts<Kind extends string>(
  list: ListKind<Kind>,
  options: SharedListOptions,
): Parts<Kind> {
  requireOptions(options, `${list.name}.create`, ['shared', 'maxCapacity', 'comparer', 'capacity']);
  const { shared, maxCapacity = DEFAULT_MAX_CAPACITY, comparer = bytewise } = options;
  if ((shared as unknown) !== true) throw new TypeError(`shared must be true, but got ${describe(shared)}`);
  requireCapacity(maxCapacity, localMemory.kvLimit, 'maxCapacity');
  requireComparer(comparer);
  const user = list.userComparerOf(comparer);
  const userOrder = orderOf(user);
  const made = SharedList.create(maxCapacity, list.nodeBytes, listParts(list, userOrder, options));
  const handle: WholeHandle<Kind> = {
    kind: list.kind,
    version: HANDLE_VERSION,
    order: user.name,
    list: made.handle,
  };
  return { name: user.name, userOrder, table: made.table, shared: made, handle };
}

/** @throws TypeError, MemDBError, LockMisuseError */
export function attachedParts<Kind extends string>(
  list: ListKind<Kind>,
  given: ListHandle<Kind>,
  options: ListAttachOptions,
): Parts<Kind> {
  requireHandle(given, list.kind, HANDLE_VERSION);
  const handle = given as WholeHandle<Kind>;
  requireOptions(options, `${list.name}.attach`, ['comparer', 'writer']);
  const { comparer = bytewise, writer = false } = options;
  requireComparer(comparer);
  requireBoolean(writer, 'writer');
  const user = list.userComparerOf(comparer);
  requireOrder(handle.order, user);
  const userOrder = orderOf(user);
  const parts = listParts(list, userOrder, options);
  const shared = writer ? SharedList.takeOver(handle.list, parts) : SharedList.attach(handle.list, parts);
  return { name: user.name, userOrder, table: shared.table, shared, handle };
}

function listParts<Kind extends string>(list: ListKind<Kind>, userOrder: Order, options: object) {
  return {
    order: list.orderOf(userOrder),
    hasVersions: list.tagLength > 0,
    tagLength: list.tagLength,
    internals: internalsOf(options),
  };
}
