import { requireBytes } from '../base/arguments.js';
import { copyOf, type Bounds } from './arguments.js';
import type { TxnRequest } from './protocol.js';
import type { Versions } from './versions.js';

/** As numbers, since etcd3 has names of its own for them. */
const MOD = 2;
const EQUAL = 0;

/** What is written together, see `Mirror.transaction`. */
export interface MirrorTransaction {
  /** Sets a key. A transaction may name each key once. */
  put(key: Uint8Array, value: Uint8Array): void;
  /** Deletes a key, if it is there. */
  delete(key: Uint8Array): void;
  /** Makes the whole depend on this: that the key is, in etcd, what it is in the mirror now, there or not. */
  unchanged(key: Uint8Array): void;
}

/** A key that can be written. @throws TypeError, RangeError */
export function requireInside(key: unknown, bounds: Bounds): asserts key is Uint8Array {
  requireBytes(key, 'key');
  if (key.length === 0) throw new RangeError('etcd has no empty key');
  if (!bounds.has(key)) {
    throw new RangeError(
      "this key is outside the mirror's range; write it by etcd3's own calls. Nothing was sent",
    );
  }
}

/** What a callback asks for. @throws TypeError, RangeError, and what the callback throws */
export function requestOf(
  fill: (txn: MirrorTransaction) => void,
  bounds: Bounds,
  versions: Versions,
): TxnRequest {
  const compare: TxnRequest['compare'][number][] = [];
  const success: TxnRequest['success'][number][] = [];
  let isOpen = true;
  const requireOpen = () => {
    if (!isOpen) throw new TypeError('this transaction was sent already: make it in one go, without await');
  };
  const call: (txn: MirrorTransaction) => unknown = fill;
  const given = call({
    put(key, value) {
      requireOpen();
      requireInside(key, bounds);
      requireBytes(value, 'value');
      success.push({ request_put: { key: copyOf(key), value: copyOf(value) } });
    },
    delete(key) {
      requireOpen();
      requireInside(key, bounds);
      success.push({ request_delete_range: { key: copyOf(key) } });
    },
    unchanged(key) {
      requireOpen();
      requireInside(key, bounds);
      const found = versions.table.get(key);
      // Of a key that is not there, etcd compares 0.
      const mod_revision = found?.type === 1 ? found.sequenceNumber! : 0;
      compare.push({ target: MOD, result: EQUAL, key: copyOf(key), mod_revision });
    },
  });
  isOpen = false;
  const promise = given as PromiseLike<unknown> | undefined;
  if (typeof promise?.then === 'function') {
    promise.then(undefined, () => {}); // What it says of it, too late, is known.
    throw new TypeError('a transaction is made in one go: its function must not be async. Nothing was sent');
  }
  return { compare, success, failure: [] };
}
