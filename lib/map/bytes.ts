import { isBytes, isLost } from '../base/arguments.js';
import { lengthOf } from '../base/bytes.js';
import { copyOf, refuse, type Codec, type Scratch } from './codec.js';

export const bytes: Codec<Uint8Array> = {
  name: 'codecs.bytes',
  write: (value, scratch, at) => writeBytes(value, scratch, at, 'bytes'),
  read: copyOf,
  writePrefix: (prefix, scratch, at) => writeBytes(prefix, scratch, at, 'bytes'),
};

export function writeBytes(value: unknown, scratch: Scratch, at: number, codec: string): number {
  if (!isBytes(value)) refuse(codec, 'Uint8Arrays', value);
  const length = lengthOf(value);
  if (length === 0 && isLost(value)) {
    throw new TypeError(`codecs.${codec}: the buffer of this Uint8Array was transferred elsewhere`);
  }
  const target = scratch.reserve(at + length);
  if (length >= SET_FROM) {
    target.set(value, at);
  } else {
    for (let i = 0; i < length; i++) target[at + i] = value[i];
  }
  return at + length;
}

/** From about so many bytes up, `set` beats a loop. */
const SET_FROM = 32;
