// npm run heap: a million entries, and the JavaScript heap is as it was. Keys, values and index are in typed arrays,
// which the collector does not look into.
import { DB } from 'flat-memdb';

const ENTRIES = 1_000_000;
const VALUE_BYTES = 100;
/** What the heap may have grown by; it moves by about this much on its own. */
const TOLERANCE_BYTES = 2 * 2 ** 20;

if (globalThis.gc === undefined) throw new Error('Run with node --expose-gc.');
const collect = globalThis.gc;

const key = Buffer.alloc(16);
const value = new Uint8Array(VALUE_BYTES);
/** Keys in an order that is neither rising nor falling: 7,368,787 is a prime, so none comes twice. */
function writeKey(i: number): void {
  key.write(String((i * 7_368_787) % ENTRIES).padStart(16, '0'), 'latin1');
}

function load(db: DB, entries: number): void {
  for (let i = 0; i < entries; i++) {
    writeKey(i);
    value[i % VALUE_BYTES] = i;
    db.put(key, value);
  }
}

async function settled(): Promise<NodeJS.MemoryUsage> {
  for (let i = 0; i < 4; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage();
}

load(new DB(), 20_000); // code and its type feedback are on the heap, too: have them made beforehand
const before = await settled();
const db = new DB();
load(db, ENTRIES);
const after = await settled();

const MB = 2 ** 20;
const line = (name: string, was: number, is: number) =>
  console.log(`${name.padEnd(24)}${(was / MB).toFixed(1).padStart(9)}${(is / MB).toFixed(1).padStart(9)} MB`);
console.log(`${''.padEnd(24)}${'before'.padStart(9)}${'after'.padStart(9)}`);
line('JavaScript heap', before.heapUsed, after.heapUsed);
line('array buffers', before.arrayBuffers, after.arrayBuffers);
line('whole process', before.rss, after.rss);

const grown = after.heapUsed - before.heapUsed;
const entries = db.length.toLocaleString('en');
if (db.length !== ENTRIES) throw new Error(`The DB should hold ${ENTRIES} entries, and holds ${db.length}.`);
if (Math.abs(grown) > TOLERANCE_BYTES) {
  console.error(
    `\n${entries} entries moved the JavaScript heap by ${(grown / MB).toFixed(2)} MB; 2 MB are allowed.`,
  );
  process.exitCode = 1;
} else {
  console.log(`\n${entries} entries moved the JavaScript heap by ${(grown / MB).toFixed(2)} MB.`);
}
