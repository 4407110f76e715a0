/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  // Sources name their neighbours as `./x.js`, as ES modules must; under jest these are the `.ts` files.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    // One file at a time, as `isolatedModules` is on: types are checked by `npm run types`.
    '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/spec/tsconfig.json' }],
  },
  // One fewer than there are cores, otherwise: of two, one would idle.
  maxWorkers: '100%',
  // Files run in a context of their own, where every global is looked up by a slow hook: one `Math.imul` takes as long as
  // dozens. These are handed to each file as parameters instead. They can't be replaced by a test, though their properties
  // can; and `Buffer` can't be among them, as dependencies declare it themselves.
  sandboxInjectedGlobals: [
    'Array',
    'ArrayBuffer',
    'BigInt',
    'DataView',
    'Error',
    'Infinity',
    'Int32Array',
    'JSON',
    'Map',
    'Math',
    'Number',
    'Object',
    'RangeError',
    'Set',
    'String',
    'Symbol',
    'TextDecoder',
    'TextEncoder',
    'Uint32Array',
    'Uint8Array',
  ],
};
