/** `npm run pack`: makes dist/gatehouse-<version>.tgz, which runs outside of the repository: `npx ./gatehouse-<version>.tgz up`. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { layOut } from './package/layout.mjs';
import { ensureBuild } from './set-up/build.mjs';
import { ensureDependencies, pinnedNode } from './set-up/dependencies.mjs';
import { ensurePrismaClients } from './set-up/prisma.mjs';
import { mustFind } from './set-up/programs.mjs';
import { REPOSITORY } from './set-up/repository.mjs';
import { mustRun } from './set-up/run.mjs';
import { Cannot, say } from './set-up/say.mjs';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(REPOSITORY, 'dist') },
    // For specs, which run when everything is built.
    'no-build': { type: 'boolean', default: false },
  },
});

async function build() {
  await ensureDependencies();
  const node = await pinnedNode();
  await ensurePrismaClients(node);
  await ensureBuild(node);
}

try {
  if (!values['no-build']) await build();
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-layout-'));
  const version = layOut(folder);
  await mustRun(mustFind('npm', 'npm'), ['pack', '--silent', '--pack-destination', out], { cwd: folder });
  rmSync(folder, { recursive: true });
  say(join(out, `gatehouse-${version}.tgz`));
} catch (error) {
  if (!(error instanceof Cannot)) throw error;
  say(`\n${error.message}`);
  process.exitCode = 1;
}
