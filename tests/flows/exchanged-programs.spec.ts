import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printFigure } from '@gatehouse/testing/figures';
import { freePort } from '@gatehouse/testing/free-port';
import { modernRequest } from '@gatehouse/testing/mcp-calls';
import { answersOk, Program } from '@gatehouse/testing/program';
import { inRepository } from '@gatehouse/testing/repository';
import { until } from '@gatehouse/testing/until';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signedIn, type SignedIn } from '../support/callers.js';

/** One name, two programs: `octo` is meant for tokens of octo, `acme-sso` for those of acme-sso. */
let world: World;
let bridge: Program;
let folder: string;
let file: string;
let port: number;
const BRIDGE_SECRET = randomBytes(32).toString('base64url');
type Provider = 'octo' | 'acme-sso';

const withProgram =
  (provider: Provider) =>
  (yaml: string): string =>
    yaml
      .replace('\nlisten:\n', `\nlisten:\n  bridge: { port: ${port} }\n`)
      .replace(
        '\nbackends:\n',
        `\nbridge: { secret: { env: BRIDGE_SECRET } }\n\nbackends:\n  - name: personal\n` +
          `    command: [${process.execPath}, ${inRepository('tests/support/stdio-server.mjs')}]\n` +
          `    env: { PROGRAM: ${provider}, WITNESS: ${join(folder, 'witness')} }\n    tokenEnv: API_TOKEN\n`,
      )
      .replace(
        '  backends:\n    #',
        `  backends:\n    personal: { type: upstreamInject, upstreamInject: { providerName: ${provider} } }\n    #`,
      );

let plain = '';
const toServices = (provider: Provider): Promise<void> =>
  world.reconfigure(() => withProgram(provider)(plain));
const toBridge = (provider: Provider): Promise<void> => writeFile(file, withProgram(provider)(plain));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-exchanged-'));
  file = join(folder, 'gatehouse.yaml');
  port = await freePort();
  world = await startWorld({
    replicas: 2,
    configure: (yaml) => {
      plain = yaml;
      return withProgram('octo')(yaml);
    },
    environment: { 'vmcp-proxy': { BRIDGE_SECRET } },
  });
  await toBridge('octo');
  bridge = await new Program({
    name: 'bridge',
    script: inRepository('apps/gatehouse/dist/main.js'),
    args: ['bridge', '--config', file],
    environment: { BRIDGE_SECRET },
    isReady: async () => await answersOk(`http://127.0.0.1:${port}/healthz`),
  }).start();
});
afterAll(async () => {
  await bridge.stop();
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

/** Which program answered; else what the caller was told. */
async function programOf({ accessToken }: SignedIn): Promise<string> {
  const { body } = await modernRequest(world.mcpUrl, accessToken, 'tools/call', {
    name: 'personal_program',
    arguments: {},
  });
  const [content] = (body.result?.['content'] ?? []) as readonly { readonly text: string }[];
  if (content === undefined || body.result?.isError === true) return JSON.stringify(body);
  return (JSON.parse(content.text) as { readonly program: string }).program;
}

/** How often the token of another provider than its own came to a program; and how often a right one did. */
async function tokensSeen(): Promise<{ readonly right: number; readonly wrong: readonly string[] }> {
  const issuedBy = new Map(
    (await world.demonstration.issued()).map(({ part, value }) => [
      createHash('sha256').update(value).digest('hex'),
      part as string,
    ]),
  );
  const lines = (await readFile(join(folder, 'witness'), 'utf8')).trim().split('\n');
  const seen = lines
    .map((line) => line.split(' '))
    .map(([program = '', digest = '']) => [program, issuedBy.get(digest)]);
  return {
    right: seen.filter(([program, part]) => program === part).length,
    wrong: seen
      .filter(([program, part]) => program !== part)
      .map(([program, part]) => `${part} at ${program}`),
  };
}

test('attack: while services and bridge take up files of their own, no token of one provider reaches the other program, and no call fails for good', async () => {
  const people = await Promise.all(['alice', 'bob'].map(async (login) => await signedIn(world, login)));
  const told = { right: 0, retryable: 0, other: [] as string[] };
  let isRunning = true;
  const callers = people.map(async (person) => {
    while (isRunning) {
      const program = await programOf(person);
      if (program === 'octo' || program === 'acme-sso') told.right += 1;
      else if (/try again/i.test(program)) told.retryable += 1;
      else told.other.push(program);
    }
  });
  const files = 6;
  for (let count = 1; count <= files; count += 1) {
    const provider = count % 2 === 1 ? 'acme-sso' : 'octo';
    const [first, second] = count % 3 === 0 ? [toBridge, toServices] : [toServices, toBridge];
    await first(provider);
    await second(provider);
    for (const person of people) await until(async () => (await programOf(person)) === provider);
  }
  isRunning = false;
  await Promise.all(callers);
  const { right, wrong } = await tokensSeen();
  printFigure(
    `${files} files that exchange a program, 2 people, 2 replicas: ${told.right} calls right, ${told.retryable} to be tried again, ` +
      `${told.other.length} failed; ${right} programs had the token of their provider, ${wrong.length} another one`,
  );
  expect(wrong).toEqual([]);
  expect(told.other).toEqual([]);
  expect(right).toBeGreaterThanOrEqual(people.length * 2);
});

test('attack: where one side never takes the file, its people are told to try again, for as long as that lasts', async () => {
  const people = await Promise.all(['alice', 'bob'].map(async (login) => await signedIn(world, login)));
  const before = await tokensSeen();
  for (const [one, other] of [
    [toServices, toBridge],
    [toBridge, toServices],
  ] as const) {
    await toServices('octo');
    await toBridge('octo');
    for (const person of people) await until(async () => (await programOf(person)) === 'octo');
    await one('acme-sso');
    for (const person of people) await until(async () => /try again/i.test(await programOf(person)));
    expect((await tokensSeen()).wrong).toEqual([]);
    await other('acme-sso');
    for (const person of people) await until(async () => (await programOf(person)) === 'acme-sso');
  }
  const { right, wrong } = await tokensSeen();
  expect(wrong).toEqual([]);
  expect(right).toBeGreaterThan(before.right);
});
