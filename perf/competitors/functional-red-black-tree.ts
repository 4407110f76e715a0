import createRBTree from 'functional-red-black-tree';
import { ByteKeyCompetitor, compareBytes, weigh } from './competitor.js';

/** The tree that memory-level keeps its entries in. It is persistent: every change gives a new tree. */
class FunctionalRedBlackTree extends ByteKeyCompetitor {
  #tree = createRBTree<Uint8Array, Uint8Array>(compareBytes);

  open(): void {
    this.#tree = createRBTree<Uint8Array, Uint8Array>(compareBytes);
  }

  close(): void {
    this.open();
  }

  /** insert() would keep two entries of equal keys, so a map has to look first, as memory-level does. */
  put(key: Uint8Array, value: Uint8Array): void {
    const at = this.#tree.find(key);
    this.#tree = at.valid ? at.update(value) : this.#tree.insert(key, value);
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    return this.#tree.get(key) ?? undefined;
  }

  seekOne(key: Uint8Array): number {
    const at = this.#tree.ge(key);
    return at.valid ? at.key!.length + weigh(at.value!) : 0;
  }

  remove(key: Uint8Array): boolean {
    const at = this.#tree.find(key);
    if (!at.valid) return false;
    this.#tree = at.remove();
    return true;
  }

  scan(reverse: boolean): number {
    let sum = 0;
    if (reverse) {
      const at = this.#tree.end;
      while (at.valid) {
        sum += at.key!.length + weigh(at.value!);
        at.prev();
      }
    } else {
      this.#tree.forEach((key, value) => {
        sum += key.length + weigh(value); // returns nothing: a result would end the walk
      });
    }
    return sum;
  }
}

export default () => new FunctionalRedBlackTree();
