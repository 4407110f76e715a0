import { runForced } from '../../support/forced.js';

runForced({ every: 7, atOnce: 20 });
