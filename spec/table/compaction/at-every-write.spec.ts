import { runForced } from '../../support/forced.js';

runForced({ every: 1, atOnce: 40, ofFewWrites: true });
