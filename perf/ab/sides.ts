// The two sides of the comparison. With a query, a module is loaded once more: each side gets functions of its own,
// and so the engine's knowledge of its own, although both are in one process.
import type * as CoursesModule from './courses.js';
import type * as Loops from './loops.js';
import { pathToFileURL } from 'node:url';
import type { Courses, Library } from './courses.js';
import type { Data } from './data.js';

export const SIDES = ['old', 'new'] as const;
export type Side = (typeof SIDES)[number];
export type Both<T> = Record<Side, T>;

/** @param path of the library's index.js */
export async function loadSide(side: Side, path: string): Promise<(data: Data) => Courses> {
  const load = <T>(url: string) => import(`${url}?${side}`) as Promise<T>;
  const library = await load<Library>(pathToFileURL(path).href);
  const loops = await load<typeof Loops>(new URL('loops.js', import.meta.url).href);
  const { Courses } = await load<typeof CoursesModule>(new URL('courses.js', import.meta.url).href);
  return (data) => new Courses(library, loops, data);
}
