/*
 * Whether the built package does what it should, wherever JavaScript runs: in browsers (`npm run test:browser`), in
 * Node, Bun and Deno (`npm run test:runtimes`). So nothing in this folder asks for anything that browsers lack.
 * scripts/portable.mjs makes one module of it, with all that it imports but the package.
 */
import { checkArena } from './arena.js';
import { checkLoad } from './load.js';
import { checkModel } from './model.js';
import { checkShownCode, type ShownCode } from './shown.js';

export interface Task {
  /** Operations that random programs make at the least. */
  operations: number;
  /** Entries of the large DB. */
  entries: number;
  shown: ShownCode[];
}

/** Runs all checks, and throws at the first thing that is wrong. `say` is told what was checked, line by line. */
export async function check(
  { operations, entries, shown }: Task,
  say: (line: string) => void,
): Promise<void> {
  const checks = [
    () => checkShownCode(shown),
    () => checkArena(),
    () => checkLoad(entries),
    () => checkModel(operations),
  ];
  for (const one of checks) say(`  ${await one()}`);
}
