import { readFileSync } from 'node:fs';
import { ensureBuild } from './set-up/build.mjs';
import { run } from './set-up/run.mjs';
import { Cannot, say } from './set-up/say.mjs';
import { setUp } from './set-up/set-up.mjs';

/** npm may die without telling anybody; what it started then gets another parent. */
const PARENT_CHECK_MS = 1_000;

/** This process's parent, and (where the system tells) the parent's parent: npm puts a shell between. */
function ancestors() {
  const parent = process.ppid;
  try {
    const stat = readFileSync(`/proc/${parent}/stat`, 'utf8');
    return `${parent} ${stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]}`;
  } catch {
    return String(parent);
  }
}

function stopWithParent(child) {
  const before = ancestors();
  setInterval(() => {
    if (ancestors() !== before) child.kill('SIGTERM');
  }, PARENT_CHECK_MS).unref();
}

try {
  const node = await setUp();
  await ensureBuild(node);
  const { code } = await run(node, ['apps/gatehouse/dist/main.js', 'up', ...process.argv.slice(2)], {
    stdio: 'inherit',
    // The other end notices when this process is gone, however it went.
    ipc: true,
    onStart: (child) => {
      if (process.env.npm_lifecycle_event !== undefined) stopWithParent(child);
    },
  });
  process.exitCode = code;
} catch (error) {
  if (!(error instanceof Cannot)) throw error;
  say(`\n${error.message}`);
  process.exitCode = 1;
}
