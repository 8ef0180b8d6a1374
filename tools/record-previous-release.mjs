/**
 * `node tools/record-previous-release.mjs COMMIT` writes down what the release before this one says on the bus and to its databases, into
 * `tests/previous-release`: the schemas of its messages, its migrations, and its SQL statements. It is run when a release is made, with that
 * release's commit. The tests need the files alone, so a checkout without history has them as well.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './set-up/repository.mjs';

const FOLDER = join(REPOSITORY, 'tests/previous-release');
const SERVICES = ['authorization-server', 'token-vault'];
/** A statement that is whole where it stands: parts of others have `${…}` in them. */
const STATEMENT = /\btext:\s*(?:`((?:[^`$\\]|\$(?!\{))+)`|'((?:[^'\\])+)')/g;

const [commit] = process.argv.slice(2);
if (commit === undefined) {
  console.error('Which commit? node tools/record-previous-release.mjs COMMIT');
  process.exit(64);
}
const git = (...args) =>
  execFileSync('git', args, { cwd: REPOSITORY, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
const filesOf = (folder) => git('ls-tree', '-r', '--name-only', commit, folder).trim().split('\n');
const textOf = (path) => git('show', `${commit}:${path}`);
const write = (name, value) =>
  writeFileSync(
    join(FOLDER, name),
    typeof value === 'string' ? value : `${JSON.stringify(value, null, 2)}\n`,
  );

function statementsOf(service) {
  const sources = filesOf(`apps/${service}/src`).filter(
    (path) => path.endsWith('.ts') && !/\.(spec|fixture)\.ts$/.test(path),
  );
  const found = sources.flatMap((path) =>
    [...textOf(path).matchAll(STATEMENT)].map(([, template, literal]) => (template ?? literal ?? '').trim()),
  );
  return [...new Set(found.map((text) => text.replace(/\s+/g, ' ')))].sort();
}

const each = (of) => Object.fromEntries(SERVICES.map((service) => [service, of(service)]));
write('nats-contracts.json', textOf('docs/reference/nats-contracts.json'));
write('release.json', {
  commit: git('rev-parse', commit).trim(),
  of: git('show', '-s', '--format=%cs', commit).trim(),
  migrations: each((service) =>
    [...new Set(filesOf(`prisma/${service}/migrations`).map((path) => path.split('/')[3]))].filter((name) =>
      /^\d{14}_/.test(name),
    ),
  ),
});
write('statements.json', each(statementsOf));
