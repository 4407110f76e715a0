import { OrderedMap } from 'js-sdsl';
import { RANGE, type Passes } from './passes.js';
import type { Columns } from './data.js';

/** It finds the place of a key only where its trees count what is below, which is an option that makes writes slower. */
export default function contestant<V>({ weigh }: Columns<V>): () => Passes<V> {
  return () => {
    const map = new OrderedMap<string, V>();
    return {
      set(keys, values) {
        for (let i = 0; i < keys.length; i++) map.setElement(keys[i], values[i]);
      },
      get(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) {
          const value = map.getElementByKey(keys[i]);
          if (value !== undefined) sum += weigh(value);
        }
        return sum;
      },
      has(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) if (!map.find(keys[i]).equals(map.end())) sum++;
        return sum;
      },
      range(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) {
          const at = map.lowerBound(keys[i]);
          for (let left = RANGE; left > 0 && at.isAccessible(); left--) {
            const { pointer } = at;
            sum += pointer[0].length + weigh(pointer[1]);
            at.next();
          }
        }
        return sum;
      },
      iterate() {
        let sum = 0;
        map.forEach(([key, value]) => {
          sum += key.length + weigh(value);
        });
        return sum;
      },
      delete(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) if (map.eraseElementByKey(keys[i])) sum++;
        return sum;
      },
      put: (key, value) => void map.setElement(key, value),
      find: (key) => map.getElementByKey(key),
    };
  };
}
