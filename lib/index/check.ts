import type { NodeIndex } from '../storage/layout.js';
import { checkHashes } from './hash/check.js';
import { checkPages } from './pages/check.js';
import type { TableIndex } from './tableindex.js';

/** Throws at the first thing that is not as it must be, given the nodes in order. */
export function checkIndex({ pages, hashes }: TableIndex, inOrder: readonly NodeIndex[]): void {
  checkPages(pages, inOrder);
  if (hashes !== undefined) checkHashes(hashes, pages.storage, inOrder);
}
