import sortedBTree from 'sorted-btree';
import type { KeyList } from '../key-files.js';
import { compareBytes, SyncCompetitor, weigh } from './competitor.js';

const BTree = sortedBTree.default;
type Tree<K> = InstanceType<typeof BTree<K, Uint8Array>>;

abstract class SortedBTree<K extends Uint8Array | string> extends SyncCompetitor<K> {
  #tree = this.create();
  readonly #pair: [K, Uint8Array] = [this.emptyKey(), new Uint8Array()];

  protected abstract create(): Tree<K>;
  protected abstract emptyKey(): K;

  open(): void {
    this.#tree = this.create();
  }

  close(): void {
    this.#tree = this.create();
  }

  put(key: K, value: Uint8Array): void {
    this.#tree.set(key, value);
  }

  lookup(key: K): Uint8Array | undefined {
    return this.#tree.get(key);
  }

  seekOne(key: K): number {
    const found = this.#tree.getPairOrNextHigher(key, this.#pair);
    return found === undefined ? 0 : found[0].length + weigh(found[1]);
  }

  remove(key: K): boolean {
    return this.#tree.delete(key);
  }

  scan(reverse: boolean): number {
    let sum = 0;
    if (reverse) {
      for (const [key, value] of this.#tree.entriesReversed(undefined, this.#pair))
        sum += key.length + weigh(value);
    } else {
      this.#tree.forEachPair((key, value) => {
        sum += key.length + weigh(value);
      });
    }
    return sum;
  }
}

/** With the default comparator, which is written for strings and numbers. */
class SortedBTreeOfStrings extends SortedBTree<string> {
  protected create(): Tree<string> {
    return new BTree<string, Uint8Array>();
  }

  protected emptyKey(): string {
    return '';
  }

  keyAt(list: KeyList, i: number): string {
    return list.string(i);
  }

  freshKey(list: KeyList, i: number): string {
    return list.string(i);
  }
}

class SortedBTreeOfBytes extends SortedBTree<Uint8Array> {
  protected create(): Tree<Uint8Array> {
    return new BTree<Uint8Array, Uint8Array>(undefined, compareBytes);
  }

  protected emptyKey(): Uint8Array {
    return new Uint8Array();
  }

  keyAt(list: KeyList, i: number): Uint8Array {
    return list.view(i);
  }

  freshKey(list: KeyList, i: number): Uint8Array {
    return list.view(i).slice();
  }
}

/** What a map has to do whose caller may change its arrays after a put. A string can't be changed. */
class CopyingBTreeOfStrings extends SortedBTreeOfStrings {
  override put(key: string, value: Uint8Array): void {
    super.put(key, value.slice());
  }
}

class CopyingBTreeOfBytes extends SortedBTreeOfBytes {
  override put(key: Uint8Array, value: Uint8Array): void {
    super.put(key.slice(), value.slice());
  }
}

export const strings = () => new SortedBTreeOfStrings();
export const bytes = () => new SortedBTreeOfBytes();
export const copyingStrings = () => new CopyingBTreeOfStrings();
export const copyingBytes = () => new CopyingBTreeOfBytes();
