#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** What the programs are written for. */
const NODE_MAJOR = 24;
const main = new URL('../dist/main.js', import.meta.url);

/** The Node that came with the package, or with the checkout. */
function ownNode() {
  const { resolve } = createRequire(import.meta.url);
  for (const program of [`node-${process.platform}-${process.arch}/bin/node`, 'node/bin/node'])
    try {
      return resolve(program);
    } catch {
      // Not this one.
    }
  return undefined;
}

/** Goes on with another Node, which ends when this process does, however it ends. */
function goOnWith(node) {
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal));
  child.once('exit', (code) => process.exit(code ?? 1));
}

const major = Number(process.versions.node.split('.')[0]);
const node = major >= NODE_MAJOR ? process.execPath : ownNode();
if (!existsSync(main)) {
  console.error('gatehouse: not built yet. `npm start` sets the checkout up; `npm run build` only builds.');
  process.exitCode = 1;
} else if (major >= NODE_MAJOR) await import(main.href);
else if (node === undefined) {
  console.error(
    `gatehouse: this is Node.js ${process.versions.node}, and it needs ${NODE_MAJOR} or newer. Install that one, then run the command again.`,
  );
  process.exitCode = 1;
} else goOnWith(node);
