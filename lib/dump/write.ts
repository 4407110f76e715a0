import { describe } from '../base/arguments.js';
import { copyBetween, type Viewed } from '../base/bytes.js';
import { noMemory } from '../base/errors.js';
import { keepOne } from '../base/kept.js';
import {
  ENTRY_WORDS,
  FIRST_NODE,
  HEAD,
  HEIGHT,
  KEY_LENGTH,
  MAX_HEIGHT,
  NEXT,
  OFFSET,
  VALUE_LENGTH,
} from '../storage/layout.js';
import type { Table } from '../table/table.js';
import { Checksum } from './checksum.js';
import {
  CHECKSUM_BYTES,
  PORTION,
  checksumIn,
  headerFor,
  layoutOf,
  wholeWords,
  type Subject,
} from './format.js';
import { Snapshot } from './snapshot.js';
import type { WritableBytes } from './streams.js';

/** Entries at a time: what is touched ahead for them has to stay in the cache. */
const RUN = 1 << 8;

/**
 * A table as bytes.
 * @param count see Snapshot
 * @throws CapacityError
 */
export function dump(table: Table, subject: Subject, count?: number): Uint8Array {
  const snapshot = new Snapshot(table, count);
  const header = headerFor(subject, snapshot);
  const { kvStart, nodesStart, end } = layoutOf(header.length, snapshot);
  const bytes = allocate(end);
  const { buffer } = bytes;
  bytes.set(header);
  const kv = viewed(bytes.subarray(kvStart, kvStart + snapshot.size));
  const nodes = new Nodes(new Int32Array(buffer, nodesStart, FIRST_NODE + snapshot.liveSlots));
  const run = new Int32Array(RUN * ENTRY_WORDS);
  const from = snapshot.storage.kv;
  const ofKV = new Checksum();
  let summed = 0;
  for (let count; (count = snapshot.read(run)) > 0;) {
    snapshot.touch(run, count);
    let at = nodes.offset;
    for (let entry = 0; entry < count * ENTRY_WORDS; entry += ENTRY_WORDS) {
      const length = run[entry + KEY_LENGTH] + run[entry + VALUE_LENGTH];
      copyBetween(from, run[entry + OFFSET], length, kv, at);
      at += length;
    }
    nodes.add(run, count);
    summed += ofKV.addBytes(kv.array.subarray(summed, at), false);
  }
  ofKV.addBytes(kv.array.subarray(summed));
  const sum = ofKV.end(checksumIn(header));
  bytes.set(sum, nodesStart - CHECKSUM_BYTES);
  const ofNodes = new Checksum();
  ofNodes.add(nodes.words);
  bytes.set(ofNodes.end(sum), end - CHECKSUM_BYTES);
  return bytes;
}

/**
 * Writes the same to a stream, and closes it: the table as it is now, which may change meanwhile.
 * @throws CapacityError
 */
export async function dumpTo(
  writable: WritableBytes,
  portions: () => { portions: Iterable<Uint8Array>; release(): void },
): Promise<void> {
  if (typeof (writable as Partial<WritableBytes> | null | undefined)?.getWriter !== 'function') {
    throw new TypeError(`dumpTo takes a WritableStream, but got ${describe(writable)}`);
  }
  const writer = writable.getWriter();
  let held: ReturnType<typeof portions> | undefined;
  try {
    held = portions();
    for (const portion of held.portions) {
      await writer.ready;
      // What it fails with, `ready` or `close` tells.
      writer.write(portion).catch(() => undefined);
    }
    await writer.close();
  } catch (error) {
    writer.abort(error).catch(() => undefined);
    throw error;
  } finally {
    held?.release();
  }
}

/** A dump in portions; `release` ends it early. */
export interface Portions {
  readonly portions: Iterable<Uint8Array>;
  release(): void;
}

/** The portions of a dump, made one by one, from a table that may change meanwhile. */
export function portionsOf(table: Table, subject: Subject, count?: number): Portions {
  const snapshot = new Snapshot(table, count);
  if (count === undefined) snapshot.hold();
  return { portions: makePortions(snapshot, subject), release: () => snapshot.release() };
}

/** Those of a dump that is made already. */
export function portionsOfBytes(bytes: Uint8Array): Portions {
  return { portions: cut(bytes), release: () => undefined };
}

function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PORTION) yield bytes.slice(at, at + PORTION);
}

function* makePortions(snapshot: Snapshot, subject: Subject): Generator<Uint8Array> {
  let checksum = new Checksum();
  const summed = (bytes: Uint8Array) => {
    checksum.addBytes(bytes);
    return bytes;
  };
  const header = headerFor(subject, snapshot);
  // A stream may transfer what it is given.
  const sumOfHeader = checksumIn(header).slice();
  yield header;
  const run = new Int32Array(RUN * ENTRY_WORDS);
  /** For each run and level, the first node that is on that level, in the run or behind it. */
  const firsts = new Int32Array((Math.ceil(snapshot.length / RUN) + 1) * MAX_HEIGHT);
  let node: number = FIRST_NODE;
  let left = wholeWords(snapshot.size);
  let out = viewed(allocate(Math.min(PORTION, left)));
  let at = 0;
  for (let count, row = 0; (count = snapshot.read(run)) > 0; row += MAX_HEIGHT) {
    snapshot.touch(run, count);
    for (let entry = 0; entry < count * ENTRY_WORDS; entry += ENTRY_WORDS) {
      const height = run[entry + HEIGHT];
      for (let level = height; level-- > 0 && firsts[row + level] === 0;) firsts[row + level] = node;
      node += NEXT + height;
      let start = run[entry + OFFSET];
      for (const end = start + run[entry + KEY_LENGTH] + run[entry + VALUE_LENGTH]; start < end;) {
        if (at === PORTION) {
          yield summed(out.array);
          left -= at;
          out = viewed(allocate(Math.min(PORTION, left)));
          at = 0;
        }
        const part = Math.min(end - start, PORTION - at);
        copyBetween(snapshot.storage.kv, start, part, out, at);
        start += part;
        at += part;
      }
    }
  }
  if (left > 0) yield summed(out.array);
  const sum = checksum.end(sumOfHeader);
  yield sum.slice();

  for (let first = firsts.length - MAX_HEIGHT; first-- > 0;) firsts[first] ||= firsts[first + MAX_HEIGHT];
  snapshot.rewind();
  checksum = new Checksum();
  const nodes = new Nodes();
  for (let row = 0; ; row += MAX_HEIGHT) {
    nodes.linkEnds(firsts.subarray(row, row + MAX_HEIGHT));
    yield summed(new Uint8Array(nodes.words.buffer));
    const count = snapshot.read(run);
    if (count === 0) break;
    nodes.begin(run, count);
    nodes.add(run, count);
  }
  yield checksum.end(sum);
}

/** Makes nodes one behind the other, in whole or in portions; the head is the first. */
class Nodes {
  words: Int32Array;
  /** The node that `words` begin with, and the next one that is made. */
  #base: number = HEAD;
  #next: number = FIRST_NODE;
  /** Bytes of the records so far. */
  offset = 0;
  /** The last node on each level. */
  readonly #ends = new Int32Array(MAX_HEIGHT);

  constructor(words: Int32Array = new Int32Array(FIRST_NODE)) {
    this.words = words;
    words[HEAD + HEIGHT] = MAX_HEIGHT;
    keepOne(Nodes, () => [new Nodes(), viewed(new Uint8Array(0))]);
  }

  /** The next ones are a portion of their own. */
  begin(run: Int32Array, count: number): void {
    let slots = NEXT * count;
    for (let at = HEIGHT; at < count * ENTRY_WORDS; at += ENTRY_WORDS) slots += run[at];
    this.words = new Int32Array(allocate(4 * slots).buffer);
    this.#base = this.#next;
  }

  add(run: Int32Array, count: number): void {
    const ends = this.#ends;
    const { words } = this;
    const base = this.#base;
    let { offset } = this;
    let node = this.#next;
    for (let entry = 0; entry < count * ENTRY_WORDS; entry += ENTRY_WORDS) {
      const height = run[entry + HEIGHT];
      words[node - base + OFFSET] = offset;
      words[node - base + KEY_LENGTH] = run[entry + KEY_LENGTH];
      words[node - base + VALUE_LENGTH] = run[entry + VALUE_LENGTH];
      words[node - base + HEIGHT] = height;
      for (let level = 0; level < height; level++) {
        const link = ends[level] + NEXT + level - base;
        if (link >= 0) words[link] = node;
        ends[level] = node;
      }
      offset += run[entry + KEY_LENGTH] + run[entry + VALUE_LENGTH];
      node += NEXT + height;
    }
    this.offset = offset;
    this.#next = node;
  }

  /** Links the last nodes of a portion to those that follow. */
  linkEnds(next: Int32Array): void {
    for (let level = 0; level < MAX_HEIGHT; level++) {
      const link = this.#ends[level] + NEXT + level - this.#base;
      if (link >= 0) this.words[link] = next[level];
    }
  }
}

function viewed(array: Uint8Array): Viewed {
  return { array, view: new DataView(array.buffer, array.byteOffset, array.length) };
}

/** @throws CapacityError */
function allocate(bytes: number): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw noMemory(`${bytes} bytes for a dump`, cause);
  }
}
