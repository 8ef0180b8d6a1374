import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const REVISIONS = ['2025-11-25', '2026-07-28'] as const;
export type Revision = (typeof REVISIONS)[number];

/** What came of one revision's scored scenarios at one server. */
export interface Score {
  readonly scored: number;
  /** Those that failed, and what their checks say. */
  readonly lost: ReadonlyMap<string, string>;
}

interface Check {
  readonly id: string;
  readonly status: string;
  readonly errorMessage?: string;
}

/** `@modelcontextprotocol/conformance`: the program, and the scenarios that each revision requires. */
const PACKAGE = dirname(
  createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json'),
);
/** For a scenario that hangs. A run takes seconds; the suite's own client gives up after a minute. */
const WITHIN_MS = 240_000;
/**
 * Some scenarios listen for half a second, by the suite's own clock. What a busy machine fails to say in that time is
 * asked again, alone; what is really lost is lost each time.
 */
const ATTEMPTS = 3;

/**
 * Runs the scenarios that a revision requires of servers, at that revision's wire.
 * @param known those that are lost: nobody asks a second time
 */
export async function score(url: string, revision: Revision, known: readonly string[] = []): Promise<Score> {
  const scored = await scoredScenarios(revision);
  const first = await run(['--url', url, '--requirements', revision]);
  const lost = new Map<string, string>();
  for (const scenario of scored) {
    let why = first.get(scenario) ?? 'it was not run';
    const attempts = known.includes(scenario) ? 1 : ATTEMPTS;
    for (let attempt = 2; why !== '' && attempt <= attempts; attempt += 1) {
      const alone = ['--url', url, '--scenario', scenario, '--spec-version', revision, '--force'];
      why = (await run(alone)).get(scenario) ?? 'it was not run';
    }
    if (why !== '') lost.set(scenario, why);
  }
  return { scored: scored.length, lost };
}

async function scoredScenarios(revision: Revision): Promise<readonly string[]> {
  const text = await readFile(join(PACKAGE, 'requirements', `${revision}.yaml`), 'utf8');
  const [, list = ''] = /^server:\n((?: {2}- .*\n)+)/m.exec(text) ?? [];
  return [...list.matchAll(/^ {2}- (\S+)$/gm)].map(([, name = '']) => name);
}

/** @returns by scenario, what its failed checks say; '' where none failed. */
async function run(args: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-conformance-'));
  try {
    const output = await runToItsEnd(['server', ...args, '--output-dir', folder]);
    const results = new Map<string, string>();
    for (const entry of await readdir(folder)) {
      const [, scenario] = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(entry) ?? [];
      if (scenario !== undefined) results.set(scenario, await failedChecks(join(folder, entry)));
    }
    if (results.size === 0) throw new Error(`the conformance suite ran nothing:\n${output.slice(-4_000)}`);
    return results;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Its exit code says whether all passed; the checks that it writes say which did not, and why. */
async function runToItsEnd(args: readonly string[]): Promise<string> {
  const { PATH = '', HOME = '/tmp' } = process.env;
  const child = spawn(process.execPath, [join(PACKAGE, 'dist/index.js'), ...args], {
    env: { PATH, HOME },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const tooLong = setTimeout(() => child.kill('SIGKILL'), WITHIN_MS);
  await once(child, 'close');
  clearTimeout(tooLong);
  if (child.signalCode !== null)
    throw new Error(`the conformance suite did not end within ${WITHIN_MS} ms:\n${output.slice(-4_000)}`);
  return output;
}

async function failedChecks(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'checks.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return 'the scenario itself failed';
  return (JSON.parse(text) as readonly Check[])
    .filter(({ status }) => status === 'FAILURE')
    .map(({ id, errorMessage = 'failed' }) => `${id}: ${errorMessage}`)
    .join('; ');
}
