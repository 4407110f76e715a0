// Makes HTML of the repository's Markdown: headings with the anchors that GitHub gives them, links that lead to the pages of
// the site, colours of code, and a button at each block of code that a browser can run.
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import typescript from 'highlight.js/lib/languages/typescript';
import MarkdownIt from 'markdown-it';
import anchors from 'markdown-it-anchor';
import ts from 'typescript';

for (const [name, language] of Object.entries({ bash, javascript, json, typescript })) {
  hljs.registerLanguage(name, language);
}
const LANGUAGES = {
  js: 'javascript',
  mjs: 'javascript',
  javascript: 'javascript',
  ts: 'typescript',
  mts: 'typescript',
  typescript: 'typescript',
  sh: 'bash',
  bash: 'bash',
  json: 'json',
};
const CODE = ['javascript', 'typescript'];
/** As for the specs: a block with this behind its language is for the eye alone. */
const NOT_RUN = 'no-run';

export function escapeHtml(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** As GitHub makes them of headings. */
export function slugOf(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

export function importsOf(code) {
  return ts.preProcessFile(code).importedFiles.map(({ fileName }) => fileName);
}

/** What a browser can run of a block; undefined where it needs more than the package. */
export function runnable(code, language, mark, doors) {
  if (!CODE.includes(LANGUAGES[language]) || mark === NOT_RUN) return undefined;
  const imports = importsOf(code);
  if (imports.length === 0 || imports.some((name) => !doors.includes(name))) return undefined;
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  return LANGUAGES[language] === 'typescript'
    ? ts.transpileModule(code, { compilerOptions: options }).outputText
    : code;
}

/**
 * @param {(href: string) => string} linkTo where a link of the file leads in the site
 * @param {string[]} doors what a block that is run may import
 * @param {(code: string, language: string, mark: string) => string | undefined} [asProgram] what is run of a block
 * @returns {{ html: string, headings: { level: number, text: string, slug: string }[] }}
 */
export function toHtml(markdown, linkTo, doors, asProgram = (...block) => runnable(...block, doors)) {
  const headings = [];
  const md = new MarkdownIt({ html: true });
  md.use(anchors.default ?? anchors, {
    slugify: slugOf,
    tabIndex: false,
    callback: (token, { slug, title }) =>
      headings.push({ level: Number(token.tag.slice(1)), text: title, slug }),
  });
  md.renderer.rules.fence = (tokens, i) => {
    const { content, info } = tokens[i];
    const [language = '', mark = ''] = info.trim().split(/\s+/);
    const known = LANGUAGES[language];
    const coloured =
      known === undefined ? escapeHtml(content) : hljs.highlight(content, { language: known }).value;
    const program = asProgram(content, language, mark);
    const label = known === undefined ? 'Text' : 'Code';
    const pre = `<pre tabindex="0" role="group" aria-label="${label}"><code>${coloured}</code></pre>`;
    if (program === undefined) return `<div class="code">${pre}</div>\n`;
    const source =
      program === content ? '' : `<script type="text/plain" class="program">${inScript(program)}</script>`;
    return (
      `<div class="code runnable">${pre}${source}<div class="run"><button type="button" class="run-button">Run</button>` +
      `<span class="verdict" role="status"></span></div><pre class="output" hidden></pre></div>\n`
    );
  };
  md.renderer.rules.table_open = () =>
    '<div class="wide" tabindex="0" role="group" aria-label="Table"><table>\n';
  md.renderer.rules.table_close = () => '</table></div>\n';
  // A first cell without a text is no heading of anything.
  md.core.ruler.push('empty-heads', ({ tokens }) => {
    for (let i = 0; i + 1 < tokens.length; i++) {
      if (
        tokens[i].type === 'th_open' &&
        tokens[i + 1].type === 'inline' &&
        tokens[i + 1].content.trim() === ''
      ) {
        tokens[i].tag = 'td';
        tokens[i + 2].tag = 'td';
      }
    }
  });
  // Where a heading is more than one level below the one above it, screen readers would miss one.
  md.core.ruler.push('levels', ({ tokens }) => {
    const above = [];
    for (let i = 0; i < tokens.length; i++) {
      if (tokens[i].type !== 'heading_open') continue;
      const level = Number(tokens[i].tag.slice(1));
      while (above.length > 0 && above.at(-1) >= level) above.pop();
      above.push(level);
      tokens[i].tag = tokens[i + 2].tag = `h${above.length}`;
    }
  });
  const usual =
    md.renderer.rules.link_open ?? ((tokens, i, options, _env, self) => self.renderToken(tokens, i, options));
  md.renderer.rules.link_open = (tokens, i, ...rest) => {
    tokens[i].attrSet('href', linkTo(tokens[i].attrGet('href')));
    return usual(tokens, i, ...rest);
  };
  const html = md
    .render(markdown)
    .replace(/\b(src|srcset|href)="([^"#:][^":]*)"/g, (whole, name, target) =>
      name === 'href' ? whole : `${name}="${linkTo(target)}"`,
    );
  return { html, headings };
}

function inScript(code) {
  return code.replaceAll('</', '<\\/');
}

/** What some sections of a file say, by their headings of the second level; '' is what stands before the first. */
export function sectionsOf(markdown, wanted) {
  const parts = markdown.split(/^(?=## )/m).map((text) => ({ name: /^## (.*)/.exec(text)?.[1] ?? '', text }));
  return wanted
    .map((name) => {
      const part = parts.find((each) => each.name === name);
      if (part === undefined) throw new Error(`there is no section "${name}"`);
      return part.text;
    })
    .join('\n');
}
