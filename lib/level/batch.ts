import type { Entry } from '../index.js';
import type { Operation } from './abstractlevel.js';
import type { Format } from './formats.js';

/** What is to be done: entries that are put, in this order, and then keys that are removed. */
export interface Batch {
  readonly puts: readonly Entry[];
  readonly deletes: readonly Uint8Array[];
}

/** The same as the operations one after the other. */
export function batchOf(operations: readonly Operation[], format: Format): Batch {
  const puts: Entry[] = [];
  const deletes: Uint8Array[] = [];
  const later = operations.some(isOvertaking) ? laterPuts(operations, format) : undefined;
  for (let i = 0; i < operations.length; i++) {
    const { type, key, value } = operations[i];
    if (type === 'put') puts.push([format.lastingKey(key), format.lastingValue(value)]);
    else if (later?.[i] !== true) deletes.push(format.lastingKey(key));
  }
  return { puts, deletes };
}

/** Whether an operation is a put with a removal before it. */
function isOvertaking({ type }: Operation, i: number, operations: readonly Operation[]): boolean {
  return type === 'put' && i > 0 && operations[i - 1].type === 'del';
}

/** For each operation, whether its key is put later. */
function laterPuts(operations: readonly Operation[], format: Format): boolean[] {
  const keys = new Set<string>();
  const isPutLater: boolean[] = [];
  for (let i = operations.length - 1; i >= 0; i--) {
    const name = nameOf(format.lastingKey(operations[i].key));
    isPutLater[i] = keys.has(name);
    if (operations[i].type === 'put') keys.add(name);
  }
  return isPutLater;
}

/** A text for each key, by which a set can tell them apart: texts that are no UTF-8 may be the same key. */
function nameOf(key: Uint8Array): string {
  let name = '';
  for (let i = 0; i < key.length; i++) name += String.fromCharCode(key[i]);
  return name;
}
