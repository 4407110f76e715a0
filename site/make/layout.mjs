// What all pages have around them.
import { posix } from 'node:path';
import { TOP } from './guides.mjs';
import { escapeHtml } from './markdown.mjs';

/** From one page of the site to another: relative, so that it works under any path. */
export function relative(from, to) {
  const [path, hash] = to.split('#');
  const way = posix.relative(posix.dirname(from), path) || posix.basename(path);
  return hash === undefined ? way : `${way}#${hash}`;
}

// Before anything is drawn, so that no page flashes in the other colours.
const THEME = `try{const t=localStorage.getItem('theme');if(t==='light'||t==='dark')document.documentElement.dataset.theme=t}catch{}`;

/**
 * @param {object} page
 * @param {string} page.to
 * @param {string} page.title
 * @param {string} page.body
 * @param {string[]} page.scripts
 * @param {Record<string, string>} page.doors what `import 'flat-memdb'` finds, by files of the site
 * @param {{ name: string, pages: { to: string, name: string }[] }[]} [page.groups] the navigation at the side
 * @param {{ level: number, text: string, slug: string }[]} [page.headings]
 * @param {string} [page.description]
 */
export function layout({ to, title, body, scripts, doors, groups, headings = [], description }) {
  const link = (target) => escapeHtml(relative(to, target));
  const imports = Object.fromEntries(
    Object.entries(doors).map(([name, file]) => {
      const way = relative(to, file);
      return [name, way.startsWith('.') ? way : `./${way}`];
    }),
  );
  const top = TOP.map(({ to: target, name, under = [] }) => {
    const isHere = target === to || under.some((folder) => to.startsWith(folder));
    return `<li><a href="${link(target)}"${isHere ? ' aria-current="true"' : ''}>${name}</a></li>`;
  }).join('');
  const inPage = headings.filter(({ level }) => level === 2 || level === 3);
  const side = groups === undefined ? '' : sideOf(to, groups);
  const toc =
    inPage.length < 2
      ? ''
      : `<nav class="toc" aria-label="On this page"><h2>On this page</h2><ul>${inPage
          .map(
            ({ level, text, slug }) =>
              `<li class="level-${level}"><a href="#${escapeHtml(slug)}">${escapeHtml(text)}</a></li>`,
          )
          .join('')}</ul></nav>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title === 'flat-memdb' ? 'flat-memdb: see the store at work' : `${title} · flat-memdb`)}</title>
<meta name="description" content="${escapeHtml(description ?? 'An ordered key/value store in memory, on two flat arrays: see it work.')}">
<link rel="icon" href="${link('icon.svg')}" type="image/svg+xml">
<script>${THEME}</script>
<link rel="stylesheet" href="${link('look.css')}">
<script type="importmap">${JSON.stringify({ imports })}</script>
${scripts.map((file) => `<script type="module" src="${link(file)}"></script>`).join('\n')}
</head>
<body data-root="${escapeHtml(relative(to, 'index.html').replace(/index\.html$/, '') || './')}">
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="${link('index.html')}">flat-memdb</a>
<nav aria-label="Site"><ul>${top}</ul></nav>
<div class="tools">
<button type="button" id="search-button" aria-haspopup="dialog">Search <kbd>/</kbd></button>
<button type="button" id="theme-button" aria-label="Colours: as the system">◐</button>
</div>
</header>
<div class="columns${side === '' ? ' no-side' : ''}${toc === '' ? ' no-toc' : ''}">
${side}<main id="main" tabindex="-1">
${body}
</main>
${toc}</div>
<footer class="bottom"><p>MIT license. Everything that is shown here runs in this page: the store is the package itself.</p></footer>
</body>
</html>
`;
}

function sideOf(to, groups) {
  const list = groups
    .map(
      ({ name, pages }) =>
        `<h2>${escapeHtml(name)}</h2><ul>${pages
          .map(
            (page) =>
              `<li><a href="${escapeHtml(relative(to, page.to))}"${page.to === to ? ' aria-current="page"' : ''}>${escapeHtml(page.name)}</a></li>`,
          )
          .join('')}</ul>`,
    )
    .join('');
  return `<nav class="side" aria-label="Pages"><details class="side-fold" open><summary>Pages</summary>${list}</details></nav>`;
}
