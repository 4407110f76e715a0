/*
 * The page that measures: starts a worker, shows how far it is, and draws what it found.
 */
import { html, nothing, render, svg, type TemplateResult } from 'lit-html';
import type { Report, Result } from './protocol.js';

const SIZES = [1_000, 10_000, 50_000, 200_000, 1_000_000];
const ROUNDS = 5;

let entries = 10_000;
let worker: Worker | undefined;
let part = 0;
let status = '';
let result: Result | undefined;

const number = (n: number) => n.toLocaleString('en', { maximumFractionDigits: n < 100 ? 1 : 0 });
const element = (id: string) => document.querySelector<HTMLElement>(`#${id}`)!;

function start(): void {
  worker = new Worker(new URL('measure-worker.js', import.meta.url), { type: 'module' });
  part = 0;
  status = 'Begins';
  worker.addEventListener('message', ({ data }: MessageEvent<Report>) => hear(data));
  worker.addEventListener('error', ({ message }) => hear({ kind: 'failed', message }));
  worker.postMessage({ entries, rounds: entries > 100_000 ? 1 : ROUNDS });
  draw();
}

function stop(): void {
  worker?.terminate();
  worker = undefined;
}

function hear(report: Report): void {
  if (report.kind === 'progress') {
    part = report.part;
    status = `${Math.round(part * 100)} %`;
  } else {
    stop();
    status = report.kind === 'failed' ? `It failed: ${report.message}` : 'Done';
    if (report.kind === 'done') result = report;
  }
  draw();
}

function draw(): void {
  render(
    html`<div class="bar">
        <label
          >Entries
          <select
            id="entries"
            ?disabled=${worker !== undefined}
            @change=${(event: Event) => (entries = Number((event.target as HTMLSelectElement).value))}
          >
            ${SIZES.map((size) => html`<option value=${size} ?selected=${size === entries}>${number(size)}</option>`)}
          </select>
        </label>
        ${
          worker === undefined
            ? html`<button type="button" id="start" class="main" @click=${start}>Measure</button>`
            : html`<button
                type="button"
                id="stop"
                @click=${() => {
                  stop();
                  status = 'Stopped';
                  draw();
                }}
              >
                Stop
              </button>`
        }
      </div>
      <progress id="progress" max="1" .value=${part} aria-label="How much is done"></progress>
      <p class="status" role="status">${status}</p>`,
    element('run'),
  );
  if (result !== undefined) {
    element('result').querySelector('p:only-child')?.remove();
    render(shown(result), element('result'));
  }
}

function shown({ entries, rounds, names, rows, leftOut }: Result): TemplateResult {
  return html`<p>
      Nanoseconds an operation, ${number(entries)} entries, the median of ${rounds}
      ${rounds === 1 ? 'life' : 'lives'} after one that was not counted; shorter is
      faster.${leftOut.length > 0 ? ` Left out: ${leftOut.join(', ')}.` : ''}
    </p>
    ${rows.map(({ row, nanoseconds }) => bars(row, names, nanoseconds))}
    <div class="scroller" tabindex="0" role="group" aria-label="The same as a table">
      <table id="figures">
        <thead>
          <tr>
            <th scope="col">ns per operation</th>
            ${names.map((name) => html`<th scope="col">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ row, nanoseconds }) =>
              html`<tr>
                <th scope="row">${row}</th>
                ${names.map((name) => html`<td>${number(nanoseconds[name])}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="source">${navigator.userAgent}</p>`;
}

const LINE = 24;
const LABEL = 110;
const FIGURE = 90;
const MOST_WIDTH = 700;

function bars(row: string, names: string[], nanoseconds: Record<string, number>): TemplateResult {
  // A pixel of it is one of the page: letters stay as large as others.
  const width = Math.min(MOST_WIDTH, Math.max(LABEL + FIGURE + 60, element('result').clientWidth));
  const most = Math.max(...names.map((name) => nanoseconds[name]));
  const said = names.map((name) => `${name} ${number(nanoseconds[name])}`).join(', ');
  return html`<h3>${row}</h3>
    <svg
      class="bars"
      viewBox="0 0 ${width} ${names.length * LINE}"
      role="img"
      aria-label="${row}, nanoseconds: ${said}"
    >
      ${names.map((name, i) => {
        const length = Math.max(2, (nanoseconds[name] / most) * (width - LABEL - FIGURE));
        const isOurs = name === 'OrderedMap' || name === 'DB';
        return svg`<text x=${LABEL - 8} y=${i * LINE + 16} text-anchor="end" font-size="13" fill="var(--ink)">${name}</text>
          <rect x=${LABEL} y=${i * LINE + 4} width=${length} height=${LINE - 8} fill=${isOurs ? 'var(--accent)' : 'var(--faint)'}></rect>
          <text x=${LABEL + length + 6} y=${i * LINE + 16} font-size="13" fill="var(--ink)">${number(nanoseconds[name])}</text>`;
      })}</svg
    >${nothing}`;
}

draw();
