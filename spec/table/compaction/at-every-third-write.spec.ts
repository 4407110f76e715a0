import { runForced } from '../../support/forced.js';

runForced({ every: 3, atOnce: 1, long: true });
