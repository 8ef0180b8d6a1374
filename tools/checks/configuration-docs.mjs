/** Generated pages (docs/configuration.md, docs/providers.md, docs/provider-answers.md, docs/scaling.md, docs/reference) are what their sources say. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { report } from './report.mjs';

const tools = join(REPOSITORY, 'tools');
const generators = readdirSync(tools).filter((name) => /^generate-.+\.mjs$/.test(name));
const problems = generators.flatMap((name) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(tools, name), '--check'], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  return status === 0 ? [] : [`${name} --check: ${`${stdout}${stderr}`.trim()}`];
});

report(problems, { looked: generators.length });
