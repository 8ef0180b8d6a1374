/** Every attacker of SECURITY.md has tests, and each place that it names still holds some. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { report } from './report.mjs';

const text = readFileSync(join(REPOSITORY, 'SECURITY.md'), 'utf8');
const attackers = [...text.matchAll(/^(\d+)\. \*\*/gm)].map(([, number]) => number);
const places = new Map(
  text
    .split(/^### /m)
    .slice(1)
    .map((section) => [
      /^(\d+)\. /.exec(section)?.[1],
      [...section.matchAll(/\]\(([^)]+\.spec\.ts)\)/g)].map(([, path]) => path),
    ]),
);
const holdsTests = (path) =>
  existsSync(join(REPOSITORY, path)) &&
  /\b(test|it)(\.each)?[(<[]/.test(readFileSync(join(REPOSITORY, path), 'utf8'));

const problems = [
  ...attackers.flatMap((number) =>
    (places.get(number) ?? []).length > 0 ? [] : [`SECURITY.md names no test against attacker ${number}`],
  ),
  ...[...places.values()]
    .flat()
    .filter((path) => !holdsTests(path))
    .map((path) => `SECURITY.md: ${path} holds no tests`),
];
report(problems, { looked: attackers.length });
