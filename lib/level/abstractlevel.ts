/*
 * What abstract-level hands to those who extend its classes. Its types speak of what users call, and not of the methods whose names
 * begin with `_`, which it calls itself. `declare`: none of these names is ours to shorten.
 */
import {
  AbstractIterator,
  AbstractKeyIterator,
  AbstractSnapshot,
  AbstractSublevel,
  AbstractValueIterator,
} from 'abstract-level';

export type StoreEncoding = 'buffer' | 'view' | 'utf8';

/** A key or value, in one of the encodings that the database has by itself. A view may be one of any kind. */
export type Encoded = Uint8Array | string;

export declare interface ReadOptions {
  readonly keyEncoding: StoreEncoding;
  readonly valueEncoding: StoreEncoding;
  readonly snapshot?: AbstractSnapshot | undefined;
}

export declare interface Operation {
  readonly type: 'put' | 'del';
  readonly key: Encoded;
  /** Where `type` is 'put'. */
  readonly value: Encoded;
}

export declare interface RangeOptions extends ReadOptions {
  readonly gt?: Encoded;
  readonly gte?: Encoded;
  readonly lt?: Encoded;
  readonly lte?: Encoded;
  readonly reverse: boolean;
  /** -1: all. */
  readonly limit: number;
}

export declare interface IteratorOptions extends RangeOptions {
  readonly keys?: boolean;
  readonly values?: boolean;
}

export declare interface SnapshotOptions {
  /** Who closes it. */
  readonly owner: unknown;
}

/** Of the three kinds of iterators, what is called here; each hands out entries, keys or values. */
export declare interface IteratorBase {
  readonly limit: number;
  readonly count: number;
}
export type IteratorBaseClass = new (db: unknown, options: IteratorOptions) => IteratorBase;

export const IteratorClasses = {
  AbstractIterator,
  AbstractKeyIterator,
  AbstractValueIterator,
} as unknown as Readonly<
  Record<'AbstractIterator' | 'AbstractKeyIterator' | 'AbstractValueIterator', IteratorBaseClass>
>;
export const SnapshotBase = AbstractSnapshot as unknown as new (options: SnapshotOptions) => AbstractSnapshot;

export declare interface EncodingOptions {
  readonly keyEncoding?: unknown;
  readonly valueEncoding?: unknown;
}

/** Of a sublevel, what is called here, and what is done in another way. */
export declare interface SublevelBase {
  keyEncoding(encoding: unknown): { readonly format: StoreEncoding };
  prefixKey(key: Encoded, format: StoreEncoding, local: boolean): Encoded;
}
export const SublevelClass = AbstractSublevel as unknown as new (
  db: unknown,
  name: string | readonly string[],
  options: EncodingOptions,
) => SublevelBase;

export declare interface CalledByAbstractLevel {
  _put: unknown;
  _get: unknown;
  _getSync: unknown;
  _getMany: unknown;
  _has: unknown;
  _hasMany: unknown;
  _del: unknown;
  _batch: unknown;
  _clear: unknown;
  _iterator: unknown;
  _keys: unknown;
  _values: unknown;
  _snapshot: unknown;
  _sublevel: unknown;
  _close: unknown;
  _next: unknown;
  _nextv: unknown;
  _all: unknown;
  _seek: unknown;
}

/** What turns keys into those that the database is given. */
export declare interface Encoding {
  encode(key: unknown): Encoded;
}

/** An encoding, as those have them who bring their own. */
export declare interface OwnEncoding {
  readonly name: string;
  readonly format: StoreEncoding;
  readonly encode: (data: never) => Encoded;
  readonly decode: (data: Encoded) => unknown;
}

/** What a manifest has, and what names its parts. */
export declare interface Manifest {
  seek: boolean;
  explicitSnapshots: boolean;
  permanence: boolean;
  createIfMissing: boolean;
  errorIfExists: boolean;
  has: boolean;
  getSync: boolean;
  encodings: Record<string, boolean>;
  signals: { iterators: boolean };
}
