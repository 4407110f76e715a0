import { MemDBError } from '../index.js';
import type { Bounds } from './arguments.js';
import { after, now } from './clock.js';
import { Compacted, messageOf, type Connection, type Members } from './connection.js';
import { Heartbeat, type Waiting } from './heartbeat.js';
import { requireSameHistory } from './history.js';
import { Late } from './late.js';
import { Difference, load } from './load.js';
import { Revisions, type Edit, type Revision } from './revisions.js';
import { requireForward } from './rewound.js';
import type { Versions } from './versions.js';
import { MirrorIterator } from './iterator.js';

/** Milliseconds between rounds of all members that failed: at first, and at most. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2000;

/** So often, the first load begins again where etcd compacts meanwhile. */
const MOST_COMPACTIONS = 10;

/** What becomes of a follower. */
export interface Listener extends Waiting {
  /** Edits are visible. */
  changed(revision: number, edits: readonly Edit[]): void;
  /** It can never go on. */
  failed(error: Error): void;
}

export interface Pace {
  /** Milliseconds between two heartbeats, and within which each call is to be answered. */
  readonly heartbeat: number;
  readonly timeout: number;
}

/**
 * Keeps versions up to date: by one connection to one member at a time, in turn, each until it fails.
 *
 * 1. A watch begins after the revision up to which every change is known, whatever that connection's forerunners did.
 * 2. Whatever fails, even what can't be, makes it go to the next member; what is known stays as it was.
 * 3. A connection after the first one is asked whether its etcd is the same.
 * 4. Where etcd dropped the revisions that are missed, the range is read anew, aside, and what differs is made visible at once.
 */
export class Follower {
  readonly #members: Members;
  readonly #bounds: Bounds;
  readonly #versions: Versions;
  readonly #pace: Pace;
  readonly #listener: Listener;
  readonly #heartbeat: Heartbeat;
  /** Which member is next. */
  #turn: number;
  #connection: Connection | undefined;
  /** Those who wait for a connection that follows. */
  #waiting: (() => void)[] = [];
  #isFollowing = false;
  #lastError: unknown;
  #isClosed = false;
  /** Ends the connection, or the pause, that there is. */
  #interrupt: (error: Error) => void = () => {};

  constructor(members: Members, bounds: Bounds, versions: Versions, pace: Pace, listener: Listener) {
    this.#members = members;
    this.#bounds = bounds;
    this.#versions = versions;
    this.#pace = pace;
    this.#listener = listener;
    this.#heartbeat = new Heartbeat(bounds, versions, pace, listener);
    this.#turn = Math.floor(Math.random() * members.hosts.length);
  }

  /** When, by `now`, the mirror was complete for certain. */
  get completeAt(): number {
    return this.#heartbeat.completeAt;
  }

  /** The host of the member that it follows, or would. */
  get host(): string | undefined {
    return this.#connection?.host;
  }

  get lastError(): unknown {
    return this.#lastError;
  }

  /** Loads the range, and goes on from there. @throws what the last member said, where none gave it */
  async open(): Promise<void> {
    const { hosts } = this.#members;
    let compactions = 0;
    for (let tried = 1; ; tried++) {
      const connection = this.#connect();
      try {
        const { revision, asked } = await load(connection, this.#bounds, (edits) =>
          this.#versions.load(edits),
        );
        this.#versions.begin(revision);
        this.#heartbeat.loaded(asked);
        void this.#run(connection);
        return;
      } catch (error) {
        connection.close();
        this.#versions.clear();
        // A compaction is no member's fault; but not for ever.
        if (error instanceof Compacted && ++compactions < MOST_COMPACTIONS) tried--;
        else if (tried >= hosts.length) throw error;
      }
    }
  }

  /** Tells soon whether the mirror is complete, and again and again until `calm`. */
  hurry(inMs: number): void {
    this.#heartbeat.hurry(inMs);
  }

  calm(): void {
    this.#heartbeat.calm();
  }

  /** A connection that follows. @throws MemDBError with code `MEMDB_ETCD_UNAVAILABLE` */
  async connection(): Promise<Connection> {
    if (!this.#isFollowing) {
      let stop = () => {};
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        stop = after(this.#pace.timeout, resolve);
      });
      stop();
    }
    if (this.#isFollowing) return this.#connection!;
    throw new MemDBError(
      'MEMDB_ETCD_UNAVAILABLE',
      `no member of etcd can be reached (${this.#members.hosts.join(', ')}); nothing was sent`,
      { cause: this.#lastError },
    );
  }

  close(): void {
    this.#isClosed = true;
    this.#heartbeat.stop();
    this.#connection?.close();
    this.#interrupt(new Error('closed'));
    this.#wake();
  }

  #connect(): Connection {
    const { hosts } = this.#members;
    this.#turn = (this.#turn + 1) % hosts.length;
    this.#connection = this.#members.connect(hosts[this.#turn]);
    return this.#connection;
  }

  async #run(connection: Connection): Promise<void> {
    let failures = 0;
    let isFirst = true;
    while (!this.#isClosed) {
      const before = this.#versions.revision;
      const began = now();
      try {
        await this.#follow(connection, isFirst);
      } catch (error) {
        this.#lastError = error;
        if (error instanceof MemDBError) {
          this.close();
          this.#listener.failed(error);
        }
      } finally {
        isFirst = this.#isFollowing = false;
        connection.close();
      }
      if (this.#isClosed) return;
      const wasOfUse = this.#versions.revision > before || now() - began > LONGEST_PAUSE;
      failures = wasOfUse ? 0 : failures + 1;
      const rounds = Math.floor(failures / this.#members.hosts.length);
      if (rounds > 0) await this.#pause(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** rounds));
      if (this.#isClosed) return;
      connection = this.#connect();
    }
  }

  /** Follows one member, until it throws. */
  async #follow(connection: Connection, isSame: boolean): Promise<void> {
    while (!this.#isClosed) {
      try {
        if (!isSame) await requireSameHistory(connection, this.#bounds, this.#versions);
        isSame = true;
        await this.#watch(connection);
      } catch (error) {
        if (!(error instanceof Compacted)) throw error;
        this.#isFollowing = false;
        if (this.#versions.skip()) this.#listener.reached();
        else await this.#reload(connection);
      } finally {
        this.#heartbeat.stop();
      }
    }
  }

  #watch(connection: Connection): Promise<never> {
    const { start, end } = this.#bounds;
    const versions = this.#versions;
    const revisions = new Revisions();
    const late = new Late();
    return new Promise((_resolve, reject) => {
      const stop = after(this.#pace.timeout, () =>
        reject(new Error(`${connection.host} began no watch within ${this.#pace.timeout} ms`)),
      );
      let isOver = false;
      const fail = (error: unknown): void => {
        isOver = true;
        stop();
        reject(error instanceof Error ? error : new Error(messageOf(error)));
      };
      this.#interrupt = fail;
      const request = {
        key: start,
        range_end: end,
        start_revision: versions.followed + 1,
        fragment: true,
      };
      connection
        .watch(
          { create_request: request },
          (response) => {
            if (isOver) return;
            try {
              if (response.canceled) {
                const reason = response.cancel_reason || 'etcd cancelled the watch';
                fail(Number(response.compact_revision) > 0 ? new Compacted(reason) : new Error(reason));
                return;
              }
              this.#heartbeat.heard();
              if (response.created) {
                stop();
                this.#following(connection, fail);
              }
              for (const whole of revisions.take(response, versions.followed)) {
                const isLate = whole.revision <= versions.revision;
                if (!isLate && !late.isEmpty)
                  throw new Error('etcd had told of keys that were there, and were not');
                const together = isLate ? late.add(whole) : [whole];
                if (together.length > 0) this.#apply(together);
                if (this.#isClosed) return;
              }
            } catch (error) {
              fail(error);
            }
          },
          fail,
        )
        .catch(fail);
    });
  }

  #following(connection: Connection, fail: (error: unknown) => void): void {
    this.#isFollowing = true;
    this.#heartbeat.run(connection).catch(fail);
    this.#wake();
  }

  #apply(together: readonly Revision[], isLeap = false): void {
    for (const { revision, edits } of together) {
      try {
        if (isLeap) this.#versions.leap(revision, edits, now());
        else this.#versions.apply(revision, edits, now());
      } catch (error) {
        throw new MemDBError(
          'MEMDB_MIRROR_FAILED',
          `revision ${revision} can't be held: ${messageOf(error)}`,
          {
            cause: error,
          },
        );
      }
    }
    this.#heartbeat.advanced(); // Who hears of it may read, which `maxStaleness` may forbid.
    for (const { revision, edits } of together) this.#listener.changed(revision, edits);
    this.#listener.reached();
  }

  async #reload(connection: Connection): Promise<void> {
    const versions = this.#versions;
    const known = new MirrorIterator(versions, versions.revision, undefined);
    const difference = new Difference(versions, keysOf(known));
    try {
      const { revision, asked } = await load(connection, this.#bounds, (edits) => difference.take(edits));
      if (this.#isClosed) return;
      requireForward(revision, versions.revision);
      const edits = difference.end(revision);
      this.#heartbeat.loaded(asked);
      this.#apply([{ revision, edits }], true);
    } catch (error) {
      // Compacted again: from the beginning, after what can be watched is tried.
      if (!(error instanceof Compacted)) throw error;
    } finally {
      known.release();
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = after(ms, resolve);
      this.#interrupt = () => {
        stop();
        resolve();
      };
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

function* keysOf(it: MirrorIterator): Generator<Uint8Array, undefined> {
  while (it.next()) yield it.key!;
}
