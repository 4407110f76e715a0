export type { MirrorRange, Retain, WaitOptions } from './arguments.js';
export type { EtcdClient } from './connection.js';
export { MirrorIterator } from './iterator.js';
export type { MirrorChange } from './listeners.js';
export { Mirror, type MirrorOptions } from './mirror.js';
export { MirrorView } from './reads.js';
export type { MirrorTransaction } from './transaction.js';
