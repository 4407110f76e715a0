// A real browser for the tests: Debian's chromium, or the one that CHROMIUM names; the site as any server gives it out, under some path.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { serve } from '../make/serve.mjs';

const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';

/** What to do where there is no browser; undefined where there is one. */
export function whatIsMissing() {
  if (existsSync(executablePath)) return undefined;
  return `There is no Chromium at ${executablePath}. Install it (Debian: apt-get install chromium), or name one: CHROMIUM=/path/to/chrome`;
}

/** @returns a browser, and what opens pages; each remembers what went wrong in it */
export async function start({ isIsolated = false, path = '/some/where/' } = {}) {
  const missing = whatIsMissing();
  if (missing !== undefined) throw new Error(missing);
  const server = await serve({ path, isIsolated });
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ],
  });
  return {
    url: server.url,
    browser,
    /** @param {string} to a page of the site */
    async open(to, options = {}) {
      const page = await browser.newPage({
        viewport: { width: 1280, height: 900 },
        reducedMotion: 'reduce',
        ...options,
      });
      page.troubles = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') page.troubles.push(message.text());
      });
      page.on('pageerror', (error) => page.troubles.push(String(error)));
      page.on('requestfailed', (request) => page.troubles.push(`${request.url()} failed`));
      await page.goto(server.url + to);
      return page;
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/** Until the playground has all of its data, and has drawn. */
export async function settled(page) {
  await page.waitForFunction(
    () => globalThis.playground?.loaded === 1 && globalThis.playground.drawing !== undefined,
    undefined,
    {
      timeout: 120_000,
    },
  );
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
