// Runs the code that README.md and docs/ show, as a reader would who pastes it, and compares what it prints with what stands
// behind `// ->`. Follows the links, too, also as they are in the published package.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { format } from 'node:util';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import * as etcdDoor from '../../lib/etcd/index.js';
import * as mainDoor from '../../lib/index.js';
import * as levelDoor from '../../lib/level/index.js';
import * as mapDoor from '../../lib/map/index.js';

const ROOT = join(__dirname, '../..');
/** Where every block of code must say what it prints. In other pages of docs/, a block that says so is run. */
const ALL_RUN = ['README.md', 'docs/leveldb-ports.md', 'docs/level.md', 'docs/map.md', 'docs/performance.md'];
const DOORS: Record<string, unknown> = {
  'flat-memdb': mainDoor,
  'flat-memdb/map': mapDoor,
  'flat-memdb/level': levelDoor,
  'flat-memdb/etcd': etcdDoor,
};
/** Written on the line of the fence, it marks a block that can't be run. */
const NOT_RUN = 'no-run';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const pagesOf = (folder: string) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => posix.join(folder, name));

interface Block {
  file: string;
  /** Of its first line of code. */
  line: number;
  language: string;
  mark: string;
  code: string;
}

function blocksOf(file: string, markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { indent: number; fence: string; block: Block } | undefined;
  markdown.split('\n').forEach((text, i) => {
    const fence = /^( *)(`{3,})(\S*) *(.*)$/.exec(text);
    if (open !== undefined) {
      if (fence !== null && fence[2].length >= open.fence.length && fence[3] === '') {
        blocks.push(open.block);
        open = undefined;
      } else {
        open.block.code += `${text.slice(open.indent)}\n`;
      }
    } else if (fence !== null) {
      const [, indent, ticks, language, mark] = fence;
      open = {
        indent: indent.length,
        fence: ticks,
        block: { file, line: i + 2, language, mark, code: '' },
      };
    }
  });
  return blocks;
}

/** What a block says that it prints, line by line. */
function promisedBy(code: string): string[] {
  return code
    .split('\n')
    .map((line) => /\/\/ -> (.*)$/.exec(line)?.[1])
    .filter((promise) => promise !== undefined);
}

type Program = (
  require: (name: string) => unknown,
  exports: object,
  console: Pick<Console, 'log'>,
) => Promise<void>;
const AsyncFunction = (async () => {}).constructor as new (...parametersAndBody: string[]) => Program;

/** What a block prints, line by line. What it throws is passed on. */
async function printedBy(code: string): Promise<string[]> {
  const { outputText } = transpileModule(code, {
    compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, esModuleInterop: true },
  });
  const lines: string[] = [];
  const program = new AsyncFunction('require', 'exports', 'console', outputText);
  await program(
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- what a block imports is known when it runs
    (name) => DOORS[name] ?? require(name),
    {},
    { log: (...what: unknown[]) => lines.push(...format(...what).split('\n')) },
  );
  return lines;
}

const blocks = ['README.md', ...pagesOf('docs')]
  .flatMap((file) => blocksOf(file, read(file)))
  .filter(({ language }) => ['js', 'mjs', 'javascript', 'ts', 'mts', 'typescript'].includes(language));
const runnable = blocks.filter(({ mark, code }) => mark !== NOT_RUN && promisedBy(code).length > 0);

describe('the code that is shown', () => {
  test.each(runnable.map((block) => ({ ...block, where: `${block.file}:${block.line}` })))(
    'prints what it says: $where',
    async ({ code }) => expect(await printedBy(code)).toEqual(promisedBy(code)),
  );

  test('is run, all of it', () => {
    const notRun = blocks.filter(
      (block) => ALL_RUN.includes(block.file) && block.mark !== NOT_RUN && !runnable.includes(block),
    );
    expect(notRun.map(({ file, line }) => `${file}:${line} does not say what it prints`)).toEqual([]);
    expect(runnable.filter(({ file }) => file === 'README.md').length).toBeGreaterThanOrEqual(10);
    expect(runnable.filter(({ file }) => file === 'docs/leveldb-ports.md').length).toBeGreaterThanOrEqual(2);
  });

  test.each([
    ['the map', 0, ['set', 'get', 'range', 'prefix', 'reverse', 'at', 'rank', 'shift', 'tuple']],
    ['bytes', 1, ['put', 'get', 'entries', 'bytesPrefix', 'reverse', 'at', 'count']],
  ])(
    'begins the README with %s, with every kind of read, in not much more than twenty lines',
    (_what, i, calls) => {
      const { code } = blocks[i];
      for (const call of calls) expect(code).toMatch(new RegExp(`\\b${call}\\b`));
      expect(code.split('\n').filter((line) => line !== '' && !line.startsWith('//')).length).toBeLessThan(
        24,
      );
    },
  );
});

describe('the check of the code', () => {
  const BLOCK = "import { DB } from 'flat-memdb';\nconsole.log(new DB().length, ['a']); // -> 0 [ 'a' ]\n";

  test('finds blocks, their lines and marks', () => {
    const page = `text\n\n\`\`\`js\n${BLOCK}\`\`\`\n\n1. in a list\n\n   \`\`\`ts no-run\n   const a: number = 1;\n   \`\`\`\n`;
    expect(blocksOf('page.md', page)).toEqual([
      { file: 'page.md', line: 4, language: 'js', mark: '', code: BLOCK },
      { file: 'page.md', line: 11, language: 'ts', mark: NOT_RUN, code: 'const a: number = 1;\n' },
    ]);
  });

  test('lets a block pass that keeps its word, with types and await, too', async () => {
    expect(await printedBy(BLOCK)).toEqual(promisedBy(BLOCK));
    expect(await printedBy('const n: number = await Promise.resolve(2);\nconsole.log(n);')).toEqual(['2']);
  });

  test.each([
    ['prints something else', BLOCK.replace('-> 0', '-> 1')],
    ['prints more than it says', `${BLOCK}console.log('more');\n`],
    ['prints less than it says', `${BLOCK}// -> more\n`],
    ['prints in another order', "// -> b\nconsole.log('a'); // -> a\nconsole.log('b');\n"],
  ])('sees a block that %s', async (_what, code) => {
    expect(await printedBy(code)).not.toEqual(promisedBy(code));
  });

  test.each([
    ['throws', `${BLOCK}throw new Error('no');\n`],
    ['calls what there is not', "import { nothing } from 'flat-memdb';\nnothing();\n"],
    ['is no code', 'const = 1;'],
  ])('sees a block that %s', async (_what, code) => {
    await expect(printedBy(code)).rejects.toThrow();
  });
});

describe('links', () => {
  const pages = [
    ...pagesOf(''),
    ...pagesOf('docs'),
    ...pagesOf('docs/decisions'),
    ...pagesOf('perf'),
    ...pagesOf('perf/results'),
    ...pagesOf('examples'),
  ];
  const { files } = JSON.parse(read('package.json')) as { files: string[] };
  const published = [...files, 'README.md', 'LICENSE', 'package.json'].map(
    (pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}(/|$)`),
  );
  const isPublished = (path: string) => published.some((pattern) => pattern.test(path));

  /** Relative ones: of text, and of images. Code is left out. */
  function linksOf(markdown: string): string[] {
    const prose = markdown.replace(/^ *```[^]*?^ *```$/gm, '').replace(/`[^`\n]*`/g, '');
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"\s]+)"/g)];
    return links.map(([, text, image]) => text ?? image).filter((link) => !/^[a-z]+:/.test(link));
  }

  /** As GitHub makes them of headings. */
  function anchorsOf(markdown: string): string[] {
    const headings = markdown.replace(/^ *```[^]*?^ *```$/gm, '').matchAll(/^#+ (.*)$/gm);
    return [...headings].map(([, heading]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
  }

  function troubleOf(page: string, link: string): string | undefined {
    const [target, anchor] = link.split('#');
    const path = target === '' ? page : posix.normalize(posix.join(dirname(page), target));
    if (!existsSync(join(ROOT, path))) return `${page} links to ${link}, which is not there`;
    if (isPublished(page) && !isPublished(path)) {
      return `${page} is published, and links to ${link}, which is not: see "files" in package.json`;
    }
    if (anchor !== undefined && !anchorsOf(read(path)).includes(anchor)) {
      return `${page} links to ${link}, where there is no such heading`;
    }
    return undefined;
  }

  const troubles = () =>
    pages.flatMap((page) => linksOf(read(page)).map((link) => troubleOf(page, link))).filter(Boolean);

  test('lead somewhere, in the repository and in the published package', () => {
    expect(troubles()).toEqual([]);
  });

  test('would be seen if they did not', () => {
    expect(linksOf('[a](b.md#c) `[no](x.md)` <img src="d.svg"> [far](https://example.com)')).toEqual([
      'b.md#c',
      'd.svg',
    ]);
    expect(troubleOf('README.md', 'missing.md')).toMatch('not there');
    expect(troubleOf('README.md', 'jest.config.js')).toMatch('"files"');
    expect(troubleOf('README.md', '#no-such-heading')).toMatch('no such heading');
    expect(troubleOf('docs/performance.md', '../README.md#recipes')).toBeUndefined();
    expect(pages.length).toBeGreaterThan(25);
  });

  test('name files, or folders with a page of their own', () => {
    for (const pattern of files.filter((each) => !each.includes('*') && each !== 'dist')) {
      expect([pattern, statSync(join(ROOT, pattern)).size > 0]).toEqual([pattern, true]);
    }
  });
});
