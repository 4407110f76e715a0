// npm run site:screenshots: pictures of the main views, for eyes: look at what changed in them before they are committed. They are not
// compared with anything.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settled, start } from '../test/browser.mjs';

const FOLDER = fileURLToPath(new URL('../screenshots', import.meta.url));
const shots = [
  { name: 'playground', to: 'index.html', steps: 5 },
  { name: 'playground-dark', to: 'index.html', steps: 5, colorScheme: 'dark' },
  { name: 'million', to: 'index.html', data: 'million', ask: ['seek', '2000000000'], steps: 14 },
  { name: 'systems', to: 'systems.html' },
  { name: 'measure', to: 'measure.html', measures: true },
  { name: 'guide', to: 'guides/recipes.html' },
  { name: 'guide-narrow', to: 'guides/threads.html', viewport: { width: 420, height: 900 } },
  { name: 'reference', to: 'api/flat-memdb/classes/DB.html', colorScheme: 'dark' },
];

mkdirSync(FOLDER, { recursive: true });
const site = await start({ isIsolated: true });
try {
  for (const { name, to, steps = 0, data, ask, measures, ...options } of shots) {
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
    await page.evaluate(() => globalThis.scrollTo(0, 0));
    await page.screenshot({ path: join(FOLDER, `${name}.png`) });
    await page.close();
  }
} finally {
  await site.close();
}
