import { expect } from '../../base/errors.js';
import { HEAD, HEIGHT, type NodeIndex } from '../../storage/layout.js';
import { sharedAt, spanAt } from './forks.js';
import {
  CAPACITY,
  COUNT,
  FENCE,
  FOLLOWING,
  LOW,
  NODE,
  NO_PAGE,
  PAGE,
  PARENT,
  PREFIX,
  PREVIOUS,
  SAMPLE,
  TOTAL,
  UNUSED,
  beginOf,
  endOf,
  entriesBelow,
  firstOf,
  isForks,
  leafIndex,
  metaOf,
  pageOf,
  sharedByNodes,
  slotOf,
  type PageStore,
} from './store.js';
import { endsBelow, fenceOf, wordAt, wordWithoutSpan } from './words.js';

/** Throws at the first thing that is not as it must be, given the nodes in order. */
export function checkPages(pages: PageStore, inOrder: readonly NodeIndex[]): void {
  expect(pages.areCopiesRight, 'pages that were copied ahead have changed');
  const inUse = checkPage(pages, pages.root, pages.levels - 1);
  expect(inUse + pages.freePages + 1 === pages.used, `${inUse} pages in use, of ${pages.used}`);
  let level: number[] = [pages.root];
  for (let height = pages.levels - 1; height > 0; height--) {
    checkLevel(pages, level);
    level = level.flatMap((page) => [...pages.refs.subarray(beginOf(page), endOf(pages, page))]);
  }
  checkLevel(pages, level);
  checkEndPrefix(pages);
  expect(level[level.length - 1] === pages.lastLeaf, `the last leaf is not ${pages.lastLeaf}`);
  const entries = level.flatMap((page) => [...pages.refs.subarray(beginOf(page), endOf(pages, page))]);
  expect(entries.length === inOrder.length, `the pages hold ${entries.length} entries of ${inOrder.length}`);
  const nodes = pages.storage.nodes.array;
  entries.forEach((ref, i) => {
    expect((ref & NODE) === inOrder[i], `the pages have node ${ref & NODE} where level 0 has ${inOrder[i]}`);
    expect(ref < 0 === nodes[inOrder[i] + HEIGHT] > 1, `node ${inOrder[i]} is marked tall wrongly`);
  });
}

/** Links and fences of all pages of a level. */
function checkLevel(pages: PageStore, level: readonly number[]): void {
  level.forEach((page, i) => {
    const about = metaOf(page);
    const before = i === 0 ? NO_PAGE : level[i - 1];
    const behind = i === level.length - 1 ? NO_PAGE : level[i + 1];
    expect(pages.meta[about + PREVIOUS] === before, `page ${page} is not linked back to ${before}`);
    expect(pages.meta[about + FOLLOWING] === behind, `page ${page} is not linked to ${behind}`);
    expect((pages.meta[about + LOW] === HEAD) === (i === 0), `page ${page} has a wrong low fence`);
    expect(
      pages.meta[about + FENCE] === fenceOf(pages, page),
      `the fences of page ${page} share another number of bytes`,
    );
  });
}

/** @returns how many pages there are from this one down */
function checkPage(pages: PageStore, page: number, level: number): number {
  const about = metaOf(page);
  const count = pages.meta[about + COUNT];
  const least = page !== pages.root ? 1 : level === 0 ? 0 : 2;
  expect(count <= CAPACITY && count >= least, `page ${page} holds ${count}`);
  checkPrefix(pages, page, level);
  let inUse = 1;
  let total = 0;
  for (let place = beginOf(page); place < beginOf(page) + PAGE; place++) {
    if (slotOf(place) >= count) {
      expect(pages.words[place] === UNUSED, `slot ${slotOf(place)} of page ${page} is not marked as unused`);
      continue;
    }
    checkWord(pages, level, place);
    const ref = pages.refs[place];
    if (level > 0) {
      expect(pages.refs[beginOf(ref) + PARENT] === page, `page ${ref} is not below page ${page}`);
      inUse += checkPage(pages, ref, level - 1);
      total += entriesBelow(pages, level - 1, ref);
    } else if (pages.leafOf !== undefined) {
      const leaf = pages.leafOf[leafIndex(ref & NODE)];
      expect(leaf === page, `node ${ref & NODE} is in leaf ${page}, and said to be in ${leaf}`);
    }
  }
  const isCounted = level > 0 && pages.meta[about + FOLLOWING] !== NO_PAGE;
  expect(!isCounted || pages.meta[about + TOTAL] === total, `page ${page} counts its entries wrongly`);
  return inUse;
}

/** Pages that lead to the last leaf. */
function checkEndPrefix(pages: PageStore): void {
  for (let level = 0, page = pages.lastLeaf; level < pages.levels; level++) {
    const prefix = pages.meta[metaOf(page) + PREFIX];
    expect(prefix <= pages.endPrefix, `page ${page} has a longer prefix than ${pages.endPrefix}`);
    page = pages.refs[beginOf(page) + PARENT];
  }
}

/** All keys below a page share its prefix with the sample. */
function checkPrefix(pages: PageStore, page: number, level: number): void {
  if (endOf(pages, page) === beginOf(page) || pages.tail === undefined || isForks(pages, page)) return;
  const prefix = pages.meta[metaOf(page) + PREFIX];
  const sample = pages.meta[metaOf(page) + SAMPLE] as NodeIndex;
  for (const node of endsBelow(pages, level, page)) {
    expect(
      sharedByNodes(pages, node, sample) >= prefix,
      `node ${node}, below page ${page}, does not have the prefix of the page`,
    );
  }
}

function checkWord(pages: PageStore, level: number, place: number): void {
  const page = pageOf(place);
  const { words } = pages;
  const word = wordWithoutSpan(pages, place);
  expect(word === wordAt(pages, level, place), `slot ${slotOf(place)} of page ${page} has a wrong word`);
  if (word !== words[place]) checkSpan(pages, level, place);
  if (slotOf(place) > 0 && !isForks(pages, page)) {
    expect(words[place] >= words[place - 1], `slot ${slotOf(place)} of page ${page} is below the one before`);
  }
}

function checkSpan(pages: PageStore, level: number, place: number): void {
  const { words } = pages;
  const page = pageOf(place);
  const end = place + 1 + spanAt(words[place]);
  const isRight =
    place > firstOf(level, page) &&
    end <= endOf(pages, page) &&
    words.subarray(place, end).every((word) => sharedAt(word) >= sharedAt(words[place]));
  expect(isRight, `slot ${slotOf(place)} of page ${page} has a wrong span`);
}
