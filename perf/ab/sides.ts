// The two sides of the comparison. With a query, a module is loaded once more: each side gets functions of its own,
// and so the engine's knowledge of its own, although both are in one process.
import { pathToFileURL } from 'node:url';
import type { Course, Library } from './courses.js';
import type { Data } from './data.js';
import type { Group } from './rows.js';

export const SIDES = ['old', 'new'] as const;
export type Side = (typeof SIDES)[number];

export async function loadSide(side: Side, path: string, group: Group, data: Data): Promise<Course[]> {
  const library = (await import(pathToFileURL(path).href + `?${side}`)) as Library;
  const loops = (await import(
    new URL(`./loops.js?${side}`, import.meta.url).href
  )) as typeof import('./loops.js');
  const { coursesOf } = (await import(
    new URL(`./courses.js?${side}`, import.meta.url).href
  )) as typeof import('./courses.js');
  return coursesOf(group, library, loops, data);
}
