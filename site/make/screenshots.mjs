// npm run site:screenshots: pictures of the main views, for eyes: look at what changed in them before they are committed. They are not
// compared with anything.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settled, start } from '../test/browser.mjs';

const FOLDER = fileURLToPath(new URL('../screenshots', import.meta.url));
const NARROW = { viewport: { width: 390, height: 844 } };
const shots = [
  { name: 'playground', to: 'index.html', steps: 5, viewport: { width: 1280, height: 2050 } },
  { name: 'playground-dark', to: 'index.html', steps: 5, colorScheme: 'dark' },
  { name: 'playground-narrow', to: 'index.html', steps: 5, viewport: { width: 390, height: 2400 } },
  { name: 'put', to: 'index.html', ask: ['put', '17'], steps: 14 },
  { name: 'million', to: 'index.html', data: 'million', ask: ['seek', '2000000000'], steps: 14 },
  { name: 'systems', to: 'systems.html', isWhole: true },
  { name: 'systems-narrow', to: 'systems.html', ...NARROW },
  { name: 'measure', to: 'measure.html', measures: true },
  { name: 'guide', to: 'guides/recipes.html' },
  { name: 'guide-narrow', to: 'guides/threads.html', ...NARROW },
  { name: 'reference', to: 'api/flat-memdb/classes/DB.html' },
  { name: 'reference-dark', to: 'api/flat-memdb/classes/DB.html', colorScheme: 'dark' },
];

mkdirSync(FOLDER, { recursive: true });
const site = await start({ isIsolated: true });
try {
  for (const { name, to, steps = 0, data, ask, measures, isWhole = false, ...options } of shots) {
    const page = await site.open(to, options);
    if (to === 'index.html') await settled(page);
    if (data !== undefined) {
      await page.selectOption('#data', data);
      await settled(page);
    }
    if (ask !== undefined) {
      const [kind, key] = ask;
      await page.fill('#key', key);
      await page.click(`#${kind}`);
    }
    for (let i = 0; i < steps; i++) await page.click('#forward');
    if (measures === true) {
      await page.selectOption('#entries', '1000');
      await page.click('#start');
      await page.locator('#figures').waitFor({ timeout: 60_000 });
    }
    await page.waitForTimeout(300);
    if (isWhole) {
      const height = await page.evaluate(() => globalThis.document.documentElement.scrollHeight);
      await page.setViewportSize({ ...page.viewportSize(), height });
    }
    await page.evaluate(() => globalThis.scrollTo(0, 0));
    await page.evaluate(
      () =>
        new Promise((done) => globalThis.requestAnimationFrame(() => globalThis.requestAnimationFrame(done))),
    );
    // WebP takes a third of PNG, and only the browser's own protocol gives it.
    const session = await page.context().newCDPSession(page);
    const { data: picture } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 55 });
    writeFileSync(join(FOLDER, `${name}.webp`), Buffer.from(picture, 'base64'));
    await page.close();
  }
} finally {
  await site.close();
}
