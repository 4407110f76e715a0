/*
 * The two arrays as tables: nodeData a node a line, its slots by their names; kvData by bytes. Only the lines in view are made.
 */
import { html, nothing, type TemplateResult } from 'lit-html';
import { FIRST_NODE, HEAD, HEIGHT, NEXT, tableOf } from '../../../lib/internals.js';
import type { DB } from '../../../lib/index.js';
import { nameOf, type Step } from './steps.js';
import type { Moment } from './writes.js';

export const NODE_ROWS = 10;
export const BYTE_ROWS = 12;
export const BYTES_A_ROW = 16;
const NAMES = ['offset', 'key length', 'value length', 'height'];

/** Where nodes begin: nodeData can only be read forward, so some of them are kept. */
export class NodeStarts {
  static readonly #every = 256;
  #starts: number[] = [FIRST_NODE];
  #count = 0;
  #end: number = FIRST_NODE;
  #db: DB | undefined;
  #exchanges = -1;

  /** Nodes in nodeData, those among them that are no entries any more. */
  count(db: DB): number {
    this.#catchUp(db);
    return this.#count;
  }

  /** The node of a number, in the order in which they were added. */
  node(db: DB, number: number): number {
    this.#catchUp(db);
    const nodes = db.nodeData;
    let node = this.#starts[Math.floor(number / NodeStarts.#every)];
    for (let i = number % NodeStarts.#every; i > 0; i--) node += NEXT + nodes[node + HEIGHT];
    return node;
  }

  /** The number of a node. */
  numberOf(db: DB, wanted: number): number {
    this.#catchUp(db);
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle] <= wanted) low = middle;
      else high = middle - 1;
    }
    let number = low * NodeStarts.#every;
    for (let node = this.#starts[low]; node < wanted; node += NEXT + db.nodeData[node + HEIGHT]) number++;
    return number;
  }

  #catchUp(db: DB): void {
    const { exchanges, generation } = tableOf(db);
    if (this.#db !== db || this.#exchanges !== exchanges + generation || this.#end > db.nodeLength) {
      this.#db = db;
      this.#starts = [FIRST_NODE];
      this.#count = 0;
      this.#end = FIRST_NODE;
      this.#exchanges = exchanges + generation;
    }
    const nodes = db.nodeData;
    for (; this.#end < db.nodeLength; this.#end += NEXT + nodes[this.#end + HEIGHT]) {
      if (this.#count % NodeStarts.#every === 0) this.#starts[this.#count / NodeStarts.#every] = this.#end;
      this.#count++;
    }
  }
}

const classOf = (isRead: boolean, isWritten: boolean): string =>
  isWritten ? 'is-written' : isRead ? 'is-read' : '';

export interface NodeTable {
  db: DB;
  moment: Moment;
  step: Step | undefined;
  starts: NodeStarts;
  /** The first of the nodes that are shown, by number. */
  first: number;
  selected: number;
  select: (node: number) => void;
}

export function nodeTable({ db, moment, step, starts, first, selected, select }: NodeTable): TemplateResult {
  const nodes: number[] = [HEAD];
  const count = starts.count(db);
  for (let number = first; number < Math.min(count, first + NODE_ROWS); number++) {
    const node = starts.node(db, number);
    if (node < moment.nodeLength) nodes.push(node);
  }
  const levels = Math.max(
    1,
    ...nodes.slice(1).map((node) => moment.height(node)),
    Math.min(4, tableOf(db).towers.height),
  );
  return html`<table class="flat nodes">
    <caption class="hidden-text">
      nodeData: a node a line, its slots by name
    </caption>
    <thead>
      <tr>
        <th scope="col">node</th>
        ${NAMES.map((name, i) => html`<th scope="col">+${i} ${name}</th>`)}
        ${Array.from({ length: levels }, (_, level) => html`<th scope="col">+${NEXT + level} next ${level}</th>`)}
        <th scope="col">key</th>
      </tr>
    </thead>
    <tbody>
      ${nodes.map((node) => row(node))}
    </tbody>
  </table>`;

  function row(node: number): TemplateResult {
    const isHead = node === HEAD;
    const isLinked = isHead || isEntry(db, node);
    const cell = (slot: number) => {
      const marks = classOf(step?.reads.includes(slot) === true, step?.writes.includes(slot) === true);
      const said = marks === 'is-written' ? ', written' : marks === 'is-read' ? ', read' : '';
      return html`<td class=${marks} data-slot=${slot}>
        ${moment.slot(slot)}${said === '' ? nothing : html`<span class="hidden-text">${said}</span>`}
      </td>`;
    };
    const height = isHead ? levels : moment.height(node);
    return html`<tr class=${isLinked ? '' : 'unlinked'} aria-selected=${String(node === selected)}>
      <th scope="row">
        <button type="button" class="tag" @click=${() => select(node)}>
          <span class="hidden-text">node </span>${isHead ? '0, head' : node}
        </button>
      </th>
      ${NAMES.map((_, i) => cell(node + i))}
      ${Array.from({ length: levels }, (_, level) => (level < height ? cell(node + NEXT + level) : html`<td></td>`))}
      <td class="key">${isHead ? '' : nameOf(moment.key(node))}${isLinked ? '' : ' (no entry any more)'}</td>
    </tr>`;
  }
}

/** Whether a node is an entry, and not one that was deleted: its leaf says so. */
export function isEntry(db: DB, node: number): boolean {
  const table = tableOf(db);
  return table.find(table.storage.keyOf(node as never).slice(), db.nodeData[node + 1]) === node;
}

export interface ByteTable {
  db: DB;
  moment: Moment;
  step: Step | undefined;
  /** The first line that is shown. */
  first: number;
  selected: number;
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
const letter = (byte: number): string => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·');
const isIn = (i: number, runs: readonly [number, number][] | undefined): boolean =>
  runs?.some(([start, end]) => i >= start && i < end) === true;

export function byteTable({ db, moment, step, first, selected }: ByteTable): TemplateResult {
  const kv = db.kvData;
  const lines = Math.min(BYTE_ROWS, Math.ceil(Math.max(moment.kvLength, 1) / BYTES_A_ROW) + 1 - first);
  const end = Math.min(kv.length, (first + Math.max(lines, 1)) * BYTES_A_ROW);
  const written = step?.writtenBytes;
  const key: [number, number][] =
    selected > 0 && selected < moment.nodeLength
      ? [[moment.slot(selected), moment.slot(selected) + moment.slot(selected + 1)]]
      : [];
  const value: [number, number][] = key.map(([, from]) => [from, from + moment.slot(selected + 2)]);
  const rows: TemplateResult[] = [];
  for (let at = first * BYTES_A_ROW; at < end; at += BYTES_A_ROW) {
    const cells: TemplateResult[] = [];
    let text = '';
    for (let i = at; i < at + BYTES_A_ROW && i < kv.length; i++) {
      const isStaged = isIn(i, written);
      const isUsed = i < moment.kvLength || isStaged;
      const marks =
        classOf(isIn(i, step?.readBytes), isStaged) ||
        (isIn(i, key) ? 'key is-found' : isIn(i, value) ? 'is-found' : '');
      cells.push(
        html`<td class="${marks} ${isUsed ? '' : 'free'}" data-byte=${i}>${isUsed ? hex(kv[i]) : '··'}</td>`,
      );
      text += isUsed ? letter(kv[i]) : ' ';
    }
    rows.push(
      html`<tr>
        <th scope="row">${at}</th>
        ${cells}
        <td class="text">${text}</td>
      </tr>`,
    );
  }
  return html`<table class="flat bytes">
    <caption class="hidden-text">
      kvData: sixteen bytes a line, hexadecimal, and as text
    </caption>
    <thead>
      <tr>
        <th scope="col">byte</th>
        ${Array.from({ length: BYTES_A_ROW }, (_, i) => html`<th scope="col">+${i.toString(16)}</th>`)}
        <th scope="col">as text</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}
