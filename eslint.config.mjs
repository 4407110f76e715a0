// What `npm run lint` looks for, beside what the compiler and prettier see to. Every rule is an error or off.
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import ts from 'typescript-eslint';

export default defineConfig(
  { ignores: ['dist/', 'build/', 'neighbours/', 'site/dist/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },

  js.configs.recommended,
  ts.configs.strictTypeChecked,
  ts.configs.stylisticTypeChecked,

  {
    languageOptions: {
      parserOptions: {
        project: ['scripts/tsconfig.lint.json', 'site/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: 'error',
      'object-shorthand': 'error',
      'no-duplicate-imports': ['error', { allowSeparateTypeImports: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      // `import { type A }` still runs the module. `import type { A }` does not.
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/require-array-sort-compare': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],

      // Exceptions, each from a rule set above.

      // Which lock a DB has is known to whoever made it: `db.lock as SharedRWLock`.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Compiled code asks a plain `if (flag)` whether it is an empty text or 0, too: hot code says `=== true`.
      '@typescript-eslint/no-unnecessary-boolean-literal-compare': 'off',
      // For the same reason numbers are converted that are numbers already.
      '@typescript-eslint/no-unnecessary-type-conversion': 'off',
      // An index is often needed by the next edit, and a loop over one makes no iterator.
      '@typescript-eslint/prefer-for-of': 'off',
      // An element has the type of one that is there (noUncheckedIndexedAccess is off). The rule wants those checks
      // gone that look whether it is, and those of what callers hand in without types.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // `!` says what the compiler can't see and the lines above do, as in `list.pop()!` of a list that is not empty.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Functions that do nothing are an honest default.
      '@typescript-eslint/no-empty-function': 'off',
      // `void it.key` calls a getter for what it does.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // Numbers and truths in messages read as they should.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/restrict-plus-operands': ['error', { allowNumberAndString: true }],
      // `() => call()` and `return call()` in a function that returns nothing confuse nobody.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // Where a text may be empty, or a flag false, `||` is meant to go on to the next.
      '@typescript-eslint/prefer-nullish-coalescing': [
        'error',
        { ignorePrimitives: { string: true, boolean: true } },
      ],
      // As for the compiler, an underscore marks what is there only for its place.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },

  {
    files: ['lib/**'],
    rules: {
      // A library has nothing to say to the user of a program.
      'no-console': 'error',
      // What others call has the type that is written there, not the one that today's code happens to have.
      '@typescript-eslint/explicit-module-boundary-types': 'error',
    },
  },

  {
    files: ['spec/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name=/^(describe|it|test)$/][property.name='only']",
          message: 'The other tests would not run.',
        },
      ],
      // Specs take methods from their objects to see what comes of it, and comparers are given as plain functions.
      '@typescript-eslint/unbound-method': 'off',
      // Texts that are spread into letters are ASCII here.
      '@typescript-eslint/no-misused-spread': 'off',
      // Specs read what programs write to a terminal.
      'no-control-regex': 'off',
    },
  },

  {
    // They run in a browser, too.
    files: ['site/test/**', 'perf/site.mjs', 'scripts/test-browser.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'document',
          'location',
          'navigator',
          'requestAnimationFrame',
          'performance',
          'TextDecoder',
          'WheelEvent',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },

  {
    files: ['spec/**/*.spec.ts'],
    rules: {
      // Jest's matchers, such as expect.objectContaining, have the type `any`.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },

  {
    // Plain JavaScript: scripts, and settings of tools.
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    extends: [ts.configs.disableTypeChecked],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs' },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
