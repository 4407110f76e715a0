/*
 * Which towers are drawn, and where: the entries of a window, those that a search touched, or, from far away, only the tall ones. What is
 * drawn is read off the DB's arrays; places of far-away towers are ranks, which the pages know.
 */
import { HEAD, NONE, tableOf } from '../../../lib/internals.js';
import type { DB } from '../../../lib/index.js';
import type { Step, Trace } from './steps.js';
import { towerPath } from './towerpath.js';
import type { Moment } from './writes.js';

export interface Column {
  node: number;
  /** Entries before it. */
  rank: number;
  /** Of its tower, in pixels. */
  x: number;
  width: number;
  height: number;
  /** Added, and not linked on every level; or unlinked, and still there. */
  isLoose: boolean;
  /** Entries that are left out before it. */
  gap: number;
  /** Others that belong here are left of the window. */
  isCut?: boolean;
}

export interface Drawing {
  columns: Column[];
  /** Levels that are drawn, from `low` on. */
  levels: number;
  low: number;
  /** Where the head ends. */
  headWidth: number;
  isPath: boolean;
  /** For each level the last tower before all that are drawn: the head where there is none. */
  before: ArrayLike<number>;
}

export interface View {
  isPath: boolean;
  /** The entry at the left, which may be a part of one. */
  first: number;
  /** Pixels of an entry. */
  pixels: number;
}

export const HEAD_WIDTH = 74;
export const MAX_PIXELS = 120;
/** Of an entry, where nobody has chosen another zoom. */
export const USUAL_PIXELS = 84;
/** From here on, towers are boxes with names; below, bars. */
export const BOXES_FROM = 34;
/** Of a tower that a search touches: as much as fits. And what of that a gap takes beside it. */
const MOST_PATH_PIXELS = 88;
const LEAST_PATH_PIXELS = 64;
export const GAP = 0.52;
/** Towers are not drawn nearer to each other than this: low ones are left out. */
const LEAST_PIXELS = 3;
const MOST_COLUMNS = 600;

export function minPixels(db: DB, width: number): number {
  return Math.min(USUAL_PIXELS, (width - HEAD_WIDTH) / Math.max(1, db.length + 0.5));
}

export function layOut(
  db: DB,
  view: View,
  width: number,
  moment: Moment,
  trace: Trace | undefined,
  step: Step | undefined,
): Drawing {
  const table = tableOf(db);
  const levels = table.towers.height;
  const drawing: Drawing = {
    columns: [],
    levels,
    low: 0,
    headWidth: HEAD_WIDTH,
    isPath: false,
    before: new Int32Array(12),
  };
  if (view.isPath && trace !== undefined) {
    drawing.isPath = true;
    layOutPath(db, drawing, width, moment, trace);
    toStep(drawing, width, step);
  } else {
    layOutWindow(db, drawing, view, width, moment, trace);
  }
  const [first] = drawing.columns;
  if (first !== undefined && first.rank > 0 && (!drawing.isPath || first.isCut === true)) {
    drawing.before = towerPath(table, moment.key(first.node)).before;
  }
  return drawing;
}

/** A node that is on the way in or out at this moment, so that the list alone does not lead to it. */
function looseNode(moment: Moment, trace: Trace | undefined): number {
  if (trace?.write === undefined || trace.write.isMoved || trace.node === 0) return 0;
  return trace.node < moment.nodeLength ? trace.node : 0;
}

function isLinked(moment: Moment, trace: Trace, node: number): boolean {
  return moment.link(trace.towers.before[0], 0) === node;
}

function layOutWindow(
  db: DB,
  drawing: Drawing,
  view: View,
  width: number,
  moment: Moment,
  trace: Trace | undefined,
): void {
  const { pixels } = view;
  const first = Math.max(0, Math.floor(view.first));
  let low = 0;
  for (let apart = pixels; apart < LEAST_PIXELS && low < drawing.levels - 1; apart *= 4) low++;
  drawing.low = low;
  const xOf = (rank: number) => HEAD_WIDTH + (rank - view.first) * pixels;
  const add = (node: number, rank: number, isLoose: boolean, place = rank) =>
    drawing.columns.push({
      node,
      rank,
      x: xOf(place),
      width: pixels,
      height: moment.height(node),
      isLoose,
      gap: 0,
    });

  if (low > 0) {
    for (
      let node = tallFrom(db, first, low, moment);
      node !== NONE && drawing.columns.length < MOST_COLUMNS;
      node = moment.link(node, low)
    ) {
      const rank = db.count({ limit: moment.key(node) });
      if (xOf(rank) > width) break;
      add(node, rank, false);
    }
    return;
  }
  const loose = looseNode(moment, trace);
  const isLoose = loose !== 0 && trace!.operation.kind !== 'get' && !isLinked(moment, trace!, loose);
  const last = Math.ceil(view.first + (width - HEAD_WIDTH) / pixels) + 1;
  let rank = first;
  let node = startOf(db, first, moment, trace);
  const before = isLoose ? trace!.towers.before[0] : -1;
  // One that is not in the list takes a place, and has no rank of its own.
  let places = 0;
  if (isLoose && first === 0 && before === HEAD) add(loose, rank, true, rank + places++);
  for (; node !== NONE && rank <= last; node = moment.link(node, 0), rank++) {
    add(node, rank, false, rank + places);
    if (node === before) add(loose, rank + 1, true, rank + 1 + places++);
  }
}

/** The node of a rank, as the list is at this moment. */
function startOf(db: DB, rank: number, moment: Moment, trace: Trace | undefined): number {
  const table = tableOf(db);
  if (rank === 0) return moment.link(HEAD, 0);
  const isChanging = trace?.write !== undefined && !trace.write.isMoved;
  if (!isChanging) return table.nodeAt(Math.min(rank, db.length - 1));
  // A node earlier, and then along the links of that moment.
  let node: number = table.nodeAt(Math.min(rank, db.length) - 1);
  if (node === trace.node && !isLinked(moment, trace, node)) node = trace.towers.before[0];
  return moment.link(node, 0);
}

/** The first node on a level, from a rank on. */
function tallFrom(db: DB, rank: number, level: number, moment: Moment): number {
  if (rank === 0) return moment.link(HEAD, level);
  const table = tableOf(db);
  const node = table.nodeAt(Math.min(rank, db.length - 1));
  const { before } = towerPath(table, moment.key(node).slice());
  return moment.link(before[level], level);
}

function layOutPath(db: DB, drawing: Drawing, width: number, moment: Moment, trace: Trace): void {
  const { towers, node } = trace;
  const touched = new Set<number>();
  for (const step of towers.steps) {
    if (step.node !== HEAD) touched.add(step.node);
    if (step.next !== NONE) touched.add(step.next);
  }
  if (node !== 0 && node < moment.nodeLength) touched.add(node);
  for (const step of trace.steps) {
    if (step.kind === 'scan' && step.found !== undefined && touched.size < 40) touched.add(step.found);
  }
  // Their order is that of their keys, in which the DB's own comparer has them.
  const { order, storage } = tableOf(db);
  const kv = storage.kv.array;
  const sorted = [...touched].sort((a, b) => {
    const key = moment.key(b);
    return order.compare(kv, moment.slot(a), moment.slot(a + 1), key, 0, key.length, 0);
  });
  const fitting = (width - HEAD_WIDTH) / (sorted.length * (1 + GAP));
  const pixels = Math.min(MOST_PATH_PIXELS, Math.max(LEAST_PATH_PIXELS, fitting));
  let x = HEAD_WIDTH;
  let before = -1;
  for (const each of sorted) {
    const rank = db.count({ limit: moment.key(each) });
    const gap = Math.max(0, rank - before - 1);
    if (gap > 0) x += pixels * GAP;
    const isLoose =
      each === node &&
      trace.write !== undefined &&
      !isLinked(moment, trace, each) &&
      trace.operation.kind !== 'get';
    drawing.columns.push({
      node: each,
      rank,
      x,
      width: pixels,
      height: moment.height(each),
      isLoose,
      gap,
    });
    x += pixels;
    before = rank;
  }
}

/** Where the towers of a search are wider than the window, brings that of the step into its middle. */
function toStep(drawing: Drawing, width: number, step: Step | undefined): void {
  const last = drawing.columns.at(-1);
  if (last === undefined) return;
  const total = last.x + last.width;
  const focus = drawing.columns.find(({ node }) => node === (step?.found ?? step?.at?.node ?? step?.looksAt));
  if (total <= width || focus === undefined) return;
  const shift = Math.min(total - width, Math.max(0, focus.x - width / 2));
  if (shift <= 0) return;
  for (const column of drawing.columns) column.x -= shift;
  drawing.columns = drawing.columns.filter(({ x }) => x >= HEAD_WIDTH);
  drawing.columns[0].isCut = true;
}
