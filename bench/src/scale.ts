import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { inRepository } from '@gatehouse/testing/repository';
import { Logger } from '@nestjs/common';
import { backends, tools } from './scale/backends.js';
import { bus } from './scale/bus.js';
import { connections } from './scale/connections.js';
import {
  PART_NAMES,
  type Extent,
  type FiguresOfScale,
  type Part,
  type PartFigures,
} from './scale/figures-of-scale.js';
import { pools } from './scale/pools.js';
import { providers } from './scale/providers.js';
import { proxies } from './scale/proxies.js';
import { signIns } from './scale/sign-ins.js';
import startPostgres from '../../libs/testing/jest-global-setup.mjs';
import stopPostgres from '../../libs/testing/jest-global-teardown.mjs';

/**
 * How far an installation goes, and where each part of it ends (docs/scaling.md). All parts, or those that are named; `--small` shows
 * in a few minutes that all of them work. What was measured is written to docs/scaling/figures.json, and the page follows from it.
 */
const PARTS: readonly Part[] = [proxies, connections, backends, tools, providers, signIns, bus, pools];
const FIGURES = inRepository('docs/scaling/figures.json');
const GENERATOR = inRepository('tools/generate-scaling.mjs');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { small: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !PART_NAMES.some((known) => known === name));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}; the parts are ${PART_NAMES.join(', ')}.`);
  process.exit(2);
}

const extent: Extent = { isSmall: values.small, of: (whole, small) => (values.small ? small : whole) };
const failed: string[] = [];
// The client of the bus has a log of its own.
Logger.overrideLogger(['error']);
await startPostgres();
try {
  for (const part of PARTS) if (positionals.length === 0 || positionals.includes(part.name)) await run(part);
} finally {
  await stopPostgres();
}
execFileSync(process.execPath, [GENERATOR], { stdio: 'inherit' });
for (const name of failed) console.log(`FAILED: ${name}`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** What one part cannot do is no reason to leave the others out. */
async function run(part: Part): Promise<void> {
  console.log(`${part.name}:`);
  const beganAtMs = performance.now();
  try {
    const tables = await part.measure(extent);
    const seconds = Math.round((performance.now() - beganAtMs) / 1_000);
    for (const [name, rows] of Object.entries(tables)) {
      console.log(name);
      console.table(rows);
    }
    console.log(`${part.name}: ${seconds} s`);
    write(part, { isSmall: extent.isSmall, seconds, tables });
  } catch (error) {
    failed.push(part.name);
    console.error(error);
  }
}

/** Parts that were measured earlier stay as they were. */
function write({ name }: Part, measured: PartFigures): void {
  const parts = { ...figures().parts, [name]: measured };
  const machine = {
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1_073_741_824),
    node: process.versions.node,
  };
  mkdirSync(dirname(FIGURES), { recursive: true });
  // JSON has no number for what nobody could count.
  const plain = (_name: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isFinite(value) ? '' : value;
  writeFileSync(FIGURES, `${JSON.stringify({ machine, parts }, plain, 2)}\n`);
}

function figures(): Pick<FiguresOfScale, 'parts'> {
  try {
    return JSON.parse(readFileSync(FIGURES, 'utf8')) as FiguresOfScale;
  } catch {
    // Nothing was measured yet.
    return { parts: {} };
  }
}
