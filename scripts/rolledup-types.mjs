// Makes one declaration file of all, with what users can name and nothing else.
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import ts from 'typescript';

/** Cursors have a method of this name; programs whose settings do not know it should compile all the same. */
const DISPOSABLE = '/// <reference lib="esnext.disposable" />\n';

/**
 * @param {string} entry the declarations of a door of lib/
 * @param {(id: string, importer?: string) => boolean} isOutside what stays outside
 * @param {(id: string) => string} paths from where that is imported
 * @returns {Promise<string>}
 */
export async function rolledUpTypes(entry, isOutside, paths) {
  const whole = await rollup({ input: entry, external: isOutside, plugins: [dts()] });
  const { output } = await whole.generate({ format: 'es', paths });
  await whole.close();
  return DISPOSABLE + publicOnly(output[0].code);
}

/**
 * Takes out members that TypeScript calls private. A class that is not exported, but that exported ones extend, goes into
 * each of these: nobody can name it, so nobody should have to look for it.
 */
function publicOnly(code) {
  const file = ts.createSourceFile('index.d.ts', code, ts.ScriptTarget.Latest, true);
  const exported = new Set();
  const classes = new Map();
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement) && statement.exportClause !== undefined) {
      for (const { name, propertyName } of statement.exportClause.elements) {
        exported.add((propertyName ?? name).text);
      }
    }
    if (ts.isClassDeclaration(statement)) classes.set(statement.name.text, statement);
  }
  const edits = [];
  const replace = (start, end, by) => edits.push({ start, end, by });
  for (const one of classes.values()) {
    if (!exported.has(one.name.text)) continue;
    // As what another package calls its base, it is one among others: with a mark of its own, it would be none of them.
    const isOfOthers = baseOf(one) !== undefined && !classes.has(baseOf(one));
    for (const member of one.members) {
      if (isHidden(member) || (isOfOthers && nameOf(member) === '#private')) {
        replace(member.getFullStart(), member.end, '');
      }
    }
  }
  for (const base of classes.values()) {
    if (exported.has(base.name.text)) continue;
    replace(base.getFullStart(), base.end, '');
    for (const derived of classes.values()) {
      if (baseOf(derived) !== base.name.text) continue;
      const clause = extendsOf(derived);
      const own = new Set(derived.members.map(nameOf));
      const inherited = base.members.filter(
        (member) =>
          member.name !== undefined &&
          !ts.isPrivateIdentifier(member.name) &&
          !isHidden(member) &&
          !own.has(nameOf(member)),
      );
      // Users get it from others, and don't make it.
      const brand = own.has('#private') ? '' : '\n    #private;';
      replace(derived.members.pos, derived.members.pos, `${brand}\n    private constructor();`);
      replace(clause.getFullStart(), clause.end, '');
      const { end } = derived.members;
      replace(end, end, inherited.map((member) => member.getFullText()).join(''));
    }
  }
  edits.sort((a, b) => b.start - a.start);
  for (const { start, end, by } of edits) code = code.slice(0, start) + by + code.slice(end);
  return code;
}

function extendsOf({ heritageClauses }) {
  return heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
}

/** The name of the class that another one extends. */
function baseOf(derived) {
  return extendsOf(derived)?.types[0].expression.getText();
}

function nameOf(member) {
  return member.name?.getText();
}

function isHidden(member) {
  return (
    (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0
  );
}
