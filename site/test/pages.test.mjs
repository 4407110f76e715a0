// Every page: nothing is said in the console, axe finds nothing, in light colours and in dark ones, it
// fits on a small screen, and the code that it shows runs.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TOOLS } from '../make/guides.mjs';
import { settled, start } from './browser.mjs';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const pages = readdirSync(DIST, { recursive: true })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.html'));
/** SITE_PAGES=guides/ for some of them. */
const chosen = new RegExp(process.env.SITE_PAGES ?? '');
/** Most of the time is a browser's: two pages at once take half of it on two cores. */
const AT_ONCE = 2;
const tools = TOOLS.map(({ to }) => to);
const isRunnable = (page) => readFileSync(join(DIST, page), 'utf8').includes('class="code runnable"');

let site;
before(async () => (site = await start({ isIsolated: true })));
after(() => site.close());

/** Tabs that are done with one page go on to the next: a new one takes longer than most pages do. */
const idle = [];
async function visit(to) {
  const page = idle.pop();
  if (page === undefined) return site.open(to);
  page.troubles.length = 0;
  await page.goto(site.url + to);
  return page;
}

/** @param {string[]} [rules] all, where none are named */
async function violations(page, rules) {
  const { violations } = await page.evaluate(
    (only) =>
      globalThis.axe.run(document, {
        resultTypes: ['violations'],
        ...(only === undefined ? {} : { runOnly: only }),
      }),
    rules,
  );
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .map(({ html }) => html.slice(0, 120))
        .slice(0, 3)
        .join(' | ')}`,
  );
}

/** In light colours all that axe knows; in dark ones the colours are all that differs. */
async function isAccessible(page, when) {
  await page.emulateMedia({ colorScheme: 'light' });
  assert.deepEqual(await violations(page), [], `${when}, in light colours`);
  await page.emulateMedia({ colorScheme: 'dark' });
  // Pictures have dark ones of their own.
  await page.waitForFunction(() =>
    [...document.images].every(({ complete, naturalWidth }) => complete && naturalWidth > 0),
  );
  assert.deepEqual(await violations(page, ['color-contrast']), [], `${when}, in dark colours`);
}

/** Whether nothing but what scrolls by itself is wider than a telephone. */
async function fits(page) {
  const { width, height } = page.viewportSize();
  await page.setViewportSize({ width: 390, height });
  const isNarrow = await page.evaluate(() => document.documentElement.scrollWidth <= globalThis.innerWidth);
  await page.setViewportSize({ width, height });
  return isNarrow;
}

/** Runs all code of a page, from its top. @returns how many blocks it has */
async function runAll(page) {
  const buttons = page.locator('.run-button');
  const count = await buttons.count();
  assert.ok(count > 0);
  for (let i = 0; i < count; i++) await buttons.nth(i).click();
  await page.waitForFunction(
    () =>
      [...document.querySelectorAll('.code.runnable')].every(
        ({ dataset }) => !['', 'running'].includes(dataset.state ?? ''),
      ),
    undefined,
    { timeout: 60_000 },
  );
  const ran = await page.locator('.code.runnable').evaluateAll((all) =>
    all.map((block) => ({
      state: block.dataset.state,
      output: block.querySelector('.output').textContent,
      code: block.querySelector('code').textContent,
    })),
  );
  // One that promises nothing has only to run.
  const wrong = ran.filter(
    ({ state, code }) => state === 'failed' || (state !== 'kept' && code.includes('// ->')),
  );
  assert.deepEqual(wrong, []);
  return count;
}

test('there are guides, tools and the reference', () => {
  for (const page of [
    ...tools,
    'guides/start.html',
    'guides/recipes.html',
    'guides/threads.html',
    'api/index.html',
  ]) {
    assert.ok(pages.includes(page), page);
  }
  assert.ok(pages.filter((page) => page.startsWith('api/')).length > 50);
});

let blocks = 0;
test('the search knows texts, and no signs of Markdown', () => {
  const parts = JSON.parse(readFileSync(join(DIST, 'search.json'), 'utf8'));
  assert.ok(parts.length > 500, `${parts.length} parts`);
  const signs = /\\[<>_]|-{3,}|\]\(|\w\.md\)/;
  const wrong = parts.filter(({ heading, text }) => signs.test(heading) || signs.test(text));
  assert.deepEqual(wrong.slice(0, 5), []);
});

describe('each page', { concurrency: AT_ONCE }, () => {
  for (const to of pages.filter((page) => chosen.test(page))) {
    test(`${to}: nothing in the console, axe finds nothing${isRunnable(to) ? ', its code runs' : ''}`, async () => {
      const page = await visit(to);
      if (to === 'index.html') await settled(page);
      await page.addScriptTag({ path: AXE });
      await isAccessible(page, 'as it opens');
      if (isRunnable(to)) {
        blocks += await runAll(page);
        await isAccessible(page, 'with what the code printed');
      }
      assert.ok(await fits(page), 'it is wider than a small screen');
      assert.deepEqual(page.troubles, []);
      idle.push(page);
    });
  }
});

test('there is much code that runs', { skip: process.env.SITE_PAGES !== undefined }, () =>
  assert.ok(blocks > 120, `${blocks} blocks`),
);

describe('what every page does', () => {
  test('the switch changes the colours, and they stay', async () => {
    const page = await site.open('guides/start.html', { colorScheme: 'light' });
    const paper = () => page.evaluate(() => globalThis.getComputedStyle(document.body).backgroundColor);
    const light = await paper();
    await page.click('#theme-button'); // light
    await page.click('#theme-button'); // dark
    const dark = await paper();
    assert.notEqual(dark, light);
    await page.goto(`${site.url}guides/map.html`);
    assert.equal(await paper(), dark);
    await page.close();
  });

  test('the search finds a call in the reference, and leads there', async () => {
    const page = await site.open('guides/start.html');
    await page.keyboard.press('/');
    await page.fill('#search-text', 'putMany');
    const link = page.locator('dialog.search ol a', { hasText: 'putMany' }).first();
    await link.waitFor();
    await link.click();
    await page.waitForURL(/api\/.*#putmany|#many-at-once/);
    assert.deepEqual(page.troubles, []);
    await page.close();
  });

  test('the first stop of the keyboard leads past the navigation', async () => {
    const page = await site.open('guides/start.html');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await page.close();
  });

  test('where a server says nothing of isolation, a page can still be let share memory', async () => {
    const plain = await start({ isIsolated: false });
    try {
      const page = await plain.open('guides/threads.html');
      const first = page.locator('.code.runnable').first();
      await first.locator('.run-button').click();
      await first.locator('.share').click();
      await page.waitForFunction(() => globalThis.crossOriginIsolated, undefined, { timeout: 30_000 });
      await page.locator('.code.runnable').first().locator('.run-button').click();
      await page.locator('.code.runnable[data-state="kept"]').first().waitFor();
    } finally {
      await plain.close();
    }
  });
});
