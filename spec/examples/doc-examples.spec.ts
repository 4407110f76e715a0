import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import ts from 'typescript';
import * as etcdDoor from '../../lib/etcd/index.js';
import * as mainDoor from '../../lib/index.js';
import * as levelDoor from '../../lib/level/index.js';
import * as mapDoor from '../../lib/map/index.js';
import { FakeCluster } from '../support/fake-etcd.js';

/*
 * Runs each @example in the comments of lib/, and compares what it prints with what stands behind `// ->`. All that the
 * package exports is there, and `bytes` and `text`, as the first example of DB defines them; and `client`, of a cluster without servers
 * that has user:1 and user:2.
 */

const library = { ...mainDoor, ...mapDoor, ...levelDoor, ...etcdDoor };
const LIB = join(__dirname, '../../lib');
/** What the iterators have in common; it is exported by none of its own. */
const BASE = 'Cursor';

type Program = (...scope: unknown[]) => Promise<void>;
const AsyncFunction = (async () => {}).constructor as new (...parametersAndBody: string[]) => Program;

interface Call {
  name: string;
  examples: string[];
}

const isInternal = (node: ts.Node) =>
  ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal') ||
  (ts.getCombinedModifierFlags(node as ts.Declaration) &
    (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !==
    0;

function examplesOf(node: ts.Node): string[] {
  return ts
    .getJSDocTags(node)
    .filter(({ tagName }) => tagName.text === 'example')
    .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '');
}

/** Methods that a class declares, under names that users know; each of several signatures is one of its own. */
function methodsOf(node: ts.ClassDeclaration): Call[] {
  const methods: Call[] = [];
  for (const member of node.members) {
    const isCall = ts.isMethodDeclaration(member) || ts.isConstructorDeclaration(member);
    if (!isCall || isInternal(member)) continue;
    const name = ts.isConstructorDeclaration(member) ? 'constructor' : member.name.getText();
    if (name.startsWith('#')) continue;
    const isSignature = member.body === undefined;
    // Behind signatures, the body has nothing to add.
    if (!isSignature && methods.some((method) => method.name.startsWith(`${node.name!.text}.${name}(`)))
      continue;
    const parameters = isSignature ? `(${member.parameters.map((each) => each.getText()).join(', ')})` : '';
    methods.push({ name: `${node.name!.text}.${name}${parameters}`, examples: examplesOf(member) });
  }
  return methods;
}

function callsIn(file: string): Call[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const calls: Call[] = [];
  for (const statement of source.statements) {
    const named = ts.isVariableStatement(statement) ? statement.declarationList.declarations[0] : statement;
    const name = (named as ts.NamedDeclaration).name?.getText();
    if (
      name === undefined ||
      !(Object.hasOwn(library, name) || name === BASE || ts.isInterfaceDeclaration(statement))
    ) {
      continue;
    }
    calls.push({ name, examples: examplesOf(statement) });
    if (ts.isClassDeclaration(statement)) calls.push(...methodsOf(statement));
  }
  return calls;
}

const calls = readdirSync(LIB, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => callsIn(join(LIB, file)));

/** Errors are made by the package alone: that of all stands for them. */
const isOfErrors = (name: string) => {
  const exported = (library as Record<string, unknown>)[name.split('.')[0]];
  return typeof exported === 'function' && exported.prototype instanceof Error;
};
/** No call, but what calls take or give. */
const isType = (name: string) => !(name.split('.')[0] in library) && !name.startsWith(`${BASE}.`);

it.each(calls.map(({ name }) => name).filter((name) => !isOfErrors(name) && !isType(name)))(
  '%s has an example',
  (name) => {
    expect(calls.find((call) => call.name === name)!.examples).not.toEqual([]);
  },
);

const all = calls.flatMap(({ name, examples }) =>
  examples.map((example, i) => ({ name: i === 0 ? name : `${name}, ${i + 1}`, example })),
);

it('there are examples', () => {
  expect(all.length).toBeGreaterThan(60);
});

it.each(all)('the example of $name prints what it says', async ({ example }) => {
  const printed: string[] = [];
  const cluster = new FakeCluster();
  cluster.commit([
    ['user:1', 'Ada'],
    ['user:2', 'Alan'],
  ]);
  const mirrors: etcdDoor.Mirror[] = [];
  const scope: Record<string, unknown> = {
    ...library,
    Mirror: {
      open: async (options: etcdDoor.MirrorOptions) => {
        const mirror = await etcdDoor.Mirror.open(options);
        mirrors.push(mirror);
        return mirror;
      },
    },
    client: cluster.client(),
    Uint8Array,
    bytes: (text: string) => new TextEncoder().encode(text),
    text: (array: Uint8Array) => new TextDecoder().decode(array),
    console: { log: (...values: unknown[]) => printed.push(format(...values)) },
  };
  // In a block of its own, it may define what is there already.
  // Node has no `using` yet.
  const code = ts.transpile(`'use strict'; {\n${example}\n}`, { target: ts.ScriptTarget.ES2022 });
  const run = new AsyncFunction(...Object.keys(scope), code);
  try {
    await run(...Object.values(scope));
  } finally {
    for (const mirror of mirrors) mirror.close();
  }
  const promised = example.split('\n').map((line) => /\/\/ -> (.*)$/.exec(line)?.[1]);
  expect(printed.join(', ')).toBe(promised.filter((promise) => promise !== undefined).join(', '));
});
