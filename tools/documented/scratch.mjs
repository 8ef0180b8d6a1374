/**
 * A folder in which the commands of a page run as in a checkout. What the repository has is there by links; the examples are copies,
 * since readers change them. Ports are moved, so that a page does not meet a gateway that runs here already: the standard ports
 * in commands, files and shown output become those of this run.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { DEFAULT_PORT_BASE } from '../../libs/kernel/dist/default-ports.js';
import { freePortBase } from '../../libs/testing/dist/free-port.js';
import { filesBelow } from '../checks/files.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';

/** The demonstration's, and those for operators 12 above them. */
const PORT_COUNT = 16;
const NOT_LINKED = new Set(['examples', '.git', '.gatehouse', 'test-results', 'coverage']);

export async function makeScratch() {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-page-'));
  const base = await freePortBase(PORT_COUNT);
  const moved = (text) =>
    text.replace(/(?<![\d.])44(?:8[3-9]|9[0-8])(?!\d)/g, (port) =>
      String(base + Number(port) - DEFAULT_PORT_BASE),
    );
  for (const name of readdirSync(REPOSITORY))
    if (!NOT_LINKED.has(name)) symlinkSync(join(REPOSITORY, name), join(folder, name));
  cpSync(join(REPOSITORY, 'examples'), join(folder, 'examples'), { recursive: true });
  for (const path of filesBelow(['examples'], '')) {
    const text = readFileSync(join(REPOSITORY, path), 'utf8');
    const own = withListeners(moved(text), base);
    if (own !== text) writeFileSync(join(folder, path), own);
  }
  const programs = writePrograms(folder, base);
  const { PATH = '' } = process.env;
  return {
    folder,
    moved,
    environment: {
      ...process.env,
      FORCE_COLOR: '0',
      PATH: [programs, join(REPOSITORY, 'node_modules/.bin'), PATH].join(delimiter),
    },
    /** @param {string} file @param {string} text */
    write: (file, text) => {
      const path = join(folder, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, withListeners(moved(text), base));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A configuration of this machine that leaves its ports out gets those of this run. */
const withListeners = (text, base) =>
  /^publicUrl: http:\/\/localhost/m.test(text) && !/^listen:/m.test(text)
    ? `${text}\nlisten:\n  proxy: { port: ${base} }\n  authorizationServer: { port: ${base + 1} }\n  tokenVault: { internal: { port: ${base + 2} } }\n  bridge: { port: ${base + 10} }\n`
    : text;

/** `npm start` and `gatehouse up` as they are, at the ports of this run and with a state of its own. */
function writePrograms(folder, base) {
  const programs = join(folder, '.programs');
  mkdirSync(programs);
  const extra = `--port-base ${base} --state '${join(folder, '.gatehouse/demo')}'`;
  const real = (name) => (process.env.PATH ?? '').split(delimiter).map((place) => join(place, name));
  const npm = firstThatIs(real('npm'));
  const npx = firstThatIs(real('npx'));
  const gatehouse = `node '${join(REPOSITORY, 'apps/gatehouse/bin/gatehouse.mjs')}'`;
  const program = (name, text) =>
    writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  program(
    'npm',
    `if [ "$1" = start ]; then shift; [ "$1" = -- ] && shift; exec '${npm}' start -- "$@" ${extra}; fi\nexec '${npm}' "$@"`,
  );
  const demonstration = `--config '${join(folder, 'examples/demonstration/gatehouse.yaml')}'`;
  program(
    'gatehouse',
    `case "$1" in\nup) exec ${gatehouse} "$@" ${extra} ;;\ndemonstrate) exec ${gatehouse} "$@" ${demonstration} ;;\nesac\nexec ${gatehouse} "$@"`,
  );
  program('npx', `if [ "$1" = gatehouse ]; then shift; exec gatehouse "$@"; fi\nexec '${npx}' "$@"`);
  return programs;
}

function firstThatIs(places) {
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`none of ${places.join(', ')} exists`);
  return found;
}
