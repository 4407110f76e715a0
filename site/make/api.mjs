// The reference: TypeDoc reads the doc comments of lib/, and gives Markdown, which becomes pages as the guides do. Every public
// name gets an example: its own, or that of a call that takes it, gives it or throws it. All of them are run by
// spec/examples/doc-examples.spec.ts and, in the browser, by site/test/.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Application, ReflectionKind } from 'typedoc';

/** Types that no signature names, and what shows them. */
const SHOWN_BY = { OpenOptions: 'MemoryLevel', AnyKey: 'OrderedMap', CodecsOf: 'codecs' };

/**
 * @param {Record<string, string>} entries names that users import by, and the file of each in lib/
 * @returns {Promise<{ to: string, from: string, name: string, module: string, kind: string, markdown: string }[]>}
 */
export async function apiPages(entries) {
  const out = mkdtempSync(join(tmpdir(), 'flat-memdb-api-'));
  try {
    const app = await Application.bootstrapWithPlugins({
      entryPoints: Object.values(entries),
      tsconfig: 'tsconfig.json',
      plugin: ['typedoc-plugin-markdown'],
      outputs: [{ name: 'markdown', path: out }],
      name: 'flat-memdb',
      readme: 'none',
      excludePrivate: true,
      excludeProtected: true,
      excludeInternal: true,
      excludeExternals: true,
      disableSources: true,
      // `npm run types` checks types.
      skipErrorChecking: true,
      hidePageHeader: true,
      hideBreadcrumbs: true,
      parametersFormat: 'list',
      // Names with the first line of what they are.
      indexFormat: 'table',
      // Of what is inherited from other packages, links lead nowhere here.
      logLevel: 'Error',
    });
    const project = await app.convert();
    if (project === undefined) throw new Error('TypeDoc could not read lib/');
    const names = Object.keys(entries);
    const modules = project.children;
    // TypeDoc names them by their files.
    for (const module of modules) {
      module.name = `flat-memdb/${module.name.replace(/\/?index$/, '')}`.replace(/\/$/, '');
      if (!names.includes(module.name)) throw new Error(`${module.name} is no door of the package`);
    }
    const examples = examplesFor(project, modules);
    await app.generateOutputs(project);
    writeFileSync(join(out, 'README.md'), allNames(names, modules));
    return readdirSync(out, { recursive: true })
      .map((file) => file.replaceAll('\\', '/'))
      .filter((file) => file.endsWith('.md'))
      .sort()
      .map((file) => pageOf(out, file, names, examples));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** The page that the reference begins with: every name, by the door that it is imported from. */
function allNames(names, modules) {
  const parts = names.map((name) => {
    const { children = [] } = modules.find((module) => module.name === name);
    const links = new Map(
      children
        .filter((child) => child.kindOf(ReflectionKind.All & ~ReflectionKind.Reference))
        .map((child) => [child.name, `[${child.name}](${name}/${FOLDERS[child.kind]}/${child.name}.md)`]),
    );
    const sorted = [...links].sort(([a], [b]) => a.localeCompare(b, 'en')).map(([, link]) => link);
    return `## ${name}\n\n[What each of them is](${name}/README.md): ${sorted.join(', ')}`;
  });
  return `# API\n\nEvery name that the package gives, by what it is imported from. Each has an example that the tests run.\n\n${parts.join('\n\n')}\n`;
}

/** Where pages of each kind are. */
const FOLDERS = {
  [ReflectionKind.Class]: 'classes',
  [ReflectionKind.Interface]: 'interfaces',
  [ReflectionKind.TypeAlias]: 'type-aliases',
  [ReflectionKind.Variable]: 'variables',
  [ReflectionKind.Function]: 'functions',
};

function pageOf(out, file, names, examples) {
  const name = /([^/]+)\.md$/.exec(file)[1];
  const module = names.filter((each) => file.startsWith(`${each}/`)).sort((a, b) => b.length - a.length)[0];
  let markdown = readFileSync(join(out, file), 'utf8');
  const { of, code } = examples.get(`${module}/${name}`) ?? {};
  if (code !== undefined) markdown += `\n\n## Example\n\nFrom ${of}:\n\n\`\`\`ts\n${code}\n\`\`\`\n`;
  return {
    to: `api/${file.replace(/README\.md$/, 'index.html').replace(/\.md$/, '.html')}`,
    from: file,
    name: name === 'README' ? (module ?? 'All names') : name,
    module: module ?? '',
    kind: name === 'README' ? '' : /([^/]+)\/[^/]+$/.exec(file)[1].replace('-', ' '),
    markdown,
  };
}

/** For each public name without an example of its own: one that uses it. */
function examplesFor(project, modules) {
  const all = project.getReflectionsByKind(ReflectionKind.All).flatMap((reflection) =>
    (reflection.comment?.getTags('@example') ?? []).map((tag) => ({
      of: calledBy(reflection),
      module: moduleOf(reflection),
      about: typesOf(reflection),
      within: (reflection.children ?? [])
        .flatMap((child) => [child, ...(child.signatures ?? [])])
        .map(typesOf)
        .join(' '),
      code: tag.content
        .map(({ text }) => text)
        .join('')
        .replace(/^```ts\n|\n```$/g, ''),
      throws: (reflection.comment?.getTags('@throws') ?? [])
        .flatMap(({ content }) => content.map(({ text }) => text))
        .join(' '),
    })),
  );
  const found = new Map();
  const missing = [];
  for (const module of modules) {
    for (const child of module.children ?? []) {
      if (hasExample(child)) continue;
      const word = new RegExp(`\\b${child.name}\\b`);
      const uses =
        all.find(({ of }) => of === `\`${SHOWN_BY[child.name]}\``) ??
        all.find(({ about }) => word.test(about)) ??
        all.find(({ code }) => word.test(code)) ??
        all.find(({ throws }) => word.test(throws)) ??
        all.find(({ within }) => word.test(within)) ??
        all.find(({ code }) => /\bcatch\b/.test(code) && isError(child)) ??
        // A type that nothing names is part of what its door is for.
        all.find((each) => each.module === module && child.kindOf(TYPES));
      if (uses === undefined) missing.push(child.name);
      else found.set(`${module.name}/${child.name}`, uses);
    }
  }
  if (missing.length > 0) {
    throw new Error(
      `no example shows ${missing.join(', ')}: give their doc comments one, or name it in SHOWN_BY`,
    );
  }
  return found;
}

/** The types that a call takes and gives, or that a member has, as text. */
function typesOf({ parameters = [], type }) {
  return [...parameters.map((parameter) => parameter.type), type].map((each) => String(each ?? '')).join(' ');
}

const TYPES = ReflectionKind.Interface | ReflectionKind.TypeAlias;

function moduleOf(reflection) {
  let module = reflection;
  while (module.parent !== undefined && module.kind !== ReflectionKind.Module) module = module.parent;
  return module;
}

function isError(reflection) {
  return /Error$/.test(reflection.name);
}

function hasExample(reflection) {
  return [
    reflection,
    ...(reflection.signatures ?? []),
    ...(reflection.children ?? []).flatMap((child) => [child, ...(child.signatures ?? [])]),
  ].some(({ comment }) => comment?.getTags('@example').length > 0);
}

function calledBy(reflection) {
  const names = [];
  for (
    let each = reflection;
    each?.parent !== undefined && each.kind !== ReflectionKind.Module;
    each = each.parent
  ) {
    if (each.name !== names[0] && !/^__/.test(each.name)) names.unshift(each.name);
  }
  return `\`${names.join('.')}\``;
}

/** What an example of a doc comment finds there already, as in the specs. */
export function asModule(code, doors) {
  const free = code.replace(/\/\/.*$/gm, '');
  const declared = (name) => new RegExp(`\\b(const|let|class|function)\\s+${name}\\b`).test(free);
  const imports = [];
  for (const [door, names] of Object.entries(doors)) {
    const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(free) && !declared(name));
    if (used.length > 0) imports.push(`import { ${used.join(', ')} } from '${door}';`);
  }
  const helpers = {
    bytes: 'const bytes = (text) => new TextEncoder().encode(text);',
    text: 'const text = (array) => new TextDecoder().decode(array);',
  };
  const own = Object.entries(helpers)
    .filter(([name]) => new RegExp(`\\b${name}\\b`).test(free) && !declared(name))
    .map(([, line]) => line);
  return [...imports, ...own, code].join('\n');
}
