import { HEAD, KEY_LENGTH, MAX_HEIGHT, NEXT, NONE, OFFSET, type NodeIndex } from '../storage/layout.js';
import { Towers } from './towers.js';

/*
 * The skip list where one thread links nodes, and others read it with no lock: LevelDB's scheme. A node is whole, its own links
 * included, before it can be reached, and never changes afterwards but for its links. These are stored and loaded by Atomics, which
 * lets nobody see a link before all that was stored ahead of it. Nothing is ever unlinked.
 */

/** For the thread that writes. It alone changes links, so it may read them as it likes. */
export class WriterTowers extends Towers {
  /** @internal */
  protected override link(slot: number, node: NodeIndex): void {
    Atomics.store(this.storage.nodes.array, slot, node);
  }
}

/**
 * For a thread that reads. Between two steps of a search, nodes may be linked before and behind the one that it has come to. So each
 * link is loaded once, and what was found there counts.
 */
export class ReaderTowers extends Towers {
  override get last(): NodeIndex {
    const nodes = this.storage.nodes.array;
    let node = HEAD;
    for (let level = this.#levels(nodes) - 1; level >= 0;) {
      const next = Atomics.load(nodes, node + NEXT + level) as NodeIndex;
      if (next === NONE) level--;
      else node = next;
    }
    return node;
  }

  override next(node: NodeIndex): NodeIndex {
    return Atomics.load(this.storage.nodes.array, node + NEXT) as NodeIndex;
  }

  /** The node with exactly this key, or NONE. Predecessors are none of a reader's business. */
  override search(key: Uint8Array, start: number, keyLength: number, before: Int32Array): NodeIndex {
    const found = this.#walk(key, start, keyLength, before, true);
    return found >= 0 ? (found as NodeIndex) : NONE;
  }

  override seek(key: Uint8Array, keyLength: number, before: Int32Array): NodeIndex {
    const found = this.#walk(key, 0, keyLength, before, true);
    return (found >= 0 ? found : ~found) as NodeIndex;
  }

  override seekBelow(key: Uint8Array, keyLength: number, before: Int32Array): NodeIndex {
    this.#walk(key, 0, keyLength, before, false);
    return before[0] as NodeIndex;
  }

  /**
   * Walks to where a key belongs.
   * @param isAnswer whether the node with that key ends the walk, if there is one
   * @param before its first word becomes the last node below the key, if it goes on to the end
   * @returns that node, or else the first one at or above the key, or NONE, as `~node`
   */
  #walk(key: Uint8Array, start: number, keyLength: number, before: Int32Array, isAnswer: boolean): number {
    const nodes = this.storage.nodes.array;
    const kv = this.storage.kv.array;
    const { order } = this;
    let node = HEAD;
    /** The nearest node known to be behind: it shows up again on lower levels. */
    let behind = NONE;
    for (let level = this.#levels(nodes) - 1; level >= 0;) {
      const next = Atomics.load(nodes, node + NEXT + level) as NodeIndex;
      if (next !== behind) {
        if (next !== NONE) {
          const offset = nodes[next + OFFSET];
          const result = order.compare(kv, offset, nodes[next + KEY_LENGTH], key, start, keyLength, 0);
          if (result < 0) {
            node = next;
            continue;
          }
          if (result === 0 && isAnswer) return next;
        }
        behind = next;
      }
      level--;
    }
    before[0] = node;
    return ~behind;
  }

  /** Levels in use: how high the tallest node is, which only the links tell. */
  #levels(nodes: Int32Array): number {
    let { height } = this;
    while (height < MAX_HEIGHT && Atomics.load(nodes, HEAD + NEXT + height) !== NONE) height++;
    this.height = height;
    return height;
  }
}
