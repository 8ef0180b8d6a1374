/** One run for the whole repository: specs beside the files they prove, and `tests/` for what crosses rooms. */
export default {
  rootDir: import.meta.dirname,
  globalSetup: '<rootDir>/libs/testing/jest-global-setup.mjs',
  globalTeardown: '<rootDir>/libs/testing/jest-global-teardown.mjs',
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/{apps,libs}/*/src/**/*.spec.ts', '<rootDir>/tests/**/*.spec.ts'],
  testPathIgnorePatterns: ['/dist/', '/node_modules/'],
  // What was installed beside the packages, such as another release, has projects of the same names.
  modulePathIgnorePatterns: ['<rootDir>/(apps|libs)/[^/]+/dist/', '<rootDir>/.gatehouse/'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // `import` must stay out of this list: jest-circus then loads the wrong half of dedent.
  testEnvironmentOptions: { customExportConditions: ['development', 'node', 'node-addons'] },
  // Modules of ECMAScript stay in a worker after their spec (--experimental-vm-modules): 400 specs are more than its 4 GiB.
  workerIdleMemoryLimit: '1500MB',
  // For what hangs. No test waits for it, and a busy machine must not reach it.
  testTimeout: 300_000,
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};
