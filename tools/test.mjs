import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from './set-up/build.mjs';
import { REPOSITORY } from './set-up/repository.mjs';
import { ensureChartTools } from './set-up/chart-tools.mjs';
import { ensureReverseProxies } from './set-up/reverse-proxies.mjs';
import { run } from './set-up/run.mjs';
import { Cannot, say } from './set-up/say.mjs';
import { setUp } from './set-up/set-up.mjs';

// Escape sequences make captured output hard to read.
process.env.FORCE_COLOR = '0';
const RESULTS = join(REPOSITORY, 'test-results');
const FIGURES = join(RESULTS, 'figures.txt');
/** @type {{passed: number, failed: number, skipped: string[], failures: {name: string, why: string}[]}} */
const tally = { passed: 0, failed: 0, skipped: [], failures: [] };
/** A busy machine may take so long to end what a test run started. */
const ENDS_WITHIN_MS = 120_000;

/** Set when somebody wants it to end: what runs is told by the signal itself, and nothing more is begun. */
let interrupted;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => (interrupted = signal));

function count(name, isPassed, detail = '', why = '') {
  if (isPassed) tally.passed += 1;
  else {
    tally.failed += 1;
    failed(name, why);
  }
  say(`${isPassed ? 'ok  ' : 'FAIL'} ${name}${detail}`);
}

/** What failed is told once more at the very end, with why: the rest of a long output is easily cut off. */
const failed = (name, why) => tally.failures.push({ name, why: why.trim() });

/** One check: a program that says what is wrong and exits with something other than 0. It counts as one test. */
async function check(name, work) {
  goOn();
  const beganMs = Date.now();
  const { code, output } = await work().catch((error) => ({ code: 1, output: error.message }));
  count(name, code === 0, `  (${seconds(beganMs)})`, lastLines(output, 80));
}

const lastLines = (text, most) => text.split('\n').slice(-most).join('\n');
const firstLines = (text, most) => text.split('\n').slice(0, most).join('\n');
const seconds = (beganMs) => `${((Date.now() - beganMs) / 1000).toFixed(1)} s`;
const bin = (...parts) => join(REPOSITORY, 'node_modules', ...parts);

/** Runs jest over some folders and counts every test of it; a file that cannot even be loaded counts as one failed test. */
async function jest(node, name, folders) {
  const present = folders.filter((folder) => existsSync(join(REPOSITORY, folder)));
  const file = join(RESULTS, `${name}.json`);
  goOn();
  say(`\n${name}`);
  const args = [
    bin('jest/bin/jest.js'),
    '--ci',
    '-w',
    '2',
    '--json',
    '--outputFile',
    file,
    '--silent',
    ...present,
  ];
  const kept = { killed: false };
  const { code, output } = await run(node, args, {
    env: { NODE_OPTIONS: '--experimental-vm-modules --no-warnings', GATEHOUSE_FIGURES: FIGURES },
    onStart: (child) => {
      showFilesAsTheyEnd(child);
      endAfterResults(child, file, kept);
    },
  });
  goOn();
  const result = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  if (result === undefined || result.numTotalTestSuites === 0) {
    count(`${name}: jest gave no results (exit code ${code})`, false, '', lastLines(output, 40));
    return;
  }
  for (const suite of result.testResults) countSuite(suite);
  tally.passed += result.numPassedTests;
  tally.failed += result.numFailedTests;
  if (kept.killed) count(`${name}: something that a test started keeps jest from ending`, false);
  else if (code !== 0 && result.success)
    count(`${name}: jest ended with exit code ${code}`, false, '', lastLines(output, 40));
  say(`     ${result.numPassedTests} passed, ${result.numFailedTests} failed`);
}

/** So that a long run shows that it goes on. */
function showFilesAsTheyEnd(child) {
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (/^(PASS|FAIL) /.test(line)) say(line.replace(/^PASS/, 'ok  '));
  });
}

/** Jest waits for whatever a test left running, for ever if need be; its results are written by then. */
function endAfterResults(child, file, kept) {
  let late;
  const look = setInterval(() => {
    if (late !== undefined || !existsSync(file)) return;
    late = setTimeout(() => (kept.killed = child.kill('SIGKILL')), ENDS_WITHIN_MS);
  }, 500);
  child.once('exit', () => {
    clearInterval(look);
    clearTimeout(late);
  });
}

function goOn() {
  if (interrupted !== undefined) throw new Cannot(`Interrupted (${interrupted}).`);
}

function countSuite(suite) {
  const path = suite.name.replace(`${REPOSITORY}/`, '');
  const broken = suite.assertionResults.filter(({ status }) => status === 'failed');
  for (const { status, fullName } of suite.assertionResults)
    if (status === 'pending') tally.skipped.push(`${path}: ${fullName}`);
  if (suite.status === 'failed' && broken.length === 0)
    count(path, false, ' could not be run', firstLines(suite.message, 40));
  for (const { fullName, failureMessages } of broken) {
    say(`FAIL ${path}: ${fullName}`);
    failed(`${path}: ${fullName}`, firstLines(failureMessages.join('\n'), 25));
  }
}

async function lint(node) {
  const args = [
    'run-many',
    '-t',
    'lint',
    '--parallel=2',
    '--excludeTaskDependencies',
    '--output-style=static',
  ];
  const { code, output } = await run(node, [bin('nx/dist/bin/nx.js'), ...args], {
    env: {
      NX_DAEMON: 'false',
      NX_NO_CLOUD: 'true',
      NX_TUI: 'false',
      PATH: `${bin('.bin')}:${process.env.PATH ?? ''}`,
    },
  });
  // What npm and nx say about themselves hides what the linter says.
  const lines = output.split('\n').filter((line) => !/^(npm |> |$)/.test(line.trim()));
  return { code, output: lines.join('\n') };
}

async function main() {
  const node = await setUp();
  await ensureReverseProxies();
  await ensureChartTools();
  rmSync(RESULTS, { recursive: true, force: true });
  mkdirSync(RESULTS, { recursive: true });

  say('Checks');
  await check('build: every project compiles', async () => ({ code: 0, output: await build(node) }));
  await check('lint: no error and no warning in any project', () => lint(node));
  await check('format: every file as prettier writes it', () =>
    run(node, [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']),
  );
  const helpers = new Set(['report.mjs', 'files.mjs']);
  for (const name of readdirSync(join(REPOSITORY, 'tools/checks')).sort()) {
    if (!name.endsWith('.mjs') || helpers.has(name)) continue;
    await check(`check: ${name.slice(0, -4)}`, () => run(node, [join(REPOSITORY, 'tools/checks', name)]));
  }

  await jest(node, 'unit tests', ['apps', 'libs']);
  await jest(node, 'flow tests', ['tests']);
}

const beganMs = Date.now();
try {
  await main();
} catch (error) {
  // What stopped the set-up stopped every test: that must not look like success.
  const name = interrupted === undefined ? 'set-up' : 'the whole run';
  count(
    name,
    false,
    '',
    error instanceof Cannot ? error.message : String(error instanceof Error ? error.stack : error),
  );
}
if (existsSync(FIGURES))
  console.log(`\nFigures:\n${readFileSync(FIGURES, 'utf8').replace(/^(?=.)/gm, '  ')}`);
if (tally.failures.length > 0) {
  console.log('\nFailed:');
  for (const { name, why } of tally.failures) console.log(`  ${name}\n${why.replace(/^/gm, '      ')}`);
}
if (tally.skipped.length > 0) {
  console.log(`\n${tally.skipped.length} not run, because something that they need is not on this machine:`);
  for (const name of tally.skipped) console.log(`  ${name}`);
}
console.log(`\nDone in ${seconds(beganMs)}`);
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;
