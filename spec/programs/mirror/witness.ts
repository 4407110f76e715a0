import type { Etcd3 } from 'etcd3';
import type { Mirror, MirrorChange } from 'flat-memdb/etcd';
import { Writer, type Confirmed } from './writer.js';

/** Watches what a mirror shows and tells, and compares it with etcd. */
export class Witness {
  readonly mirror: Mirror;
  changes = 0;
  comparisons = 0;
  readonly #client: Etcd3;
  /** What somebody knows who hears of changes alone. */
  readonly #replica: Map<string, string>;
  /** Changes that were told, by revision and key. */
  readonly #told = new Set<string>();
  readonly #opened: bigint;
  #last = 0n;
  /** After the first and up to the second of these revisions, changes may have been missed, and came together. */
  readonly #missed: [from: bigint, to: bigint][] = [];
  #failure: Error | undefined;

  constructor(mirror: Mirror, client: Etcd3) {
    this.mirror = mirror;
    this.#client = client;
    this.#opened = mirror.revision;
    this.#replica = new Map([...mirror].map(([key, value]) => [textOf(key), textOf(value)]));
    mirror.on('change', (change) => {
      try {
        this.#hear(change);
      } catch (error) {
        this.#failure ??= error as Error;
      }
    });
  }

  /** The newest revision that it was told of. */
  get last(): bigint {
    return this.#last;
  }

  /** It was told of no more than a revision, while etcd compacted what came then, and has now what is left of that. */
  missedSince(revision: bigint): void {
    this.#missed.push([revision, this.mirror.revision]);
  }

  /** The mirror against etcd at its revision. @throws Error where they differ, and what the mirror was heard to do wrong */
  async compare(): Promise<void> {
    const { mirror } = this;
    const { revision } = mirror;
    const shown = [...mirror].map(([key, value]) => [textOf(key), textOf(value)] as const);
    this.#requireSame(shown, [...this.#replica].sort(byKey), 'what was told of changes');
    if (this.#failure !== undefined) throw this.#failure;
    for (let tried = 0; tried < 20; tried++) {
      try {
        const { kvs } = await this.#client
          .getAll()
          .prefix(Buffer.from(Writer.PREFIX))
          .revision(String(revision))
          .sort('Key', 'Ascend')
          .exec();
        const there = kvs.map(({ key, value }) => [textOf(key), textOf(value)] as const);
        this.#requireSame(shown, there, `etcd at revision ${revision}`);
        this.comparisons++;
        return;
      } catch (error) {
        if (error instanceof Difference) throw error;
        if (String(error).includes('compacted')) return; // Nobody knows any more.
      }
    }
  }

  /** That each confirmed write was told of, once the mirror has all of them. @throws Error where one was not */
  requireAll(confirmed: readonly Confirmed[]): void {
    const { revision } = this.mirror;
    for (const write of confirmed) {
      if (write.revision <= this.#opened) continue;
      if (write.revision > revision)
        throw new Difference(`a write at ${write.revision} is beyond ${revision}`);
      if (this.#told.has(`${write.revision} ${write.key} ${write.value}`)) continue;
      // To delete what is not there is no change, and what came and went while the mirror was cut off was never seen.
      const isMissed = this.#missed.some(([from, to]) => write.revision > from && write.revision <= to);
      if (write.value === undefined || isMissed) continue;
      throw new Difference(`the write of ${write.key} at ${write.revision} was not told of`);
    }
  }

  #hear({ revision, type, key, value }: MirrorChange): void {
    this.changes++;
    const name = textOf(key);
    const told = `${revision} ${name} ${value && textOf(value)}`;
    if (this.#told.has(told)) throw new Difference(`told twice of ${name} at ${revision}`);
    if (revision < this.#last) throw new Difference(`told of ${revision} after ${this.#last}`);
    if (revision > this.mirror.revision)
      throw new Difference(`told of ${revision} at ${this.mirror.revision}`);
    // Of a key that came and went, it may hear late; it must not see it then.
    const isLate = revision < this.mirror.revision;
    const shown = this.mirror.get(key);
    if (isLate && shown !== undefined)
      throw new Difference(`told late of ${name} at ${revision}, which is there`);
    if (!isLate && (shown === undefined ? value !== undefined : !value || textOf(shown) !== textOf(value))) {
      throw new Difference(`told of ${name} at ${revision} before it is seen`);
    }
    this.#last = revision;
    this.#told.add(told);
    if (type === 'delete') {
      if (!this.#replica.delete(name)) throw new Difference(`told of ${name}, deleted twice, at ${revision}`);
    } else this.#replica.set(name, textOf(value));
    this.#requireTwins(name);
  }

  /** Every transaction writes the same under both. */
  #requireTwins(name: string): void {
    const [one, other] = Writer.TWINS.map((twin) => {
      const found = this.mirror.get(Buffer.from(twin + name.slice(twin.length)));
      return found && textOf(found);
    });
    if (one !== other) throw new Difference(`a transaction on ${name} is seen in part`);
  }

  #requireSame(shown: readonly Pair[], there: readonly Pair[], what: string): void {
    const index = shown.findIndex(([key, value], i) => there[i]?.[0] !== key || there[i][1] !== value);
    if (index < 0 && shown.length === there.length) return;
    const place = index < 0 ? shown.length : index;
    throw new Difference(
      `at revision ${this.mirror.revision}, entry ${place} of ${shown.length} is ${shown[place]?.[0]}; in ${what}, of ${there.length}, ${there[place]?.[0]}`,
    );
  }
}

type Pair = readonly [key: string, value: string];

class Difference extends Error {}

function byKey([a]: Pair, [b]: Pair): number {
  return a < b ? -1 : 1;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
