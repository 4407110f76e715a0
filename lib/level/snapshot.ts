import type { AbstractSnapshot } from 'abstract-level';
import { SnapshotBase, type SnapshotOptions } from './abstractlevel.js';
import type { Versions } from './versions.js';

/** Where somebody reads: a database that stays as it was. */
export interface Reader {
  readonly versions: Versions;
  readonly sequence: number;
}

/** What a database is when it is made, for as long as it is open. */
export class Snapshot extends SnapshotBase {
  readonly #reader: Reader;

  constructor(versions: Versions, options: SnapshotOptions) {
    super(options);
    this.#reader = { versions, sequence: versions.enter() };
  }

  /** @throws TypeError for one of another kind of database */
  static readerOf(snapshot: AbstractSnapshot): Reader {
    if (!(#reader in snapshot)) throw new TypeError('snapshot must be one of this kind of database');
    return snapshot.#reader;
  }

  _close(): void {
    this.#reader.versions.leave(this.#reader.sequence);
  }
}
