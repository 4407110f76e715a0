// Which of the repository's pages the site shows, in which order, and under which names. Nothing is copied: each is made from the
// file that is named here, or from some sections of it. The build ends with an error where a file of docs/ is not among them.

/**
 * @typedef {object} Page
 * @property {string} to where it is in the site
 * @property {string} from the file in the repository
 * @property {string} name what the navigation calls it
 * @property {string[]} [sections] headings of the second level that it takes of the file; '' is what stands before them
 * @property {string} [title] where it does not begin with a heading of its own
 */

/** @type {{ name: string, pages: Page[] }[]} */
export const GROUPS = [
  {
    name: 'Guides',
    pages: [
      {
        to: 'guides/start.html',
        from: 'README.md',
        sections: ['', 'From a fresh clone', 'Where it runs'],
        name: 'Start in a minute',
      },
      {
        to: 'guides/recipes.html',
        from: 'README.md',
        sections: ['Recipes'],
        title: 'Recipes',
        name: 'Recipes',
      },
      {
        to: 'guides/promises.html',
        from: 'README.md',
        sections: ['What it promises', 'The API'],
        title: 'What it promises',
        name: 'What it promises',
      },
      { to: 'guides/map.html', from: 'docs/map.md', name: 'OrderedMap' },
      { to: 'guides/leveldb-ports.html', from: 'docs/leveldb-ports.md', name: 'Ports of LevelDB' },
      { to: 'guides/level.html', from: 'docs/level.md', name: 'For the level ecosystem' },
      { to: 'guides/mirror.html', from: 'docs/mirror.md', name: 'A mirror of etcd' },
      { to: 'guides/outgrowing.html', from: 'docs/outgrowing.md', name: 'From one process to many' },
      { to: 'guides/threads.html', from: 'docs/threads.md', name: 'Threads' },
      { to: 'guides/dumps.html', from: 'docs/dumps.md', name: 'Dumps' },
      { to: 'guides/memory.html', from: 'docs/memory.md', name: 'Memory' },
      { to: 'guides/performance.html', from: 'docs/performance.md', name: 'Performance' },
      { to: 'guides/runtimes.html', from: 'docs/runtimes.md', name: 'Runtimes' },
      { to: 'guides/how-it-works.html', from: 'ARCHITECTURE.md', name: 'How it works' },
      { to: 'guides/trust.html', from: 'docs/trust.md', name: 'Trust' },
    ],
  },
  {
    name: 'The project',
    pages: [
      {
        to: 'project/questions.html',
        from: 'README.md',
        sections: ['Is it fast?', 'Further'],
        title: 'Is it fast?',
        name: 'Is it fast?',
      },
      { to: 'project/changelog.html', from: 'CHANGELOG.md', name: 'Changelog' },
      { to: 'project/contributing.html', from: 'CONTRIBUTING.md', name: 'Contributing' },
      { to: 'project/security.html', from: 'SECURITY.md', name: 'Security' },
      { to: 'project/examples.html', from: 'examples/README.md', name: 'Examples' },
      { to: 'project/measuring.html', from: 'perf/README.md', name: 'Measuring' },
      { to: 'project/lives.html', from: 'perf/results/lives.md', name: 'Figures: lives' },
      { to: 'project/report.html', from: 'perf/results/report.md', name: 'Figures: repeated' },
      { to: 'project/release.html', from: 'docs/release.md', name: 'Releasing' },
      { to: 'project/site.html', from: 'docs/site.md', name: 'This site' },
      { to: 'decisions/index.html', from: 'docs/decisions/README.md', name: 'Decisions' },
    ],
  },
];

/** Pages in which the package runs: made by hand, see site/pages/. */
export const TOOLS = [
  {
    to: 'index.html',
    body: 'playground.html',
    script: 'playground',
    name: 'Playground',
    title: 'flat-memdb',
  },
  {
    to: 'systems.html',
    body: 'systems.html',
    script: 'systems',
    name: 'Two systems',
    title: 'A memdb and a memtable, side by side',
  },
  {
    to: 'measure.html',
    body: 'measure.html',
    script: 'measure',
    workers: { 'measure-worker': 'site/src/measure/worker.ts' },
    name: 'Measure it here',
    title: 'Measure it here',
  },
];

/** What stands at the top of every page. */
export const TOP = [
  ...TOOLS.slice(0, 2).map(({ to, name }) => ({ to, name })),
  { to: 'guides/start.html', name: 'Guides', under: ['guides/', 'project/', 'decisions/'] },
  { to: 'api/index.html', name: 'API', under: ['api/'] },
  ...TOOLS.slice(2).map(({ to, name }) => ({ to, name })),
];
