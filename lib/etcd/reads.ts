import { MemDBError, ValueType, type Entry, type Range, type Scan } from '../index.js';
import { requireBytes } from '../base/arguments.js';
import { MirrorIterator, Pin } from './iterator.js';
import type { Versions } from './versions.js';

/** What can be read at one revision. */
export abstract class Reads {
  /** @internal */
  protected readonly versions: Versions;

  constructor(versions: Versions) {
    this.versions = versions;
  }

  /** The revision to read at. @throws MemDBError where it can't be read @internal */
  protected abstract requireReadable(): number;

  /** The value: a view, not to be modified, which keeps its bytes; `undefined` where there is none, and for keys outside the range. */
  get(key: Uint8Array): Uint8Array | undefined {
    requireBytes(key, 'key');
    const found = this.versions.table.get(key, this.requireReadable());
    return found?.type === ValueType.Value ? found.value : undefined;
  }

  /** Whether the key is there. */
  has(key: Uint8Array): boolean {
    return this.get(key) !== undefined;
  }

  /**
   * The entries in `[start, limit)`, in order or in reverse, as pairs of views: key and value. They are those of one revision, also
   * where changes come in before the last was asked for.
   */
  entries(scan?: Scan): IterableIterator<Entry> {
    return walk(this.iterator(boundsOf(scan)), scan?.reverse, entryOf);
  }

  /** Their keys, as `entries`. */
  keys(scan?: Scan): IterableIterator<Uint8Array> {
    return walk(this.iterator(boundsOf(scan)), scan?.reverse, keyOf);
  }

  /** Their values, as `entries`. */
  values(scan?: Scan): IterableIterator<Uint8Array> {
    return walk(this.iterator(boundsOf(scan)), scan?.reverse, valueOf);
  }

  [Symbol.iterator](): IterableIterator<Entry> {
    return this.entries();
  }

  /** A cursor over the entries in `[start, limit)`. */
  iterator(range?: Range): MirrorIterator {
    return new MirrorIterator(this.versions, this.requireReadable(), range);
  }

  /** Number of entries in `[start, limit)`, or of all. Takes time for each. */
  count(range?: Range): number {
    const it = this.iterator(range);
    let count = 0;
    while (it.next()) count++;
    it.release();
    return count;
  }
}

/**
 * The entries of a mirror at one revision, see `Mirror.at`. That state is kept, and takes memory, until `release()`, or until
 * the program has forgotten the view.
 * @example
 * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
 * const before = mirror.at(mirror.revision);
 * await mirror.delete(bytes('user:1'));
 * console.log(before.length, mirror.length); // -> 2 1
 * before.release();
 */
export class MirrorView extends Reads {
  readonly #pin: Pin;

  /** @internal */
  constructor(versions: Versions, revision: number) {
    super(versions);
    this.#pin = new Pin(versions, revision, this);
  }

  /** The revision that it shows. */
  get revision(): bigint {
    return BigInt(this.#pin.revision);
  }

  /** Number of entries. Takes time for each. */
  get length(): number {
    return this.count();
  }

  /**
   * Ends it, so that its state need not be kept. A second call is fine.
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * const view = mirror.at(mirror.revision);
   * view.release();
   * try { view.get(bytes('user:1')); } catch (error) { console.log(error.code); } // -> MEMDB_VIEW_RELEASED
   */
  release(): void {
    this.#pin.release();
  }

  /**
   * Releases it.
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * using view = mirror.at(mirror.revision);
   * console.log(view.length); // -> 2
   */
  [Symbol.dispose](): void {
    this.release();
  }

  /** @internal */
  protected override requireReadable(): number {
    if (this.#pin.isReleased) {
      throw new MemDBError('MEMDB_VIEW_RELEASED', 'this view was released: make another by at(revision)');
    }
    return this.#pin.revision;
  }
}

function entryOf(it: MirrorIterator): Entry {
  return [it.key!, it.value!];
}

function keyOf(it: MirrorIterator): Uint8Array {
  return it.key!;
}

function valueOf(it: MirrorIterator): Uint8Array {
  return it.value!;
}

function boundsOf(scan: Scan | undefined): Range | undefined {
  if (scan === undefined || scan === null || !('reverse' in scan)) return scan;
  const range: Scan = { ...scan };
  delete range.reverse; // Iterators have none.
  return range;
}

function* walk<T>(
  it: MirrorIterator,
  reverse: boolean | undefined,
  pick: (it: MirrorIterator) => T,
): Generator<T, undefined> {
  try {
    if (reverse) for (let on = it.last(); on; on = it.prev()) yield pick(it);
    else for (let on = it.first(); on; on = it.next()) yield pick(it);
  } finally {
    it.release();
  }
}
