import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/*
 * A build of lib/ in which any call can be cut off anywhere: at the entry of every function, at every turn of every loop, and before
 * every call of what is built in and may be refused memory or the end of the stack. There, engines end a call for lack of stack, or
 * after a timeout.
 */

export class CutOff extends Error {
  override readonly name = 'CutOff';
}

/**
 * How a call ends: by an error that handlers see, as where a little of the stack is left to them; by one in each function that they
 * call, too; or without any handler, as after a timeout.
 */
export type Ending = 'once' | 'for good' | 'without handlers';
export const ENDINGS: readonly Ending[] = ['once', 'for good', 'without handlers'];

export class Cutter {
  /** Points that were passed since it was armed. */
  passed = 0;
  /** No handler runs any more. */
  hasEnded = false;
  #at = Infinity;
  #ending: Ending = 'once';
  #isArmed = false;

  /** Ends what is called from now on at the point of this number, counted from 1; nowhere by default. */
  arm(at = Infinity, ending: Ending = 'once'): void {
    this.passed = 0;
    this.hasEnded = false;
    this.#at = at;
    this.#ending = ending;
    this.#isArmed = true;
  }

  disarm(): void {
    this.#isArmed = false;
    this.hasEnded = false;
  }

  readonly point = (): void => {
    if (!this.#isArmed) return;
    this.passed++;
    if (this.passed < this.#at || (this.passed > this.#at && this.#ending === 'once')) return;
    this.hasEnded = this.#ending === 'without handlers';
    throw new CutOff('cut off');
  };
}

/** What is built in, and takes memory or time. */
const BUILTINS = new Set(['set', 'fill', 'copyWithin', 'subarray', 'slice', 'sort', 'indexOf']);

const POINT = 'cutter';

function point(): ts.Expression {
  const { factory } = ts;
  const method = factory.createPropertyAccessExpression(factory.createIdentifier(POINT), 'point');
  return factory.createCallExpression(method, undefined, []);
}

function pointStatement(): ts.Statement {
  return ts.factory.createExpressionStatement(point());
}

function hasEnded(): ts.Expression {
  return ts.factory.createPropertyAccessExpression(ts.factory.createIdentifier(POINT), 'hasEnded');
}

/** Whether a statement calls what is built in, by itself and not in a function or block in it. */
function callsBuiltin(statement: ts.Statement): boolean {
  const isPlain =
    ts.isExpressionStatement(statement) ||
    ts.isVariableStatement(statement) ||
    ts.isReturnStatement(statement);
  if (!isPlain) return false;
  const visit = (node: ts.Node): boolean => {
    if (ts.isFunctionLike(node)) return false;
    if (ts.isNewExpression(node)) return true;
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      if (BUILTINS.has(node.expression.name.text)) return true;
    }
    return ts.forEachChild(node, visit) ?? false;
  };
  return visit(statement);
}

function withPoints(context: ts.TransformationContext): ts.Transformer<ts.SourceFile> {
  const { factory } = context;
  const inBlock = (body: ts.Statement): ts.Block =>
    factory.createBlock([pointStatement(), ...(ts.isBlock(body) ? body.statements : [body])], true);
  const statementsOf = (statements: readonly ts.Statement[], before: readonly ts.Statement[]) =>
    statements.flatMap((statement, i) =>
      callsBuiltin(before[i]) ? [pointStatement(), statement] : [statement],
    );

  const visit = (node: ts.Node): ts.Node => {
    const done = ts.visitEachChild(node, visit, context);
    if (ts.isBlock(node) && ts.isBlock(done) && done.statements.length === node.statements.length) {
      return factory.updateBlock(done, statementsOf(done.statements, node.statements));
    }
    if (ts.isForStatement(done)) {
      const { initializer, condition, incrementor, statement } = done;
      return factory.updateForStatement(done, initializer, condition, incrementor, inBlock(statement));
    }
    if (ts.isForOfStatement(done)) {
      const { awaitModifier, initializer, expression, statement } = done;
      return factory.updateForOfStatement(done, awaitModifier, initializer, expression, inBlock(statement));
    }
    if (ts.isForInStatement(done)) {
      return factory.updateForInStatement(done, done.initializer, done.expression, inBlock(done.statement));
    }
    if (ts.isWhileStatement(done)) {
      return factory.updateWhileStatement(done, done.expression, inBlock(done.statement));
    }
    if (ts.isDoStatement(done))
      return factory.updateDoStatement(done, inBlock(done.statement), done.expression);
    if (ts.isTryStatement(done)) return handlersThatEnd(done);
    return withEntry(done);
  };

  /** Handlers do nothing after a timeout. */
  const handlersThatEnd = (node: ts.TryStatement): ts.Node => {
    const { tryBlock, catchClause, finallyBlock } = node;
    const error = catchClause?.variableDeclaration ?? factory.createVariableDeclaration('cutOffError');
    const name = error.name as ts.Identifier;
    const passOn = factory.createIfStatement(hasEnded(), factory.createThrowStatement(name));
    return factory.updateTryStatement(
      node,
      tryBlock,
      catchClause &&
        factory.createCatchClause(
          error,
          factory.createBlock([passOn, ...catchClause.block.statements], true),
        ),
      finallyBlock &&
        factory.createBlock(
          [factory.createIfStatement(factory.createLogicalNot(hasEnded()), finallyBlock)],
          true,
        ),
    );
  };

  const withEntry = (node: ts.Node): ts.Node => {
    if (ts.isArrowFunction(node)) {
      const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken, body } = node;
      const inside = ts.isBlock(body) ? inBlock(body) : factory.createComma(point(), body);
      const parts = [modifiers, typeParameters, parameters, type, equalsGreaterThanToken] as const;
      return factory.updateArrowFunction(node, ...parts, inside);
    }
    if (ts.isFunctionDeclaration(node) && node.body) {
      const { modifiers, asteriskToken, name, typeParameters, parameters, type } = node;
      const parts = [modifiers, asteriskToken, name, typeParameters, parameters, type] as const;
      return factory.updateFunctionDeclaration(node, ...parts, inBlock(node.body));
    }
    if (ts.isMethodDeclaration(node) && node.body) {
      const { modifiers, asteriskToken, name, questionToken, typeParameters, parameters, type } = node;
      const parts = [
        modifiers,
        asteriskToken,
        name,
        questionToken,
        typeParameters,
        parameters,
        type,
      ] as const;
      return factory.updateMethodDeclaration(node, ...parts, inBlock(node.body));
    }
    if (ts.isGetAccessorDeclaration(node) && node.body) {
      const { modifiers, name, parameters, type } = node;
      return factory.updateGetAccessorDeclaration(
        node,
        modifiers,
        name,
        parameters,
        type,
        inBlock(node.body),
      );
    }
    if (ts.isConstructorDeclaration(node) && node.body) {
      return factory.updateConstructorDeclaration(node, node.modifiers, node.parameters, inBlock(node.body));
    }
    return node;
  };
  return (file) => ts.visitEachChild(file, visit, context);
}

/** In jest's own context, each global is looked up by a slow hook. */
const GLOBALS = {
  Array,
  ArrayBuffer,
  Atomics,
  DataView,
  Error,
  Int32Array,
  Map,
  Math,
  Number,
  Object,
  Uint8Array,
};

const sources = new Map<string, string>();

function sourceOf(path: string): string {
  let source = sources.get(path);
  if (source === undefined) {
    source = ts.transpileModule(readFileSync(path, 'utf8'), {
      fileName: path,
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
      transformers: { before: [withPoints] },
    }).outputText;
    sources.set(path, source);
  }
  return source;
}

/** The doors of lib/, which is in `folder`, with points at which `cutter` may cut it off. */
export function loadWithPoints(cutter: Cutter, folder: string): { lib: unknown; internals: unknown } {
  const loaded = new Map<string, object>();
  const load = (path: string): object => {
    const known = loaded.get(path);
    if (known !== undefined) return known;
    const exports = {};
    loaded.set(path, exports);
    const parameters = ['exports', 'require', POINT, ...Object.keys(GLOBALS)];
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- it is our own code
    const run = new Function(...parameters, `${sourceOf(path)}\n//# sourceURL=${relative(folder, path)}`) as (
      ...given: unknown[]
    ) => void;
    const require = (name: string) => load(join(dirname(path), name.replace(/\.js$/, '.ts')));
    run(exports, require, cutter, ...Object.values(GLOBALS));
    return exports;
  };
  return {
    lib: load(join(folder, 'index.ts')),
    internals: load(join(folder, 'internals.ts')),
  };
}
