// What figures were measured on, and what was measured: both stand beside them.
import { readFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { GO, OWN } from './competitors/index.js';
import type { Machine } from './results.js';

export function thisMachine(go: string | undefined): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()}/${arch() === 'x64' ? 'amd64' : arch()}`,
    node: process.versions.node,
    go: go ?? null,
  };
}

/** Versions by package; a competitor's name may have more than one column. */
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

/** Both in a line. */
export function machineText(machine: Machine, versions: Record<string, string>): string {
  const go = machine.go ? `, ${machine.go}` : '';
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return (
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.system}; Node ${machine.node}${go}; ` +
    packages.join(', ')
  );
}
