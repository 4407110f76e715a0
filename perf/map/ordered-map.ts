import { codecs, OrderedMap } from 'flat-memdb/map';
import { RANGE, type Passes } from './passes.js';
import type { Columns } from './data.js';

export default function contestant<V>({ kind, weigh }: Columns<V>): () => Passes<V> {
  return () => {
    const map = new OrderedMap<string, V>({
      key: codecs.string,
      value: kind === 'string' ? (codecs.string as never) : codecs.json,
    });
    return {
      set(keys, values) {
        for (let i = 0; i < keys.length; i++) map.set(keys[i], values[i]);
      },
      get(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) {
          const value = map.get(keys[i]);
          if (value !== undefined) sum += weigh(value);
        }
        return sum;
      },
      has(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) if (map.has(keys[i])) sum++;
        return sum;
      },
      range(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) {
          for (const [key, value] of map.range({ gte: keys[i], limit: RANGE }))
            sum += key.length + weigh(value);
        }
        return sum;
      },
      at(indexes) {
        let sum = 0;
        for (let i = 0; i < indexes.length; i++) sum += weigh(map.at(indexes[i])![1]);
        return sum;
      },
      rank(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) sum += map.rank(keys[i]);
        return sum;
      },
      iterate() {
        let sum = 0;
        for (const [key, value] of map) sum += key.length + weigh(value);
        return sum;
      },
      delete(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) if (map.delete(keys[i])) sum++;
        return sum;
      },
      put: (key, value) => void map.set(key, value),
      find: (key) => map.get(key),
    };
  };
}
