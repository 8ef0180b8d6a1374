import tseslint from 'typescript-eslint';
import { MAY_IMPORT, MESSAGE_SEALING, MESSAGE_SEALING_ONLY, ROOMS, SEAMS } from './tools/boundaries.mjs';

const PROJECTS = Object.keys(MAY_IMPORT);
const folder = (project) =>
  ['authorization-server', 'token-vault', 'vmcp-proxy', 'gatehouse', 'demonstration', 'operator'].includes(
    project,
  )
    ? `apps/${project}`
    : `libs/${project}`;
const escape = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** `no-restricted-imports` patterns of one project; test code may also use `testing`. */
function patterns(project, isTestCode) {
  const allowed = new Set([...MAY_IMPORT[project], project, ...(isTestCode ? ['testing'] : [])]);
  const forbidden = PROJECTS.filter((name) => !allowed.has(name));
  const rules = [
    {
      regex: `^@gatehouse/(${forbidden.map(escape).join('|')})(/|$)`,
      message: `${project} may not import that project (tools/boundaries.mjs).`,
    },
    { regex: '(^|/)(apps|libs)/[^/]+/(src|dist)', message: 'Import another project by its package name.' },
  ];
  if (!isTestCode) {
    rules.push({
      regex: '^\\..*(/testing/|\\.fixture\\.js$)',
      message: 'That is for tests; a program does not use it.',
    });
    const seams = Object.entries(SEAMS)
      .filter(([, owners]) => !owners.includes(project))
      .map(([name]) => name);
    if (seams.length > 0)
      rules.push({
        regex: `^(${seams.map(escape).join('|')})(/|$)`,
        message: 'That package lives behind one seam (tools/boundaries.mjs).',
      });
  }
  if (MESSAGE_SEALING_ONLY.includes(project) && !isTestCode) {
    rules.push({
      regex: `^@gatehouse/sealing/(?!${escape(MESSAGE_SEALING.split('/').at(-1))})`,
      message:
        'Messages only: what seals stored secrets is the business of the vault and the authorization server.',
    });
  }
  return rules;
}

/** Specs, and the worlds and stand-ins that only they use. */
const testCode = (project) =>
  ['**/*.spec.ts', '**/*.fixture.ts', '**/testing/**/*.ts'].map(
    (pattern) => `${folder(project)}/src/${pattern}`,
  );

/** @type {import('eslint').Linter.Config[]} */
const boundaries = PROJECTS.flatMap((project) => [
  {
    files: [`${folder(project)}/src/**/*.ts`],
    ignores: testCode(project),
    rules: { 'no-restricted-imports': ['error', { patterns: patterns(project, false) }] },
  },
  {
    files: testCode(project),
    rules: { 'no-restricted-imports': ['error', { patterns: patterns(project, true) }] },
  },
]);

/**
 * A room imports the rooms below it only (tools/boundaries.mjs).
 * @type {import('eslint').Linter.Config[]}
 */
const rooms = Object.entries(ROOMS).flatMap(([project, order]) =>
  order.map((room, floor) => ({
    files: [`${folder(project)}/src/${room}/**/*.ts`],
    ignores: testCode(project),
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            ...patterns(project, false),
            {
              regex: `^(\\.\\./)+((${[...order.slice(floor + 1), 'testing'].map(escape).join('|')})/|[^/]+$)`,
              message: `${room} may import the rooms below it only (ROOMS in tools/boundaries.mjs).`,
            },
          ],
        },
      ],
    },
  })),
);

/** What is made in another way has no limits: HTTP servers (ADR 9), and pools of database connections. */
const BY_ONE_FUNCTION = [
  ...[
    'ImportDeclaration[source.value=/^node:https?$/] > ImportSpecifier[imported.name="createServer"]',
    'NewExpression[callee.name="FastifyAdapter"]:not(:has(Property[key.name="serverFactory"]))',
  ].map((selector) => ({
    selector,
    message: 'An HTTP server is made by limitedServer (@gatehouse/service-process/http-server).',
  })),
  {
    selector: 'NewExpression[callee.name="PrismaPg"][arguments.0.type!="Identifier"]',
    message: 'A pool of connections is made by limitedPool (@gatehouse/persistence/limited-pool).',
  },
];
/** What Nest hands to a class is that class's own: with a public member others use it as a bag of services. */
const PUBLIC_INJECTED = {
  selector:
    'ClassDeclaration:has(> Decorator[expression.callee.name=/^(Injectable|Controller|Catch|Module)$/]) > ClassBody > ' +
    'MethodDefinition[kind="constructor"] TSParameterProperty:not([accessibility=/^(private|protected)$/])',
  message: 'What is injected is private: give the class a method that does what the caller wants.',
};
/** Of each idle process it is 2 MiB of which nothing is used (docs/speed.md). */
const PARTS_OF_UNDICI = {
  selector: 'ImportDeclaration[source.value="undici"][importKind="value"]',
  message: 'Services load parts of undici (@gatehouse/safe-fetch/undici-parts).',
};
const SERVICES = ['authorization-server', 'token-vault', 'vmcp-proxy'];
const programs = (projects) => ({
  files: projects.map((project) => `${folder(project)}/src/**/*.ts`),
  ignores: PROJECTS.flatMap(testCode),
});
/** @returns {{rules: import('eslint').Linter.RulesRecord}} */
const restrictedSyntax = (...selectors) => ({ rules: { 'no-restricted-syntax': ['error', ...selectors] } });
/** @type {import('eslint').Linter.Config[]} */
const limits = [
  { ...programs(PROJECTS), ...restrictedSyntax(PUBLIC_INJECTED) },
  { ...programs(SERVICES), ...restrictedSyntax(...BY_ONE_FUNCTION, PUBLIC_INJECTED, PARTS_OF_UNDICI) },
  { ...programs(['safe-fetch']), ...restrictedSyntax(PUBLIC_INJECTED, PARTS_OF_UNDICI) },
  {
    files: ['libs/persistence/src/**/*.ts'],
    ignores: ['libs/persistence/src/limited-pool.ts', ...testCode('persistence')],
    ...restrictedSyntax(PUBLIC_INJECTED, {
      selector: 'NewExpression[callee.property.name="Pool"], NewExpression[callee.name="Pool"]',
      message: 'A pool of connections is made by limitedPool.',
    }),
  },
];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/generated/**', '**/node_modules/**', '.nx/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'off',
      // Nest declares its option bags as classes and expects object literals for them.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Read the environment in the configuration door only.',
        },
      ],
      eqeqeq: 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', { max: 5 }],
    },
  },
  {
    // Tools are JavaScript that runs before anything is built; tools/tsconfig.json checks their types.
    files: ['**/*.mjs'],
    extends: [tseslint.configs.strict],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: {
      parserOptions: { project: ['tools/tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', { max: 5 }],
    },
  },
  ...boundaries,
  ...rooms,
  ...limits,
  {
    files: ['**/*.spec.ts', 'tests/**/*.ts', 'bench/**/*.ts', 'libs/testing/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', 'no-restricted-properties': 'off' },
  },
  // The doors: where a program's own arguments, environment and output are handled.
  {
    files: [
      'apps/*/src/main.ts',
      'apps/gatehouse/src/**/*.ts',
      'bench/**/*.ts',
      'libs/config/src/secrets/secret-references.ts',
      'libs/service-process/src/run-service.ts',
      'libs/scripted-browser/src/browser-command.ts',
    ],
    rules: { 'no-console': 'off', 'no-restricted-properties': 'off' },
  },
);
