import { join } from 'node:path';
import type * as Lib from '../../lib/index.js';
import type * as Internals from '../../lib/internals.js';
import { loadWithPoints, type Cutter } from './cutpoints.js';

/** This lib/, as `cutter` may cut it off. */
export function loadLib(cutter: Cutter): { lib: typeof Lib; internals: typeof Internals } {
  return loadWithPoints(cutter, join(__dirname, '..', '..', 'lib')) as ReturnType<typeof loadLib>;
}
