/*
 * The same writes in a DB and in a MemTable: versions, a read at a snapshot, what a flush would write. All that is shown was read from
 * the two, which are those of the published package.
 */
import { DB, MemTable, ValueType, makeInternalKey } from 'flat-memdb';
import { html, nothing, render, type TemplateResult } from 'lit-html';
import { Address, fromFragment } from '../state.js';

interface Write {
  key: string;
  /** Of a delete, undefined. */
  value?: string;
}

interface State {
  writes: Write[];
  readKey: string;
  /** Sequence numbers at which somebody reads; the newest of all is not among them. */
  snapshots: number[];
  /** The one of the read that is shown. */
  at: number;
  isBottom: boolean;
}

interface Version {
  key: string;
  sequence: number;
  isTombstone: boolean;
  value: string;
  internalKey: Uint8Array;
}

const START: State = {
  writes: [
    { key: 'color', value: 'red' },
    { key: 'shape', value: 'round' },
    { key: 'color', value: 'blue' },
    { key: 'shape' },
    { key: 'taste', value: 'sweet' },
    { key: 'color', value: 'green' },
  ],
  readKey: 'color',
  snapshots: [3],
  at: 3,
  isBottom: false,
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const encode = (text: string) => encoder.encode(text);
const decode = (bytes: Uint8Array) => decoder.decode(bytes);

let state = START;
let db = new DB();
let table = new MemTable();
let status = '';
const fields = { key: 'color', value: 'yellow' };
const address = new Address();

function make(): void {
  db = new DB();
  table = new MemTable();
  state.writes.forEach(({ key, value }, i) => apply(key, value, i + 1));
}

function apply(key: string, value: string | undefined, sequence: number): void {
  if (value === undefined) {
    db.delete(encode(key));
    table.add(sequence, ValueType.Deletion, encode(key));
  } else {
    db.put(encode(key), encode(value));
    table.add(sequence, ValueType.Value, encode(key), encode(value));
  }
}

function write(value: string | undefined): void {
  const { key } = fields;
  const sequence = state.writes.length + 1;
  apply(key, value, sequence);
  const isNewest = state.at === state.writes.length;
  state = {
    ...state,
    writes: [...state.writes, value === undefined ? { key } : { key, value }],
    at: isNewest ? sequence : state.at,
  };
  status =
    value === undefined
      ? `delete “${key}”, number ${sequence}: a tombstone in the MemTable`
      : `put “${key}”, number ${sequence}`;
  draw();
}

function change(to: Partial<State>): void {
  state = { ...state, ...to };
  draw();
}

function versionsOf(from: MemTable): Version[] {
  const versions: Version[] = [];
  const it = from.iterator();
  while (it.next()) {
    versions.push({
      key: decode(it.userKey!),
      sequence: it.sequenceNumber!,
      isTombstone: it.type === ValueType.Deletion,
      value: decode(it.value!),
      internalKey: it.internalKey!.slice(),
    });
  }
  return versions;
}

/** What is left of the table where it is compacted for its readers: a second one, with the same versions. */
function flushed(): { versions: Version[]; bytes: number } {
  const copy = new MemTable();
  state.writes.forEach(({ key, value }, i) => {
    if (value === undefined) copy.add(i + 1, ValueType.Deletion, encode(key));
    else copy.add(i + 1, ValueType.Value, encode(key), encode(value));
  });
  copy.compact(state.writes.length, { snapshots: state.snapshots, bottom: state.isBottom });
  return { versions: versionsOf(copy), bytes: copy.size };
}

function draw(): void {
  const all = versionsOf(table);
  render(writes(), element('writes'));
  render(dbPanel(), element('db'));
  render(tablePanel(all), element('table'));
  render(readPanel(all), element('read'));
  render(flushPanel(all), element('flush'));
  address.keep(state);
}

const element = (id: string) => document.querySelector<HTMLElement>(`#${id}`)!;
const input = (event: Event) => (event.target as HTMLInputElement).value;

function writes(): TemplateResult {
  return html`<form class="bar" @submit=${(event: Event) => event.preventDefault()}>
      <label
        >Key
        <input
          id="key"
          type="text"
          autocomplete="off"
          spellcheck="false"
          .value=${fields.key}
          @input=${(event: Event) => (fields.key = input(event))}
      /></label>
      <label
        >Value
        <input
          id="value"
          type="text"
          autocomplete="off"
          spellcheck="false"
          .value=${fields.value}
          @input=${(event: Event) => (fields.value = input(event))}
      /></label>
      <button type="submit" id="put" class="main" @click=${() => write(fields.value)}>put</button>
      <button type="button" id="delete" @click=${() => write(undefined)}>delete</button>
      <button type="button" id="undo" ?disabled=${state.writes.length === 0} @click=${undo}>
        take the last one back
      </button>
      <button type="button" id="clear" @click=${clear}>begin with nothing</button>
      <button type="button" id="copy-link" @click=${() => void copyLink()}>Copy a link to this state</button>
    </form>
    <p id="status" class="status" role="status">${status}</p>`;
}

function undo(): void {
  const left = state.writes.length - 1;
  state = {
    ...state,
    writes: state.writes.slice(0, -1),
    at: Math.min(state.at, left),
    snapshots: state.snapshots.filter((each) => each <= left),
  };
  make();
  status = 'The last write is gone from both';
  draw();
}

function clear(): void {
  state = { ...state, writes: [], snapshots: [], at: 0 };
  make();
  status = 'Both are empty';
  draw();
}

async function copyLink(): Promise<void> {
  const link = await address.now(state);
  try {
    await navigator.clipboard.writeText(link);
    status = 'The link to this state is copied';
  } catch {
    status = 'The address of the page is the link to this state';
  }
  draw();
}

function dbPanel(): TemplateResult {
  const entries = [...db];
  return html`<div class="scroller" tabindex="0" role="group" aria-label="Entries of the DB">
      <table id="db-entries">
        <thead>
          <tr>
            <th scope="col">key</th>
            <th scope="col">value</th>
          </tr>
        </thead>
        <tbody>
          ${entries.map(
            ([key, value]) =>
              html`<tr>
                <td>${decode(key)}</td>
                <td>${decode(value)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="source">
      ${db.length} entries in ${db.kvLength} bytes of kvData, ${db.garbage} of them garbage: what was
      overwritten or deleted. An old value is gone for who reads now.
    </p>`;
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

function tablePanel(all: Version[]): TemplateResult {
  return html`<div class="scroller" tabindex="0" role="group" aria-label="Versions in the MemTable">
      <table id="versions">
        <thead>
          <tr>
            <th scope="col">user key</th>
            <th scope="col">number</th>
            <th scope="col">type</th>
            <th scope="col">value</th>
            <th scope="col">the eight bytes behind the key</th>
          </tr>
        </thead>
        <tbody>
          ${all.map(
            ({ key, sequence, isTombstone, value, internalKey }) =>
              html`<tr>
                <td>${key}</td>
                <td>${sequence}</td>
                <td>${isTombstone ? '0, tombstone' : '1, value'}</td>
                <td>${value}</td>
                <td class="tag">${hex(internalKey.subarray(-8))}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="source">
      ${table.length} versions, ${table.size} bytes of user keys and values, ${table.approximateMemoryUsage}
      bytes in use, the index among them.
    </p>`;
}

function readPanel(all: Version[]): TemplateResult {
  const newest = state.writes.length;
  const { readKey, at } = state;
  const answer = table.get(encode(readKey), at);
  const said =
    answer === undefined
      ? 'undefined: this table knows nothing of it at that number; older tables must be asked'
      : answer.type === ValueType.Deletion
        ? `a tombstone, of number ${answer.sequenceNumber}: the key was deleted, and no older table counts`
        : `“${decode(answer.value)}”, of number ${answer.sequenceNumber}`;
  const sought = makeInternalKey(encode(readKey), at, ValueType.Value);
  const ofKey = all.filter(({ key }) => key === readKey);
  return html`<div class="bar">
      <label
        >Key
        <input
          id="read-key"
          type="text"
          autocomplete="off"
          spellcheck="false"
          .value=${readKey}
          @input=${(event: Event) => change({ readKey: input(event) })}
      /></label>
      <label class="beside"
        >at number ${at}
        <input
          id="read-at"
          type="range"
          min="0"
          max=${newest}
          .value=${String(at)}
          @input=${(event: Event) => change({ at: Number(input(event)) })}
      /></label>
      <button
        type="button"
        id="snapshot"
        ?disabled=${state.snapshots.includes(at) || at === 0}
        @click=${() => change({ snapshots: [...state.snapshots, at].sort((a, b) => a - b) })}
      >
        keep a snapshot here
      </button>
    </div>
    <p id="answer" class="status" role="status">get(“${readKey}”, ${at}) gave ${said}.</p>
    <div class="scroller" tabindex="0" role="group" aria-label="Versions of the key">
      <table id="seen">
        <thead>
          <tr>
            <th scope="col">number</th>
            <th scope="col">value</th>
            <th scope="col">for this read</th>
          </tr>
        </thead>
        <tbody>
          ${ofKey.map(({ sequence, isTombstone, value }) => {
            const isSeen = sequence === answer?.sequenceNumber;
            const why = isSeen
              ? 'the answer'
              : sequence > at
                ? 'newer than the snapshot: passed over'
                : 'older than the answer: not looked at';
            return html`<tr class=${isSeen ? '' : 'unseen'}>
              <td>${sequence}</td>
              <td class=${isSeen ? 'is-found' : ''}>${isTombstone ? 'tombstone' : value}</td>
              <td>${why}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
    <p class="source">
      What is looked for is the first internal key at or behind <span class="tag">${hex(sought)}</span>.
    </p>`;
}

function flushPanel(all: Version[]): TemplateResult {
  const { versions, bytes } = flushed();
  const kept = new Set(versions.map(({ key, sequence }) => `${sequence} ${key}`));
  return html`<div class="bar">
      <span
        >Readers: the newest
        number${state.snapshots.map((each) => html`, and <button type="button" class="tag" @click=${() => change({ snapshots: state.snapshots.filter((one) => one !== each) })}>${each} ✕<span class="hidden-text"> let go of this snapshot</span></button>`)}</span
      >
      <label class="beside"
        ><input
          id="bottom"
          type="checkbox"
          .checked=${state.isBottom}
          @change=${(event: Event) => change({ isBottom: (event.target as HTMLInputElement).checked })}
        />
        nothing lies below</label
      >
    </div>
    <div class="scroller" tabindex="0" role="group" aria-label="What is written and what is dropped">
      <table id="flushed">
        <thead>
          <tr>
            <th scope="col">user key</th>
            <th scope="col">number</th>
            <th scope="col">value</th>
            <th scope="col">written?</th>
          </tr>
        </thead>
        <tbody>
          ${all.map(({ key, sequence, isTombstone, value }) => {
            const isKept = kept.has(`${sequence} ${key}`);
            return html`<tr class=${isKept ? '' : 'dropped'} data-kept=${String(isKept)}>
              <td>${key}</td>
              <td>${sequence}</td>
              <td>${isTombstone ? 'tombstone' : value}</td>
              <td>${isKept ? 'written' : 'dropped: no reader sees it'}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
    <p class="source">
      ${versions.length} of ${all.length} versions, ${bytes} of ${table.size} bytes of keys and values, in
      this order: what is left of the same versions in a second MemTable after
      <span class="tag"
        >compact(${state.writes.length}, { snapshots: [${state.snapshots.join(', ')}], bottom:
        ${state.isBottom} })</span
      >.${state.isBottom ? nothing : ' A tombstone is written, as older tables may hold what it hides.'}
    </p>`;
}

async function restore(): Promise<void> {
  address.shown = location.hash;
  state = sane(await fromFragment(location.hash));
  make();
  status = '';
  draw();
}

/** What an address has, if it is a state. */
function sane(given: unknown): State {
  const { writes, readKey, snapshots, at, isBottom } = (given ?? {}) as Partial<State>;
  if (!Array.isArray(writes) || typeof readKey !== 'string' || !Array.isArray(snapshots)) return START;
  const isWrite = ({ key, value }: Write) =>
    typeof key === 'string' && (value === undefined || typeof value === 'string');
  const last = writes.length;
  const isNumber = (each: unknown): each is number =>
    Number.isInteger(each) && (each as number) >= 0 && (each as number) <= last;
  return {
    writes: writes.filter(isWrite),
    readKey,
    snapshots: snapshots.filter(isNumber),
    at: isNumber(at) ? at : last,
    isBottom: isBottom === true,
  };
}

addEventListener('hashchange', () => {
  if (location.hash !== address.shown) void restore();
});
/** For the tests, and for whoever opens the console. */
Object.assign(globalThis, {
  systems: {
    get db() {
      return db;
    },
    get table() {
      return table;
    },
  },
});
void restore();
