import type { Bounds } from './arguments.js';
import { after, now } from './clock.js';
import { Compacted, messageOf, type Connection } from './connection.js';
import { numberOf } from './revisions.js';
import { requireForward } from './rewound.js';
import type { Versions } from './versions.js';

/** Where somebody waits: milliseconds after which a check that did not help is made again, at first. */
const FIRST_GAP = 10;
const LONGEST_GAP = 200;
/** Revisions of the past that one check asks for, all at once. */
const MOST_AT_ONCE = 16;
/** A check of the whole range, which etcd goes through for it, takes at most one part of the time in so many. */
const SHARE = 10;

/** Those who wait for revisions. */
export interface Waiting {
  /** The mirror knows of more revisions. */
  reached(): void;
  /** Revisions up to the mirror's that somebody waits for, as it is not known what the range was then; so many at most. */
  awaited(most: number): readonly number[];
}

/**
 * That the member answers, and up to which revision, and since when, the mirror is complete.
 *
 * Any linearizable read tells the newest revision of the cluster at that time. Once the mirror's is that or above, by what it watches,
 * it is complete as of then. If not, either changes are on their way, or they are outside the range. A linearizable read of the range tells: if
 * it has as many entries as the mirror and none that is newer than what the mirror knows, then all that is there is the same. A deletion
 * alone makes it less, and whatever else is there has a newer entry to show. What came and went meanwhile is left to the watch.
 */
export class Heartbeat {
  /** When, by `now`, the mirror was complete for certain. */
  completeAt = 0;
  readonly #bounds: Bounds;
  readonly #versions: Versions;
  readonly #pace: { readonly heartbeat: number; readonly timeout: number };
  readonly #waiting: Waiting;
  /** It will be complete as of `asked` once it has `revision`. */
  #pending: { readonly revision: number; readonly asked: number } | undefined;
  /** Since when nothing was heard of the watch, though something is to come. */
  #silentSince: number | undefined;
  /** The same of keys that came and went, which make the mirror no less complete. */
  #owedSince: number | undefined;
  /** Not before then is the whole range checked again. */
  #notBefore = 0;
  /** Nor are revisions of the past before then: for each, etcd goes through the range. */
  #pastNotBefore = 0;
  #run = 0;
  #isChecking = false;
  /** When the next check is due, while none is under way. */
  #due = Infinity;
  #gap = FIRST_GAP;
  #isHurried = false;
  #stopTimer = () => {};
  #check: () => void = () => {};

  constructor(
    bounds: Bounds,
    versions: Versions,
    pace: { readonly heartbeat: number; readonly timeout: number },
    waiting: Waiting,
  ) {
    this.#bounds = bounds;
    this.#versions = versions;
    this.#pace = pace;
    this.#waiting = waiting;
  }

  /** Checks at intervals, until `stop`. Rejects when the member gives no answer, or no changes. */
  run(connection: Connection): Promise<never> {
    this.stop();
    const run = this.#run;
    return new Promise((_resolve, reject) => {
      const check = async () => {
        this.#isChecking = true;
        try {
          await this.#ask(connection, () => run === this.#run);
        } catch (error) {
          if (run === this.#run) reject(error instanceof Error ? error : new Error(messageOf(error)));
          return;
        }
        if (run !== this.#run) return;
        this.#isChecking = false;
        const { heartbeat } = this.#pace;
        this.#schedule(this.#isHurried ? Math.min(this.#gap, heartbeat) : heartbeat);
        this.#gap = Math.min(2 * this.#gap, LONGEST_GAP);
      };
      this.#check = () => void check();
      this.#schedule(this.#isHurried ? 0 : this.#pace.heartbeat);
    });
  }

  stop(): void {
    this.#run++;
    this.#isChecking = false;
    this.#due = Infinity;
    this.#pending = undefined;
    this.heard();
    this.#stopTimer();
    this.#check = () => {};
  }

  /** Somebody waits: checks in `ms`, and more often from then on. */
  hurry(ms: number): void {
    this.#isHurried = true;
    this.#gap = FIRST_GAP;
    if (!this.#isChecking && now() + ms < this.#due) this.#schedule(ms);
  }

  /** Nobody waits any more. */
  calm(): void {
    this.#isHurried = false;
  }

  /** All was read as of a time. */
  loaded(asked: number): void {
    this.completeAt = Math.max(this.completeAt, asked);
  }

  /** The watch gave something. */
  heard(): void {
    this.#silentSince = this.#owedSince = undefined;
  }

  /** The mirror's revision is another. */
  advanced(): void {
    if (this.#pending !== undefined && this.#versions.revision >= this.#pending.revision) {
      this.loaded(this.#pending.asked);
      this.#pending = undefined;
    }
  }

  #schedule(ms: number): void {
    this.#stopTimer();
    this.#due = now() + ms;
    this.#stopTimer = after(ms, () => {
      this.#due = Infinity;
      this.#check();
    });
  }

  async #ask(connection: Connection, isWanted: () => boolean): Promise<void> {
    // Nobody who waits for the past holds up who wants to know of now.
    await Promise.all([this.#askNow(connection, isWanted), this.#askPasts(connection, isWanted)]);
  }

  async #askPasts(connection: Connection, isWanted: () => boolean): Promise<void> {
    const asked = now();
    if (asked < this.#pastNotBefore) return;
    const revisions = this.#waiting.awaited(MOST_AT_ONCE);
    if (revisions.length === 0) return;
    await Promise.all(revisions.map((revision) => this.#askPast(connection, isWanted, revision)));
    this.#pastNotBefore = 2 * now() - asked;
  }

  async #askPast(connection: Connection, isWanted: () => boolean, revision: number): Promise<void> {
    const { start, end } = this.#bounds;
    const versions = this.#versions;
    const { table } = versions;
    const before = table.length;
    let answer;
    try {
      answer = await connection.range({ key: start, range_end: end, limit: 1, revision, keys_only: true });
    } catch (error) {
      if (!(error instanceof Compacted)) throw error;
    }
    // What came meanwhile made the mirror another one to compare with; so may a compaction have.
    const isOther = versions.table !== table || table.length !== before;
    if (!isWanted() || versions.isKnownAt(revision) || isOther) return;
    if (answer === undefined) versions.miss(revision + 1);
    // There is all that is there now, unchanged since before: anything else was more.
    else if (Number(answer.count) === versions.length) versions.confirm(revision);
    else {
      this.#owedSince ??= now();
      this.#requireInTime(connection, this.#owedSince, revision);
      return;
    }
    this.#waiting.reached();
  }

  async #askNow(connection: Connection, isWanted: () => boolean): Promise<void> {
    const { start, end } = this.#bounds;
    const versions = this.#versions;
    let asked = now();
    versions.trim(asked);
    let known = versions.revision;
    let answer = await connection.range({ key: start, limit: 1, keys_only: true });
    if (!isWanted() || this.#isComplete(numberOf(answer.header.revision), asked, known)) return;

    asked = now();
    if (asked < this.#notBefore && !this.#isHurried) return;
    known = versions.revision;
    answer = await connection.range({
      key: start,
      range_end: end,
      limit: 1,
      min_mod_revision: known + 1,
      keys_only: true,
    });
    this.#notBefore = now() + SHARE * (now() - asked);
    const newest = numberOf(answer.header.revision);
    if (!isWanted() || this.#isComplete(newest, asked, known)) return;
    const isSame = answer.kvs.length === 0 && Number(answer.count) === versions.length;
    if (isSame && versions.revision === known) {
      versions.confirm(newest);
      this.#isComplete(newest, asked, known);
      this.#waiting.reached();
      return;
    }
    this.#silentSince ??= now();
    this.#requireInTime(connection, this.#silentSince, newest);
  }

  /** @throws Error where changes were to come for too long */
  #requireInTime(connection: Connection, since: number, revision: number): void {
    if (now() - since > this.#pace.timeout) {
      throw new Error(`${connection.host} does not send the changes up to revision ${revision}`);
    }
  }

  /** Whether the mirror has `revision`, which the cluster had after `asked`. */
  #isComplete(revision: number, asked: number, known: number): boolean {
    requireForward(revision, known);
    if (this.#versions.revision < revision) {
      this.#pending = { revision, asked };
      return false;
    }
    this.loaded(asked);
    this.#pending = undefined;
    this.#silentSince = undefined;
    this.advanced();
    return true;
  }
}
