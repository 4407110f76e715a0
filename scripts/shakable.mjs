// Rewrites the bundle so that a user's bundler can drop what the user does not import, and fold what is constant. Bundlers
// look at one statement at a time and know little: what they can't prove to be without effect, they keep.
import MagicString from 'magic-string';

/** The plugin for rollup. It relies on what package.json promises: that no module of lib/ does anything when loaded. */
export function shakable() {
  return {
    name: 'shakable',
    renderChunk(code) {
      const text = new MagicString(code);
      const { body } = this.parse(code);
      constantsFirst(code, body, text);
      for (const statement of body) {
        if (statement.type === 'VariableDeclaration') markPure(statement, text);
        if (statement.type === 'ClassDeclaration') wrap(statement, text);
      }
      return { code: text.toString(), map: text.generateMap({ hires: 'boundary' }) };
    },
  };
}

/**
 * Computes numbers and moves them to the top, those that are no integers last: esbuild puts constants where they are used,
 * but only those that come before everything else.
 */
function constantsFirst(code, body, text) {
  const known = new Map();
  const integers = [];
  const others = [];
  body.forEach((statement, i) => {
    if (statement.type !== 'VariableDeclaration' || statement.kind !== 'const') return;
    const [{ id, init }] = statement.declarations;
    if (statement.declarations.length > 1 || !isNumber(init, known)) return;
    const value = new Function(...known.keys(), `return ${code.slice(init.start, init.end)}`)(
      ...known.values(),
    );
    known.set(id.name, value);
    const declaration = `const ${id.name} = ${value}${typeof value === 'bigint' ? 'n' : ''};\n`;
    (Number.isInteger(value) ? integers : others).push(declaration);
    // With the comments before it.
    text.remove(i === 0 ? 0 : body[i - 1].end, statement.end);
  });
  text.prepend([...integers, ...others].join(''));
}

function isNumber(node, known) {
  switch (node?.type) {
    case 'Literal':
      return typeof node.value === 'number' || typeof node.value === 'bigint';
    case 'Identifier':
      return known.has(node.name);
    case 'UnaryExpression':
      return ['-', '+', '~'].includes(node.operator) && isNumber(node.argument, known);
    case 'BinaryExpression':
      return (
        ['+', '-', '*', '/', '%', '**', '|', '&', '^', '<<', '>>', '>>>'].includes(node.operator) &&
        isNumber(node.left, known) &&
        isNumber(node.right, known)
      );
    default:
      return false;
  }
}

/** `const one = new Thing()`: not needed if `one` is not. */
function markPure({ declarations }, text) {
  for (const { init } of declarations) {
    if (init?.type === 'CallExpression' || init?.type === 'NewExpression') {
      text.appendLeft(init.start, '/* @__PURE__ */ ');
    }
  }
}

/**
 * A class with a computed name among its members may do anything, as far as a bundler knows: to read that name could. As
 * what a call gives that is marked as pure, it goes when nobody uses it.
 */
function wrap({ id, body, start, end }, text) {
  const isOdd = body.body.some(
    (member) =>
      member.type === 'StaticBlock' ||
      (member.type === 'PropertyDefinition' && member.static) ||
      (member.computed && !isWellKnown(member.key)),
  );
  if (!isOdd) return;
  text.appendLeft(start, `const ${id.name} = /* @__PURE__ */ (() => {\n`);
  text.appendRight(end, `\nreturn ${id.name};\n})();`);
}

/** `Symbol.iterator` and the like. */
function isWellKnown({ type, object, computed }) {
  return type === 'MemberExpression' && !computed && object.name === 'Symbol';
}
