/*
 * Paints towers on a canvas: boxes, links, the way of a search. Colours are those of the page.
 */
import { HEAD, MAX_HEIGHT, NEXT } from '../../../lib/internals.js';
import type { DB } from '../../../lib/index.js';
import { BOXES_FROM, GAP, type Column, type Drawing } from './columns.js';
import { nameOf, type Step, type Trace } from './steps.js';
import type { Moment } from './writes.js';

const BOX = 20;
const LABELS = 40;
const TOP = 16;
/** Pixels up to which a box is a bar. */
const THIN = 3;
/** Pixels of a letter, and what is between it and the next. */
const LETTER = 7.5;
/** Where the boxes of the head end. */
const HEAD_END = 52;
/** Room is kept for those that come. */
const LEAST_LEVELS = 6;

const COLOURS = [
  'paper',
  'raised',
  'line',
  'ink',
  'faint',
  'accent',
  'read',
  'read-line',
  'write',
  'write-line',
  'found',
  'found-line',
  'gone',
] as const;
export type Colours = Record<(typeof COLOURS)[number], string>;

/** The page's colours, as they are now. */
export function coloursOf(element: HTMLElement): Colours {
  const probe = document.createElement('span');
  element.append(probe);
  const colours = Object.fromEntries(
    COLOURS.map((name) => {
      probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(probe).color];
    }),
  ) as Colours;
  probe.remove();
  return colours;
}

export interface Scene {
  db: DB;
  drawing: Drawing;
  moment: Moment;
  trace: Trace | undefined;
  step: Step | undefined;
  selected: number;
  colours: Colours;
}

interface Canvas {
  c: CanvasRenderingContext2D;
  width: number;
  height: number;
}

export const boxWidth = ({ width }: Column): number =>
  width >= BOXES_FROM ? Math.min(width - 22, 66) : Math.max(1, width - 1);

/** The left of a tower's boxes. */
export const left = ({ x, width }: Column): number =>
  width >= BOXES_FROM ? x + 11 : width > THIN ? x : Math.round(x);

export function levelTop(height: number, level: number, low: number): number {
  return height - LABELS - (level - low + 1) * BOX;
}

export function paint({ c, width, height }: Canvas, scene: Scene): void {
  const { drawing, colours } = scene;
  c.fillStyle = colours.paper;
  c.fillRect(0, 0, width, height);
  c.font = '12px ui-monospace, "DejaVu Sans Mono", monospace';
  c.textBaseline = 'middle';
  paintLinks({ c, width, height }, scene);
  for (const column of drawing.columns) paintTower({ c, width, height }, scene, column);
  paintHead({ c, width, height }, scene);
  paintWay({ c, width, height }, scene);
}

function paintHead({ c, height }: Canvas, { drawing, colours, step }: Scene): void {
  c.fillStyle = colours.paper;
  c.fillRect(0, 0, HEAD_END, height);
  const top = Math.min(MAX_HEIGHT, drawing.levels);
  for (let level = drawing.low; level < top; level++) {
    const y = levelTop(height, level, drawing.low);
    const slot = HEAD + NEXT + level;
    box(c, 8, y, 44, fillOf(slot, step, colours) ?? colours.raised, colours.faint);
    c.fillStyle = colours.faint;
    c.textAlign = 'center';
    c.fillText(`L${level}`, 30, y + BOX / 2 + 0.5);
  }
  c.fillStyle = colours.ink;
  c.fillText('head', 30, height - LABELS + 14);
}

function box(
  c: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  fill: string,
  line: string,
): void {
  c.fillStyle = fill;
  c.fillRect(x, y, width, BOX);
  c.strokeStyle = line;
  c.lineWidth = 1;
  if (width > THIN) c.strokeRect(x + 0.5, y + 0.5, width - 1, BOX - 1);
}

/** Of a slot that the step reads or writes. */
function fillOf(slot: number, step: Step | undefined, colours: Colours): string | undefined {
  if (step?.writes.includes(slot) === true) return colours.write;
  if (step?.reads.includes(slot) === true) return colours.read;
  return undefined;
}

function paintTower({ c, height }: Canvas, scene: Scene, column: Column): void {
  const { drawing, step, selected, colours, moment } = scene;
  const { node } = column;
  const x = left(column);
  const width = boxWidth(column);
  const isFound = step?.found === node;
  const isLooked = step?.looksAt === node;
  const line = isFound
    ? colours['found-line']
    : isLooked
      ? colours['read-line']
      : node === selected
        ? colours.accent
        : colours.faint;
  const plain = isFound
    ? colours.found
    : isLooked
      ? colours.read
      : column.isLoose
        ? colours.gone
        : colours.raised;
  if (column.isLoose) c.setLineDash([4, 3]);
  for (let level = drawing.low; level < column.height; level++) {
    const lit = fillOf(node + NEXT + level, step, colours);
    // A thin one is all line.
    const fill = width > THIN ? (lit ?? plain) : line;
    box(c, x, levelTop(height, level, drawing.low), width, fill, line);
  }
  c.setLineDash([]);
  if (column.gap > 0) {
    c.fillStyle = colours.faint;
    c.textAlign = 'center';
    c.fillText(shortly(column.gap), column.x - (column.width * GAP) / 2, height - LABELS + 29);
  }
  if (column.width < BOXES_FROM) return;
  c.fillStyle = colours.ink;
  c.textAlign = 'center';
  // The list may have gone on; what is named is what stands in kvData.
  c.fillText(
    fitting(nameOf(moment.key(node)), Math.floor(column.width / LETTER)),
    x + width / 2,
    height - LABELS + 14,
  );
  c.fillStyle = colours.faint;
  const number = [`node ${node}`, `${node}`].find((text) => text.length * LETTER <= column.width);
  if (number !== undefined) c.fillText(number, x + width / 2, height - LABELS + 29);
}

/** Entries that are left out, in few letters. */
function shortly(count: number): string {
  if (count < 1000) return `+${count}`;
  return count < 1_000_000 ? `+${Math.round(count / 1000)}k` : `+${Math.round(count / 1_000_000)}M`;
}

function fitting(text: string, letters: number): string {
  return text.length <= letters ? text : `${text.slice(0, Math.max(1, letters - 1))}…`;
}

function paintLinks({ c, width, height }: Canvas, { drawing, moment, colours }: Scene): void {
  const { columns, low, levels } = drawing;
  const byNode = new Map(columns.map((column) => [column.node, column]));
  c.lineWidth = 1;
  c.strokeStyle = colours.line;
  c.fillStyle = colours.faint;
  for (let level = low; level < levels; level++) {
    const y = levelTop(height, level, low) + BOX / 2 + 0.5;
    // From the head, or from a tower at the left of all these.
    const before = drawing.before[level];
    link(c, moment.link(before, level), before === HEAD ? HEAD_END : drawing.headWidth - 16, y);
    for (const column of columns) {
      if (column.height > level) link(c, moment.link(column.node, level), left(column) + boxWidth(column), y);
    }
  }

  function link(c: CanvasRenderingContext2D, target: number, from: number, y: number): void {
    if (from > width) return;
    const to = byNode.get(target);
    const end = target === 0 ? from + 10 : to === undefined ? width : left(to);
    if (end < from) return;
    c.beginPath();
    c.moveTo(Math.max(0, from), y);
    c.lineTo(end, y);
    c.stroke();
    if (target === 0) {
      c.beginPath();
      c.moveTo(end, y - 5);
      c.lineTo(end, y + 5);
      c.stroke();
    } else if (to !== undefined && (columns.length < 60 || to.width >= BOXES_FROM)) {
      arrow(c, end, y);
    }
  }
}

function arrow(c: CanvasRenderingContext2D, x: number, y: number): void {
  c.beginPath();
  c.moveTo(x, y);
  c.lineTo(x - 6, y - 3.5);
  c.lineTo(x - 6, y + 3.5);
  c.fill();
}

function paintWay({ c, width, height }: Canvas, { db, drawing, moment, trace, step, colours }: Scene): void {
  if (trace === undefined || step === undefined) return;
  const byNode = new Map(drawing.columns.map((column) => [column.node, column]));
  const rightOf = (node: number): number | undefined => {
    if (node === HEAD) return HEAD_END;
    const column = byNode.get(node);
    return column === undefined ? undefined : left(column) + boxWidth(column);
  };
  const isBefore = (node: number) => {
    const [first] = drawing.columns;
    return first !== undefined && db.count({ limit: moment.key(node).slice() }) < first.rank;
  };
  c.strokeStyle = colours.accent;
  c.fillStyle = colours.accent;
  c.lineWidth = 3;
  for (const { from, level, to } of trace.edges.slice(0, step.walked)) {
    if (level < drawing.low) continue;
    const target = byNode.get(to);
    const y = levelTop(height, level, drawing.low) + BOX / 2;
    let x = rightOf(from);
    let end = target === undefined ? width : left(target);
    if (target === undefined && isBefore(to)) {
      // All of it is left of what is drawn: of the first link, where it leaves the head.
      if (from !== HEAD) continue;
      end = drawing.headWidth - 16;
    } else if (x === undefined) {
      if (!isBefore(from)) continue;
      x = drawing.headWidth - 16;
    }
    c.beginPath();
    c.moveTo(x!, y);
    c.lineTo(end, y);
    c.stroke();
    if (target !== undefined) arrow(c, end + 1, y);
  }
  if (step.at === undefined || step.at.level < drawing.low) return;
  const x = rightOf(step.at.node);
  if (x === undefined) return;
  const y = levelTop(height, step.at.level, drawing.low);
  const from = step.at.node === HEAD ? 8 : left(byNode.get(step.at.node)!);
  c.strokeStyle = colours['read-line'];
  c.strokeRect(from - 1, y - 1, x - from + 2, BOX + 2);
}

/** Pixels from top to bottom, for so many levels. */
export function roomFor(levels: number): number {
  return TOP + Math.max(LEAST_LEVELS, levels) * BOX + LABELS;
}
