/** Nothing lies about that nobody uses: dependencies, files, exports (knip; knip.jsonc says what starts from where). */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { report } from './report.mjs';

const knip = join(REPOSITORY, 'node_modules/knip/bin/knip.js');
const { status, stdout, stderr } = spawnSync(
  process.execPath,
  [knip, '--no-progress', '--treat-config-hints-as-errors'],
  { cwd: REPOSITORY, encoding: 'utf8' },
);
report(status === 0 ? [] : [`${stdout}${stderr}`.trim()], { looked: 1 });
