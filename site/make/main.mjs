// npm run site: makes site/dist of the package in dist/, the repository's pages, the doc comments of lib/, and site/src.
// What comes out are static files that work from any path.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import wordListPath from 'word-list';
import { apiPages, asModule } from './api.mjs';
import { GROUPS, TOOLS } from './guides.mjs';
import { layout, relative } from './layout.mjs';
import { escapeHtml, runnable, sectionsOf, toHtml } from './markdown.mjs';

/** Its examples show a mirror of a cluster, which no page has. */
const NEEDS_SERVERS = 'flat-memdb/etcd';

const root = fileURLToPath(new URL('../..', import.meta.url));
process.chdir(root);
const DIST = 'site/dist';
/** What the first view may take, compressed. */
const FIRST_VIEW = 300 * 1024;
/** Links to what is no page of the site lead to the file itself, which is copied to here. */
const FILES = 'files';

const read = (file) => readFileSync(file, 'utf8');
function write(file, content) {
  mkdirSync(dirname(join(DIST, file)), { recursive: true });
  writeFileSync(join(DIST, file), content);
}

rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST, { recursive: true });

const doors = await bundlePackage();
const scripts = await bundleScripts();
cpSync(wordListPath, join(DIST, 'words.txt'));
cpSync('node_modules/coi-serviceworker/coi-serviceworker.js', join(DIST, 'coi-serviceworker.js'));
for (const name of ['look.css', 'icon.svg']) cpSync(join('site/src', name), join(DIST, name));

const groups = GROUPS;
const decisions = readdirSync('docs/decisions')
  .filter((name) => /^\d{4}-.*\.md$/.test(name))
  .map((name) => ({
    to: `decisions/${name.replace('.md', '.html')}`,
    from: `docs/decisions/${name}`,
    name: /^# (.*)/m.exec(read(`docs/decisions/${name}`))?.[1] ?? name,
  }));
const guides = [...groups.flatMap(({ pages }) => pages), ...decisions];
const left = readdirSync('docs').filter(
  (name) => name.endsWith('.md') && !guides.some(({ from }) => from === `docs/${name}`),
);
if (left.length > 0) throw new Error(`site/make/guides.mjs has no page for docs/${left.join(', docs/')}`);
const searched = [];
const copied = new Set();
const whereSections = sectionsByAnchor();

for (const page of guides) makeGuide(page);
for (const page of TOOLS) makeTool(page);
await makeApi();
write('search.json', JSON.stringify(searched));
checkLinks();
const taken = firstView();
console.log(
  `site/dist: ${guides.length + TOOLS.length} pages and the reference; the first view takes ${Math.ceil(taken / 1024)} KB compressed`,
);
if (taken > FIRST_VIEW) {
  console.error(`the first view takes ${taken} bytes compressed, and ${FIRST_VIEW} are allowed`);
  process.exitCode = 1;
}

/** The doors of the package as they are published, each a module of the site. */
async function bundlePackage() {
  const { exports } = JSON.parse(read('package.json'));
  const entries = Object.entries(exports).filter(([, target]) => target.import !== undefined);
  const names = entries.map(([name]) => posix.join('flat-memdb', name));
  const files = entries.map(([, target]) => target.import.default);
  await build({
    entryPoints: files,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    // Peers of some doors: who uses them has them.
    external: ['etcd3', '@grpc/*', 'node:*'],
    outdir: join(DIST, 'package'),
    logLevel: 'warning',
    legalComments: 'none',
  });
  return Object.fromEntries(names.map((name, i) => [name, `package/${posix.basename(files[i])}`]));
}

async function bundleScripts() {
  const entries = ['site', ...TOOLS.map(({ script }) => script)];
  const { metafile } = await build({
    entryPoints: {
      ...Object.fromEntries(entries.map((name) => [name, entryOf(name)])),
      ...Object.assign({}, ...TOOLS.map(({ workers = {} }) => workers)),
    },
    bundle: true,
    splitting: true,
    minify: true,
    sourcemap: true,
    format: 'esm',
    target: 'es2022',
    // The store is the one that is published; only the playground looks inside, and has lib/ itself.
    plugins: [packageFile()],
    outdir: join(DIST, 'scripts'),
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    metafile: true,
    logLevel: 'warning',
    legalComments: 'none',
  });
  return metafile;
}

function entryOf(name) {
  return name === 'site' ? 'site/src/site.ts' : `site/src/${name}/main.ts`;
}

/** Workers have no import maps: what they import of the package is its file. */
function packageFile() {
  return {
    name: 'package-file',
    setup({ onResolve }) {
      onResolve({ filter: /^flat-memdb(\/|$)/ }, ({ path }) => ({
        path: `../${doors[path]}`,
        external: true,
      }));
    },
  };
}

function makeGuide(page) {
  let markdown = read(page.from);
  if (page.sections !== undefined) {
    markdown = sectionsOf(markdown, page.sections);
    if (page.title !== undefined) markdown = asWhole(page.title, markdown, page.sections.length === 1);
  }
  const { html, headings } = toHtml(
    markdown,
    (href) => linkFrom(page.to, page.from, href),
    Object.keys(doors),
  );
  const title = headings.find(({ level }) => level === 1)?.text ?? page.name;
  const order = groups.flatMap(({ pages }) => pages);
  const i = order.findIndex(({ to }) => to === page.to);
  write(
    page.to,
    layout({
      to: page.to,
      title,
      body: `<article class="prose">${html}</article>${i < 0 ? '' : neighbours(page.to, order[i - 1], order[i + 1])}${sourceOf(page)}`,
      scripts: ['scripts/site.js'],
      doors,
      groups: page.from.startsWith('docs/decisions/')
        ? [...groups, { name: 'Decisions', pages: decisions }]
        : groups,
      headings,
    }),
  );
  index(page.to, title, markdown);
}

/** Some sections as a page of their own: with a heading, and where they are one section, its parts a level up. */
function asWhole(title, markdown, isOne) {
  const body = isOne
    ? withoutCode(markdown.replace(/^## .*\n/, ''), (text) => text.replace(/^#(#+ )/gm, '$1'))
    : markdown;
  return `# ${title}\n\n${body}`;
}

function withoutCode(markdown, change) {
  return markdown
    .split(/(^ *```[^]*?^ *```$)/m)
    .map((part, i) => (i % 2 === 0 ? change(part) : part))
    .join('');
}

function neighbours(from, before, after) {
  const link = (page, rel, word) =>
    page === undefined
      ? '<span></span>'
      : `<a rel="${rel}" href="${escapeHtml(relative(from, page.to))}">${word} ${escapeHtml(page.name)}</a>`;
  return `<nav class="neighbours" aria-label="Next and previous page">${link(before, 'prev', '←')}${link(after, 'next', '→')}</nav>`;
}

function sourceOf({ from, sections }) {
  const part = sections === undefined ? '' : ', some of its sections';
  return `<p class="source">Made from <code>${from}</code> of the repository${part}.</p>`;
}

function makeTool({ to, body, script, title }) {
  write(
    to,
    layout({
      to,
      title,
      body: read(`site/pages/${body}`),
      scripts: ['scripts/site.js', `scripts/${script}.js`],
      doors,
    }),
  );
  index(to, title, read(`site/pages/${body}`).replace(/<[^>]+>/g, ' '));
}

async function makeApi() {
  const entries = Object.fromEntries(
    Object.keys(doors).map((name) => [
      name,
      name === 'flat-memdb' ? 'lib/index.ts' : `lib/${name.slice('flat-memdb/'.length)}/index.ts`,
    ]),
  );
  const names = {};
  for (const [name, target] of Object.entries(doors)) {
    names[name] = Object.keys(
      await import(pathToFileURL(join(root, 'dist/esm', posix.basename(target))).href),
    );
  }
  const pages = await apiPages(entries);
  const modules = Object.keys(entries).map((module) => ({
    name: module,
    pages: pages
      .filter((page) => page.module === module)
      .map(({ to, name, kind }) => ({ to, name: kind === '' ? 'All names' : name })),
  }));
  const asProgram = (code, language, mark) => {
    const whole = asModule(code, names);
    return runnable(whole, language, mark, Object.keys(doors));
  };
  for (const page of pages) {
    const link = (href) => linkInApi(page, href);
    const { html, headings } = toHtml(
      page.markdown,
      link,
      Object.keys(doors),
      page.kind === '' || page.module === NEEDS_SERVERS ? () => undefined : asProgram,
    );
    write(
      page.to,
      layout({
        to: page.to,
        title: page.name,
        body: `<article class="prose api">${html}</article>`,
        scripts: ['scripts/site.js'],
        doors,
        groups: modules,
        headings: headings.filter(({ level, text }) => level === 3 || (level === 2 && text !== 'Example')),
      }),
    );
    index(page.to, `${page.name} (${page.module})`, page.markdown);
  }
}

function linkInApi(page, href) {
  if (/^[a-z]+:/.test(href) || href.startsWith('#')) return href;
  return href.replace(/README\.md/, 'index.html').replace(/\.md(?=#|$)/, '.html');
}

/** For what `page#anchor` names in the repository: the page of the site where that heading is. */
function sectionsByAnchor() {
  const where = new Map();
  for (const page of guides) {
    const markdown =
      page.sections === undefined ? read(page.from) : sectionsOf(read(page.from), page.sections);
    const { headings } = toHtml(markdown, (href) => href, []);
    for (const { slug, level } of headings) {
      // The one heading of a page that is made of it has that page's title.
      const isTitle = page.sections?.length === 1 && level === 2;
      where.set(`${page.from}#${slug}`, { to: page.to, slug: isTitle ? undefined : slug });
    }
    if (page.sections === undefined || page.sections[0] === '') where.set(page.from, { to: page.to });
  }
  return where;
}

function linkFrom(to, from, href) {
  if (/^[a-z]+:/.test(href)) return href;
  const [target, anchor] = href.split('#');
  const file = target === '' ? from : posix.normalize(posix.join(posix.dirname(from), target));
  const name = file === 'docs/decisions' ? 'docs/decisions/README.md' : file;
  const found = where(name, anchor);
  if (found !== undefined) {
    const way = found.to === to && found.slug !== undefined ? '' : relative(to, found.to);
    return found.slug === undefined ? way : `${way}#${found.slug}`;
  }
  // No page: a picture, or a file of the repository.
  if (!existsSync(name)) throw new Error(`${from} links to ${href}, which is not there`);
  if (!copied.has(name)) {
    copied.add(name);
    const copy = join(DIST, FILES, name);
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(name, /\.[^/]+$/.test(name) ? copy : `${copy}.txt`);
  }
  return relative(to, `${FILES}/${name}${/\.[^/]+$/.test(name) ? '' : '.txt'}`);
}

function where(file, anchor) {
  return whereSections.get(anchor === undefined ? file : `${file}#${anchor}`) ?? whereSections.get(file);
}

/** What the search knows of a page: each of its parts. */
function index(to, title, markdown) {
  let slug = '';
  let heading = '';
  const parts = markdown.split(/^#{1,3} (.*)$/m);
  parts.forEach((part, i) => {
    if (i % 2 === 1) {
      heading = part;
      slug =
        i === 1
          ? ''
          : part
              .toLowerCase()
              .replace(/[^\p{L}\p{N} _-]/gu, '')
              .replaceAll(' ', '-');
      return;
    }
    const text = plain(part.replace(/```[^]*?```/g, ' '))
      .replace(/[`*|>[\]()]/g, ' ')
      .replace(/\s+/g, ' ')
      .trim();
    if (text === '' && heading === '') return;
    searched.push({
      id: searched.length,
      to: slug === '' ? to : `${to}#${slug}`,
      page: title,
      heading: plain(heading),
      text: text.slice(0, 1500),
    });
  });
}

/** Without what only Markdown means: where links lead, lines of tables, signs that are escaped. */
function plain(markdown) {
  return markdown
    .replace(/\]\([^)\s]*\)/g, ']')
    .replace(/\|?\s*:?-{3,}:?\s*(?=\||$)/gm, ' ')
    .replace(/\\([<>_*`|[\]{}])/g, '$1');
}

/** Every link of every page leads to a file of the site, and to a part of it that is there. */
function checkLinks() {
  const pages = readdirSync(DIST, { recursive: true })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.html'));
  const ids = new Map(
    pages.map((page) => [
      page,
      new Set([...read(join(DIST, page)).matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id)),
    ]),
  );
  const broken = [];
  for (const page of pages) {
    const html = read(join(DIST, page));
    for (const [, link] of html.matchAll(/\b(?:href|src|srcset)="([^"]*)"/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [target, anchor] = link.replaceAll('&amp;', '&').split('#');
      const file = target === '' ? page : posix.normalize(posix.join(posix.dirname(page), target));
      const isState = TOOLS.some(({ to }) => to === file);
      if (
        !existsSync(join(DIST, file)) ||
        (anchor && !isState && ids.has(file) && !ids.get(file).has(decodeURIComponent(anchor)))
      ) {
        broken.push(`${page}: ${link}`);
      }
    }
  }
  if (broken.length > 0) throw new Error(`links that lead nowhere:\n${broken.slice(0, 20).join('\n')}`);
}

/** Bytes of all that the first page asks for before anybody does anything. */
function firstView() {
  const html = read(join(DIST, 'index.html'));
  const files = new Set(['index.html', 'look.css', 'icon.svg']);
  const follow = (file) => {
    if (files.has(file)) return;
    files.add(file);
    const output = scripts.outputs[posix.join(DIST, file)];
    for (const { path, kind, external } of output?.imports ?? []) {
      if (kind !== 'import-statement') continue;
      if (external === true) files.add(posix.normalize(posix.join(posix.dirname(file), path)));
      else follow(posix.relative(DIST, path));
    }
  };
  for (const [, file] of html.matchAll(/<script type="module" src="([^"]+)"/g)) follow(file);
  return [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(DIST, file))).length, 0);
}
