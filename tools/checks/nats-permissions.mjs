/** infra/nats/nats-server.conf is what the contracts say. `--write` brings it up to date. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { REPOSITORY } from '../set-up/repository.mjs';
import { report } from './report.mjs';

const FILE = join(REPOSITORY, 'infra/nats/nats-server.conf');
const flags = ['--host', '0.0.0.0', '--port', '4222', '--monitor-port', '8222', '--store', '/data'];
const wanted = execFileSync(
  process.execPath,
  [
    join(REPOSITORY, 'apps/gatehouse/dist/main.js'),
    'nats-configuration',
    'examples/demonstration/gatehouse.yaml',
    ...flags,
  ],
  { cwd: REPOSITORY, encoding: 'utf8' },
);

if (process.argv.includes('--write')) {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, wanted);
}
const isCurrent = existsSync(FILE) && readFileSync(FILE, 'utf8') === wanted;
report(
  isCurrent
    ? []
    : [
        'infra/nats/nats-server.conf is not what the contracts say: node tools/checks/nats-permissions.mjs --write',
      ],
  { looked: wanted.length },
);
