/*
 * What a write stores, in its order: for the length of one call, the methods of the DB's own parts that store are preceded by ones
 * that write it down. And the arrays as they were at any of these moments.
 */
import { HEIGHT, MAX_HEIGHT, NEXT, tableOf } from '../../../lib/internals.js';
import type { DB } from '../../../lib/index.js';

export type WriteKind = 'stage' | 'height' | 'append' | 'own-links' | 'link' | 'record' | 'insert' | 'remove';

export interface WriteEvent {
  kind: WriteKind;
  /** Slots of nodeData with what was there before, and what is there now. */
  stores: [slot: number, before: number, now: number][];
  /** What was stored in kvData. */
  bytes?: [start: number, end: number];
  height?: number;
  /** Lengths of the two arrays once it was done. */
  nodeLength: number;
  kvLength: number;
}

export interface WriteTrace {
  events: WriteEvent[];
  before: { nodeLength: number; kvLength: number };
  /** The arrays became others: nothing of before can be shown. */
  isMoved: boolean;
}

export function traceWrite(db: DB, write: () => void): WriteTrace {
  const table = tableOf(db);
  const { storage, towers, heights, index } = table;
  const { nodes, kv } = storage;
  const events: WriteEvent[] = [];
  const before = { nodeLength: nodes.length, kvLength: kv.length };
  const { exchanges, generation } = table;
  const add = (kind: WriteKind, more: Partial<WriteEvent> = {}) =>
    events.push({ kind, stores: [], nodeLength: nodes.length, kvLength: kv.length, ...more });
  let published: number | undefined;

  const restore = [
    precede(storage, 'stage', (stage, offset, key, keyLength, value, valueLength) => {
      stage(offset, key, keyLength, value, valueLength);
      add('stage', { bytes: [offset, offset + keyLength + valueLength] });
    }),
    precede(heights, 'next', (next) => {
      const height = next();
      add('height', { height });
      return height;
    }),
    precede(storage, 'appendNode', (append, ...given) => {
      const node = append(...given);
      const stores: WriteEvent['stores'] = [];
      for (let slot: number = node; slot < node + NEXT; slot++) stores.push([slot, 0, nodes.array[slot]]);
      add('append', { stores });
      return node;
    }),
    precede(towers, 'publish', (publish, node, predecessors) => {
      published = node;
      publish(node, predecessors);
    }),
    precede(storage, 'replaceRecord', (replace, node, ...given) => {
      const old = nodes.array.slice(node, node + HEIGHT);
      replace(node, ...given);
      const stores = Array.from(old, (before, i): WriteEvent['stores'][0] => [
        node + i,
        before,
        nodes.array[node + i],
      ]);
      add('record', { stores });
    }),
    precede(nodes, 'write', (store, slot, value) => {
      if (published !== undefined) {
        // Its own links were stored before the first link to it.
        const stores: WriteEvent['stores'] = [];
        const end = published + NEXT + nodes.array[published + HEIGHT];
        for (let own = published + NEXT; own < end; own++) stores.push([own, 0, nodes.array[own]]);
        add('own-links', { stores });
        published = undefined;
      }
      const change: WriteEvent['stores'][0] = [slot, nodes.array[slot], value];
      store(slot, value);
      add('link', { stores: [change] });
    }),
  ];
  if (index !== undefined) {
    restore.push(
      precede(index, 'insert', (insert, ...given) => {
        insert(...given);
        add('insert');
      }),
      precede(index, 'remove', (remove, ...given) => {
        remove(...given);
        add('remove');
      }),
    );
  }
  try {
    write();
  } finally {
    for (const undo of restore) undo();
  }
  return { events, before, isMoved: table.exchanges !== exchanges || table.generation !== generation };
}

type Method = (...given: never[]) => unknown;

/** Gives an object a method of its own before that of its class. @returns what takes it away again */
function precede<T extends object, K extends keyof T>(
  object: T,
  name: K,
  method: T[K] extends (...given: infer P) => infer R
    ? (original: (...given: P) => R, ...given: P) => R
    : never,
): () => void {
  const original = (object[name] as Method).bind(object);
  Object.defineProperty(object, name, {
    configurable: true,
    writable: true,
    value: (...given: never[]) => (method as Method)(original as never, ...given),
  });
  return () => {
    Reflect.deleteProperty(object, name);
  };
}

/** The arrays at some moment of a write: the real ones, but for slots that were stored later. */
export class Moment {
  readonly #db: DB;
  readonly #older = new Map<number, number>();
  readonly nodeLength: number;
  readonly kvLength: number;

  /** @param done how many events of the trace have happened; all, if it is left out */
  constructor(db: DB, trace?: WriteTrace, done = Infinity) {
    this.#db = db;
    this.nodeLength = db.nodeLength;
    this.kvLength = db.kvLength;
    if (trace === undefined || trace.isMoved || done >= trace.events.length) return;
    const { nodeLength, kvLength } = done === 0 ? trace.before : trace.events[done - 1];
    this.nodeLength = nodeLength;
    this.kvLength = kvLength;
    for (let i = trace.events.length - 1; i >= done; i--) {
      for (const [slot, before] of trace.events[i].stores) this.#older.set(slot, before);
    }
  }

  slot(index: number): number {
    return this.#older.get(index) ?? this.#db.nodeData[index];
  }

  height(node: number): number {
    // Of a node that is not there yet, nothing may be believed.
    return node === 0 ? MAX_HEIGHT : this.slot(node + HEIGHT);
  }

  link(node: number, level: number): number {
    return this.slot(node + NEXT + level);
  }

  key(node: number): Uint8Array {
    const start = this.slot(node);
    return this.#db.kvData.subarray(start, start + this.slot(node + 1));
  }
}
