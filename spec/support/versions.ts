import type { Compare } from './model.js';

/** One version of one key. */
export interface Version {
  userKey: Uint8Array;
  sequence: bigint;
  type: number;
  value: Uint8Array;
}

/** A place among versions: a version of this key, sequence number and type would stand there. */
export type Place = Pick<Version, 'userKey' | 'sequence' | 'type'>;

/** Of all places of a user key at this sequence number the first. */
export const newestAt = (userKey: Uint8Array, sequence: bigint): Place => ({ userKey, sequence, type: 1 });

/**
 * What a memtable must do, as plainly as it can be said: all versions in a sorted array, which every call reads from
 * the beginning. No tag and no encoded key occurs here.
 */
export class VersionModel {
  versions: Version[] = [];
  readonly compareUserKeys: Compare;

  constructor(compareUserKeys: Compare) {
    this.compareUserKeys = compareUserKeys;
  }

  /** User keys ascending, then sequence numbers descending, then types descending. */
  compare(a: Place, b: Place): number {
    return this.compareUserKeys(a.userKey, b.userKey) || sign(b.sequence - a.sequence) || b.type - a.type;
  }

  /** @returns whether it was new */
  add(version: Version): boolean {
    let i = 0;
    while (i < this.versions.length && this.compare(this.versions[i], version) < 0) i++;
    if (i < this.versions.length && this.compare(this.versions[i], version) === 0) return false;
    this.versions.splice(i, 0, version);
    return true;
  }

  /** The newest version of a key at or below a sequence number; of a value and a tombstone of one number, the value. */
  get(userKey: Uint8Array, sequence: bigint): Version | undefined {
    return this.versions.find(
      (version) => this.compareUserKeys(version.userKey, userKey) === 0 && version.sequence <= sequence,
    );
  }

  /** Keeps what any reader sees: all at or above `oldest`, of which those at a version are enough, and all of `snapshots`. */
  compact(oldest: bigint, snapshots: bigint[], bottom: boolean): void {
    const newer = this.versions.map(({ sequence }) => sequence).filter((sequence) => sequence > oldest);
    const readers = [oldest, ...newer, ...snapshots];
    const seen = new Set<Version>();
    for (const { userKey } of this.versions) {
      for (const reader of readers) {
        const version = this.get(userKey, reader);
        if (version !== undefined) seen.add(version);
      }
    }
    const kept = this.versions.filter((version) => seen.has(version));
    // With nothing below, a tombstone says no more than nothing does, if it hides nothing here.
    const says = ({ userKey, sequence, type }: Version, i: number): boolean =>
      !bottom ||
      type !== 0 ||
      sequence > oldest ||
      kept
        .slice(i + 1)
        .some((older, j) => this.compareUserKeys(older.userKey, userKey) === 0 && says(older, i + 1 + j));
    this.versions = kept.filter(says);
  }
}

const sign = (difference: bigint): number => (difference > 0n ? 1 : difference < 0n ? -1 : 0);

/** A cursor over the user keys in [start, limit) that finds its way from the version it stands on at every move. */
export class VersionCursor {
  readonly #model: VersionModel;
  readonly #start: Uint8Array | undefined;
  readonly #limit: Uint8Array | undefined;
  /** Where it stands: on a version, or before the first or after the last. */
  #at: Version | 'before' | 'after' = 'before';

  constructor(model: VersionModel, start: Uint8Array | undefined, limit: Uint8Array | undefined) {
    this.#model = model;
    this.#start = start;
    this.#limit = limit;
  }

  get version(): Version | undefined {
    const at = this.#at;
    if (typeof at === 'string') return undefined;
    // One that was dropped may have come back.
    return this.#model.versions.find((version) => this.#model.compare(version, at) === 0) ?? at;
  }

  first(): boolean {
    return this.#land(this.#range().at(0), 'after');
  }

  last(): boolean {
    return this.#land(this.#range().at(-1), 'before');
  }

  seek(userKey: Uint8Array, sequence: bigint): boolean {
    const place = newestAt(userKey, sequence);
    return this.#land(
      this.#range().find((version) => this.#model.compare(version, place) >= 0),
      'after',
    );
  }

  next(): boolean {
    const at = this.#at;
    if (at === 'before') return this.first();
    if (at === 'after') return false;
    return this.#land(
      this.#range().find((version) => this.#model.compare(version, at) > 0),
      'after',
    );
  }

  prev(): boolean {
    const at = this.#at;
    if (at === 'after') return this.last();
    if (at === 'before') return false;
    return this.#land(
      this.#range()
        .filter((version) => this.#model.compare(version, at) < 0)
        .at(-1),
      'before',
    );
  }

  #range(): Version[] {
    const { compareUserKeys, versions } = this.#model;
    return versions.filter(
      ({ userKey }) =>
        (this.#start === undefined || compareUserKeys(userKey, this.#start) >= 0) &&
        (this.#limit === undefined || compareUserKeys(userKey, this.#limit) < 0),
    );
  }

  #land(version: Version | undefined, otherwise: 'before' | 'after'): boolean {
    this.#at = version ?? otherwise;
    return version !== undefined;
  }
}
