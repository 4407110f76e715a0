/**
 * The two arrays that hold everything, laid out as goleveldb's memdb lays them out.
 *
 *     kv      | key bytes, value bytes | key bytes, value bytes | ...          append-only
 *     nodes   | head | node | node | ...                                       one run of slots per node
 *
 *     a node  | OFFSET | KEY_LENGTH | VALUE_LENGTH | HEIGHT h | NEXT, h slots |
 *
 * OFFSET is where its record begins in kv; NEXT + l is the index of the next node on level l, NONE at the end.
 * The head is node 0, of full height; since nothing links to it, a link of 0 means none.
 *
 * Invariants:
 * 1. Bytes of kv and nodes below their lengths never move and kv's never change, until `reset`: a record that was
 *    replaced or deleted stays readable where it was.
 * 2. A node's links point to nodes, and are changed only through `Growable.write`.
 */
export type NodeIndex = number & { readonly [nodeIndex]: never };
declare const nodeIndex: unique symbol;
/** A position in kv. */
export type KVOffset = number & { readonly [kvOffset]: never };
declare const kvOffset: unique symbol;

export const OFFSET = 0;
export const KEY_LENGTH = 1;
export const VALUE_LENGTH = 2;
export const HEIGHT = 3;
export const NEXT = 4;

export const MAX_HEIGHT = 12;
export const HEAD = 0 as NodeIndex;
export const NONE = 0 as NodeIndex;
/** Slots that the head takes; the first node begins here. */
export const FIRST_NODE = (NEXT + MAX_HEIGHT) as NodeIndex;

/** Of a node that is on level 0 only. */
export const MIN_NODE_SLOTS = NEXT + 1;
/** On average, as one node in four is on the next level, too. */
export const MEAN_NODE_SLOTS = NEXT + 4 / 3;

/** What `readPage` says of an entry: its node, and where in kv its key and value are. The key ends at VALUE_START. */
export const ENTRY_WORDS = 4;
export const KEY_START = 1;
export const VALUE_START = 2;
export const VALUE_END = 3;
