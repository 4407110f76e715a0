import { render } from './page.js';
import { Playground } from './playground.js';
import { towersOf } from './towersview.js';

const playground = new Playground({ towersOf, render });
/** For whoever opens the console, and for the tests: the live DB, and what is drawn of it. */
Object.assign(globalThis, { playground });
void playground.start();
