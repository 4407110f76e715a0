/* The door for tests of this room. Nothing in lib/ imports it, and it is not part of the package. */
export { Compaction } from './compaction.js';
export { Known } from './known.js';
