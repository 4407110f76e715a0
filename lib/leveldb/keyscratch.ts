import { copyBytes, lengthOf } from '../base/bytes.js';
import { noMemory } from '../base/errors.js';
import { TAG_LENGTH, writeFirstTag, writeTag, type ValueType } from './tag.js';

const FIRST_SCRATCH_BYTES = 256;
/** A longer key does not keep its scratch buffer occupied. */
const LARGEST_SCRATCH_BYTES = 1 << 16;

/** Where internal keys are put together for a search, so that a call allocates nothing. */
export class KeyScratch {
  bytes = new Uint8Array(FIRST_SCRATCH_BYTES);

  /** @returns the length of the internal key that `bytes` now begins with; no sequence number: the first of all tags */
  set(userKey: Uint8Array, sequence: number | bigint | undefined, type: ValueType): number {
    const tagStart = lengthOf(userKey);
    const length = tagStart + TAG_LENGTH;
    if (length > this.bytes.length || this.bytes.length > LARGEST_SCRATCH_BYTES) this.#fit(length);
    copyBytes(userKey, tagStart, this.bytes, 0);
    if (sequence === undefined) {
      writeFirstTag(this.bytes, tagStart);
    } else {
      writeTag(this.bytes, tagStart, sequence, type);
    }
    return length;
  }

  #fit(length: number): void {
    let room = FIRST_SCRATCH_BYTES;
    while (room < length) room *= 2;
    try {
      this.bytes = new Uint8Array(room > LARGEST_SCRATCH_BYTES ? length : room);
    } catch (cause) {
      throw noMemory(`${length} bytes for an internal key`, cause);
    }
  }
}
