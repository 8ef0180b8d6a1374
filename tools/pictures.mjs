/**
 * `npm run docs:pictures`: takes the pictures of the documentation from a gateway with its demonstration, in Chromium, and keeps
 * with each what the page was made of. tools/checks/pictures.mjs fails when that has changed since.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, FOLDER, lookOf, MANIFEST, PICTURES } from './docs/pictures.mjs';
import { ensureBuild } from './set-up/build.mjs';
import { REPOSITORY } from './set-up/repository.mjs';
import { run } from './set-up/run.mjs';
import { setUp } from './set-up/set-up.mjs';

const node = await setUp();
await ensureBuild(node);
const folder = join(REPOSITORY, FOLDER);
// What else is there belongs to others.
for (const name of Object.keys(PICTURES)) rmSync(join(folder, `${name}.png`), { force: true });
mkdirSync(folder, { recursive: true });
const jest = join(REPOSITORY, 'node_modules/jest/bin/jest.js');
const { code } = await run(node, [jest, '--forceExit', 'tests/browser/pictures.spec.ts'], {
  stdio: 'inherit',
  env: { NODE_OPTIONS: '--experimental-vm-modules --no-warnings', GATEHOUSE_PICTURES: folder },
});
if (code === 0) {
  const taken = Object.entries(PICTURES).map(([name, file]) => [
    name,
    { look: lookOf(REPOSITORY, file), picture: digestOf(readFileSync(join(folder, `${name}.png`))) },
  ]);
  writeFileSync(join(REPOSITORY, MANIFEST), `${JSON.stringify(Object.fromEntries(taken), undefined, 2)}\n`);
}
process.exitCode = code;
