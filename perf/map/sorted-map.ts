import { RANGE, type Passes } from './passes.js';
import type { Columns } from './data.js';

/** A Map, whose keys are sorted whenever their order is asked for. */
export default function contestant<V>({ weigh }: Columns<V>): () => Passes<V> {
  return () => {
    const map = new Map<string, V>();
    const sorted = () => [...map.keys()].sort();
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
          const all = sorted();
          const from = all.indexOf(keys[i]);
          for (const key of all.slice(from, from + RANGE)) sum += key.length + weigh(map.get(key)!);
        }
        return sum;
      },
      iterate() {
        let sum = 0;
        for (const key of sorted()) sum += key.length + weigh(map.get(key)!);
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
