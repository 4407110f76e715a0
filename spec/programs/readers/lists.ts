/*
 * LevelDB's scheme for testing a list that is read without a lock (ConcurrentTest in skiplist_test.cc): each key is one of a few groups, a
 * generation, and a hash of both. The writer adds the next generation of some group, and says so in shared memory once it is in. So
 * a reader knows what must be there, and can tell from a key alone whether it is whole.
 */
import { MemTable, SkipList, ValueType, type MemTableHandle, type SkipListHandle } from 'flat-memdb';
import { mix } from '../../support/prng.js';

export const GROUPS = 4;

/** A generation of a group; those of groups that there are not stand for both ends. */
export interface Place {
  readonly group: number;
  readonly generation: number;
}

export const BEFORE_ALL: Place = { group: -1, generation: 0 };
export const BEHIND_ALL: Place = { group: GROUPS, generation: 0 };

export type Kind = 'SkipList' | 'MemTable';
export type Handle = SkipListHandle | MemTableHandle;

/** A list of such keys, as each thread has it. */
export interface Subject {
  readonly handle: Handle;
  readonly length: number;
  /** Whether generations of a group stand in ascending order. */
  readonly isAscending: boolean;
  add(place: Place): void;
  /** Whether calls that read one key find this generation, or a newer one where they look for the newest. */
  has(place: Place): boolean;
  cursor(): PlaceCursor;
}

export interface PlaceCursor {
  first(): boolean;
  last(): boolean;
  next(): boolean;
  prev(): boolean;
  /** To the first generation of a group in its order. */
  seek(group: number): boolean;
  /** @throws Error where what it stands on is not whole */
  place(): Place;
}

const CAPACITY = 1 << 24;

export function createList(kind: Kind): Subject {
  const options = { shared: true as const, maxCapacity: CAPACITY };
  return kind === 'SkipList'
    ? new KeysOfSkipList(SkipList.create(options))
    : new VersionsOfMemTable(MemTable.create(options));
}

export function attachList(handle: Handle, options: { writer?: boolean } = {}): Subject {
  return handle.kind === 'flat-memdb.SkipList'
    ? new KeysOfSkipList(SkipList.attach(handle, options))
    : new VersionsOfMemTable(MemTable.attach(handle, options));
}

const hashOf = (group: number, generation: number) => mix(Math.imul(group + 1, 0x9e3779b1) ^ generation);

const KEY_BYTES = 12;

/** Group, generation and hash are the key. */
class KeysOfSkipList implements Subject {
  readonly isAscending = true;
  readonly #list: SkipList;
  readonly #key = new Uint8Array(KEY_BYTES);
  readonly #view = new DataView(this.#key.buffer);

  constructor(list: SkipList) {
    this.#list = list;
  }

  get handle(): Handle {
    return this.#list.handle;
  }

  get length(): number {
    return this.#list.length;
  }

  #keyOf(group: number, generation: number, hash = hashOf(group, generation)): Uint8Array {
    this.#view.setUint32(0, group);
    this.#view.setUint32(4, generation);
    this.#view.setUint32(8, hash);
    return this.#key;
  }

  add({ group, generation }: Place): void {
    this.#list.insert(this.#keyOf(group, generation));
  }

  has({ group, generation }: Place): boolean {
    return this.#list.contains(this.#keyOf(group, generation));
  }

  cursor(): PlaceCursor {
    const it = this.#list.iterator();
    return {
      first: () => it.first(),
      last: () => it.last(),
      next: () => it.next(),
      prev: () => it.prev(),
      seek: (group) => it.seek(this.#keyOf(group, 0, 0)),
      place: () => {
        const key = it.key!;
        if (key.length !== KEY_BYTES) throw new Error(`a key of ${key.length} bytes`);
        const view = new DataView(key.buffer, key.byteOffset);
        return whole({ group: view.getUint32(0), generation: view.getUint32(4) }, view.getUint32(8));
      },
    };
  }
}

/** The group is the user key, the generation is the sequence number, and the hash is the value. */
class VersionsOfMemTable implements Subject {
  readonly isAscending = false;
  readonly #table: MemTable;
  readonly #value = new Uint8Array(4);
  readonly #view = new DataView(this.#value.buffer);
  readonly #keys = Array.from({ length: GROUPS + 1 }, (_, group) => Uint8Array.of(0, group));

  constructor(table: MemTable) {
    this.#table = table;
  }

  get handle(): Handle {
    return this.#table.handle;
  }

  get length(): number {
    return this.#table.length;
  }

  add({ group, generation }: Place): void {
    this.#view.setUint32(0, hashOf(group, generation));
    this.#table.add(generation, ValueType.Value, this.#keys[group], this.#value);
  }

  has({ group, generation }: Place): boolean {
    const key = this.#keys[group];
    const newest = this.#table.get(key);
    const exact = this.#table.get(key, generation);
    for (const entry of [newest, exact]) {
      if (entry?.type !== ValueType.Value) return false;
      whole({ group, generation: entry.sequenceNumber! }, hashIn(entry.value));
    }
    return newest!.sequenceNumber! >= generation && exact!.sequenceNumber === generation;
  }

  cursor(): PlaceCursor {
    const it = this.#table.iterator();
    return {
      first: () => it.first(),
      last: () => it.last(),
      next: () => it.next(),
      prev: () => it.prev(),
      seek: (group) => it.seek(this.#keys[group]),
      place: () => {
        const key = it.userKey!;
        if (key.length !== 2 || key[0] !== 0) throw new Error(`a key of ${key.length} bytes`);
        return whole({ group: key[1], generation: it.sequenceNumber! }, hashIn(it.value!));
      },
    };
  }
}

function hashIn(value: Uint8Array): number {
  if (value.length !== 4) throw new Error(`a value of ${value.length} bytes`);
  return new DataView(value.buffer, value.byteOffset).getUint32(0);
}

function whole(place: Place, hash: number): Place {
  if (hash !== hashOf(place.group, place.generation)) {
    throw new Error(`generation ${place.generation} of group ${place.group} is not whole`);
  }
  return place;
}
