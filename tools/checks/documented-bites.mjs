/** The check of pages finds what is stale: one of each kind is planted in a page that exists in memory only. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pageProblems } from '../documented/page-problems.mjs';
import { COMPOSE, PAGES } from '../documented/shell-markers.mjs';
import { stepsOf } from '../documented/steps.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { report } from './report.mjs';

const EXAMPLE = 'libs/config/examples/gatehouse.yaml';
const whole = readFileSync(join(REPOSITORY, EXAMPLE), 'utf8');
const PART = `<!-- documented: part of ${EXAMPLE} -->`;
const NOT_RUN = '<!-- documented: not run, a planted block is never run -->';

const block = (language, text, ...markers) =>
  [...markers.flatMap((marker) => [marker, '']), `\`\`\`${language}`, text.trimEnd(), '```'].join('\n');
const shell = (text) => block('sh', text, NOT_RUN);
const BY_COMPOSE = '<!-- documented: run by test:compose -->';
const UP = 'docker compose up --wait';

/** @type {readonly (readonly [what: string, page: string, problem: string | undefined])[]} */
const PLANTED = [
  ['a whole configuration', block('yaml', whole), undefined],
  ['a field that was renamed', block('yaml', whole.replace('publicUrl:', 'publicURL:')), 'publicURL'],
  ['a part', block('yaml', 'telemetry: { audit: { enabled: true } }', PART), undefined],
  ['a part with a field that is gone', block('yaml', 'telemetry: { audits: {} }', PART), 'telemetry.audits'],
  [
    'a part of what is not there',
    block('yaml', 'name: acme', '<!-- documented: part of gone.yaml -->'),
    'gone.yaml',
  ],
  ['a part that does not say so', block('yaml', 'telemetry: { audit: { enabled: true } }'), 'publicUrl'],
  [
    'a part at a place that is gone',
    block('yaml', 'timeout: 5s', PART.replace(' -->', ' at backends.gone -->')),
    'nothing of that name',
  ],
  [
    'a refusal that is none any more',
    block('yaml', 'name: acme', PART, '<!-- documented: refused, "name" -->'),
    'it is valid',
  ],
  [
    'a refusal with another sentence',
    block('yaml', 'name: A_B', PART, '<!-- documented: refused, "planted" -->'),
    'refused otherwise',
  ],
  [
    'a policy about a type that requests do not have',
    block('cedar', 'permit(principal, action, resource in Gone::"a");', PART),
    'Gone',
  ],
  ['JSON that cannot be read', block('json', '{ "a": 1, }'), 'no JSON'],
  ['JSON with comments that cannot be read', block('jsonc', '{ "a" 1 } // planted'), 'no JSON with comments'],
  ['TOML that cannot be read', block('toml', '[a\nb = 1'), 'no TOML'],
  ['a diagram of nothing', block('mermaid', 'planted --> planted'), 'no diagram'],
  ['a block without a language', block('', 'planted'), 'no language'],
  ['a block of an unknown language', block('cobol', 'planted'), 'cobol'],
  ['a block without an end', '```text\nplanted', 'no end'],
  [
    'commands that are there',
    shell('npm start -- --once | tee out.txt # planted\nnpm test && npm ci'),
    undefined,
  ],
  ['a script of npm that is gone', shell('npm run gone'), 'no script "gone"'],
  ['a flag of npm start that is gone', shell('npm start -- --gone'), 'no option --gone'],
  ['a command of gatehouse that is gone', shell('npx gatehouse gone'), 'no command "gone"'],
  [
    'a command below another that is gone',
    shell('A=b gatehouse audit gone --config x'),
    'no command "audit gone"',
  ],
  [
    'an option of gatehouse that is gone',
    shell('cd x && npx gatehouse validate a.yaml --gone'),
    'no option --gone',
  ],
  ['a file that is gone', shell('cp examples/gone/gatehouse.yaml .'), 'no file of the repository'],
  [
    'a service of compose that is gone',
    block('sh', 'docker compose run --rm gone', BY_COMPOSE),
    'no service gone',
  ],
  [
    'a profile of compose that is gone',
    block('sh', 'docker compose --profile gone up', BY_COMPOSE),
    'no profile gone',
  ],
  ['commands of Docker that say nothing', block('sh', UP), 'nothing runs these commands'],
  ['commands of Docker with a reason that is none', shell(UP), 'nothing runs these commands'],
  ['commands of Docker among others', shell(`cd x && A=b ${UP} | tee y`), 'run by test:compose'],
  ['commands of Docker inside of others', shell('echo "$(docker compose ps -q)"'), 'run by test:compose'],
  ['commands of Docker that are run', block('sh', UP, BY_COMPOSE), undefined],
  [
    'commands of Docker that are run from nothing, and stay',
    block(
      'sh',
      UP,
      BY_COMPOSE.replace(' -->', ', from nothing -->'),
      '<!-- documented: stays up until "x" -->',
    ),
    undefined,
  ],
  [
    'commands of Docker with a reason',
    block('sh', 'docker push planted', '<!-- documented: not run by test:compose, it has no registry -->'),
    undefined,
  ],
  [
    'commands of Docker with another engine’s reason',
    block('sh', UP, '<!-- documented: not run by test:cluster, it has no registry -->'),
    'nothing runs these commands',
  ],
  [
    'commands for a test that is gone',
    block('sh', 'npm test', '<!-- documented: run by tests/operate/gone.spec.ts -->'),
    'there is no tests/operate/gone.spec.ts',
  ],
  [
    'commands for a test that does not take them',
    block('sql', 'select 1', '<!-- documented: run by tests/documented/pages.spec.ts -->'),
    'does not take blocks of planted.md',
  ],
  [
    'SQL with a marker that nobody knows',
    block('sql', 'select 1', '<!-- documented: planted -->'),
    'unknown marker',
  ],
  ['other commands for the test of Docker', block('sh', 'npm test', BY_COMPOSE), 'nothing in these commands'],
  ['commands of helm', shell('helm test planted'), 'not run by test:cluster, why'],
  ['commands of kubectl', shell('kubectl get pods'), 'not run by test:cluster, why'],
  [
    'commands of kubectl with a reason',
    block('sh', 'kubectl get pods', '<!-- documented: not run by test:cluster, it is planted -->'),
    undefined,
  ],
  [
    'the output of what is not run',
    `${shell('npm test')}\n\n${block('text', 'planted', '<!-- documented: output -->')}`,
    'none is run',
  ],
  [
    'what looks like the output of a command that is run, and is compared with nothing',
    `${block('sh', 'npx gatehouse validate x.yaml')}\n\n${block('text', 'planted')}`,
    'is it their `output`',
  ],
  ['a marker that nobody knows', block('sh', 'npm test', '<!-- documented: planted -->'), 'unknown marker'],
  ['a marker without its block', `${PART}\n\nText.`, 'no block follows'],
  ['a marker with a typing error', '<!-- documented:planted -->', 'no marker'],
  ['a command in a sentence', 'Run `npm run gone`.', 'no script "gone"'],
  ['a file in a sentence', 'See `tools/gone.mjs`.', 'no tools/gone.mjs'],
  [
    'a claim whose test is gone',
    'True ([test](tests/documented/pages.spec.ts "a test that is gone")).',
    'has no test "a test that is gone"',
  ],
  [
    'a claim with its test',
    'True ([test](tests/documented/pages.spec.ts "a command that fails")).',
    undefined,
  ],
  ['a default in a sentence', '`authServer.tokenLifespans.accessTokenLifespan` (default `15m`)', undefined],
  [
    'a default in a sentence that is another one now',
    '`authServer.tokenLifespans.accessTokenLifespan` (default `16m`)',
    'not 16m',
  ],
  [
    'a default in a table that is another one now',
    '| Field | Default |\n| --- | --- |\n| `accessTokenLifespan` | `16m` |',
    'not 16m',
  ],
  [
    'the default of a variable of the compose file',
    '| Variable | Default |\n| - | - |\n| `GATEHOUSE_TAG` | `gone` |',
    'GATEHOUSE_TAG in docker-compose.yml is local, not gone',
  ],
  ['a field in a table that is gone', '| Field | Default |\n| - | - |\n| `vault.gone` | `1` |', 'no field'],
];

const problems = [];
for (const [what, page, expected] of PLANTED) {
  const found = (await pageProblems('planted.md', `# Planted\n\n${page}\n`)).problems;
  const isAsExpected =
    expected === undefined ? found.length === 0 : found.some((problem) => problem.includes(expected));
  if (!isAsExpected) problems.push(`${what}: ${found.length === 0 ? 'nothing is found' : found.join('; ')}`);
}

// What is said to be run by that test is what it is given, and nobody else.
const SPEC = 'tests/operate/planted.spec.ts';
const ofSpec = block('sh', 'restart token-vault', `<!-- documented: run by ${SPEC} -->`);
const given = `${block('sh', UP, BY_COMPOSE)}\n\n${ofSpec}\n\n${block('sh', 'npm test')}\n`;
for (const [runner, text] of [
  [SPEC, 'restart token-vault'],
  [COMPOSE, UP],
  [PAGES, 'npm test'],
]) {
  const steps = stepsOf('planted.md', `# Planted\n\n${given}`, runner);
  const texts = steps.map((step) => ('text' in step ? step.text.trim() : ''));
  if (texts.join() !== text) problems.push(`${runner} would run: ${texts.join('; ')}`);
}

report(problems, { looked: PLANTED.length });
