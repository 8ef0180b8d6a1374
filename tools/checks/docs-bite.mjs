/** What goes stale in the documentation is found: a link, an anchor, an image, a page, a picture, a claim is planted, and red expected. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { claimProblems } from '../docs/claims.mjs';
import { linkProblems, mentionProblems } from '../docs/link-problems.mjs';
import { HOME } from '../docs/navigation.mjs';
import { navigationProblems } from '../docs/pages.mjs';
import { FOLDER, PICTURES, pictureProblems } from '../docs/pictures.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { report } from './report.mjs';

const PAGE = ['docs', 'start', 'planted.md'].join('/');
/** @type {string[]} */
const problems = [];
let looked = 0;

function expect(what, found, isStale) {
  looked += 1;
  if (found.length > 0 !== isStale)
    problems.push(`${what} is ${isStale ? 'let through' : `refused: ${found.join('; ')}`}`);
}

for (const [what, text, isStale] of [
  ['a link to a page', '[health](../health.md)', false],
  ['a broken link', '[health](../healthy.md)', true],
  ['a broken link to a file of the repository', '[a test](../../tests/flows/planted.spec.ts)', true],
  ['a broken link with a title', `[health](../healthy.md "it's")`, true],
  ['a broken link with a title in single quotes', `[health](../healthy.md 'said "so"')`, true],
  ['a link out of the repository', '[elsewhere](../../../elsewhere.md)', true],
  ['a link in code', '`[health](../healthy.md)`', false],
  ['a link whose words are code', '[`health`](../healthy.md)', true],
  ['an anchor', '[pages](../../CONTRIBUTING.md#the-house)', false],
  ['a dead anchor', '[pages](../../CONTRIBUTING.md#the-garden)', true],
  ['a dead anchor of the page itself', '# Here\n\n[there](#there)', true],
  ['an image', '![approval](../images/consent.png)', false],
  ['an image that is not there', '![approval](../images/planted.png)', true],
])
  expect(what, linkProblems(PAGE, text, REPOSITORY), isStale);

const mention = (page) => `// See docs/${page}.`;
expect('a page that code names', mentionProblems('planted.ts', mention('health.md'), REPOSITORY), false);
expect(
  'a lost page that code names',
  mentionProblems('planted.ts', mention('healthy' + '.md'), REPOSITORY),
  true,
);

const row = (proof) => `| Claim | Shown by |\n| --- | --- |\n| It works | ${proof} |\n`;
for (const [what, proof, isStale] of [
  ['a claim with a command', '`npm run conformance`', false],
  ['a claim whose command is gone', '`npm run planted`', true],
  ['a claim with a test', '[none sees another](tests/flows/isolation.spec.ts)', false],
  ['a claim whose test is gone', '[a planted test](tests/flows/isolation.spec.ts)', true],
  ['a claim with nothing', 'everybody knows it', true],
])
  expect(what, claimProblems(HOME, row(proof), REPOSITORY), isStale);

// What needs files is planted in a copy.
const copy = mkdtempSync(join(tmpdir(), 'gatehouse-docs-bite-'));
try {
  for (const name of [
    'docs',
    'README.md',
    'ARCHITECTURE.md',
    'SECURITY.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'examples',
  ])
    cpSync(join(REPOSITORY, name), join(copy, name), { recursive: true });
  const app = dirname(dirname(PICTURES.consent));
  for (const folder of [app, dirname(PICTURES.provider)])
    cpSync(join(REPOSITORY, folder), join(copy, folder), { recursive: true });
  const change = (path, from, to) => {
    const before = readFileSync(join(copy, path), 'utf8');
    if (!before.includes(from)) problems.push(`${path} has no “${from}” to plant a change at`);
    writeFileSync(join(copy, path), before.replace(from, to));
  };
  const shown = Object.keys(PICTURES).map((name) => `images/${name}.png`);
  const stale = () => pictureProblems(copy, shown);

  expect('the navigation as it is', navigationProblems(copy), false);
  writeFileSync(join(copy, 'docs', 'planted.md'), '# Planted\n');
  expect('a page in no navigation', navigationProblems(copy), true);

  expect('pictures as they are', stale(), false);
  expect('a picture that no page shows', pictureProblems(copy, shown.slice(1)), true);
  change(PICTURES.consent, 'import ', '// A comment changes no look.\nimport ');
  expect('a picture of a page with another comment', stale(), false);
  change(PICTURES.consent, 'to work on your behalf?', 'to act for you?');
  expect('a picture of a page that says something else now', stale(), true);
  change(PICTURES.consent, 'to act for you?', 'to work on your behalf?');
  change(`${app}/pages/stylesheet.ts`, '--accent:#1f5f4a', '--accent:#aa0000');
  expect('pictures of pages in other colours', stale(), true);
  change(`${app}/pages/stylesheet.ts`, '--accent:#aa0000', '--accent:#1f5f4a');
  writeFileSync(join(copy, FOLDER, 'consent.png'), 'another picture');
  expect('a picture that nobody took', stale(), true);
} finally {
  rmSync(copy, { recursive: true, force: true });
}

report(problems, { looked });
