import { keepOne } from '../base/kept.js';
import { IteratorReleasedError, ValueType, bytewise, type MemTableIterator, type Range } from '../index.js';
import { Versions } from './versions.js';

/** After so many versions of one key that are of no use, it is searched for what follows. */
const STEPS = 16;

/** Lets go of the states of those that were forgotten without `release`. */
const forgotten =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry<Pin>((pin) => pin.release());

/** That a state is kept. */
export class Pin {
  readonly revision: number;
  #versions: Versions | undefined;

  /** @param holder with which it ends, at the latest */
  constructor(versions: Versions, revision: number, holder: object) {
    this.revision = revision;
    this.#versions = versions;
    versions.pin(revision);
    forgotten?.register(holder, this, this);
  }

  get isReleased(): boolean {
    return this.#versions === undefined;
  }

  release(): void {
    if (this.#versions === undefined) return;
    this.#versions.unpin(this.revision);
    this.#versions = undefined;
    forgotten?.unregister(this);
  }
}

const BEFORE = 0;
const ON = 1;
const AFTER = 2;

/**
 * A cursor over the entries of a mirror in `[start, limit)`, as they are at one revision, whatever comes meanwhile: that state
 * is kept until `release()`. A fresh one stands before the first entry. Moves tell whether they landed on an entry; they throw
 * `IteratorReleasedError` after `release()`.
 * @example
 * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
 * const it = mirror.iterator();
 * for (let on = it.last(); on; on = it.prev()) console.log(text(it.key)); // -> user:2, user:1
 * it.release();
 */
export class MirrorIterator {
  readonly #cursor: MemTableIterator;
  readonly #pin: Pin;
  #where = BEFORE;
  /** Of the entry, or of the one at which a move last looked. */
  #key: Uint8Array | undefined;

  /** @internal */
  constructor(versions: Versions, revision: number, range: Range | undefined) {
    this.#cursor = versions.table.iterator(range);
    this.#pin = new Pin(versions, revision, this);
    keepOne(MirrorIterator, oneToKeep);
  }

  /**
   * Moves to the first entry of the range.
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * const it = mirror.iterator();
   * console.log(it.first(), text(it.key)); // -> true user:1
   */
  first(): boolean {
    this.#requireLive();
    this.#key = undefined;
    return this.#forward(this.#cursor.first());
  }

  /**
   * Moves to the last entry of the range.
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * const it = mirror.iterator();
   * console.log(it.last(), text(it.key)); // -> true user:2
   */
  last(): boolean {
    this.#requireLive();
    this.#key = undefined;
    return this.#backward(this.#cursor.last());
  }

  /**
   * Moves to the first entry of the range whose key is `key` or above.
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * const it = mirror.iterator();
   * console.log(it.seek(bytes('user:11')), text(it.key)); // -> true user:2
   */
  seek(key: Uint8Array): boolean {
    this.#requireLive();
    const isThere = this.#cursor.seek(key, this.#pin.revision);
    this.#key = undefined;
    return this.#forward(isThere);
  }

  /**
   * Moves to the next entry; a fresh iterator, to the first.
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * const it = mirror.iterator();
   * while (it.next()) console.log(text(it.value)); // -> Ada, Alan
   */
  next(): boolean {
    this.#requireLive();
    if (this.#where === BEFORE) return this.first();
    if (this.#where === AFTER) return false;
    return this.#forward(this.#cursor.next());
  }

  /**
   * Moves to the entry before; at the end, to the last one.
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * const it = mirror.iterator();
   * it.seek(bytes('z'));
   * console.log(it.prev(), text(it.key)); // -> true user:2
   */
  prev(): boolean {
    this.#requireLive();
    if (this.#where === AFTER) return this.last();
    if (this.#where === BEFORE) return false;
    return this.#backward(this.#cursor.prev());
  }

  /** Whether it stands on an entry. */
  get valid(): boolean {
    return this.#where === ON;
  }

  /** The key: a view, not to be modified; `undefined` where not valid. */
  get key(): Uint8Array | undefined {
    return this.#where === ON ? this.#key : undefined;
  }

  /** The value: a view, not to be modified; `undefined` where not valid. */
  get value(): Uint8Array | undefined {
    return this.#where === ON ? this.#cursor.value : undefined;
  }

  /** Whether it was released. */
  get released(): boolean {
    return this.#pin.isReleased;
  }

  /**
   * Ends it, so that its state need not be kept. A second call is fine.
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * const it = mirror.iterator();
   * it.release();
   * console.log(it.released); // -> true
   */
  release(): void {
    this.#pin.release();
    this.#where = AFTER;
    if (!this.#cursor.released) this.#cursor.release();
  }

  /**
   * Releases it.
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * using it = mirror.iterator();
   * console.log(it.last(), text(it.value)); // -> true Alan
   */
  [Symbol.dispose](): void {
    this.release();
  }

  /** From where the cursor is on, or none: the first version that can be seen, of a key other than the last one. */
  #forward(isThere: boolean): boolean {
    const cursor = this.#cursor;
    const at = this.#pin.revision;
    let steps = 0;
    while (isThere) {
      const userKey = cursor.userKey!;
      const isOlder = this.#isLast(userKey);
      if (isOlder || cursor.sequenceNumber! > at) {
        if (steps++ < STEPS) isThere = cursor.next();
        else {
          isThere = cursor.seek(userKey, isOlder ? 0 : at);
          steps = 0;
        }
        continue;
      }
      this.#key = userKey;
      if (cursor.type === ValueType.Value) {
        this.#where = ON;
        return true;
      }
      isThere = cursor.next();
    }
    this.#where = AFTER;
    return false;
  }

  /** The same backwards, where the versions of a key begin with the oldest. */
  #backward(isThere: boolean): boolean {
    const cursor = this.#cursor;
    const at = this.#pin.revision;
    let steps = 0;
    while (isThere) {
      const userKey = cursor.userKey!;
      if (this.#isLast(userKey) || cursor.sequenceNumber! > at) {
        if (steps++ >= STEPS) {
          cursor.seek(userKey); // The first of its versions.
          steps = 0;
        }
        isThere = cursor.prev();
        continue;
      }
      this.#key = userKey;
      if (this.#toNewest(userKey, at) === ValueType.Value) {
        this.#where = ON;
        return true;
      }
      isThere = cursor.prev();
    }
    this.#where = BEFORE;
    return false;
  }

  /** From the oldest version of a key to the newest that can be seen. @returns its type */
  #toNewest(userKey: Uint8Array, at: number): ValueType {
    const cursor = this.#cursor;
    for (let steps = 0; steps < STEPS; steps++) {
      if (!cursor.prev() || !this.#isLast(cursor.userKey!) || cursor.sequenceNumber! > at) {
        cursor.next();
        return cursor.type!;
      }
    }
    cursor.seek(userKey, at);
    return cursor.type!;
  }

  #isLast(userKey: Uint8Array): boolean {
    const key = this.#key;
    return key?.length === userKey.length && bytewise.compare(key, userKey) === 0;
  }

  #requireLive(): void {
    if (this.#pin.isReleased) {
      throw new IteratorReleasedError('this iterator was released: make another by iterator(range)');
    }
  }
}

function oneToKeep(): unknown {
  return new MirrorIterator(new Versions({ revisions: 0, ms: 0 }), 0, undefined);
}
