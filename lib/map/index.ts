export { type AnyKey } from './any.js';
export { type Codec, type Scratch, type SimpleCodec } from './codec.js';
export { codecs } from './codecs.js';
export { OrderedMap, type OrderedMapOptions } from './orderedmap.js';
export { prefix, type BoundOf, type MapScan, type PrefixOf } from './scan.js';
export { type CodecsOf } from './tuple.js';
