// How figures came about: command, machine, versions.
import { readFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { GO, OWN } from './competitors/index.js';
import { buildGoProgram, type GoProgram } from './go-program.js';
import type { Machine } from './results.js';

/** What was asked for. Where the results went is nobody's business who reads them. */
export function commandOf(script: string, args: string[]): string {
  const asked = args.filter((arg, i) => !/^--out(=|$)/.test(arg) && args[i - 1] !== '--out');
  return [`npm run ${script}`, ...(asked.length > 0 ? ['--', ...asked] : [])].join(' ');
}

export function machineOf(go: GoProgram | undefined): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()}/${arch() === 'x64' ? 'amd64' : arch()}`,
    node: process.versions.node,
    go: go?.version ?? null,
  };
}

/** The program that runs goleveldb; where it cannot be had, the reason is told, and the others are measured. */
export async function findGo(root: string, scratch: string): Promise<GoProgram | undefined> {
  const found = await buildGoProgram(root, scratch);
  if (typeof found !== 'string') return found;
  console.error(`Without goleveldb: ${found}\nThe others are measured.\n`);
  return undefined;
}

/** What was measured, by package; a package may be measured in more than one way. */
export function versionsOf(root: string, competitors: readonly string[]): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const id of competitors) {
    const name = id.startsWith('sorted-btree') ? 'sorted-btree' : id.startsWith(OWN) ? OWN : id;
    versions[name] = name === GO ? goleveldbVersion(root) : packageVersion(root, name);
  }
  return versions;
}

function packageVersion(root: string, name: string): string {
  const path = name === OWN ? join(root, 'package.json') : join(root, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

function goleveldbVersion(root: string): string {
  const version = /syndtr\/goleveldb (\S+)/.exec(readFileSync(join(root, 'perf', 'go', 'go.mod'), 'utf8'));
  return version?.[1] ?? 'unknown';
}

/** Machine and versions, as a table's reader is told of them. */
export function surroundings({
  machine,
  versions,
}: {
  machine: Machine;
  versions: Record<string, string>;
}): string {
  const go = machine.go ? `, ${machine.go}` : '';
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return (
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.system}; ` +
    `Node ${machine.node}${go}; ${packages.join(', ')}`
  );
}
