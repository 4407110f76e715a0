import { DB, bytesPrefix, checkStructure } from 'flat-memdb';
import { sameBytes, show, utf8 } from '../../support/bytes.js';
import { Prng } from '../../support/prng.js';

/** Decimals, of which every odd one is missing, in random order. */
export function checkLoad(count: number): string {
  const draw = new Prng(7);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = draw.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  const one = new DB();
  for (const i of order) one.put(keyOf(2 * i), valueOf(i));
  const many = new DB();
  many.putMany(order.map((i) => [keyOf(2 * i), valueOf(i)] as const));
  for (const db of [one, many]) checkFilled(db, count);

  // The upper half goes, one by one from one DB and at once from the other.
  const half = count >>> 1;
  for (let i = half; i < count; i++) same(one.delete(keyOf(2 * i)), true, 'delete');
  same(many.deleteRange({ start: keyOf(2 * half) }), count - half, 'deleteRange');
  for (const db of [one, many]) checkFilled(db, half);
  return `${count.toLocaleString('en')} entries loaded, read and deleted, one by one and all at once`;
}

function checkFilled(db: DB, count: number): void {
  same(db.length, count, 'length');
  for (let i = 0; i < count; i++) {
    sameArray(db.get(keyOf(2 * i)), valueOf(i), `the value of ${2 * i}`);
    same(db.has(keyOf(2 * i + 1)), false, `has ${2 * i + 1}`);
  }
  let i = 0;
  for (const it = db.iterator(); it.next(); i++) {
    sameArray(it.key, keyOf(2 * i), 'a key on the way up');
    sameArray(db.kvData.subarray(it.valueStart, it.valueEnd), valueOf(i), 'a value on the way up');
  }
  same(i, count, 'entries on the way up');
  for (const [key, value] of db.entries({ reverse: true })) {
    i--;
    sameArray(key, keyOf(2 * i), 'a key on the way down');
    sameArray(value, valueOf(i), 'a value on the way down');
  }
  same(i, 0, 'entries left on the way down');
  // The thousand numbers of which half are there.
  same(db.count(bytesPrefix(utf8('0000000000001'))), 500, 'count of a prefix');
  checkStructure(db);
}

function keyOf(number: number): Uint8Array {
  return utf8(String(number).padStart(16, '0'));
}

function valueOf(i: number): Uint8Array {
  return new Uint8Array(i % 50).fill(i);
}

function same(actual: number | boolean, expected: number | boolean, what: string): void {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
}

function sameArray(actual: Uint8Array | undefined, expected: Uint8Array, what: string): void {
  if (!sameBytes(actual, expected))
    throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}
