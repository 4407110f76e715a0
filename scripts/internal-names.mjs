// Takes out of the bundle what only lib/ knows of: the names of its members, and methods that nobody calls. Bundlers of users
// can't tell such names from public ones, so they would keep both.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import MagicString from 'magic-string';
import ts from 'typescript';

/** What is in a handle: the thread that it is posted to may have another build. */
const OF_HANDLES = ['order', 'table', 'list', 'header', 'halves', 'hash', 'kv', 'nodes'];
/** What specs, and programs that use the built package, reach for: behind two symbols, and of a SharedRWLock. */
const REACHED_FOR = {
  files: ['lib/storage/memory.ts'],
  names: ['indexBytes', 'holders', 'free', ...OF_HANDLES],
};
/** The language calls these without naming them. */
const CALLED_BY_ENGINES = ['constructor', 'toString', 'valueOf', 'toJSON', 'next', 'return', 'throw', 'then'];

/**
 * The plugin for rollup.
 * @param {string} types the package's types, as one file
 */
export function internalNames(types) {
  const open = new Set(REACHED_FOR.names);
  for (const text of [types, ...REACHED_FOR.files.map(read)]) collectMembers(text, open);
  const standard = new Set();
  for (const file of standardTypes()) collectMembers(read(file), standard);
  const own = new Set();
  for (const file of readdirSync('lib', { recursive: true })) {
    if (file.endsWith('.ts')) collectMembers(read(join('lib', file)), own, open);
  }
  const removable = without(own, open, CALLED_BY_ENGINES);
  const renamable = without(own, open, standard);
  const taken = new Set([...own, ...open, ...standard]);

  return {
    name: 'internal-names',
    renderChunk(code) {
      const text = new MagicString(code);
      const program = this.parse(code);
      const gone = removeUncalled(program, removable, text);
      rename(program, gone, renamable, taken, text);
      return { code: text.toString(), map: text.generateMap({ hires: 'boundary' }) };
    },
  };
}

/** Removes methods by whose names nothing calls anything, but such methods. @returns them */
function removeUncalled(program, names, text) {
  const methods = new Map();
  const starts = new Map();
  visit(program, (node) => {
    if (node.type === 'ClassBody') {
      node.body.forEach((member, i) => starts.set(member, i === 0 ? node.start + 1 : node.body[i - 1].end));
    }
    if (node.type === 'MethodDefinition' && names.has(memberName(node)?.name)) {
      methods.set(node, namesUsedIn(node.value));
    }
  });
  const used = namesUsedIn(program, methods);
  for (let isMore = true; isMore;) {
    isMore = false;
    for (const [method, uses] of methods) {
      if (!used.has(method.key.name)) continue;
      methods.delete(method);
      for (const name of uses) used.add(name);
      isMore = true;
    }
  }
  // With the comments before them.
  for (const method of methods.keys()) text.remove(starts.get(method), method.end);
  return methods;
}

/** Names of members that are read, called or written, but in some methods. */
function namesUsedIn(tree, except = new Map()) {
  const names = new Set();
  visit(tree, (node) => {
    if (except.has(node)) return false;
    const name = memberName(node);
    // `Atomics.load` calls no `load` of lib/.
    const isOfAtomics = node.type === 'MemberExpression' && node.object.name === 'Atomics';
    if (
      name !== undefined &&
      !isOfAtomics &&
      node.type !== 'MethodDefinition' &&
      node.type !== 'PropertyDefinition'
    ) {
      names.add(name.name);
    }
    return true;
  });
  return names;
}

/** Gives members short names, the most frequent the shortest. */
function rename(program, gone, names, taken, text) {
  const uses = new Map();
  visit(program, (node) => {
    if (gone.has(node)) return false;
    const name = memberName(node);
    if (name === undefined || !names.has(name.name)) return true;
    if (!uses.has(name.name)) uses.set(name.name, []);
    uses.get(name.name).push({ name, isShorthand: node.shorthand === true });
    return true;
  });
  const frequentFirst = [...uses.values()].sort((a, b) => b.length - a.length);
  let number = 0;
  for (const places of frequentFirst) {
    let short;
    do short = nameOf(number++);
    while (taken.has(short));
    for (const { name, isShorthand } of places) {
      if (isShorthand) text.appendLeft(name.start, `${short}: `);
      else text.update(name.start, name.end, short);
    }
  }
}

/** a, b .. z, A .. Z, aa, ab and so on. */
function nameOf(number) {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const rest = Math.floor(number / letters.length);
  return (rest > 0 ? nameOf(rest - 1) : '') + letters[number % letters.length];
}

/** The name that a node gives to a member, or finds one by. */
function memberName(node) {
  if (node.computed) return undefined;
  const name = node.type === 'MemberExpression' ? node.property : node.key;
  return name?.type === 'Identifier' ? name : undefined;
}

/** Goes through a syntax tree, from the top; not into a node for which `enter` says false. */
function visit(node, enter) {
  if (enter(node) === false) return;
  for (const key in node) {
    const child = node[key];
    for (const one of Array.isArray(child) ? child : [child]) {
      if (typeof one?.type === 'string') visit(one, enter);
    }
  }
}

function without(names, ...others) {
  const gone = new Set(others.flatMap((other) => [...other]));
  return new Set([...names].filter((name) => !gone.has(name)));
}

function standardTypes() {
  const folder = dirname(createRequire(import.meta.url).resolve('typescript'));
  const files = readdirSync(folder).filter((name) => /^lib\.(es|decorators).*\.d\.ts$/.test(name));
  return files.map((name) => join(folder, name));
}

function read(file) {
  return readFileSync(file, 'utf8');
}

/** Names of members that classes, interfaces and types declare. What is marked with `declare` is defined elsewhere. */
function collectMembers(text, names, ofOthers = names) {
  const enterFor = (into) => (node) => {
    const isMember = ts.isClassElement(node) || ts.isTypeElement(node);
    if (isMember && node.name !== undefined && ts.isIdentifier(node.name)) into.add(node.name.text);
    const isDeclared = node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword);
    ts.forEachChild(node, enterFor(isDeclared ? ofOthers : into));
  };
  enterFor(names)(ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest));
}
