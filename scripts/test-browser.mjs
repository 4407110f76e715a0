// npm run test:browser: the code of README and docs/, random programs against the model, a large load, bytes of an Arena where
// browsers take bytes, and a page and workers that share a DB, all of it in a real Chromium. Debian's `chromium` does; another is named by the variable CHROMIUM.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { portableFolder, root } from './portable.mjs';

const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Two pages: one is served with the headers without which a browser shares no memory. */
const ISOLATED = '';
const PLAIN = 'plain';
/** Far longer than it takes: a page that hangs must not hang its caller. */
const MINUTES = 10;

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main() {
  if (!existsSync(executablePath)) {
    throw new Error(
      `test:browser needs Chromium, and there is none at ${executablePath}. Install it (Debian: apt-get ` +
        'install chromium), or name one: CHROMIUM=/path/to/chrome npm run test:browser',
    );
  }
  const { folder, task } = await portableFolder(
    {
      'check.mjs': 'build/spec/programs/portable/check.js',
      'threads.mjs': 'build/spec/programs/portable/threads.js',
      'threads-worker.mjs': 'build/spec/programs/portable/threads-worker.js',
    },
    { nodeModules: false },
  );
  const server = await serve(folder);
  const profile = mkdtempSync(join(tmpdir(), 'flat-memdb-profile-'));
  let browser;
  try {
    browser = await chromium.launchPersistentContext(profile, {
      executablePath,
      headless: true,
      args: ARGUMENTS,
    });
    console.log(`Chromium ${browser.browser()?.version() ?? ''} (${executablePath}):`);
    const url = `http://127.0.0.1:${server.address().port}/`;
    for (const [where, name, given] of [
      [ISOLATED, 'check', task],
      [ISOLATED, 'checkThreads'],
      [PLAIN, 'checkWithoutIsolation'],
    ]) {
      await run(await browser.newPage(), url + where, name, given);
    }
  } finally {
    await browser?.close();
    server.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

async function run(page, url, name, task) {
  page.on('console', (message) => console.log(message.text()));
  await page.goto(url);
  const trouble = await Promise.race([
    page.evaluate(
      async ({ name, task }) => {
        try {
          const module = await import(name === 'check' ? '/check.mjs' : '/threads.mjs');
          if (name === 'check') await module.check(task, (line) => console.log(line));
          else console.log(`  ${await module[name]()}`);
          return undefined;
        } catch (error) {
          return error instanceof Error ? (error.stack ?? error.message) : String(error);
        }
      },
      { name, task },
    ),
    setTimeout(MINUTES * 60_000, `no answer from the page after ${MINUTES} minutes`, { ref: false }),
  ]);
  if (trouble !== undefined) throw new Error(trouble);
  await page.close();
}

/** Gives out what is in the folder, and a page in which modules find the package by its name. */
async function serve(folder) {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const imports = Object.entries(exports)
    .filter(([, target]) => target.import !== undefined)
    .map(([name, target]) => [
      posix.join('flat-memdb', name),
      posix.join('/node_modules/flat-memdb', target.import.default),
    ]);
  const importMap = JSON.stringify({ imports: Object.fromEntries(imports) });
  const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>flat-memdb</title><script type="importmap">${importMap}</script>`;
  const server = createServer((request, response) => {
    const path = posix.normalize(new URL(request.url, 'http://localhost').pathname);
    const file = join(folder, path);
    if (path !== `/${PLAIN}`) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    if (path === `/${ISOLATED}` || path === `/${PLAIN}`) {
      response.setHeader('Content-Type', 'text/html').end(page);
    } else if (/\.m?js$/.test(path) && existsSync(file)) {
      response.setHeader('Content-Type', 'text/javascript').end(readFileSync(file));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
