// The app in three forms, which print the same: `node build/examples/level-app/main.js memory`, `disk FOLDER`, or `shared`, by several
// processes at once.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ClassicLevel } from 'classic-level';
import { MemoryLevel } from 'flat-memdb/level';
import { play, show, type Database } from './app.js';
import { HttpLevel } from './client.js';
import { serve } from './server.js';

const EVENTS = 1000;
const PROCESSES = 4;

async function main([form, where, from, to]: string[]): Promise<void> {
  if (form === 'memory') return all(new MemoryLevel());
  // The line that is another one on disk.
  if (form === 'disk' && where !== undefined) return all(new ClassicLevel(where));
  if (form === 'shared') return share();
  if (form === 'client') return play(remote(where), Number(from), Number(to));
  throw new Error('say memory, disk FOLDER or shared');
}

/** @param given a database: to TypeScript, one with members of its own is no AbstractLevel */
async function all(given: unknown): Promise<void> {
  const db = given as Database;
  await play(db, 0, EVENTS);
  await show(db, console.log);
  await db.close();
}

/** This process holds the database; others play, each its part after the one before, and this one shows what it reads by HTTP, too. */
async function share(): Promise<void> {
  const { url, close } = await serve(new MemoryLevel());
  const part = EVENTS / PROCESSES;
  for (let from = 0; from < EVENTS; from += part) {
    const args = [fileURLToPath(import.meta.url), 'client', url, String(from), String(from + part)];
    await promisify(execFile)(process.execPath, args);
  }
  await show(remote(url), console.log);
  close();
}

function remote(url: string): Database {
  const db: unknown = new HttpLevel(url);
  return db as Database;
}

await main(process.argv.slice(2));
