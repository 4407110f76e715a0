import { OrderedMap } from 'js-sdsl';
import { ByteKeyCompetitor, compareBytes, weigh } from './competitor.js';

class JsSdslOrderedMap extends ByteKeyCompetitor {
  #map = create();

  open(): void {
    this.#map = create();
  }

  close(): void {
    this.#map = create();
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#map.setElement(key, value);
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    return this.#map.getElementByKey(key);
  }

  seekOne(key: Uint8Array): number {
    const at = this.#map.lowerBound(key);
    if (!at.isAccessible()) return 0;
    const pair = at.pointer;
    return pair[0].length + weigh(pair[1]);
  }

  remove(key: Uint8Array): boolean {
    return this.#map.eraseElementByKey(key);
  }

  scan(reverse: boolean): number {
    let sum = 0;
    if (reverse) {
      // Reverse order is only to be had from its iterators, whose entries are proxies.
      for (const at = this.#map.rBegin(), end = this.#map.rEnd(); !at.equals(end); at.next()) {
        const pair = at.pointer;
        sum += pair[0].length + weigh(pair[1]);
      }
    } else {
      this.#map.forEach((pair) => {
        sum += pair[0].length + weigh(pair[1]);
      });
    }
    return sum;
  }
}

/** What a map has to do whose caller may change its arrays after a put. */
class CopyingOrderedMap extends JsSdslOrderedMap {
  override put(key: Uint8Array, value: Uint8Array): void {
    super.put(key.slice(), value.slice());
  }
}

function create(): OrderedMap<Uint8Array, Uint8Array> {
  return new OrderedMap<Uint8Array, Uint8Array>([], compareBytes);
}

export default () => new JsSdslOrderedMap();
export const copying = () => new CopyingOrderedMap();
