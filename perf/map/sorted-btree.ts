import sortedBTree from 'sorted-btree';
import { RANGE, type Passes } from './passes.js';
import type { Columns } from './data.js';

/** Where specs run it, there is no second default. */
const BTree = sortedBTree.default ?? (sortedBTree as never);

/** It has no ranks. */
export default function contestant<V>({ weigh }: Columns<V>): () => Passes<V> {
  return () => {
    const tree = new BTree<string, V>();
    const pair: [string, V] = ['', undefined as V];
    return {
      set(keys, values) {
        for (let i = 0; i < keys.length; i++) tree.set(keys[i], values[i]);
      },
      get(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) {
          const value = tree.get(keys[i]);
          if (value !== undefined) sum += weigh(value);
        }
        return sum;
      },
      has(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) if (tree.has(keys[i])) sum++;
        return sum;
      },
      range(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) {
          let left = RANGE;
          for (const [key, value] of tree.entries(keys[i], pair)) {
            sum += key.length + weigh(value);
            if (--left === 0) break;
          }
        }
        return sum;
      },
      iterate() {
        let sum = 0;
        for (const [key, value] of tree.entries(undefined, pair)) sum += key.length + weigh(value);
        return sum;
      },
      delete(keys) {
        let sum = 0;
        for (let i = 0; i < keys.length; i++) if (tree.delete(keys[i])) sum++;
        return sum;
      },
      put: (key, value) => void tree.set(key, value),
      find: (key) => tree.get(key),
    };
  };
}
