import { DB, type Range } from '../index.js';
import type { Batch } from './batch.js';
import { breathe } from './breathe.js';
import { Past } from './past.js';
import { Readers } from './readers.js';

/** Versions that are looked at, whether anybody sees them, without a pause for others. */
const SWEPT_AT_ONCE = 1000;

/**
 * What the keys are, and what they were for those who read since then: see `Past`.
 *
 * A reader has a sequence number: it sees what was changed at or below that. All that is changed until the next reader comes has the
 * same sequence number, one above.
 */
export class Versions {
  readonly present = new DB();
  readonly #readers = new Readers();
  #past: Past | undefined;
  #sequence = 0;
  /** Whether anything was changed since the last reader came. */
  #isChanged = false;
  #isSweeping = false;
  /** Counts changes. */
  changes = 0;

  get past(): Past | undefined {
    return this.#past;
  }

  /** What holds them. */
  get stores(): readonly DB[] {
    return this.#past === undefined ? [this.present] : [this.present, this.#past.db];
  }

  get hasReaders(): boolean {
    return !this.#readers.isEmpty;
  }

  /** For a reader that comes now. Call `leave` when it goes. */
  enter(): number {
    if (this.#isChanged) {
      this.#sequence++;
      this.#isChanged = false;
    }
    this.#readers.add(this.#sequence);
    return this.#sequence;
  }

  leave(sequence: number): void {
    this.#readers.remove(sequence);
    if (this.#readers.isEmpty) {
      this.#past = undefined;
    } else if (this.#past !== undefined) {
      this.#past.soil();
      this.#sweepMeanwhile();
    }
  }

  /** The value of a key, for a reader, or as it is now: a view. */
  get(key: Uint8Array, sequence?: number): Uint8Array | undefined {
    if (sequence !== undefined && this.#past !== undefined) {
      const version = this.#past.find(key, sequence);
      if (version !== undefined) return version ?? undefined;
    }
    return this.present.get(key);
  }

  has(key: Uint8Array, sequence?: number): boolean {
    if (sequence !== undefined && this.#past !== undefined) {
      const version = this.#past.find(key, sequence);
      if (version !== undefined) return version !== null;
    }
    return this.present.has(key);
  }

  /** @throws CapacityError, with nothing changed */
  put(key: Uint8Array, value: Uint8Array): void {
    if (!this.#readers.isEmpty) this.#keep(key, this.#readers.newest);
    this.present.put(key, value);
    this.#changed();
  }

  /**
   * @param newest the newest reader that may still want to see the key
   * @throws CapacityError, with nothing changed
   */
  delete(key: Uint8Array, newest = this.#readers.newest): void {
    if (newest >= 0) {
      if (!this.present.has(key)) return;
      this.#keep(key, newest);
    }
    this.present.delete(key);
    this.#changed();
  }

  /** The newest reader but one at this sequence number; -1 where there is none. */
  newestBut(sequence: number): number {
    return this.#readers.newestBut(sequence);
  }

  /** All or nothing. @throws CapacityError, with nothing changed */
  write({ puts, deletes }: Batch): void {
    if (!this.#readers.isEmpty) {
      const { newest } = this.#readers;
      for (const [key] of puts) this.#keep(key, newest);
      for (const key of deletes) this.#keep(key, newest);
    }
    this.present.putMany(puts);
    for (const key of deletes) this.present.delete(key);
    this.#changed();
  }

  /** Removes keys of a range. Nobody reads. */
  deleteRange(range: Range): void {
    this.present.deleteRange(range);
    this.#changed();
  }

  #changed(): void {
    this.changes++;
    this.#isChanged = true;
  }

  /** Keeps what a key is, if the newest reader sees it. Where nothing comes of the change, that is no harm. */
  #keep(key: Uint8Array, newest: number): void {
    const past = (this.#past ??= new Past(this.#readers));
    if (past.find(key, newest) !== undefined) return;
    past.add(key, this.present.get(key), this.#sequence + 1);
    past.sweep();
  }

  /** Looks on while nobody writes. */
  #sweepMeanwhile(): void {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    void this.#sweepAll();
  }

  async #sweepAll(): Promise<void> {
    while (this.#past?.isClean === false) {
      this.#past.sweep(SWEPT_AT_ONCE);
      await breathe();
    }
    this.#isSweeping = false;
  }
}
