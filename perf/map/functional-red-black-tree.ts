import createRBTree from 'functional-red-black-tree';
import { RANGE, type Passes } from './passes.js';
import type { Columns } from './data.js';

/** Every change gives a new tree. `insert` would keep two entries of equal keys, so a map has to look first. */
export default function contestant<V>({ weigh }: Columns<V>): () => Passes<V> {
  return () => {
    let tree = createRBTree<string, V>();
    const put = (key: string, value: V) => {
      const at = tree.find(key);
      tree = at.valid ? at.update(value) : tree.insert(key, value);
    };
    return {
      set(keys, values) {
        for (let i = 0; i < keys.length; i++) put(keys[i], values[i]);
      },
      get(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) {
          const value = tree.get(keys[i]);
          if (value !== undefined && value !== null) sum += weigh(value);
        }
        return sum;
      },
      has(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) if (tree.find(keys[i]).valid) sum++;
        return sum;
      },
      range(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) {
          const at = tree.ge(keys[i]);
          for (let left = RANGE; left > 0 && at.valid; left--) {
            sum += at.key!.length + weigh(at.value!);
            at.next();
          }
        }
        return sum;
      },
      at(indexes) {
        let sum = 0;
        for (let i = 0; i < indexes.length; i++) sum += weigh(tree.at(indexes[i]).value!);
        return sum;
      },
      rank(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) sum += tree.find(keys[i]).index;
        return sum;
      },
      iterate() {
        let sum = 0;
        tree.forEach((key, value) => {
          sum += key.length + weigh(value); // returns nothing: a result would end the walk
        });
        return sum;
      },
      delete(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) {
          const at = tree.find(keys[i]);
          if (!at.valid) continue;
          tree = at.remove();
          sum++;
        }
        return sum;
      },
      put,
      find: (key) => tree.get(key) ?? undefined,
    };
  };
}
