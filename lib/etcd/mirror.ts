import { describe, requireBytes, requireOptions } from '../base/arguments.js';
import { MemDBError } from '../index.js';
import {
  copyOf,
  requireBounds,
  requireMs,
  requireRetain,
  requireRevision,
  requireSignal,
  type Abort,
  type Bounds,
  type MirrorRange,
  type Retain,
  type WaitOptions,
} from './arguments.js';
import { now } from './clock.js';
import { Members, messageOf, type Connection, type EtcdClient } from './connection.js';
import { Follower, type Pace } from './follower.js';
import { Listeners, type MirrorChange } from './listeners.js';
import { MirrorView, Reads } from './reads.js';
import { numberOf } from './revisions.js';
import { requestOf, requireInside, type MirrorTransaction } from './transaction.js';
import { Versions } from './versions.js';
import type { WriteResponse } from './protocol.js';

export interface MirrorOptions {
  /** An `Etcd3` of the package `etcd3`: of its hosts, one is followed, and another where that fails. It stays the caller's. */
  client: EtcdClient;
  /** The keys to hold. `{}` means all. */
  range: MirrorRange;
  /** Which old revisions can be read by `at`: dropped is what is beyond any of the two. The last 1000 by default. */
  retain?: Retain | undefined;
  /** Milliseconds of `staleness` above which reads of the newest state throw; never, by default. */
  maxStaleness?: number | undefined;
  /** Milliseconds between two questions whether the mirror is complete; 2000 by default, and half of `maxStaleness` at most. */
  heartbeat?: number | undefined;
  /** Milliseconds within which a member has to answer, or else another one is asked; 4000 by default. */
  timeout?: number | undefined;
}

const OPTIONS = ['client', 'range', 'retain', 'maxStaleness', 'heartbeat', 'timeout'];
const HEARTBEAT = 2000;
const TIMEOUT = 4000;
/** Milliseconds after which it is asked for what a write of one's own should have brought by itself. */
const WRITTEN = 50;

interface Waiter {
  readonly revision: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * A range of an etcd cluster in memory, in order, and up to date: reads take no network.
 *
 * It shows one revision after another, each of them whole: a transaction is seen with all it did, or not at all. After a lost
 * connection it goes on from where it was; `staleness` tells how old, at most, what it shows is.
 *
 * Reads throw a `MemDBError` with code `MEMDB_MIRROR_STALE` where `maxStaleness` is passed, `MEMDB_MIRROR_CLOSED` after `close()`, and
 * `MEMDB_MIRROR_REWOUND` or `MEMDB_MIRROR_FAILED` once it can't go on.
 * @example
 * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
 * console.log(text(mirror.get(bytes('user:1')))); // -> Ada
 * await mirror.put(bytes('user:3'), bytes('Grace'));
 * console.log([...mirror.values()].map(text)); // -> [ 'Ada', 'Alan', 'Grace' ]
 * mirror.close();
 */
export class Mirror extends Reads {
  readonly #bounds: Bounds;
  readonly #follower: Follower;
  readonly #maxStaleness: number;
  readonly #listeners = new Listeners();
  #waiters: Waiter[] = [];
  /** Why it ended. */
  #end: MemDBError | undefined;

  private constructor(
    members: Members,
    bounds: Bounds,
    versions: Versions,
    pace: Pace,
    maxStaleness: number,
  ) {
    super(versions);
    this.#bounds = bounds;
    this.#maxStaleness = maxStaleness;
    this.#follower = new Follower(members, bounds, versions, pace, {
      changed: (revision, edits) => this.#listeners.announce(revision, edits),
      reached: () => this.#wake(),
      awaited: (most) => this.#awaited(most),
      failed: (error) => this.#stop(error as MemDBError),
    });
  }

  /**
   * Loads a range, at one revision, and follows its changes from then on, until `close()`.
   * @throws TypeError, RangeError for options that can't be meant, an empty range among them
   * @throws MemDBError with code `MEMDB_ETCD_UNAVAILABLE` where none of the client's hosts gives it
   * @example
   * const mirror = await Mirror.open({ client, range: { start: bytes('user:2') }, retain: { ms: 60_000 } });
   * console.log([...mirror.keys()].map(text)); // -> [ 'user:2' ]
   */
  static async open(options: MirrorOptions): Promise<Mirror> {
    requireOptions(options, 'Mirror.open', OPTIONS);
    const {
      client,
      range,
      retain,
      maxStaleness = Infinity,
      heartbeat = HEARTBEAT,
      timeout = TIMEOUT,
    } = options;
    requireMs(maxStaleness, 'maxStaleness');
    requireMs(heartbeat, 'heartbeat');
    requireMs(timeout, 'timeout');
    const members = new Members(client, timeout);
    const bounds = requireBounds(range);
    const pace = { heartbeat: Math.min(heartbeat, maxStaleness / 2), timeout };
    const mirror = new Mirror(members, bounds, new Versions(requireRetain(retain)), pace, maxStaleness);
    try {
      await mirror.#follower.open();
    } catch (error) {
      mirror.close();
      throw new MemDBError(
        'MEMDB_ETCD_UNAVAILABLE',
        `no host of the client gives the range (${members.hosts.join(', ')}): ${messageOf(error)}`,
        { cause: error },
      );
    }
    return mirror;
  }

  /** How far it is: it shows the range as it is at this revision of etcd. Never goes back. */
  get revision(): bigint {
    return BigInt(this.versions.revision);
  }

  /** The oldest revision that `at` can show. */
  get oldestRevision(): bigint {
    return BigInt(this.versions.oldest);
  }

  /**
   * Milliseconds since when what is shown was complete for certain: etcd had nothing newer in this range then. It grows between two
   * heartbeats, and while no member can be reached.
   */
  get staleness(): number {
    return now() - this.#follower.completeAt;
  }

  /** Number of entries. */
  get length(): number {
    this.requireReadable();
    return this.versions.length;
  }

  /** The host of the member that it follows, or tries to. */
  get member(): string | undefined {
    return this.#follower.host;
  }

  /**
   * The range as it was at a revision, or is at the newest one: from `oldestRevision` to `revision`. What it shows is kept until its
   * `release()`.
   * @throws RangeError above `revision`, and where something may have come and gone of which the mirror does not know yet: `waitFor` it
   * first
   * @throws MemDBError with code `MEMDB_REVISION_DROPPED` below `oldestRevision`, and where etcd dropped it before the mirror knew it
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * const before = mirror.revision;
   * await mirror.put(bytes('user:1'), bytes('Augusta'));
   * using view = mirror.at(before);
   * console.log(text(view.get(bytes('user:1'))), text(mirror.get(bytes('user:1')))); // -> Ada Augusta
   */
  at(revision: bigint | number): MirrorView {
    const wanted = requireRevision(revision);
    this.#requireOpen();
    const { revision: newest, oldest } = this.versions;
    if (wanted > newest) {
      throw new RangeError(
        `the mirror is at revision ${newest}, before ${wanted}: await waitFor(${wanted}n) first`,
      );
    }
    if (wanted < oldest) {
      throw new MemDBError(
        'MEMDB_REVISION_DROPPED',
        `revision ${wanted} was dropped: the oldest one is ${oldest}. The option retain says how many are kept`,
      );
    }
    if (!this.versions.isKnownAt(wanted)) throw this.#unknown(wanted);
    return new MirrorView(this.versions, wanted);
  }

  /**
   * Resolves when the mirror is at a revision or above: that of a write made elsewhere, for instance, so that it is seen. It need not
   * have changed this range. From then on, `at` can show that revision, unless the mirror, or etcd, has dropped it.
   * @throws MemDBError once the mirror is closed, or can't go on; and the reason of the signal
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * const { header } = await client.put('user:3').value('Grace').exec();
   * await mirror.waitFor(BigInt(header.revision));
   * console.log(mirror.has(bytes('user:3'))); // -> true
   */
  async waitFor(revision: bigint | number, options?: WaitOptions): Promise<void> {
    return this.#await(revision, 0, requireSignal(options));
  }

  /**
   * Sets a key in etcd. Copies both. @returns its revision, once the mirror has it
   * @throws RangeError for a key outside the range; nothing was sent
   * @throws MemDBError with code `MEMDB_ETCD_UNAVAILABLE` where nothing was sent, and `MEMDB_OUTCOME_UNKNOWN` where nobody knows whether it
   * was made
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * const revision = await mirror.put(bytes('user:3'), bytes('Grace'));
   * console.log(mirror.revision >= revision, mirror.length); // -> true 3
   */
  put(key: Uint8Array, value: Uint8Array): Promise<bigint> {
    return this.#write(() => {
      requireInside(key, this.#bounds);
      requireBytes(value, 'value');
      const request = { key: copyOf(key), value: copyOf(value) };
      return (connection) => connection.put(request);
    });
  }

  /**
   * Deletes a key in etcd, if it is there. @returns a revision at which it is gone, once the mirror has it
   * @throws as `put`
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * await mirror.delete(bytes('user:1'));
   * console.log(mirror.has(bytes('user:1'))); // -> false
   */
  delete(key: Uint8Array): Promise<bigint> {
    return this.#write(() => {
      requireInside(key, this.#bounds);
      const request = { key: copyOf(key) };
      return (connection) => connection.delete(request);
    });
  }

  /**
   * Writes several keys at one revision: all, or none. With `txn.unchanged(key)`, only if etcd has of those keys what the mirror
   * showed. @returns the revision, once the mirror has it
   * @throws as `put`; and MemDBError with code `MEMDB_CONFLICT` where a key was changed, so that nothing was written
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * await mirror.transaction((txn) => {
   *   txn.unchanged(bytes('user:1'));
   *   txn.put(bytes('user:9'), mirror.get(bytes('user:1')));
   *   txn.delete(bytes('user:1'));
   * });
   * console.log([...mirror.keys()].map(text)); // -> [ 'user:2', 'user:9' ]
   */
  transaction(fill: (txn: MirrorTransaction) => void): Promise<bigint> {
    return this.#write(() => {
      if (typeof fill !== 'function') {
        throw new TypeError(`transaction takes a function, but got ${describe(fill)}`);
      }
      const request = requestOf(fill, this.#bounds, this.versions);
      return async (connection) => {
        const response = await connection.transaction(request);
        if (response.succeeded) return response;
        // So that who reads again, and tries again, reads something else.
        await this.#await(numberOf(response.header.revision), 0);
        throw new MemDBError(
          'MEMDB_CONFLICT',
          'a key that was to be unchanged is not what it was; nothing was written',
        );
      };
    });
  }

  /**
   * Calls back for every change after the mirror's revision: in the order of revisions, once each, and when all of its revision can be
   * read. Of a key that came and went, it may do so when `revision` is further on. What a callback throws is thrown as uncaught.
   * @returns what ends it
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * const stop = mirror.on('change', ({ type, key, value }) => console.log(type, text(key), value && text(value)));
   * await mirror.put(bytes('user:3'), bytes('Grace')); // -> put user:3 Grace
   * await mirror.delete(bytes('user:3')); // -> delete user:3 undefined
   * stop();
   */
  on(event: 'change', call: (change: MirrorChange) => void): () => void {
    if (event !== 'change') throw new RangeError(`a mirror has no event ${describe(event)}: it has 'change'`);
    if (typeof call !== 'function') throw new TypeError(`on takes a function, but got ${describe(call)}`);
    this.#requireOpen();
    return this.#listeners.add(call, this.versions.revision);
  }

  /**
   * Ends it: connections are closed, waiting calls rejected, and nothing can be read any more. The client stays open. Views that were
   * given out can still be read. A second call is fine.
   * @example
   * const mirror = await Mirror.open({ client, range: {} });
   * mirror.close();
   * try { mirror.get(bytes('user:1')); } catch (error) { console.log(error.code); } // -> MEMDB_MIRROR_CLOSED
   */
  close(): void {
    this.#stop(new MemDBError('MEMDB_MIRROR_CLOSED', 'this mirror was closed: open another'));
  }

  /**
   * Closes it.
   * @example
   * const mirror = await Mirror.open({ client, range: { prefix: bytes('user:') } });
   * {
   *   using same = mirror;
   * }
   * try { mirror.get(bytes('user:1')); } catch (error) { console.log(error.code); } // -> MEMDB_MIRROR_CLOSED
   */
  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  protected override requireReadable(): number {
    this.#requireOpen();
    if (this.#maxStaleness !== Infinity && this.staleness > this.#maxStaleness) {
      const { lastError } = this.#follower;
      throw new MemDBError(
        'MEMDB_MIRROR_STALE',
        `what the mirror has is ${Math.round(this.staleness)} ms old, above maxStaleness (${this.#maxStaleness} ms)` +
          (lastError === undefined ? '' : `; the last that went wrong: ${messageOf(lastError)}`),
        { cause: lastError },
      );
    }
    return this.versions.revision;
  }

  #requireOpen(): void {
    if (this.#end !== undefined)
      throw new MemDBError(this.#end.code, this.#end.message, { cause: this.#end });
  }

  async #write(prepare: () => (connection: Connection) => Promise<WriteResponse>): Promise<bigint> {
    this.#requireOpen();
    const send = prepare();
    const connection = await this.#follower.connection().finally(() => this.#requireOpen());
    const { header } = await send(connection);
    const revision = numberOf(header.revision);
    await this.#await(revision, WRITTEN);
    return BigInt(revision);
  }

  async #await(revision: bigint | number, hurryIn: number, signal?: Abort): Promise<void> {
    const wanted = requireRevision(revision);
    this.#requireOpen();
    if (signal?.aborted) throw signal.reason;
    if (this.#has(wanted)) return;
    let abort = () => {};
    const waiting = new Promise<void>((resolve, reject) => {
      const waiter = { revision: wanted, resolve, reject };
      abort = () => {
        waiter.reject(signal!.reason);
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        if (this.#waiters.length === 0) this.#follower.calm();
      };
      this.#waiters.push(waiter);
      this.#follower.hurry(hurryIn);
    });
    signal?.addEventListener('abort', abort);
    await waiting.finally(() => signal?.removeEventListener('abort', abort));
  }

  /** Whether it is at a revision, and can show it if anybody ever can. */
  #has(wanted: number): boolean {
    const { versions } = this;
    return wanted <= versions.revision && (versions.isKnownAt(wanted) || versions.isMissed(wanted));
  }

  #awaited(most: number): readonly number[] {
    const newest = this.versions.revision;
    const revisions = new Set<number>();
    for (const { revision } of this.#waiters) {
      if (revision <= newest && !this.#has(revision)) revisions.add(revision);
      if (revisions.size === most) break;
    }
    return [...revisions];
  }

  #unknown(revision: number): Error {
    return this.versions.isMissed(revision)
      ? new MemDBError(
          'MEMDB_REVISION_DROPPED',
          `etcd dropped revision ${revision} before the mirror knew all that was in it`,
        )
      : new RangeError(
          `what came and went at revision ${revision} is not known yet: await waitFor(${revision}n) first`,
        );
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const later = [];
    for (const waiter of this.#waiters) {
      if (this.#has(waiter.revision)) waiter.resolve();
      else later.push(waiter);
    }
    this.#waiters = later;
    if (later.length === 0) this.#follower.calm();
  }

  #stop(why: MemDBError): void {
    if (this.#end !== undefined) return;
    this.#end = why;
    this.#follower.close();
    this.#listeners.clear();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { reject } of waiters) reject(why);
  }
}
