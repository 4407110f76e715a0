import { byteOrder, type Order } from '../base/order.js';
import { TAG_LENGTH, compareTags, requireTag } from './tag.js';

/** Internal keys, see `makeInternalKey`: in the order of their user keys, then the larger tag first. */
export class InternalOrder implements Order {
  /** The order of the user keys. */
  readonly user: Order;
  readonly byteOrderedTail: number | undefined;

  constructor(user: Order) {
    this.user = user;
    this.byteOrderedTail = user === byteOrder ? TAG_LENGTH : undefined;
  }

  get comparing(): boolean {
    return this.user.comparing === true;
  }

  forget(): void {
    this.user.forget?.();
  }

  /** @throws InternalKeyCorruptedError when a key is too short to hold a tag */
  compare(
    kv: Uint8Array,
    offset: number,
    length: number,
    key: Uint8Array,
    start: number,
    keyLength: number,
    skip: number,
  ): number {
    requireTag(length);
    requireTag(keyLength);
    const tag = length - TAG_LENGTH;
    const givenTag = keyLength - TAG_LENGTH;
    const result = this.user.compare(kv, offset, tag, key, start, givenTag, skip);
    return result !== 0 ? result : compareTags(kv, offset + tag, key, start + givenTag);
  }
}
