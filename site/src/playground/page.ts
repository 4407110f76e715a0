/*
 * What stands around the towers: controls, steps, what is derived, the two arrays.
 */
import { html, nothing, render as renderInto, type TemplateResult } from 'lit-html';
import { NEXT } from '../../../lib/internals.js';
import { HEAD_WIDTH, minPixels } from './columns.js';
import type { Playground } from './playground.js';
import { counted, nameOf } from './steps.js';
import { DATA, DATA_NAMES, type DataName, type Operation } from './store.js';
import { BYTES_A_ROW, BYTE_ROWS, NODE_ROWS, byteTable, nodeTable } from './tables.js';

export type Page = Playground;

const fields = { data: 'paper' as DataName, lines: '', key: '17', value: 'seventeen' };
const element = (id: string) => document.querySelector<HTMLElement>(`#${id}`)!;
const number = (n: number) => n.toLocaleString('en');
/** The step that was last brought into the list's view. */
let shownStep = -1;

export function render(page: Page): void {
  renderInto(controls(page), element('controls'));
  renderInto(viewBar(page), element('view-bar'));
  if (page.loaded < 1) return;
  renderInto(pan(page), element('pan'));
  renderInto(stepBar(page), element('step-bar'));
  renderInto(steps(page), element('steps'));
  renderInto(derived(page), element('index'));
  renderInto(nodesBar(page), element('nodes-bar'));
  const { db, moment, state, trace } = page;
  const step = trace?.steps[state.step];
  element('step-text').textContent =
    step === undefined
      ? 'Nothing has been asked yet.'
      : `${state.step} of ${trace!.steps.length - 1}: ${step.text}`;
  renderInto(
    nodeTable({
      db,
      moment,
      step,
      starts: page.starts,
      first: state.nodes,
      selected: state.selected,
      select: (node) => page.select(node),
    }),
    element('nodes'),
  );
  renderInto(bytesBar(page), element('bytes-bar'));
  renderInto(byteTable({ db, moment, step, first: state.bytes, selected: state.selected }), element('bytes'));
  const text = document.querySelector<HTMLDetailsElement>('#as-text')!;
  if (text.open) renderInto(asText(page), text.querySelector<HTMLElement>('.scroller')!);
  if (!text.dataset.heard) {
    text.dataset.heard = 'yes';
    text.addEventListener('toggle', () => page.changed());
  }
  if (shownStep !== state.step) {
    shownStep = state.step;
    const list = element('steps');
    const current = list.querySelector<HTMLElement>('[aria-current]');
    if (current !== null) list.scrollTop = current.offsetTop - list.offsetTop - list.clientHeight / 2;
  }
}

function controls(page: Page): TemplateResult {
  const { state, db, loaded } = page;
  const isBusy = loaded < 1;
  const operate = (kind: Operation['kind']) => () =>
    page.perform({ kind, key: fields.key, value: kind === 'put' || kind === 'scan' ? fields.value : '' });
  const load = (data: DataName) => {
    fields.data = data;
    if (data === 'lines') page.changed();
    else void page.begin(data);
  };
  const isOwn = fields.data === 'lines' || state.data === 'lines';
  return html` <div class="bar">
      <label
        >Filled with
        <select
          id="data"
          @change=${(event: Event) => load((event.target as HTMLSelectElement).value as DataName)}
        >
          ${DATA.map((name) => html`<option value=${name} ?selected=${name === (isOwn && fields.data === 'lines' ? 'lines' : state.data)}>${DATA_NAMES[name]}</option>`)}
        </select>
      </label>
      <button type="button" id="check" ?disabled=${isBusy} @click=${() => page.check()}>
        Check the structure
      </button>
      <button type="button" id="copy-link" ?disabled=${isBusy} @click=${() => void page.copyLink()}>
        Copy a link to this state
      </button>
    </div>
    ${isOwn ? lines(page) : nothing}
    ${isBusy ? html`<progress max="1" .value=${loaded} aria-label="Entries that are put"></progress>` : nothing}
    <form class="bar" @submit=${(event: Event) => event.preventDefault()}>
      <label
        >Key
        <input
          id="key"
          type="text"
          autocomplete="off"
          spellcheck="false"
          .value=${fields.key}
          @input=${(event: Event) => (fields.key = (event.target as HTMLInputElement).value)}
      /></label>
      <label
        >Value, or where a scan ends
        <input
          id="value"
          type="text"
          autocomplete="off"
          spellcheck="false"
          .value=${fields.value}
          @input=${(event: Event) => (fields.value = (event.target as HTMLInputElement).value)}
      /></label>
      ${(['seek', 'get', 'put', 'delete', 'scan'] as const).map((kind) => html`<button type=${kind === 'seek' ? 'submit' : 'button'} id=${kind} class=${kind === 'seek' ? 'main' : ''} ?disabled=${isBusy} @click=${operate(kind)}>${kind}</button>`)}
    </form>
    <p id="status" class="status ${page.isWrong ? 'wrong' : ''}" role="status">${page.status}</p>
    <dl class="facts">
      <dt>entries</dt>
      <dd id="length">${number(db.length)}</dd>
      <dt>kvData</dt>
      <dd>
        ${number(db.kvLength)} bytes used of ${number(db.kvData.length)}, ${number(db.garbage)} of them
        garbage
      </dd>
      <dt>nodeData</dt>
      <dd>${number(db.nodeLength)} slots used of ${number(db.nodeData.length)}</dd>
    </dl>`;
}

function lines(page: Page): TemplateResult {
  fields.lines ||= page.state.lines;
  const load = () => void page.begin('lines', fields.lines);
  return html`<label
      >Lines: a key, or a key, a tab and a value
      <textarea
        id="lines"
        spellcheck="false"
        .value=${fields.lines}
        @input=${(event: Event) => (fields.lines = (event.target as HTMLTextAreaElement).value)}
      ></textarea>
    </label>
    <button type="button" id="load-lines" @click=${load}>Put these lines</button>`;
}

function viewBar(page: Page): TemplateResult {
  const { view } = page.state;
  const least = Math.log(minPixels(page.db, page.canvas.width));
  const most = Math.log(120);
  return html`<div class="bar">
    <label class="beside"
      ><input
        type="radio"
        name="kind"
        id="view-window"
        ?checked=${!view.isPath}
        .checked=${!view.isPath}
        @change=${() => page.look({ isPath: false })}
      />
      all entries, in a window</label
    >
    <label class="beside"
      ><input
        type="radio"
        name="kind"
        id="view-path"
        .checked=${view.isPath}
        ?disabled=${page.trace === undefined}
        @change=${() => page.look({ isPath: true })}
      />
      only what the search touches</label
    >
    <label class="beside"
      >Zoom
      <input
        id="zoom"
        type="range"
        min="0"
        max="100"
        step="0.5"
        .value=${String(most === least ? 100 : ((Math.log(view.pixels) - least) / (most - least)) * 100)}
        @input=${(event: Event) => page.look({ isPath: false, pixels: Math.exp(least + ((most - least) * Number((event.target as HTMLInputElement).value)) / 100) })}
    /></label>
  </div>`;
}

function pan(page: Page): TemplateResult {
  const { view } = page.state;
  const shown = (page.canvas.width - HEAD_WIDTH) / view.pixels;
  const most = Math.max(0, page.db.length - shown + 0.5);
  const first = Math.floor(view.first) + 1;
  const last = Math.min(page.db.length, Math.ceil(view.first + shown));
  return html`<div class="pan">
    <label for="rank"
      >${view.isPath ? 'A window of all entries' : `Entries ${number(Math.min(first, page.db.length))} to ${number(last)}`}</label
    >
    <input
      id="rank"
      type="range"
      min="0"
      max=${most}
      step="any"
      .value=${String(view.first)}
      ?disabled=${most === 0}
      @input=${(event: Event) => page.look({ isPath: false, first: Number((event.target as HTMLInputElement).value) })}
    />
    <span>of ${number(page.db.length)}</span>
  </div>`;
}

let playing: ReturnType<typeof setInterval> | undefined;

function stepBar(page: Page): TemplateResult {
  const { step } = page.state;
  const last = (page.trace?.steps.length ?? 1) - 1;
  const stop = () => {
    clearInterval(playing);
    playing = undefined;
  };
  const go = (to: number) => () => {
    stop();
    page.setStep(to);
  };
  const play = () => {
    if (playing !== undefined) {
      stop();
      page.changed();
      return;
    }
    if (page.state.step === last) page.setStep(0);
    playing = setInterval(() => {
      page.setStep(page.state.step + 1);
      if (page.state.step >= (page.trace?.steps.length ?? 1) - 1) stop();
    }, 900);
    page.changed();
  };
  return html`<div class="bar">
    <button type="button" id="first-step" ?disabled=${step === 0} @click=${go(0)}>first</button>
    <button type="button" id="back" ?disabled=${step === 0} @click=${go(step - 1)}>back</button>
    <button type="button" id="forward" class="main" ?disabled=${step === last} @click=${go(step + 1)}>
      forward
    </button>
    <button type="button" id="last-step" ?disabled=${step === last} @click=${go(last)}>last</button>
    <button type="button" id="play" ?disabled=${last === 0} @click=${play}>
      ${playing === undefined ? 'play' : 'pause'}
    </button>
  </div>`;
}

const KINDS = {
  start: 'asked',
  towers: 'towers',
  index: 'index',
  store: 'stored',
  scan: 'scan',
  end: 'result',
};

function steps(page: Page): TemplateResult[] {
  return (page.trace?.steps ?? []).map(
    (step, i) =>
      html`<li>
        <button
          type="button"
          aria-current=${i === page.state.step ? 'step' : nothing}
          @click=${() => page.setStep(i)}
        >
          <span class="kind">${KINDS[step.kind]}</span> ${step.text}
        </button>
      </li>`,
  );
}

function derived(page: Page): TemplateResult {
  const { trace, db } = page;
  if (trace === undefined)
    return html`<p>
      Beside the arrays stand an ordered index of pages and a hash index. Ask for a key to see how they
      answer.
    </p>`;
  const { hash, pages, towers, answeredBy, operation } = trace;
  const answer = {
    hash: 'The hash index answered: one bucket of 64 bytes, one node, one key. No order was needed, so no way through the towers was gone.',
    pages:
      'The pages answered: an ordered search, but through a few pages of neighbouring words, where the towers are as many jumps through memory.',
    towers: 'There is no index: the towers answered.',
  }[answeredBy];
  return html`<p id="answered-by" data-by=${answeredBy}>${answer}</p>
    <dl class="facts">
      <dt>by the towers</dt>
      <dd>${counted(towers.steps.length, 'link')} read, ${counted(towers.comparisons, 'key')} compared</dd>
      ${
        pages === undefined
          ? nothing
          : html`<dt>by the pages</dt>
              <dd>
                ${counted(pages.steps.length, 'page')}, ${counted(pages.words, 'word')} on keys read,
                ${counted(pages.comparisons, 'key')}
                compared${pages.bytes.length > 0 && pages.comparisons === 0 ? ', one in part' : ''}
              </dd>`
      }
    </dl>
    ${pages === undefined ? nothing : pagesTable(pages.steps)}
    ${hash === undefined ? nothing : bucket(page, hash, operation.key)}
    <p class="source">
      In a skip list of ${counted(db.length, 'entry', 'entries')}, up to some
      ${Math.ceil(2 * Math.log2(Math.max(2, db.length)))} comparisons of keys are to be expected. All of this
      is derived: it can be thrown away, and made anew from the two arrays.
    </p>`;
}

function pagesTable(
  all: NonNullable<Page['trace']>['pages'] extends infer P
    ? NonNullable<P> extends { steps: infer S }
      ? S
      : never
    : never,
): TemplateResult {
  return html`<h3>Pages on the way</h3>
    <div class="scroller" tabindex="0" role="group" aria-label="Pages on the way">
      <table>
        <thead>
          <tr>
            <th scope="col">level</th>
            <th scope="col">page</th>
            <th scope="col">entries</th>
            <th scope="col">its keys share</th>
            <th scope="col">words read</th>
            <th scope="col">leads to slot</th>
          </tr>
        </thead>
        <tbody>
          ${all.map(
            ({ level, page, count, prefix, words, slot }) =>
              html`<tr>
                <td>${level === 0 ? '0, a leaf' : level}</td>
                <td>${page}</td>
                <td>${count}</td>
                <td>${prefix === undefined ? 'forks' : `${prefix} bytes`}</td>
                <td>${words}</td>
                <td>${slot}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

function bucket(
  page: Page,
  hash: NonNullable<NonNullable<Page['trace']>['hash']>,
  key: string,
): TemplateResult {
  const words = hash.words.filter(({ kind }) => kind !== 'empty');
  return html`<h3>The key’s bucket in the hash index</h3>
    <p>
      The hash of “${key}” is ${hash.hash.toString(16).padStart(8, '0')}: bucket ${number(hash.bucket)} of
      ${number(hash.buckets)}, tag ${hash.tag.toString(16)}.
      ${hash.waiting > 0 ? `Some nodes wait for being entered, in ${number(hash.waiting)} slots; reads enter a few at a time.` : 'All nodes are entered.'}
    </p>
    ${
      words.length === 0
        ? html`<p>The bucket is empty.</p>`
        : html`<div class="scroller" tabindex="0" role="group" aria-label="Words of the bucket">
            <table class="flat">
              <thead>
                <tr>
                  <th scope="col">tag</th>
                  <th scope="col">node</th>
                  <th scope="col">its key</th>
                </tr>
              </thead>
              <tbody>
                ${words.map(({ tag, node, kind }) =>
                  kind === 'overflowed'
                    ? html`<tr>
                        <td colspan="3">overflowed: what found no room is elsewhere</td>
                      </tr>`
                    : html`<tr>
                        <td class=${tag === hash.tag ? 'is-read' : ''}>
                          ${tag.toString(16)}${tag === hash.tag ? html`<span class="hidden-text">, the one that is looked for</span>` : nothing}
                        </td>
                        <td>${node}</td>
                        <td class=${node === hash.found && node !== 0 ? 'is-found' : ''}>
                          ${nameOf(page.moment.key(node))}
                        </td>
                      </tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }`;
}

function nodesBar(page: Page): TemplateResult {
  const count = page.starts.count(page.db);
  const most = Math.max(0, count - NODE_ROWS);
  const first = Math.min(page.state.nodes, most);
  return html`<div class="pan">
    <label for="nodes-from"
      >Nodes ${number(Math.min(first + 1, count))} to ${number(Math.min(count, first + NODE_ROWS))}</label
    >
    <input
      id="nodes-from"
      type="range"
      min="0"
      max=${most}
      .value=${String(first)}
      ?disabled=${most === 0}
      @input=${(event: Event) => page.scroll({ nodes: Number((event.target as HTMLInputElement).value) })}
    />
    <span>of ${number(count)}, as they were added</span>
  </div>`;
}

function bytesBar(page: Page): TemplateResult {
  const rows = Math.ceil(page.db.kvLength / BYTES_A_ROW);
  const most = Math.max(0, rows - BYTE_ROWS + 1);
  const first = Math.min(page.state.bytes, most);
  return html`<div class="pan">
    <label for="bytes-from">From byte ${number(first * BYTES_A_ROW)}</label>
    <input
      id="bytes-from"
      type="range"
      min="0"
      max=${most}
      .value=${String(first)}
      ?disabled=${most === 0}
      @input=${(event: Event) => page.scroll({ bytes: Number((event.target as HTMLInputElement).value) })}
    />
    <span>of ${number(page.db.kvLength)}</span>
  </div>`;
}

function asText(page: Page): TemplateResult {
  const { drawing, moment, db } = page;
  const columns = drawing?.columns.slice(0, 200) ?? [];
  return html`<table class="flat">
      <thead>
        <tr>
          <th scope="col">entry</th>
          <th scope="col">key</th>
          <th scope="col">node</th>
          <th scope="col">height</th>
          <th scope="col">next node on each level</th>
        </tr>
      </thead>
      <tbody>
        ${columns.map(
          ({ node, rank, height, isLoose }) =>
            html`<tr data-node=${node}>
              <td>${isLoose ? 'not linked on the lowest level' : number(rank + 1)}</td>
              <td class="key">${nameOf(moment.key(node))}</td>
              <td>${node}</td>
              <td>${height}</td>
              <td>
                ${Array.from({ length: height }, (_, level) => moment.slot(node + NEXT + level))
                  .map((next, level) => `${level}: ${next === 0 ? 'none' : `“${nameOf(moment.key(next))}”`}`)
                  .join(', ')}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${(drawing?.columns.length ?? 0) > 200 ? html`<p>and ${number(drawing!.columns.length - 200)} more of ${number(db.length)}</p>` : nothing}`;
}
