// Before anything is built for a browser: whether there is one.
import { whatIsMissing } from './browser.mjs';

const missing = whatIsMissing();
if (missing !== undefined) {
  console.error(missing);
  process.exitCode = 1;
}
