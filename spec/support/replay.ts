import { createHash } from 'node:crypto';
import { differingByte, differingSlot } from './arrays.js';
import { FNV_START, fnv, mix } from './prng.js';
import type { Checkpoint, RecordedTrace } from './recordings.js';
import {
  HEIGHT,
  ORDERS_BY_NAME,
  isReleasedError,
  type OpenStore,
  type Store,
  type StoreCursor,
} from './store.js';
import { CURSOR_SLOTS, LARGEST_VALUE, Trace, type CursorOperation, type Operation } from './trace.js';

/** Where our DB did something else than goleveldb. */
export class Mismatch extends Error {
  constructor(trace: RecordedTrace, operation: number, what: string, options?: ErrorOptions) {
    super(`trace ${hex(trace.seed)}, operation ${operation}: ${what}`, options);
    this.name = 'Mismatch';
  }
}

/** Besides those, there is a checkpoint before each reset and one at the end. */
const operationsPerCheckpoint = (operations: number) => Math.max(500, Math.floor(operations / 10));

/** How often each case occurred in a trace: a spec checks that none was left out. */
export type Coverage = Map<string, number>;

/**
 * Runs a recorded trace against a DB of ours, node heights as recorded.
 * @throws Mismatch at the first result or array that is not what goleveldb's was
 */
export function replay(recorded: RecordedTrace, operations: number, open: OpenStore): Coverage {
  const run = new Replay(recorded, open);
  for (let i = 0; i < operations; i++) {
    run.step(i);
    const done = i + 1;
    if (done % operationsPerCheckpoint(operations) === 0 || done === operations) run.check(done);
  }
  run.end(operations);
  return run.coverage;
}

/** The state of a cursor, as far as its next move depends on it. */
type CursorState = 'fresh' | 'on an entry' | 'past the end' | 'before the beginning' | 'released';

interface Cursor {
  it: StoreCursor;
  state: CursorState;
  start: Uint8Array | undefined;
  limit: Uint8Array | undefined;
}

/**
 * Runs a trace and notes one line of text for each operation, the call and what it returned, as perf/go/replay.go does
 * with goleveldb. The texts must be equal character for character.
 */
class Replay {
  readonly coverage: Coverage = new Map();
  readonly #recorded: RecordedTrace;
  readonly #digests: Uint8Array;
  readonly #trace: Trace;
  readonly #compare: (a: Uint8Array, b: Uint8Array) => number;
  readonly #db: Store;
  readonly #cursors: (Cursor | undefined)[] = new Array<Cursor | undefined>(CURSOR_SLOTS).fill(undefined);
  #heightsAsked = 0;
  #checkpoint = 0;
  #hash = FNV_START;

  constructor(recorded: RecordedTrace, open: OpenStore) {
    this.#recorded = recorded;
    this.#digests = Buffer.from(recorded.digests, 'base64');
    this.#trace = new Trace(recorded.seed);
    const { order, capacity } = this.#trace.profile;
    this.#compare = ORDERS_BY_NAME[order];
    this.#db = open({
      comparer: order === 'bytewise' ? undefined : { name: order, compare: this.#compare },
      capacity,
      randHeight: () => this.#nextHeight(),
    });
    this.#count(`order ${order}`);
    if (JSON.stringify(recorded.profile) !== JSON.stringify(this.#trace.profile)) {
      throw new Mismatch(recorded, 0, 'Go and TypeScript draw different profiles from this seed');
    }
  }

  step(operation: number): void {
    const op = this.#trace.next();
    if (op.kind === 'reset') this.check(operation);
    let text;
    try {
      text = this.#run(op);
    } catch (error) {
      throw new Mismatch(this.#recorded, operation, `${op.kind} threw ${String(error)}`, { cause: error });
    }
    this.#hash = fnv(fnv(this.#hash, text), '\n');
    const theirs = this.#recorded.results?.[operation];
    if (theirs !== undefined && theirs !== text) {
      throw new Mismatch(this.#recorded, operation, `\n  goleveldb: ${theirs}\n  flat-memdb: ${text}`);
    }
    if ((mix(this.#hash) & 0xff) !== this.#digests[operation]) {
      throw new Mismatch(this.#recorded, operation, `the digest is not goleveldb's after "${text}"`);
    }
  }

  end(operations: number): void {
    const { checkpoints, heights } = this.#recorded;
    const complete =
      this.#digests.length === operations &&
      checkpoints.length === this.#checkpoint &&
      checkpoints.at(-1)?.operation === operations;
    if (!complete) throw new Mismatch(this.#recorded, operations, 'the recording is of another length');
    if (this.#heightsAsked !== heights.length) {
      throw this.#differs(operations, 'randHeight calls', heights.length, this.#heightsAsked);
    }
  }

  #count(what: string): void {
    this.coverage.set(what, (this.coverage.get(what) ?? 0) + 1);
  }

  #nextHeight(): number {
    return parseInt(this.#recorded.heights[this.#heightsAsked++], 16);
  }

  #differs(operation: number, what: string, theirs: number, ours: number): Mismatch {
    return new Mismatch(this.#recorded, operation, `${what}: goleveldb has ${theirs}, we have ${ours}`);
  }

  /** Compares the whole state, and the arrays byte for byte and slot for slot (by their hashes if not recorded in full). */
  check(operation: number): void {
    const theirs: Checkpoint | undefined = this.#recorded.checkpoints[this.#checkpoint++];
    if (theirs?.operation !== operation) {
      throw new Mismatch(this.#recorded, operation, 'goleveldb made no checkpoint here');
    }
    const kvData = this.#db.kvData.subarray(0, this.#db.kvLength);
    const nodeData = this.#db.nodeData.subarray(0, this.#db.nodeLength);
    if (theirs.kvBytes !== undefined && theirs.nodeBytes !== undefined) {
      const theirNodes = slotsOf(Buffer.from(theirs.nodeBytes, 'base64'));
      const difference =
        differingSlot(theirNodes, nodeData) ??
        differingByte(Buffer.from(theirs.kvBytes, 'base64'), kvData, theirNodes);
      if (difference !== undefined) throw new Mismatch(this.#recorded, operation, difference);
    }
    const numbers = [
      ['used bytes of kvData', theirs.used, this.#db.kvLength],
      ['used slots of nodeData', theirs.slots, this.#db.nodeLength],
      ['size', theirs.size, this.#db.size],
      ['length', theirs.length, this.#db.length],
    ] as const;
    for (const [what, their, our] of numbers) {
      if (their !== our) throw this.#differs(operation, what, their, our);
    }
    if (sha256(kvData) !== theirs.kvData) {
      throw new Mismatch(this.#recorded, operation, "kvData is not byte for byte goleveldb's");
    }
    if (sha256(bytesOf(nodeData)) !== theirs.nodeData) {
      throw new Mismatch(this.#recorded, operation, "nodeData is not slot for slot goleveldb's");
    }
    this.#count('checkpoint');
  }

  #run(op: Operation): string {
    const db = this.#db;
    switch (op.kind) {
      case 'put':
        return `put ${show(op.key)} ${show(op.value)} = ${this.#put(op.key, op.value)}`;
      case 'delete': {
        // What a cursor does when its own key is deleted is where we differ on purpose.
        const released = this.#release((standing) => !!standing && this.#compare(standing, op.key) === 0);
        const found = db.delete(op.key);
        this.#count(`delete, found ${found}`);
        return `delete ${show(op.key)} =${released} ${found}`;
      }
      case 'get': {
        const value = db.get(op.key);
        this.#count(`get, found ${value !== undefined}`);
        return `get ${show(op.key)} = ${value === undefined ? 'none' : show(value)}`;
      }
      case 'has': {
        const found = db.has(op.key);
        this.#count(`has, found ${found}`);
        return `has ${show(op.key)} = ${found}`;
      }
      case 'find': {
        const entry = db.find(op.key);
        this.#count(`find, found ${entry !== undefined}`);
        return `find ${show(op.key)} = ${entry === undefined ? 'none' : `${show(entry[0])} ${show(entry[1])}`}`;
      }
      case 'sizes': {
        this.#count('sizes');
        const used = db.capacity - db.free;
        if (used !== db.kvLength || db.capacity !== db.kvData.length) {
          return `sizes = capacity ${db.capacity} of ${db.kvData.length}, free ${db.free}, used ${db.kvLength}`;
        }
        return `sizes = size ${db.size} used ${used} length ${db.length}`;
      }
      case 'reset': {
        // So is what a cursor does after a reset.
        const released = this.#release(() => true);
        db.reset();
        this.#count('reset');
        return `reset =${released}`;
      }
      default:
        return this.#runCursor(op);
    }
  }

  /** Tells the slots of a new node. */
  #put(key: Uint8Array, value: Uint8Array): string {
    const db = this.#db;
    this.#count(
      `value of ${value.length === 0 || value.length === LARGEST_VALUE ? value.length : 'some'} bytes`,
    );
    const before = db.nodeLength;
    const asked = this.#heightsAsked;
    const lent = [key.slice(), value.slice()];
    db.put(lent[0], lent[1]);
    // The caller may reuse its arrays at once.
    for (const bytes of lent) bytes.fill(0xaa);
    const created = db.nodeLength > before;
    this.#count(created ? 'put, new' : 'put, replaced');
    if (this.#heightsAsked !== asked + Number(created)) {
      return `${created ? 'new' : 'replaced'}, but asked ${this.#heightsAsked - asked} times for a height`;
    }
    if (!created) return `replaced, used ${db.kvLength}`;
    const slots = db.nodeData.subarray(before, db.nodeLength);
    this.#count(`height ${slots[HEIGHT]}`);
    return `new, used ${db.kvLength}, slots [${slots.join(',')}]`;
  }

  /** Releases the cursors of whose key the condition holds, and tells which. */
  #release(condition: (standing: Uint8Array | undefined) => boolean): string {
    let released = '';
    this.#cursors.forEach((cursor, slot) => {
      if (cursor === undefined || !condition(this.#trace.standing[slot])) return;
      this.#releaseOne(cursor, slot);
      released += ` released ${slot},`;
    });
    return released;
  }

  #releaseOne(cursor: Cursor, slot: number): void {
    cursor.it.release();
    cursor.state = 'released';
    this.#trace.standing[slot] = undefined;
  }

  #runCursor(op: CursorOperation): string {
    const { slot } = op;
    if (op.kind === 'iterator') {
      const { start, limit } = op;
      this.#cursors[slot]?.it.release();
      const it = this.#db.iterator(start === undefined && limit === undefined ? undefined : { start, limit });
      this.#cursors[slot] = { it, state: 'fresh', start, limit };
      this.#trace.standing[slot] = undefined;
      this.#count(`range ${this.#describeRange(start, limit)}`);
      return `iterator ${slot} [${showBound(start)}, ${showBound(limit)})`;
    }

    const call = op.kind === 'seek' ? `seek ${slot} ${show(op.key)}` : `${op.kind} ${slot}`;
    const cursor = this.#cursors[slot];
    if (cursor === undefined) return `${call} = no iterator`;
    this.#count(`${op.kind} ${cursor.state}`);
    switch (op.kind) {
      case 'seek':
        this.#count(`seek ${this.#whereIn(cursor, op.key)} the range`);
        return `${call} = ${this.#move(cursor, slot, 'seek', op.key)}`;
      case 'walk':
        return `${call} = ${this.#walk(cursor, slot, op.forward, op.steps)}`;
      case 'read':
        return `${call} = ${this.#read(cursor.it)}`;
      case 'release':
        this.#releaseOne(cursor, slot);
        return call;
      default:
        return `${call} = ${this.#move(cursor, slot, op.kind)}`;
    }
  }

  /** Makes a move and tells what it returned and where the cursor stands now. */
  #move(cursor: Cursor, slot: number, kind: 'first' | 'last' | 'next' | 'prev'): string;
  #move(cursor: Cursor, slot: number, kind: 'seek', key: Uint8Array): string;
  #move(
    cursor: Cursor,
    slot: number,
    kind: 'first' | 'last' | 'next' | 'prev' | 'seek',
    key?: Uint8Array,
  ): string {
    const { it } = cursor;
    this.#trace.standing[slot] = undefined;
    let ok;
    try {
      ok = kind === 'seek' ? it.seek(key!) : it[kind]();
    } catch (error) {
      // goleveldb's way to say the same is to return false and have an error.
      if (!isReleasedError(error) || !it.released) throw error;
      return `released, valid ${it.valid}`;
    }
    if (it.released) return 'moved after its release';
    if (!ok) {
      cursor.state = kind === 'last' || kind === 'prev' ? 'before the beginning' : 'past the end';
      const positions = [it.keyStart, it.valueStart, it.valueEnd].some((position) => position >= 0);
      return `false, valid ${it.valid || it.key !== undefined || it.value !== undefined || positions}`;
    }
    cursor.state = 'on an entry';
    const { key: found, value } = it;
    if (found === undefined || value === undefined) return 'true, but there is no key or no value';
    this.#trace.standing[slot] = found.slice();
    const { kvData } = this.#db;
    const atPositions = [
      kvData.subarray(it.keyStart, it.valueStart),
      kvData.subarray(it.valueStart, it.valueEnd),
    ];
    if (show(found) !== show(atPositions[0]) || show(value) !== show(atPositions[1])) {
      return `true, but keyStart, valueStart and valueEnd give ${atPositions.map(show).join(' ')}`;
    }
    return `true, valid ${it.valid}, ${show(found)} ${show(value)}`;
  }

  /** Makes one move after the other in one direction, until the end or for so many steps. */
  #walk(cursor: Cursor, slot: number, forward: boolean, steps: number): string {
    let result = '';
    let hash = FNV_START;
    let count = 0;
    while (count < steps) {
      result = this.#move(cursor, slot, forward ? 'next' : 'prev');
      hash = fnv(hash, result);
      if (!result.startsWith('true')) break;
      count++;
    }
    return `forward ${forward}, ${count} steps #${hex8(hash)}, ${result}`;
  }

  /**
   * Looks at a cursor that has not moved since something else was called. The value is left out, since a value replaced
   * under the cursor is where we differ on purpose, and with it the spelling of the key.
   */
  #read(it: StoreCursor): string {
    if (!it.valid) return 'valid false';
    if (this.#trace.profile.order === 'letter case ignored') return 'valid true';
    return `valid true, ${it.key === undefined ? 'no key' : show(it.key)}`;
  }

  #describeRange(start: Uint8Array | undefined, limit: Uint8Array | undefined): string {
    if (limit?.length === 0) return 'of empty limit';
    if (start === undefined) return limit === undefined ? 'of everything' : 'to a limit';
    if (start.length === 0) return 'from an empty start';
    if (limit === undefined) return 'from a start';
    const order = this.#compare(start, limit);
    return order < 0 ? 'between bounds' : order === 0 ? 'of start = limit' : 'of start > limit';
  }

  #whereIn({ start, limit }: Cursor, key: Uint8Array): string {
    if (start && this.#compare(key, start) < 0) return 'below';
    return limit && this.#compare(key, limit) >= 0 ? 'above' : 'inside';
  }
}

/** Bytes in a few characters: the length, the first bytes, and a hash if those are not all. */
export function show(bytes: Uint8Array): string {
  const whole = 24;
  const shown = bytes.length <= whole ? bytes : bytes.subarray(0, whole / 2);
  const text = Buffer.from(shown.buffer, shown.byteOffset, shown.length).toString('hex');
  return `${bytes.length}:${text}${shown === bytes ? '' : `#${hex8(fnv(FNV_START, bytes))}`}`;
}

function showBound(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? 'absent' : show(bytes);
}

const hex8 = (n: number) => n.toString(16).padStart(8, '0');
const hex = (n: number) => `0x${hex8(n)}`;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Slots as little-endian int32, whatever this machine's own order is. */
function bytesOf(slots: Int32Array): Uint8Array {
  const bytes = Buffer.from(slots.buffer, slots.byteOffset, slots.byteLength);
  return littleEndian ? bytes : Buffer.from(bytes).swap32();
}

function slotsOf(bytes: Buffer): Int32Array {
  const own = Uint8Array.from(bytes);
  if (!littleEndian) Buffer.from(own.buffer).swap32();
  return new Int32Array(own.buffer);
}
