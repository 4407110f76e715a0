import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Profile } from './trace.js';

/* What perf/go writes (`npm run referee:record` writes it anew into spec/recordings), as TypeScript sees it. */

export interface TraceRecording {
  /** Version of the module. */
  goleveldb: string;
  /** Operations in each trace. */
  operations: number;
  traces: RecordedTrace[];
}

export interface RecordedTrace {
  seed: number;
  profile: Profile;
  /** One hexadecimal digit for each node ever made, in the order of their making. */
  heights: string;
  /** Base64. One byte for each operation: a digest of the texts of all operations so far. */
  digests: string;
  /** The texts themselves, in a full recording. */
  results?: string[];
  checkpoints: Checkpoint[];
}

/** The whole state of the DB after so many operations. */
export interface Checkpoint {
  operation: number;
  used: number;
  slots: number;
  size: number;
  length: number;
  /** SHA-256 of the used bytes. */
  kvData: string;
  /** SHA-256 of the used slots as little-endian int32. */
  nodeData: string;
  /** Base64. The bytes and the slots themselves, in a full recording. */
  kvBytes?: string;
  nodeBytes?: string;
}

export interface CornersRecording {
  goleveldb: string;
  corners: { name: string; steps: { call: string; result: string }[] }[];
}

/** All keys are in hexadecimal. `null` means that the first key stays as it is. */
export interface OrdersRecording {
  goleveldb: string;
  bytewise: ShortenedKeys;
  internal: InternalRecording;
}

export interface ShortenedKeys {
  separators: { a: string; b: string; separator: string | null }[];
  successors: { b: string; successor: string | null }[];
}

/** The separators and successors here are of whole internal keys. */
export interface InternalRecording extends ShortenedKeys {
  /** In goleveldb's order: what it made of puts (type 1) and deletes (type 0) with these sequence numbers (decimal). */
  keys: { userKey: string; sequence: string; type: 0 | 1; key: string }[];
  /** The sign of a comparison of two internal keys. */
  comparisons: { a: string; b: string; sign: -1 | 0 | 1 }[];
}

/** Paths from the root of the repository. */
export const TRACES = 'spec/recordings/traces.json.gz';
export const CORNERS = 'spec/recordings/corners.json';
export const ORDERS = 'spec/recordings/orders.json.gz';

export function readRecording(path: string): unknown {
  const file = readFileSync(path);
  return JSON.parse(String(path.endsWith('.gz') ? gunzipSync(file) : file));
}

export const readTraces = () => readRecording(TRACES) as TraceRecording;
export const readCorners = () => readRecording(CORNERS) as CornersRecording;
export const readOrders = () => readRecording(ORDERS) as OrdersRecording;

export const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
export const toHex = (bytes: Uint8Array | undefined): string | null =>
  bytes === undefined ? null : Buffer.from(bytes).toString('hex');
