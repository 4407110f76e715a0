/*
 * The playground: one DB, the operations made on it, a view of its arrays. All of that is one state, and the address has it.
 */
import { checkStructure, type DB } from '../../../lib/index.js';
import { Address, fromFragment } from '../state.js';
import { onColours } from '../theme.js';
import {
  HEAD_WIDTH,
  MAX_PIXELS,
  USUAL_PIXELS,
  layOut,
  minPixels,
  type Drawing,
  type View,
} from './columns.js';
import { coloursOf, type Colours } from './paint.js';
import { carryOut, type Step, type Trace } from './steps.js';
import { DATA, fill, makeDB, type DataName, type Operation } from './store.js';
import { BYTES_A_ROW, BYTE_ROWS, NODE_ROWS, NodeStarts } from './tables.js';
import { Moment } from './writes.js';

/** What the address has. */
interface State {
  data: DataName;
  lines: string;
  operations: Operation[];
  step: number;
  view: View;
  selected: number;
  nodes: number;
  bytes: number;
}

const START: State = {
  data: 'paper',
  lines: '',
  operations: [{ kind: 'seek', key: '17', value: '' }],
  step: 1,
  view: { isPath: false, first: 0, pixels: USUAL_PIXELS },
  selected: 0,
  nodes: 0,
  bytes: 0,
};

/** The canvas of the towers. */
export interface TowersView {
  readonly width: number;
  readonly height: number;
  paint(drawing: Drawing): void;
}

export class Playground {
  state: State = START;
  db: DB = makeDB('empty');
  trace: Trace | undefined;
  moment = new Moment(this.db);
  drawing: Drawing | undefined;
  status = '';
  isWrong = false;
  /** Which part of the data is there; 1 for all. */
  loaded = 1;
  colours: Colours = coloursOf(document.body);
  readonly starts = new NodeStarts();
  readonly address = new Address();
  readonly canvas: TowersView;
  readonly #render: (playground: Playground) => void;
  #run = 0;
  #isDue = false;

  /** @param parts what draws it */
  constructor(parts: {
    towersOf: (playground: Playground) => TowersView;
    render: (playground: Playground) => void;
  }) {
    this.canvas = parts.towersOf(this);
    this.#render = parts.render;
  }

  async start(): Promise<void> {
    onColours(() => {
      this.colours = coloursOf(document.body);
      this.changed();
    });
    addEventListener('hashchange', () => {
      if (location.hash !== this.address.shown && location.hash.startsWith('#s=')) void this.restore();
    });
    await this.restore();
  }

  async restore(): Promise<void> {
    this.address.shown = location.hash;
    const given = await fromFragment(location.hash);
    await this.load({ ...START, ...sane(given) });
    // On a small screen, not all towers fit: those that the search touches do.
    if (given === undefined) this.showTrace();
  }

  /** Another filling, and nothing done to it yet. */
  async begin(data: DataName, lines = ''): Promise<void> {
    await this.load({ ...START, data, lines, operations: [], step: 0 });
  }

  /** Makes the DB of a state anew. */
  async load(state: State): Promise<void> {
    const run = ++this.#run;
    this.state = state;
    this.trace = undefined;
    this.isWrong = false;
    this.status = '';
    this.loaded = 0;
    this.changed();
    const db = makeDB(state.data);
    const isWanted = () => run === this.#run;
    try {
      await fill(
        db,
        state.data,
        state.lines,
        (part) => {
          this.loaded = part;
          this.changed();
        },
        isWanted,
      );
      if (!isWanted()) return;
      this.db = db;
      this.loaded = 1;
      state.operations.forEach((operation) => (this.trace = carryOut(db, operation)));
    } catch (error) {
      if (!isWanted()) return;
      this.fail(error);
    }
    this.setStep(state.step, false);
    this.changed();
  }

  /** One operation more, from its beginning. */
  perform(operation: Operation): void {
    if (this.loaded < 1) return;
    try {
      this.trace = carryOut(this.db, operation);
      this.isWrong = false;
      this.status = this.trace.result;
      this.state = {
        ...this.state,
        operations: [...this.state.operations, operation],
        selected: this.trace.node,
      };
      this.setStep(0);
      this.showTrace();
    } catch (error) {
      this.fail(error);
    }
    this.changed();
  }

  /** Brings what the operation is about into view. */
  showTrace(): void {
    if (this.trace === undefined) return;
    const { db, trace, canvas } = this;
    const shown = (canvas.width - HEAD_WIDTH) / this.state.view.pixels;
    const isAllInView = db.length <= shown && this.state.view.pixels >= 34;
    const view = isAllInView
      ? { ...this.state.view, isPath: false, first: 0 }
      : { ...this.state.view, isPath: true };
    const rank = db.count({ limit: new TextEncoder().encode(trace.operation.key) });
    if (!isAllInView) view.first = Math.max(0, Math.min(rank - shown / 2, db.length - shown / 2));
    this.state = { ...this.state, view };
  }

  fail(error: unknown): void {
    this.isWrong = true;
    this.status = error instanceof Error ? error.message : String(error);
  }

  setStep(step: number, follows = true): void {
    const last = (this.trace?.steps.length ?? 1) - 1;
    const next = Math.min(Math.max(0, step), last);
    this.state = { ...this.state, step: next };
    const now = this.trace?.steps[next];
    this.moment = new Moment(this.db, this.trace?.write, now?.done);
    if (follows && now !== undefined) {
      const found = now.found === undefined || now.found === 0 ? undefined : now.found;
      this.follow(
        now.writes[0] ?? now.reads.at(-1) ?? found,
        (now.writtenBytes[0] ?? now.readBytes[0])?.[0] ?? (found && this.db.nodeData[found]),
      );
      this.reveal(now);
    }
    this.changed();
  }

  /** Brings the towers of a step into a window that does not show them. */
  reveal({ kind, found, at, looksAt }: Step): void {
    const { db, moment, state, canvas, trace } = this;
    const { view } = state;
    if (view.isPath) return;
    const nodes = kind === 'store' ? [trace?.node] : [found, at?.node, looksAt];
    const ranks = nodes
      .filter((node) => node !== undefined && node > 0 && node < moment.nodeLength)
      .map((node) => db.count({ limit: moment.key(node!).slice() }));
    if (ranks.length === 0) return;
    const shown = (canvas.width - HEAD_WIDTH) / view.pixels;
    const low = Math.min(...ranks);
    const high = Math.max(...ranks) + 1;
    if (low >= view.first && high <= view.first + shown) return;
    // Both ends of a link, if there is room for them.
    const first = high - low <= shown ? (low + high - shown) / 2 : ranks[0] - shown / 2;
    const most = Math.max(0, db.length - shown + 0.5);
    this.state = { ...this.state, view: { ...view, first: Math.min(most, Math.max(0, first)) } };
  }

  /** Brings a slot and a byte into the tables. */
  follow(slot: number | undefined, byte: number | undefined): void {
    const { db, starts } = this;
    let { nodes, bytes } = this.state;
    if (slot !== undefined && slot >= 16 && starts.count(db) > 0) {
      const number = starts.numberOf(db, slot + 1) - 1;
      if (number < nodes || number >= nodes + NODE_ROWS) nodes = Math.max(0, number - 3);
    }
    if (byte !== undefined) {
      const line = Math.floor(byte / BYTES_A_ROW);
      if (line < bytes || line >= bytes + BYTE_ROWS) bytes = Math.max(0, line - 3);
    }
    this.state = { ...this.state, nodes, bytes };
  }

  select(node: number): void {
    this.state = { ...this.state, selected: node };
    if (node > 0) this.follow(node, this.db.nodeData[node]);
    this.changed();
  }

  /** Another part of the list, in view. */
  look(view: Partial<View>): void {
    const { db, canvas, state } = this;
    const pixels = Math.min(
      MAX_PIXELS,
      Math.max(minPixels(db, canvas.width), view.pixels ?? state.view.pixels),
    );
    const shown = (canvas.width - HEAD_WIDTH) / pixels;
    const first = Math.min(Math.max(0, view.first ?? state.view.first), Math.max(0, db.length - shown + 0.5));
    this.state = { ...state, view: { isPath: view.isPath ?? state.view.isPath, pixels, first } };
    this.changed();
  }

  scroll(part: { nodes?: number; bytes?: number }): void {
    this.state = { ...this.state, ...part };
    this.changed();
  }

  check(): void {
    try {
      checkStructure(this.db);
      this.isWrong = false;
      this.status = `checkStructure read the whole structure of ${this.db.length.toLocaleString('en')} entries, and found nothing wrong`;
    } catch (error) {
      this.fail(error);
    }
    this.changed();
  }

  async copyLink(): Promise<void> {
    const link = await this.address.now(this.state);
    try {
      await navigator.clipboard.writeText(link);
      this.status = 'The link to this state is copied';
    } catch {
      this.status = 'The address of the page is the link to this state';
    }
    this.isWrong = false;
    this.changed();
  }

  changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.draw();
    });
  }

  draw(): void {
    const { db, state, moment, trace, canvas } = this;
    if (this.loaded === 1) {
      this.drawing = layOut(db, state.view, canvas.width, moment, trace, trace?.steps[state.step]);
      canvas.paint(this.drawing);
      this.address.keep(state);
    }
    this.#render(this);
  }
}

/** Of what an address says, what is of the right kind. */
function sane(given: unknown): Partial<State> {
  if (typeof given !== 'object' || given === null) return {};
  const { data, lines, operations, step, view, selected, nodes, bytes } = given as Partial<State>;
  const isNumber = (value: unknown): value is number =>
    typeof value === 'number' && Number.isFinite(value) && value >= 0;
  const kinds = ['put', 'get', 'delete', 'seek', 'scan'];
  const isOperation = (each: Operation | null) =>
    each !== null &&
    kinds.includes(each?.kind) &&
    typeof each.key === 'string' &&
    typeof each.value === 'string';
  return {
    ...(data !== undefined && DATA.includes(data) ? { data } : {}),
    ...(typeof lines === 'string' ? { lines } : {}),
    ...(Array.isArray(operations) ? { operations: operations.filter(isOperation) } : {}),
    ...(isNumber(step) ? { step } : {}),
    ...(isNumber(selected) ? { selected } : {}),
    ...(isNumber(nodes) ? { nodes } : {}),
    ...(isNumber(bytes) ? { bytes } : {}),
    ...(isNumber(view?.first) && isNumber(view.pixels) && view.pixels > 0
      ? { view: { isPath: view.isPath === true, first: view.first, pixels: view.pixels } }
      : {}),
  };
}
