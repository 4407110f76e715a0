import { MemDBError, bytewise } from '../index.js';
import type { Bounds } from './arguments.js';
import { Compacted, type Connection } from './connection.js';
import { now } from './clock.js';
import type { KeyValue } from './protocol.js';
import { bytesOf, numberOf, type Edit } from './revisions.js';
import { rewound } from './rewound.js';
import type { Versions } from './versions.js';

/** Entries of the first page, each of which may have more than a megabyte; and bytes that later ones should have. */
const FIRST_PAGE = 50;
const PAGE_BYTES = 1 << 20;
/** A page has so many times the entries of the one before, at most. */
const GROWTH = 16;
/** One that did not come in time is asked for again, once, with a part of the entries. */
const LESS = 64;
const LARGEST_PAGE = 10_000;

export interface Loaded {
  readonly revision: number;
  /** When its first page was asked for: as of then, it is complete. */
  readonly asked: number;
}

/** Reads a range at one revision, page by page. @throws Compacted where etcd drops that revision meanwhile */
export async function load(
  connection: Connection,
  { start, end }: Bounds,
  take: (edits: Edit[]) => void,
): Promise<Loaded> {
  const asked = now();
  let key = start;
  let limit = FIRST_PAGE;
  let revision = 0;
  for (;;) {
    const request = { key, range_end: end, revision };
    let page;
    try {
      page = await connection.range({ ...request, limit });
    } catch (error) {
      // Where entries become much larger, a page of as many may be more than what comes in time.
      if (revision === 0 || limit <= LESS || error instanceof MemDBError || error instanceof Compacted)
        throw error;
      limit = Math.floor(limit / LESS);
      page = await connection.range({ ...request, limit });
    }
    // The first page is the newest state; the others are of the same.
    if (revision === 0) revision = numberOf(page.header.revision);
    const { kvs } = page;
    take(kvs.map(editOf));
    if (!page.more || kvs.length === 0) return { revision, asked };
    const last = kvs[kvs.length - 1].key;
    key = new Uint8Array(last.length + 1); // The next key there can be.
    key.set(last);
    let bytes = 0;
    for (const kv of kvs) bytes += kv.key.length + kv.value.length;
    const fitting = Math.floor((PAGE_BYTES * kvs.length) / (bytes + 1));
    limit = Math.max(1, Math.min(LARGEST_PAGE, GROWTH * limit, fitting));
  }
}

function editOf({ key, value, mod_revision }: KeyValue): Edit {
  return { key: bytesOf(key), value: bytesOf(value), sequence: numberOf(mod_revision) };
}

/** What is new in a range that is read again, against what is known: pages in, edits out, in the order of keys. */
export class Difference {
  readonly edits: Edit[] = [];
  readonly #known: Iterator<Uint8Array>;
  readonly #versions: Versions;
  #next: Uint8Array | undefined;

  /** @param known keys that are there as far as is known, in order */
  constructor(versions: Versions, known: Iterator<Uint8Array>) {
    this.#versions = versions;
    this.#known = known;
    this.#step();
  }

  /** @throws MemDBError where it does not go on from what is known */
  take(page: readonly Edit[]): void {
    for (const edit of page) {
      this.#deleteBelow(edit.key);
      if (!this.#versions.isKnown(edit)) {
        const { revision } = this.#versions;
        if (edit.sequence <= revision)
          throw rewound(`etcd has something else at revision ${revision} than the mirror`);
        this.edits.push(edit);
      }
      if (this.#next !== undefined && bytewise.compare(this.#next, edit.key) === 0) this.#step();
    }
  }

  /** @param revision at which it was read; when a key was deleted nobody knows, but it was not later */
  end(revision: number): Edit[] {
    this.#deleteBelow(undefined);
    return this.edits.map((edit) => (edit.value === undefined ? { ...edit, sequence: revision } : edit));
  }

  #deleteBelow(key: Uint8Array | undefined): void {
    while (this.#next !== undefined && (key === undefined || bytewise.compare(this.#next, key) < 0)) {
      this.edits.push({ key: this.#next, value: undefined, sequence: 0 });
      this.#step();
    }
  }

  #step(): void {
    const { done, value } = this.#known.next() as IteratorResult<Uint8Array, undefined>;
    this.#next = done ? undefined : value;
  }
}
