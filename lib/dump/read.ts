import { describe, requireBytes } from '../base/arguments.js';
import { lengthOf, partOf } from '../base/bytes.js';
import { CorruptionError } from '../base/errors.js';
import {
  FIRST_NODE,
  HEAD,
  HEIGHT,
  KEY_LENGTH,
  MAX_HEIGHT,
  NEXT,
  NONE,
  OFFSET,
  VALUE_LENGTH,
  type NodeIndex,
} from '../storage/layout.js';
import { roomFor } from '../table/compaction/room.js';
import type { Room } from '../storage/storage.js';
import type { Table } from '../table/table.js';
import { Checksum } from './checksum.js';
import {
  CHECKSUM_BYTES,
  PORTION,
  PREFIX_BYTES,
  checksumIn,
  headerBytes,
  isSame,
  layoutOf,
  notZero,
  readHeader,
  wholeWords,
  type Contents,
  type Layout,
  type Subject,
} from './format.js';
import type { ReadableBytes } from './streams.js';

/** Makes what a dump is loaded into. */
export interface Maker<T extends { readonly table: Table }> {
  readonly subject: Subject;
  /** Bytes at the end of each key that say which version it is, the first of them its type. */
  readonly tagLength: number;
  /** Bytes of kv that somebody asked for. */
  readonly capacity: number;
  /** @throws CapacityError */
  make(room?: Room): T;
}

/** What a dump holds, all of it checked. @throws TypeError, CapacityError, CorruptionError, MemDBError */
export function load<T extends { readonly table: Table }>(given: Uint8Array, maker: Maker<T>): T {
  const bytes = plain(given, 'bytes');
  const steps = loading(maker, bytes.length);
  let at = 0;
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return requireEnd(step.value, at, bytes.length);
    const part = step.value;
    if (part.length > bytes.length - at) throw cutOff(bytes.length);
    part.set(bytes.subarray(at, at + part.length));
    at += part.length;
  }
}

/** The bytes that an array has, whatever its class says. */
function plain(bytes: unknown, what: string): Uint8Array {
  requireBytes(bytes, what);
  return partOf(bytes, lengthOf(bytes));
}

/** The same from a stream, which is read to its end; where that is not as it must be, it is cancelled. */
export async function loadFrom<T extends { readonly table: Table }>(
  readable: ReadableBytes,
  maker: Maker<T>,
): Promise<T> {
  if (typeof (readable as Partial<ReadableBytes> | null | undefined)?.getReader !== 'function') {
    throw new TypeError(`loadFrom takes a ReadableStream, but got ${describe(readable)}`);
  }
  const reader = readable.getReader();
  try {
    const steps = loading(maker, Infinity);
    let at = 0;
    let chunk: Uint8Array = new Uint8Array(0);
    const next = async () => {
      const { done, value } = await reader.read();
      if (done) return false;
      chunk = plain(value, 'what a stream gives');
      return true;
    };
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) {
        while (chunk.length === 0 && (await next()));
        return requireEnd(step.value, at, at + chunk.length);
      }
      for (let part = step.value; part.length > 0;) {
        if (chunk.length === 0 && !(await next())) throw cutOff(at);
        const taken = chunk.subarray(0, part.length);
        part.set(taken);
        part = part.subarray(taken.length);
        chunk = chunk.subarray(taken.length);
        at += taken.length;
      }
    }
  } catch (error) {
    reader.cancel(error).catch(() => undefined);
    throw error;
  }
}

function requireEnd<T>(made: T, end: number, there: number): T {
  if (there > end) throw new CorruptionError('something follows the end', end);
  return made;
}

function cutOff(position: number): CorruptionError {
  return new CorruptionError('the dump is cut off', position);
}

/**
 * Loads a dump by steps.
 * @param available bytes of the dump
 * @yields what is to be filled with the bytes that come next
 */
function* loading<T extends { readonly table: Table }>(
  maker: Maker<T>,
  available: number,
): Generator<Uint8Array, T> {
  const prefix = new Uint8Array(PREFIX_BYTES);
  yield prefix;
  const header = new Uint8Array(headerBytes(prefix));
  header.set(prefix);
  yield header.subarray(PREFIX_BYTES);
  const contents = readHeader(header, maker.subject);
  const layout = layoutOf(header.length, contents);
  if (layout.end > available) throw cutOff(available);

  const made = maker.make(roomFor(contents, maker.capacity));
  const { table } = made;
  const { kv, nodes } = table.storage;
  const { size, liveSlots } = contents;
  const words = nodes.array.subarray(0, FIRST_NODE + liveSlots);
  const ofNodes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  const sum = yield* section('kvData', kv.array.subarray(0, size), checksumIn(header), layout.kvStart);
  yield* section('nodeData', ofNodes, sum, layout.nodesStart);

  take(table, contents, layout);
  checkKeys(table, layout, maker.tagLength);
  table.buildIndex();
  return made;
}

/**
 * Reads a section, what fills it up, and its checksum. @returns that
 * @param before that of the section before
 */
function* section(
  name: string,
  target: Uint8Array,
  before: Uint8Array,
  position: number,
): Generator<Uint8Array, Uint8Array> {
  const checksum = new Checksum();
  for (let at = 0; at < target.length; at += PORTION) {
    const part = target.subarray(at, at + PORTION);
    yield part;
    checksum.addBytes(part);
  }
  const filling = new Uint8Array(wholeWords(target.length) - target.length);
  yield filling;
  const sum = new Uint8Array(CHECKSUM_BYTES);
  yield sum;
  if (!isSame(sum, checksum.end(before))) {
    throw new CorruptionError(`${name} is damaged: its checksum does not match`, position);
  }
  if (filling.some((byte) => byte !== 0)) throw notZero(position + target.length);
  return sum;
}

/** Takes in what the arrays of an empty table were filled with, once all nodes are found to be as after a compaction. */
function take(table: Table, { length, size, liveSlots }: Contents, { nodesStart }: Layout): void {
  const { storage, towers } = table;
  const { kv, nodes } = storage;
  const { array } = nodes;
  const { ends } = towers;
  const end = FIRST_NODE + liveSlots;
  const wrong = (what: string, slot: number) => new CorruptionError(what, nodesStart + 4 * slot);
  for (let slot = OFFSET; slot <= HEIGHT; slot++) {
    if (array[slot] !== (slot === HEIGHT ? MAX_HEIGHT : 0))
      throw wrong('the head is not as it must be', slot);
  }
  let offset = 0;
  let count = 0;
  let node: number = FIRST_NODE;
  for (; node < end; count++) {
    const height = array[node + HEIGHT];
    if (!(height >= 1 && height <= MAX_HEIGHT && node + NEXT + height <= end)) {
      throw wrong(`a node has height ${height}`, node + HEIGHT);
    }
    if (array[node + OFFSET] !== offset) {
      throw wrong('a record does not begin where the one before ends', node + OFFSET);
    }
    for (let slot = KEY_LENGTH; slot <= VALUE_LENGTH; slot++) {
      const bytes = array[node + slot];
      if (!(bytes >= 0 && bytes <= size - offset)) throw wrong('a record is not inside kvData', node + slot);
      offset += bytes;
    }
    for (let level = 0; level < height; level++) {
      const link = ends[level] + NEXT + level;
      if (array[link] !== node) throw wrong(`level ${level} does not lead to the next node on it`, link);
      ends[level] = node;
    }
    if (height > towers.height) towers.height = height;
    node += NEXT + height;
  }
  for (let level = 0; level < MAX_HEIGHT; level++) {
    const link = ends[level] + NEXT + level;
    if (array[link] !== NONE) throw wrong(`level ${level} does not end with the last node on it`, link);
  }
  if (count !== length) throw wrong(`there are ${count} nodes, and the header says ${length}`, end);
  if (offset !== size) throw wrong('kvData goes on behind the last record', end);
  kv.adopt(kv.array, size);
  nodes.adopt(array, end);
  table.counted(length, size, liveSlots);
}

/** Keys are in order, and each of them one that could have been put. */
function checkKeys({ order, storage }: Table, { kvStart }: Layout, tagLength: number): void {
  const nodes = storage.nodes.array;
  const kv = storage.kv.array;
  let before = 0;
  let beforeLength = -1;
  for (let node = nodes[HEAD + NEXT] as NodeIndex; node !== NONE; node = nodes[node + NEXT] as NodeIndex) {
    const offset = nodes[node + OFFSET];
    const length = nodes[node + KEY_LENGTH];
    if (tagLength > 0 && (length < tagLength || kv[offset + length - tagLength] > 1)) {
      throw new CorruptionError('a key has no sequence number and type at its end', kvStart + offset);
    }
    if (beforeLength >= 0 && !(order.compare(kv, before, beforeLength, kv, offset, length, 0) < 0)) {
      throw new CorruptionError(
        'a key is not above the one before it, in the order of the comparer',
        kvStart + offset,
      );
    }
    before = offset;
    beforeLength = length;
  }
}
