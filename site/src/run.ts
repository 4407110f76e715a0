/*
 * Runs the code of a page in the page, and shows what it prints beside what it says that it prints. The package is the one that the
 * page's import map names: the published one.
 */
import { shownAs } from '../../spec/programs/portable/shown.js';

const CONSOLE = 'flatMemDBConsole';
const SHARING = 'share memory';
type Log = (...what: unknown[]) => void;

export function startRuns(): void {
  for (const block of document.querySelectorAll<HTMLElement>('.code.runnable')) {
    block.querySelector('.run-button')!.addEventListener('click', () => void run(block));
  }
  if (wantsSharing()) startSharing();
}

/** What a block says that it prints, line by line. Examples of doc comments have several on one line. */
function promisedBy(code: string): string[] {
  return [...code.matchAll(/\/\/ -> (.*)$/gm)].map(([, line]) => line);
}

export async function run(block: HTMLElement): Promise<void> {
  const shown = block.querySelector('code')!.textContent;
  const program = block.querySelector('.program')?.textContent.replaceAll('<\\/', '</') ?? shown;
  const output = block.querySelector<HTMLElement>('.output')!;
  const verdict = block.querySelector<HTMLElement>('.verdict')!;
  block.dataset.state = 'running';
  verdict.textContent = 'running';
  const printed: string[] = [];
  let error: Error | undefined;
  try {
    await runModule(program, (...what) => printed.push(what.map(shownAs).join(' ')));
  } catch (thrown) {
    error = thrown instanceof Error ? thrown : new Error(String(thrown));
  }
  output.hidden = false;
  output.tabIndex = 0;
  output.setAttribute('role', 'group');
  output.setAttribute('aria-label', 'Output');
  output.textContent = printed.join('\n');
  if (error !== undefined) {
    output.textContent += `\n${String(error)}`;
    block.dataset.state = 'failed';
    verdict.textContent = 'failed';
    if ((error as { code?: string }).code === 'MEMDB_NOT_ISOLATED') offerSharing(block);
    return;
  }
  const isKept = isAsPromised(printed, promisedBy(shown));
  block.dataset.state = isKept ? 'kept' : 'different';
  verdict.textContent = isKept ? 'it prints what it says' : 'it prints something else than it says';
}

function isAsPromised(printed: string[], promised: string[]): boolean {
  const lines = printed.flatMap((text) => text.split('\n'));
  return lines.join('\n') === promised.join('\n') || lines.join(', ') === promised.join(', ');
}

async function runModule(program: string, log: Log): Promise<void> {
  const logs = ((globalThis as Record<string, unknown>)[CONSOLE] ??= new Map<number, Log>()) as Map<
    number,
    Log
  >;
  const number = logs.size;
  logs.set(number, log);
  // On the line of the code's first, so that lines in messages are right.
  const source = `const console = { ...globalThis.console, log: globalThis.${CONSOLE}.get(${number}) }; ${program}`;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  try {
    await import(/* @vite-ignore */ url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * Browsers share memory only where a server sends two headers. Where files are merely given out, a service worker can add
 * them: it is asked for, since it stays.
 */
function offerSharing(block: HTMLElement): void {
  if (block.querySelector('.share') !== null || !('serviceWorker' in navigator)) return;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'share';
  button.textContent = 'Let this page share memory, and load it again';
  button.addEventListener('click', () => {
    try {
      sessionStorage.setItem(SHARING, 'yes');
    } catch {
      // It is loaded once, then.
    }
    startSharing();
  });
  block.querySelector('.run')!.append(button);
}

function wantsSharing(): boolean {
  try {
    return sessionStorage.getItem(SHARING) !== null && !crossOriginIsolated;
  } catch {
    return false;
  }
}

function startSharing(): void {
  const script = document.createElement('script');
  script.src = `${document.body.dataset.root}coi-serviceworker.js`;
  document.head.append(script);
}
