import { CorruptionError, MemDBError } from '../base/errors.js';
import { FIRST_NODE, MAX_HEIGHT, MIN_NODE_SLOTS, NEXT } from '../storage/layout.js';
import { Checksum, NO_SECTION } from './checksum.js';

/*
 * A dump: header, kvData, nodeData, each followed by its checksum, which takes in that of the one before. Numbers are little-endian, of 32
 * bits. kvData is filled up to whole words with zeros.
 *
 *     0   magic, 8 bytes                     24  number of entries
 *     8   version                            28  bytes of kvData
 *     12  1, by which byte order is seen     32  slots of nodeData
 *     16  bytes of the header, its           36  length of the name of the order
 *         checksum included                  40  that name, UTF-16, filled up to whole words with zeros
 *     20  kind: 1 DB, 2 MemTable
 *
 * The first 20 bytes mean the same in every version, and the checksum is the last of the header.
 */

/** As that of a PNG file, it tells what a transfer as text does to it. */
const MAGIC = [0x89, 0x46, 0x4d, 0x44, 0x42, 0x0d, 0x0a, 0x1a];
const VERSION = 1;
const LITTLE_ENDIAN = 1;

/** Bytes that mean the same in every version. */
export const PREFIX_BYTES = 20;
const FIXED_BYTES = 40;
export const CHECKSUM_BYTES = 8;
/** Characters. */
const MAX_NAME = 1 << 12;
const MAX_HEADER = FIXED_BYTES + 2 * MAX_NAME + CHECKSUM_BYTES;

/** Bytes that are read or written at once: their checksum is made while they are in the cache. A multiple of whole words. */
export const PORTION = 1 << 18;

/** What was dumped: kinds in a header. */
export const DB_KIND = 1;
export const MEM_TABLE_KIND = 2;
const KINDS = ['something else', 'a DB', 'a MemTable'];

/** What says which dumps may be loaded. */
export interface Subject {
  readonly kind: number;
  /** Name of the order. */
  readonly order: string;
}

/** What a dump holds. */
export interface Contents {
  /** Entries. */
  readonly length: number;
  /** Bytes of their keys and values. */
  readonly size: number;
  /** Slots of their nodes. */
  readonly liveSlots: number;
}

/** Where a section begins, and the next one. */
export interface Layout {
  readonly kvStart: number;
  readonly nodesStart: number;
  readonly end: number;
}

export function layoutOf(headerBytes: number, { size, liveSlots }: Contents): Layout {
  const nodesStart = headerBytes + wholeWords(size) + CHECKSUM_BYTES;
  const end = nodesStart + 4 * (FIRST_NODE + liveSlots) + CHECKSUM_BYTES;
  return { kvStart: headerBytes, nodesStart, end };
}

export function wholeWords(bytes: number): number {
  return 4 * Math.ceil(bytes / 4);
}

export function headerFor({ kind, order }: Subject, contents: Contents): Uint8Array {
  requireLittleEndian();
  if (order.length > MAX_NAME) {
    throw new RangeError(
      `in a dump, the name of a comparer has ${MAX_NAME} characters at most, and not ${order.length}`,
    );
  }
  const length = FIXED_BYTES + wholeWords(2 * order.length);
  const header = new Uint8Array(length + CHECKSUM_BYTES);
  header.set(MAGIC);
  new Int32Array(header.buffer, 8, 8).set([
    VERSION,
    LITTLE_ENDIAN,
    header.length,
    kind,
    contents.length,
    contents.size,
    FIRST_NODE + contents.liveSlots,
    order.length,
  ]);
  new Uint16Array(header.buffer, FIXED_BYTES).set(
    Array.from({ length: order.length }, (_, i) => order.charCodeAt(i)),
  );
  header.set(checksumOf(header), length);
  return header;
}

/** Bytes of the header that begins so. @throws CorruptionError for what is no dump */
export function headerBytes(prefix: Uint8Array): number {
  if (MAGIC.some((byte, i) => prefix[i] !== byte)) {
    throw new CorruptionError('this is no dump of flat-memdb, or its first bytes are damaged', 0);
  }
  const length = numberAt(prefix, 16);
  if (length % 4 !== 0 || length < PREFIX_BYTES + CHECKSUM_BYTES || length > MAX_HEADER)
    throw damagedHeader();
  return length;
}

/**
 * @throws CorruptionError for what is damaged; MemDBError for what is whole and of another version, kind or order
 */
export function readHeader(header: Uint8Array, subject: Subject): Contents {
  requireLittleEndian();
  const length = header.length - CHECKSUM_BYTES;
  if (!isSame(checksumOf(header), checksumIn(header))) throw damagedHeader();
  const version = numberAt(header, 8);
  if (version !== VERSION) {
    const what = `the dump has version ${version} of the format, and this version of flat-memdb reads ${VERSION}`;
    throw new MemDBError('MEMDB_VERSION', `${what}: load it with the one that made it`);
  }
  if (numberAt(header, 12) !== LITTLE_ENDIAN) throw byteOrderError();
  if (length < FIXED_BYTES) throw contradiction();
  const kind = numberAt(header, 20);
  if (kind !== subject.kind) {
    throw new MemDBError(
      'MEMDB_KIND',
      `this is a dump of ${KINDS[kind] ?? KINDS[0]}, not of ${KINDS[subject.kind]}`,
    );
  }
  const nameLength = numberAt(header, 36);
  const contents = {
    length: numberAt(header, 24),
    size: numberAt(header, 28),
    liveSlots: numberAt(header, 32) - FIRST_NODE,
  };
  // Whatever made it, this is none of ours.
  if (length !== FIXED_BYTES + wholeWords(2 * nameLength) || !isPlausible(contents)) {
    throw contradiction();
  }
  const name = String.fromCharCode(...new Uint16Array(header.buffer, FIXED_BYTES, nameLength));
  if (name !== subject.order) {
    throw new MemDBError(
      'MEMDB_ORDER',
      `the keys are in the order of the comparer ${JSON.stringify(name)}, and not of ${JSON.stringify(subject.order)}: ` +
        'give the option comparer, with the function that it was made with',
    );
  }
  const end = FIXED_BYTES + 2 * nameLength;
  if (header.subarray(end, length).some((byte) => byte !== 0)) throw notZero(end);
  return contents;
}

/** That which stands at the end of a header. */
export function checksumIn(header: Uint8Array): Uint8Array {
  return header.subarray(header.length - CHECKSUM_BYTES);
}

function checksumOf(header: Uint8Array): Uint8Array {
  const checksum = new Checksum();
  checksum.addBytes(header.subarray(0, header.length - CHECKSUM_BYTES));
  return checksum.end(NO_SECTION);
}

function isPlausible({ length, size, liveSlots }: Contents): boolean {
  return (
    size < 2 ** 31 &&
    liveSlots < 2 ** 31 - FIRST_NODE &&
    liveSlots >= MIN_NODE_SLOTS * length &&
    liveSlots <= (NEXT + MAX_HEIGHT) * length
  );
}

export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function notZero(position: number): CorruptionError {
  return new CorruptionError('what fills up a section must be zeros', position);
}

function contradiction(): CorruptionError {
  return new CorruptionError('the lengths in the header contradict one another', 24);
}

function damagedHeader(): CorruptionError {
  return new CorruptionError('the header is damaged: its checksum does not match', 0);
}

function numberAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}

/** The arrays are written and read as they lie in memory. @throws MemDBError */
function requireLittleEndian(): void {
  if (new Uint8Array(Int32Array.of(1).buffer)[0] !== 1) throw byteOrderError();
}

function byteOrderError(): MemDBError {
  return new MemDBError(
    'MEMDB_BYTE_ORDER',
    'dumps are little-endian, and so must be the machine that writes or reads them',
  );
}
