import type * as Inside from '../../lib/internals.js';

/** Watches the compactions that the DBs of a library begin by themselves, of all DBs together. */
export class Compactions {
  /** How many began, ended so that the copy took the place of the table, and failed for lack of memory. */
  begun = 0;
  ended = 0;
  failed = 0;
  /** The most writes that one DB has made. */
  writes = 0;
  /** Called after each write of a DB, with the compactions that failed so far. */
  onWrite: ((failed: WeakSet<object>) => void) | undefined;
  #isTidying = false;
  #writesOf = new Map<object, number>();
  readonly #known = new WeakSet();
  readonly #failures = new WeakSet();

  constructor({ AutoCompaction, Compaction, Table }: typeof Inside) {
    const { tidy } = AutoCompaction.prototype;
    const { requireWhole, step } = Compaction.prototype;
    const { exchange } = Table.prototype;
    const tidied = this.#tidied.bind(this);
    const begin = this.#begin.bind(this);
    const orFail = this.#orFail.bind(this);
    const end = this.#end.bind(this);
    AutoCompaction.prototype.tidy = function (writes) {
      tidied(this, writes, () => tidy.call(this, writes));
    };
    // Every compaction calls this before all else.
    Compaction.prototype.requireWhole = function () {
      orFail(this, () => requireWhole.call(this));
      begin(this);
    };
    Compaction.prototype.step = function () {
      return orFail(this, () => step.call(this));
    };
    Table.prototype.exchange = function (other) {
      exchange.call(this, other);
      end();
    };
  }

  reset(): void {
    this.begun = this.ended = this.failed = this.writes = 0;
    this.#writesOf = new Map();
  }

  #tidied(of: object, writes: number, tidy: () => void): void {
    const sum = (this.#writesOf.get(of) ?? 0) + writes;
    this.#writesOf.set(of, sum);
    this.writes = Math.max(this.writes, sum);
    this.#isTidying = true;
    try {
      tidy();
    } finally {
      this.#isTidying = false;
    }
    this.onWrite?.(this.#failures);
  }

  #begin(compaction: object): void {
    if (!this.#isTidying || this.#known.has(compaction)) return;
    this.#known.add(compaction);
    this.begun++;
  }

  #orFail<T>(compaction: object, call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (this.#isTidying) this.failed++;
      this.#failures.add(compaction);
      throw error;
    }
  }

  #end(): void {
    if (this.#isTidying) this.ended++;
  }
}
