// npm run perf:stalls -- [entries] [bytes of a value] [capacity]: the longest puts of a fill in random order, and which they are.
import { DB } from 'flat-memdb';

const [entries = 20_000_000, valueBytes = 0, capacity = 0] = process.argv.slice(2).map(Number);
const SHOWN = 10;
/** Puts between two looks at the time on the processor: what other work on the machine adds to a put does not count. */
const PERIOD = 256;

const db = new DB({ capacity });
const key = new Uint8Array(8);
const view = new DataView(key.buffer);
const value = new Uint8Array(valueBytes);
const longest: { ms: number; put: number; mebibytes: number }[] = [];
let least = 1;
let processor = process.cpuUsage();
const start = performance.now();
let last = start;
for (let i = 0; i < entries; i++) {
  if (i % PERIOD === 0) processor = process.cpuUsage();
  view.setUint32(0, Math.imul(i, 0x9e3779b1));
  view.setUint32(4, i);
  db.put(key, value);
  const now = performance.now();
  if (now - last > least) note(i, now - last);
  last = now;
}
console.log(
  `${entries} puts, ${((1e6 * (last - start)) / entries).toFixed(0)} ns each by the clock; the longest:`,
);
for (const { ms, put, mebibytes } of longest) {
  console.log(`${ms.toFixed(1)} ms, put ${put}, kvData ${mebibytes.toFixed(0)} MiB`);
}

function note(put: number, elapsed: number): void {
  const { user, system } = process.cpuUsage(processor);
  const ms = Math.min(elapsed, (user + system) / 1000);
  if (ms <= least) return;
  longest.push({ ms, put, mebibytes: db.kvData.length / 2 ** 20 });
  longest.sort((a, b) => b.ms - a.ms);
  if (longest.length <= SHOWN) return;
  longest.length = SHOWN;
  least = longest[SHOWN - 1].ms;
}
