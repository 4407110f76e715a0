import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { codecs, OrderedMap } from '../../lib/map/index.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapUsed(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

it('200,000 entries, set, changed and read, leave the JavaScript heap as it was, to within 2 MB', () => {
  const map = new OrderedMap<string, { n: number }>({ key: codecs.string });
  const load = (from: number, to: number) => {
    for (let n = from; n < to; n++) map.set(`key ${Math.imul(n, 0x9e3779b1)}`, { n });
  };
  load(0, 1000);
  const before = heapUsed();
  load(1000, 200_000);
  load(0, 20_000);
  let sum = 0;
  for (const [key, { n }] of map) sum += key.length > 4 && map.get(key)!.n === n ? n : 0;
  const after = heapUsed();
  expect([map.size, sum]).toEqual([200_000, (200_000 * 199_999) / 2]);
  expect(after - before).toBeLessThan(2 * 1024 * 1024);
});

it('memory that a large value or bound needed is not kept once the call is over', () => {
  const map = new OrderedMap({ key: codecs.tuple(codecs.string, codecs.number), value: codecs.string });
  const large = 'x'.repeat(40_000_000);
  const arrays = () => {
    heapUsed();
    return process.memoryUsage().arrayBuffers;
  };
  const before = arrays();
  map.count({ gte: [large] });
  map.count({ lt: [large] });
  map.count({ gt: ['a'], lte: [large, 1] });
  map.has([large, 1]);
  expect(arrays() - before).toBeLessThan(20_000_000);
});
