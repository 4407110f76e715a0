/*
 * abstract-level's own suite, whole, for one store encoding: `node build/spec/programs/level/suite.js flat-memdb/level utf8`. Prints
 * TAP. The first argument is the package whose MemoryLevel is tested.
 */
import { createRequire } from 'node:module';
import { MemoryLevel } from 'flat-memdb/level';
import * as memoryLevel from 'memory-level';
import test from 'tape';

type StoreEncoding = 'buffer' | 'view' | 'utf8';
type Suite = (options: { test: typeof test; factory: (options?: object) => unknown }) => void;

const [name, storeEncoding] = process.argv.slice(2) as [string, StoreEncoding];
const packages: Record<string, typeof MemoryLevel | typeof memoryLevel.MemoryLevel | undefined> = {
  'flat-memdb/level': MemoryLevel,
  'memory-level': memoryLevel.MemoryLevel,
};
const Database = packages[name];
if (Database === undefined) throw new Error(`no such package: ${name}`);
const suite = createRequire(import.meta.url)('abstract-level/test') as Suite;
suite({ test, factory: (options) => new Database({ ...options, storeEncoding }) });
