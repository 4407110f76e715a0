/*
 * A thread that writes or reads, for main.ts. It posts how many steps it took, or `{ error }`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Prng } from '../../support/prng.js';
import { attachList, createList, GROUPS, type Handle, type Kind, type Subject } from './lists.js';
import { read } from './reader.js';
import { State } from './state.js';

export interface Task {
  readonly role: 'writer' | 'reader';
  readonly state: SharedArrayBuffer;
  readonly seed: number;
  /** Of a writer that begins. */
  readonly kind?: Kind;
  /** Of a reader, and of a writer that takes over. */
  readonly handle?: Handle;
  /** Of a reader; by default, it goes on until all is over. */
  readonly steps?: number;
}

/** Adds until all is over, or the list is full. */
function write(list: Subject, state: State, seed: number): number {
  const draw = new Prng(seed);
  let added = 0;
  for (; !state.isOver; added++) {
    const group = draw.below(GROUPS);
    const generation = state.newest(group) + 1;
    try {
      list.add({ group, generation });
    } catch (error) {
      if ((error as { code?: string }).code !== 'MEMDB_CAPACITY') throw error;
      break;
    }
    state.added(group, generation);
  }
  return added;
}

/**
 * All that the writer before said to be in is there, in order, both ways; and at most one that it could not say so of, which counts as in
 * from now on.
 */
function checkInheritance(list: Subject, state: State): void {
  const found = Array.from({ length: GROUPS }, () => 0);
  let count = 0;
  const cursor = list.cursor();
  for (let on = cursor.first(); on; on = cursor.next(), count++) {
    const { group, generation } = cursor.place();
    const expected = list.isAscending ? found[group] + 1 : found[group] === 0 ? generation : found[group] - 1;
    if (generation !== expected) throw new Error(`group ${group} has ${generation}, not ${expected}`);
    found[group] = generation;
  }
  let backward = 0;
  for (let on = cursor.last(); on; on = cursor.prev()) backward++;
  if (backward !== count || list.length !== count) {
    throw new Error(`${count} forward, ${backward} backward, and length is ${list.length}`);
  }
  let unsaid = 0;
  for (let group = 0; group < GROUPS; group++) {
    const said = state.newest(group);
    if (said > 0 && !list.has({ group, generation: said }))
      throw new Error(`${said} of group ${group} is lost`);
    if (list.has({ group, generation: said + 1 })) {
      unsaid++;
      state.added(group, said + 1);
    }
  }
  if (unsaid > 1 || state.total !== count)
    throw new Error(`${count} are there, and ${state.total} were added`);
}

const { role, state: buffer, seed, kind, handle, steps } = workerData as Task;
const state = new State(buffer);
try {
  if (role === 'reader') {
    const list = attachList(handle!);
    const isEnough = (taken: number) => (steps !== undefined ? taken >= steps : state.isOver);
    parentPort!.postMessage(read(list, state, seed, isEnough));
  } else {
    const list = kind !== undefined ? createList(kind) : attachList(handle!, { writer: true });
    checkInheritance(list, state);
    parentPort!.postMessage(list.handle);
    parentPort!.postMessage(write(list, state, seed));
  }
} catch (error) {
  parentPort!.postMessage({ error: `${role}: ${(error as Error).message}` });
}
