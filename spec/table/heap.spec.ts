import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DB } from '../../lib/index.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapUsed(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

it('a million entries leave the JavaScript heap as it was, to within 2 MB', () => {
  const key = new Uint8Array(8);
  const view = new DataView(key.buffer);
  const value = new Uint8Array(20);
  const db = new DB();
  const load = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      view.setUint32(4, Math.imul(i, 0x9e3779b1));
      view.setUint32(0, i);
      db.put(key, value);
    }
  };
  load(0, 1000);
  const before = heapUsed();
  load(1000, 1_000_000);
  const after = heapUsed();
  expect(db.length).toBe(1_000_000);
  expect(after - before).toBeLessThan(2 * 1024 * 1024);
});
