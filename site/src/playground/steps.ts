/*
 * An operation as steps that can be gone through, forward and back: first the way through the towers, then how the DB itself came
 * to its answer, then what it stored.
 */
import {
  HEAD,
  KEY_LENGTH,
  NEXT,
  OFFSET,
  VALUE_LENGTH,
  tableOf,
  type NodeIndex,
} from '../../../lib/internals.js';
import type { DB } from '../../../lib/index.js';
import { hashAnswer, pagesPath, type HashAnswer, type PagesPath } from './indexpath.js';
import { decode, encode, type Operation } from './store.js';
import { atOrAbove, towerPath, type TowerPath, type TowerStep } from './towerpath.js';
import { traceWrite, type WriteEvent, type WriteTrace } from './writes.js';

export type StepKind = 'start' | 'towers' | 'index' | 'store' | 'scan' | 'end';

export interface Edge {
  from: number;
  level: number;
  to: number;
}

export interface Step {
  kind: StepKind;
  text: string;
  /** Slots of nodeData. */
  reads: number[];
  writes: number[];
  /** Runs of kvData. */
  readBytes: [number, number][];
  writtenBytes: [number, number][];
  /** Where it stands, and what it looks at. */
  at?: { node: number; level: number };
  looksAt?: number;
  found?: number;
  /** How much of the way through the towers has been gone. */
  walked: number;
  /** How many events of the write have happened. */
  done: number;
}

export interface Trace {
  operation: Operation;
  steps: Step[];
  towers: TowerPath;
  /** Links that were followed, in their order. */
  edges: Edge[];
  hash: HashAnswer | undefined;
  pages: PagesPath | undefined;
  /** What of the index answered. */
  answeredBy: 'hash' | 'pages' | 'towers';
  write: WriteTrace | undefined;
  /** The node that the operation is about, 0 if none. */
  node: number;
  /** What it came to, in words. */
  result: string;
}

/** Entries that a scan shows one by one. */
const SHOWN = 60;

export const nameOf = (bytes: Uint8Array): string => {
  const text = decode(bytes.length > 40 ? bytes.subarray(0, 40) : bytes);
  return `${JSON.stringify(text).slice(1, -1)}${bytes.length > 40 ? '…' : ''}`;
};

const number = (n: number): string => n.toLocaleString('en');

/** So many of something. */
export function counted(n: number, one: string, more = `${one}s`): string {
  return `${number(n)} ${n === 1 ? one : more}`;
}

/** Carries out an operation on the DB, and tells how. */
export function carryOut(db: DB, operation: Operation): Trace {
  const table = tableOf(db);
  const key = encode(operation.key);
  const keyName = (node: number) =>
    node === HEAD ? 'the head' : `“${nameOf(table.storage.keyOf(node as NodeIndex).slice())}”`;
  // The arrays as they are before anything is written.
  const towers = towerPath(table, key);
  const before = pagesPath(table, key);
  const steps: Step[] = [step('start', startOf(operation))];
  const edges: Edge[] = [];
  for (const each of towers.steps) {
    if (each.result !== undefined && each.result < 0)
      edges.push({ from: each.node, level: each.level, to: each.next });
    steps.push(towerStep(db, each, operation.key, keyName, edges.length));
  }
  const walked = edges.length;
  const beside = atOrAbove(table, towers);
  const isThere = towers.found !== 0;
  steps.push({
    ...step('towers', towerEnd(towers, operation, beside, keyName)),
    walked,
    ...(isThere ? { found: towers.found } : { looksAt: beside }),
  });

  const trace: Trace = {
    operation,
    steps,
    towers,
    edges,
    hash: undefined,
    pages: before,
    answeredBy: 'towers',
    write: undefined,
    node: towers.found,
    result: '',
  };
  perform(db, trace, key, keyName, beside);
  for (const each of steps) if (each.kind !== 'start' && each.kind !== 'towers') each.walked = walked;
  return trace;
}

function perform(
  db: DB,
  trace: Trace,
  key: Uint8Array,
  keyName: (node: number) => string,
  beside: number,
): void {
  const { operation, steps, towers } = trace;
  const asked = watchIndex(db);
  switch (operation.kind) {
    case 'put': {
      trace.write = traceWrite(db, () => db.put(key, encode(operation.value)));
      const isNew = towers.found === 0;
      trace.node = isNew ? nodeOfKey(db, key) : towers.found;
      trace.result = isNew
        ? `put: a new entry, ${number(db.length)} in all`
        : 'put: the key was there and has another value now';
      break;
    }
    case 'delete':
      trace.write = traceWrite(db, () => void db.delete(key));
      trace.result =
        towers.found === 0
          ? 'delete gave false: there is no such key'
          : `delete gave true: ${counted(db.length, 'entry', 'entries')} left. The node and its bytes stay where they are, and nothing links to them`;
      break;
    case 'get': {
      const value = db.get(key);
      trace.result =
        value === undefined ? 'get gave undefined: there is no such key' : `get gave “${nameOf(value)}”`;
      break;
    }
    case 'seek':
    case 'scan': {
      const it = db.iterator(
        operation.kind === 'scan' && operation.value !== '' ? { limit: encode(operation.value) } : undefined,
      );
      const isOn = it.seek(key);
      trace.node = isOn ? beside : 0;
      trace.result = isOn
        ? `seek landed on “${nameOf(it.key!)}”`
        : 'seek gave false: no key is at or above that';
      asked.end();
      steps.push(...indexSteps(trace, asked.answers, key, db));
      if (operation.kind === 'scan') scanSteps(db, trace, it, isOn);
      it.release();
      steps.push({ ...step('end', trace.result), found: trace.node, done: 0 });
      return;
    }
  }
  asked.end();
  steps.push(...indexSteps(trace, asked.answers, key, db));
  trace.write?.events.forEach((event, i) => {
    // The height is drawn after the place was found, and bytes stand there before.
    steps.push(writeStep(event, i + 1, keyName, trace.node));
  });
  const done = trace.write?.events.length ?? 0;
  steps.push({ ...step('end', trace.result), ...(trace.node === 0 ? {} : { found: trace.node }), done });
}

function step(kind: StepKind, text: string): Step {
  return { kind, text, reads: [], writes: [], readBytes: [], writtenBytes: [], walked: 0, done: 0 };
}

function startOf({ kind, key, value }: Operation): string {
  const shown = `“${key}”`;
  if (kind === 'put') return `put ${shown} with the value “${value}”: where does it belong?`;
  if (kind === 'scan')
    return `scan from ${shown}${value === '' ? '' : ` to before “${value}”`}: where does it begin?`;
  return `${kind} ${shown}: where is it?`;
}

function towerStep(
  db: DB,
  each: TowerStep,
  key: string,
  name: (node: number) => string,
  walked: number,
): Step {
  const { level, node, next, result, slots } = each;
  const where = `Level ${level}, at ${name(node)}: `;
  const down = level === 0 ? 'the search ends here' : 'go down a level';
  let text: string;
  if (next === 0) text = `${where}there is no next node, so ${down}`;
  else if (result === undefined)
    text = `${where}the next one is ${name(next)} again, known to be not below, so ${down}`;
  else if (result < 0) text = `${where}the next one is ${name(next)}, below “${key}”, so go there`;
  else if (result === 0)
    text = `${where}the next one is ${name(next)}, the very key, and ${level === 0 ? 'the search ends here' : 'the levels below only tell what is before it'}`;
  else text = `${where}the next one is ${name(next)}, above “${key}”, so ${down}`;
  const made = step('towers', text);
  made.reads = slots;
  made.at = { node, level };
  if (next !== 0) made.looksAt = next;
  if (result !== undefined) made.readBytes = [keyBytes(db, next)];
  made.walked = walked;
  return made;
}

function towerEnd(
  { found, comparisons, steps }: TowerPath,
  { key }: Operation,
  beside: number,
  name: (node: number) => string,
): string {
  const cost = `${counted(steps.length, 'link')} read, ${counted(comparisons, 'key')} compared`;
  if (found !== 0) return `By the towers: found, with ${cost}`;
  return beside === 0
    ? `By the towers: “${key}” is not there, and would be behind all others; ${cost}`
    : `By the towers: “${key}” is not there, and would be before ${name(beside)}; ${cost}`;
}

function keyBytes(db: DB, node: number): [number, number] {
  const start = db.nodeData[node + OFFSET];
  return [start, start + db.nodeData[node + KEY_LENGTH]];
}

function recordBytes(db: DB, node: number): [number, number] {
  const [start, end] = keyBytes(db, node);
  return [start, end + db.nodeData[node + VALUE_LENGTH]];
}

/** What the index was asked during a call, and what it said. */
function watchIndex(db: DB): { answers: string[]; end: () => void } {
  const { index } = tableOf(db);
  const answers: string[] = [];
  if (index === undefined) return { answers, end: () => {} };
  const { hashes } = index;
  if (hashes !== undefined) {
    const find = hashes.find.bind(hashes);
    Object.defineProperty(hashes, 'find', {
      configurable: true,
      value: (...given: Parameters<typeof hashes.find>) => {
        const node = find(...given);
        answers.push(node < 0 ? 'unknown' : node === 0 ? 'absent' : 'found');
        return node;
      },
    });
  }
  return {
    answers,
    end: () => {
      if (hashes !== undefined) Reflect.deleteProperty(hashes, 'find');
    },
  };
}

function indexSteps(trace: Trace, answers: string[], key: Uint8Array, db: DB): Step[] {
  const table = tableOf(db);
  const { pages } = trace;
  if (table.index === undefined || pages === undefined) return [];
  trace.hash = hashAnswer(table, key);
  const made: Step[] = [];
  const last = answers.at(-1);
  const isAnswered = last === 'found' || last === 'absent';
  trace.answeredBy = isAnswered ? 'hash' : 'pages';
  const { hash } = trace;
  if (answers.length > 0 && hash !== undefined) {
    const where = `bucket ${hash.bucket} of ${hash.buckets} of the hash index`;
    const said = {
      found: `has a word with this key’s tag; its node has the very key`,
      absent: `has no such key, and no node waits for being entered, so it is nowhere`,
      unknown: `can’t tell: ${hash.waiting > 0 ? 'some nodes wait for being entered' : 'it has overflowed'}`,
    }[last!]!;
    const hashed = step('index', `What this DB did instead: ${where} ${said}`);
    if (last === 'found') hashed.readBytes = [keyBytes(db, trace.towers.found)];
    if (last === 'found') hashed.found = trace.towers.found;
    made.push(hashed);
  }
  if (!isAnswered) {
    const depth = pages.steps.map(({ page, slot }) => `page ${page}, slot ${slot}`).join(', then ');
    const first = made.length === 0 ? 'What this DB did instead: ' : '';
    const ordered = step(
      'index',
      `${first}an ordered search through ${counted(pages.steps.length, 'page')} (${depth}): ${counted(pages.words, 'word')} on keys read, ${counted(pages.comparisons, 'key')} compared`,
    );
    ordered.reads = pages.slots;
    ordered.readBytes = pages.bytes;
    made.push(ordered);
  }
  return made;
}

function nodeOfKey(db: DB, key: Uint8Array): number {
  return towerPath(tableOf(db), key).found;
}

function writeStep(event: WriteEvent, done: number, name: (node: number) => string, node: number): Step {
  const made = step('store', textOf(event, name, node));
  made.writes = event.stores.map(([slot]) => slot);
  if (event.bytes !== undefined) made.writtenBytes = [event.bytes];
  made.done = done;
  return made;
}

function textOf(
  { kind, stores, bytes, height }: WriteEvent,
  name: (node: number) => string,
  node: number,
): string {
  switch (kind) {
    case 'stage':
      return `Key and value are copied behind the last record of kvData: bytes ${bytes![0]} to ${bytes![1] - 1}. What is compared is what is stored`;
    case 'height':
      return `The height of the new node is drawn: ${height}. One node in four reaches the next level`;
    case 'append':
      return `A node is added at slot ${stores[0][0]} of nodeData: offset ${stores[0][2]}, key length ${stores[1][2]}, value length ${stores[2][2]}, height ${stores[3][2]}`;
    case 'own-links':
      return `Its own links are stored first: ${stores.map(([, , next], level) => `level ${level} to ${next === 0 ? 'none' : name(next)}`).join(', ')}`;
    case 'link': {
      const [slot, from, to] = stores[0];
      return `Slot ${slot}: the link to ${from === 0 ? 'none' : name(from)} becomes one to ${to === 0 ? 'none' : to === node ? 'the new node' : name(to)}`;
    }
    case 'record': {
      const parts = stores.map(
        ([slot, , now]) => `${['offset', 'key length', 'value length'][slot - node]} ${now}`,
      );
      return `The node gets another record: ${parts.join(', ')}. The old bytes stay where they were`;
    }
    case 'insert':
      return 'The page of this place takes it in. The hash index hears of it later';
    case 'remove':
      return 'The page of this place gives it up, and so does the hash index';
  }
}

function scanSteps(db: DB, trace: Trace, it: ReturnType<DB['iterator']>, isOn: boolean): void {
  let node = isOn ? trace.node : 0;
  let count = 0;
  for (let on = isOn; on && count < SHOWN; on = it.next()) {
    if (count > 0) node = db.nodeData[node + NEXT];
    const made = step(
      'scan',
      `${count === 0 ? 'The first entry' : 'The next one'}: “${nameOf(it.key!)}” = “${nameOf(it.value!)}”`,
    );
    made.reads = [node + OFFSET, node + KEY_LENGTH, node + VALUE_LENGTH, node + NEXT];
    made.readBytes = [recordBytes(db, node)];
    made.found = node;
    trace.steps.push(made);
    count++;
  }
  let more = 0;
  if (it.valid) for (let on: boolean = it.valid; on; on = it.next()) more++;
  trace.node = count > 0 ? trace.node : 0;
  trace.result = `scan gave ${counted(count + more, 'entry', 'entries')}${more > 0 ? `; the first ${count} are shown` : ''}`;
}
