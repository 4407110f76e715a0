import { MemTable, ValueType, bytewise } from '../index.js';
import { copyOf } from './arguments.js';
import { Compaction } from './compaction.js';
import { Known } from './known.js';
import type { Edit } from './revisions.js';

/** When a state came, and what became old by that. */
interface Step {
  readonly revision: number;
  readonly time: number;
  /** Versions that nobody sees any more who reads at this revision or a later one. */
  readonly superseded: number;
}

const NOTHING = new Uint8Array(0);

/** With so many versions too many, and half as many again as there are entries, a compaction begins: it copies all of these. */
const COMPACT_FROM = 1000;
const OF_ENTRIES = 0.5;
/** What it looks at for each edit: it ends long before there is as much garbage again; and at each heartbeat, where nothing comes. */
const FOR_AN_EDIT = 32;
const FOR_A_HEARTBEAT = 4096;

/**
 * What the mirror knows: every version since the oldest revision that can be read, in a MemTable, an etcd revision being the sequence
 * number.
 *
 * 1. Whenever anybody else runs, the table holds all that is in the range at `revision`, and nothing above.
 * 2. A state from `oldest` on can be read, if `known` has it, and any that is pinned. Others may be gone.
 */
export class Versions {
  /** Number of entries at `revision`. */
  length = 0;
  #table = new MemTable();
  #revision = 0;
  #oldest = 0;
  readonly #known = new Known();
  /** The mod revision of what was put last, and one of its keys, which may be gone, or replaced. */
  lastPut = 0;
  #lastKey: Uint8Array | undefined;
  readonly #retain: { readonly revisions: number; readonly ms: number };
  /** Steps after `oldest`, in order; those before `#first` are gone. */
  #steps: Step[] = [];
  #first = 0;
  /** Versions that only pins may still need, and how many of these were left by the last compaction. */
  #garbage = 0;
  #left = 0;
  #compaction: Compaction | undefined;
  /** The garbage that there was when it began, and whether some more may go since. */
  #expected = 0;
  #unpinned = false;
  readonly #pins = new Map<number, number>();

  constructor(retain: { readonly revisions: number; readonly ms: number }) {
    this.#retain = retain;
  }

  get table(): MemTable {
    return this.#table;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Whether what was put last is still there. */
  get hasLastPut(): boolean {
    if (this.#lastKey === undefined) return false;
    const found = this.#table.get(this.#lastKey);
    return found?.type === ValueType.Value && found.sequenceNumber === this.lastPut;
  }

  /** Whether that is what a key is. */
  isKnown({ key, value, sequence }: Edit): boolean {
    const found = this.#table.get(key);
    return (
      found?.type === ValueType.Value &&
      found.sequenceNumber === sequence &&
      bytewise.compare(found.value, value!) === 0
    );
  }

  get oldest(): number {
    return this.#oldest;
  }

  /** Every change up to this revision is known. Keys may have come and gone between it and `revision`, of which the watch tells yet. */
  get followed(): number {
    return this.#known.followed;
  }

  /** Whether it is known what the range was at a revision. */
  isKnownAt(revision: number): boolean {
    return this.#known.has(revision);
  }

  /** Whether nobody will ever know. */
  isMissed(revision: number): boolean {
    return this.#known.isMissed(revision);
  }

  /** The first state: every entry of the range at `revision`. Nothing can be read before `begin`. */
  load(edits: Iterable<Edit>): void {
    for (const { key, value, sequence } of edits) {
      this.#table.add(sequence, ValueType.Value, key, value!);
      this.#put(key, sequence);
      this.length++;
    }
  }

  /** After a load that failed. */
  clear(): void {
    this.#table = new MemTable();
    this.length = 0;
    this.lastPut = 0;
    this.#lastKey = undefined;
  }

  begin(revision: number): void {
    this.#revision = this.#oldest = revision;
    this.#known.follow(revision);
  }

  /**
   * Makes the edits of a revision visible, all at once. Etcd has one edit of a key in a revision. Where it is not above `revision`, it is
   * for `at` alone: it comes together with others, after which there is what there was.
   */
  apply(revision: number, edits: readonly Edit[], time: number): void {
    let length = this.length;
    let superseded = 0;
    for (const { key, value, sequence } of edits) {
      const wasThere = this.#table.get(key)?.type === ValueType.Value;
      if (value === undefined) {
        this.#add(sequence, ValueType.Deletion, key);
        superseded++;
      } else {
        this.#add(sequence, ValueType.Value, key, value);
        this.#put(key, sequence);
      }
      if (wasThere) superseded++;
      length += Number(value !== undefined) - Number(wasThere);
    }
    this.length = length;
    if (revision > this.#revision) this.#revision = revision;
    this.#known.follow(revision);
    this.#steps.push({ revision, time, superseded });
    this.#trim(time);
    this.#tidy(FOR_AN_EDIT * edits.length);
  }

  /** The same after revisions were missed: what was between cannot be read. */
  leap(revision: number, edits: readonly Edit[], time: number): void {
    this.apply(revision, edits, time);
    this.#dropSteps(this.#steps.length - this.#first, revision);
  }

  /** At `revision`, everything in the range is as it is here. */
  confirm(revision: number): void {
    if (revision > this.#revision) this.#revision = revision;
    this.#known.confirm(revision);
  }

  /** Etcd dropped what happened before `revision`, and had not told all of it. */
  miss(revision: number): void {
    this.#known.miss(revision);
  }

  /** The same, of all before the newest one. @returns whether anything was */
  skip(): boolean {
    if (this.followed === this.#revision) return false;
    this.#known.miss(this.#revision);
    this.#known.follow(this.#revision);
    return true;
  }

  /** Lets go of what is older than is to be kept, a part at a time: to be called now and then. */
  trim(time: number): void {
    this.#trim(time);
    this.#tidy(FOR_A_HEARTBEAT);
  }

  #trim(time: number): void {
    const steps = this.#steps;
    const { revisions, ms } = this.#retain;
    let past = 0;
    const count = steps.length - this.#first;
    while (past < count && (count - past > revisions || time - steps[this.#first + past].time > ms)) past++;
    if (past > 0) this.#dropSteps(past, steps[this.#first + past - 1].revision);
  }

  /** Keeps a state for as long as it takes. To be undone by `unpin`. */
  pin(revision: number): void {
    this.#pins.set(revision, (this.#pins.get(revision) ?? 0) + 1);
  }

  unpin(revision: number): void {
    const count = this.#pins.get(revision)! - 1;
    if (count > 0) {
      this.#pins.set(revision, count);
      return;
    }
    this.#pins.delete(revision);
    if (revision >= this.#oldest) return;
    this.#left = 0; // What it held may go.
    this.#unpinned = true;
  }

  #add(sequence: number, type: ValueType, key: Uint8Array, value: Uint8Array = NOTHING): void {
    this.#table.add(sequence, type, key, value);
    this.#compaction?.added(sequence, type, key, value);
  }

  #put(key: Uint8Array, sequence: number): void {
    if (sequence <= this.lastPut) return;
    this.lastPut = sequence;
    this.#lastKey = copyOf(key);
  }

  #dropSteps(count: number, oldest: number): void {
    for (let i = 0; i < count; i++) this.#garbage += this.#steps[this.#first + i].superseded;
    this.#first += count;
    this.#oldest = oldest;
    this.#known.forget(oldest);
    if (this.#first > 100 && this.#first * 2 > this.#steps.length) {
      this.#steps = this.#steps.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Begins to drop what nobody sees, where it is worth it, or goes on. */
  #tidy(entries: number): void {
    if (this.#compaction === undefined) {
      if (this.#garbage - this.#left <= COMPACT_FROM + this.length * OF_ENTRIES) return;
      this.#compaction = new Compaction(this.#table, this.#oldest, this.#pins.keys());
      this.#expected = this.#garbage;
      this.#unpinned = false;
    }
    const compaction = this.#compaction;
    if (!compaction.step(entries)) return;
    this.#compaction = undefined;
    this.#table = compaction.copy;
    // What became garbage meanwhile is in the copy, too.
    this.#garbage = Math.max(0, this.#garbage - compaction.dropped);
    this.#left = this.#unpinned ? 0 : Math.max(0, this.#expected - compaction.dropped);
  }
}
