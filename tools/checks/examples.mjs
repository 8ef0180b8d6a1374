/** Every configuration under examples/ is valid: an example that does not start is worse than none. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

const files = filesBelow(['examples'], '.yaml').filter((path) => /gatehouse[\w.-]*\.yaml$/.test(path));
const problems = files.flatMap((file) => {
  const program = join(REPOSITORY, 'apps/gatehouse/dist/main.js');
  const { status, stderr } = spawnSync(process.execPath, [program, 'validate', file], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  return status === 0 ? [] : [`${file}:\n${stderr.trim()}`];
});

report(problems, { looked: files.length });
