/*
 * What every page does: colours, search, code that runs, and pictures that follow the colours.
 */
import { startRuns } from './run.js';
import { startSearch } from './search.js';
import { startTheme } from './theme.js';

startTheme();
startSearch();
startRuns();

// On a narrow screen the list of pages is folded.
const fold = document.querySelector<HTMLDetailsElement>('.side-fold');
if (fold !== null && matchMedia('(max-width: 60rem)').matches) fold.open = false;

// Where the list is longer than the window, it begins where the page is.
const side = document.querySelector<HTMLElement>('.side');
const here = side?.querySelector<HTMLElement>('[aria-current="page"]');
if (side && here && here.offsetTop > side.clientHeight)
  side.scrollTop = here.offsetTop - side.clientHeight / 2;
