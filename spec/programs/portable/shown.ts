/** A block of code that a page shows, as a module. */
export interface ShownCode {
  /** Where it stands. */
  name: string;
  url: string;
  /** What it says that it prints, line by line, behind `// ->`. One that says nothing has only to run. */
  promised: string[];
}

/** Runs all blocks, and compares what they print with what they say. */
export async function checkShownCode(blocks: readonly ShownCode[]): Promise<string> {
  if (blocks.length === 0) throw new Error('no code was found in the README');
  let compared = 0;
  for (const { name, url, promised } of blocks) {
    const printed = await printedBy(name, url);
    compared += promised.length;
    if (promised.length > 0 && printed.join('\n') !== promised.join('\n')) {
      throw new Error(
        `${name} says that it prints\n${promised.join('\n')}\nand prints\n${printed.join('\n')}`,
      );
    }
  }
  return `${blocks.length} blocks of code from the README and docs/, ${compared} lines of what they print compared`;
}

async function printedBy(name: string, url: string): Promise<string[]> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (...what: unknown[]) => lines.push(...what.map(shownAs).join(' ').split('\n'));
  try {
    await import(url);
  } catch (cause) {
    throw new Error(`${name} does not run: ${String(cause)}`, { cause });
  } finally {
    console.log = log;
  }
  return lines;
}

/** As Node's console shows it, which browsers can't be asked for: what a few lines of code may well print. */
export function shownAs(value: unknown): string {
  return typeof value === 'string' ? value : inside(value);
}

function inside(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Error) return String(value);
  const isList = Array.isArray(value) || ArrayBuffer.isView(value);
  const items = isList
    ? Array.from(value as ArrayLike<unknown>, inside)
    : Object.entries(value).map(([name, item]) => `${name}: ${inside(item)}`);
  const kind = ArrayBuffer.isView(value) ? `${value.constructor.name}(${items.length}) ` : '';
  const [open, close] = isList ? '[]' : '{}';
  return `${kind}${open}${items.length === 0 ? '' : ` ${items.join(', ')} `}${close}`;
}
