import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { checkParts, environmentNamesOf, readConfiguration, type Environment } from './configuration.js';
import { migrate } from './migrate.js';
import { natsConfigurationFor } from './nats-configuration.js';
import { Output } from './output.js';
import { DEMONSTRATION_CONFIGURATION } from './paths.js';
import { gatehouse, KeptText } from './terminal.fixture.js';
import { validate } from './validate.js';
import { readWrittenSecret } from './written-secrets.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-commands-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const demonstration = readFileSync(DEMONSTRATION_CONFIGURATION, 'utf8');

function written(text: string): string {
  const file = join(folder, 'gatehouse.yaml');
  writeFileSync(file, text);
  return file;
}

/** What a command prints. */
function printing(
  isTTY = false,
  environment: Environment = {},
): { readonly output: Output; readonly text: () => string } {
  const stream = new KeptText(isTTY);
  return { output: new Output(stream, environment), text: () => stream.text };
}

test('validate says in one line what the configuration is', () => {
  const { output, text } = printing();
  expect(validate(DEMONSTRATION_CONFIGURATION, { withExplanation: false }, output)).toBe(0);
  expect(text()).toMatch(/is valid: gateway "demo", \d+ providers, \d+ backends\.\n$/);
});

test('validate --json is one document with path, line, column, message and rule, and the exit codes are those of words', async () => {
  const right = await gatehouse(['validate', '--json', DEMONSTRATION_CONFIGURATION]);
  expect(right.code).toBe(0);
  expect(JSON.parse(right.stdout)).toMatchObject({
    valid: true,
    problems: [],
    gateway: { name: 'demo', providers: 2 },
  });
  const wrong = written(demonstration.replace('providerName: octo', 'providerName: nobody'));
  const said = await gatehouse(['validate', '--json', wrong]);
  const line = demonstration.split('\n').findIndex((text) => text.includes('providerName: octo'));
  expect(said.code).toBe(78);
  expect(said.stderr).toBe('');
  const { valid, problems } = JSON.parse(said.stdout) as {
    readonly valid: boolean;
    readonly problems: readonly Readonly<Record<string, unknown>>[];
  };
  expect(valid).toBe(false);
  expect(problems[0]).toEqual({
    document: wrong,
    path: 'outgoingAuth.backends.repos.upstreamInject.providerName',
    line: line + 1,
    column: (demonstration.split('\n')[line]?.indexOf('providerName') ?? -1) + 1,
    message: expect.stringContaining('nobody'),
    instead: null,
    rule: 'Every provider that is named exists.',
  });
  const nowhere = await gatehouse(['validate', '--json', join(folder, 'nowhere.yaml')]);
  expect([nowhere.code, JSON.parse(nowhere.stdout)]).toMatchObject([
    66,
    { valid: false, problems: [{ line: null, message: expect.stringContaining('does not exist') }] },
  ]);
});

test('validate --explain shows each derived value in aligned columns, and why', () => {
  const { output, text } = printing();
  validate(DEMONSTRATION_CONFIGURATION, { withExplanation: true }, output);
  const facts = text()
    .split('\n')
    .filter((line) => line.endsWith(')'));
  expect(facts.length).toBeGreaterThan(3);
  expect(new Set(facts.map((line) => /^\S+ +/.exec(line)?.[0].length)).size).toBe(1);
});

test('a file that cannot be read, and one that is wrong, are said in words and without a stack', () => {
  const { output } = printing();
  expect(() => validate(join(folder, 'nowhere.yaml'), { withExplanation: false }, output)).toThrow(
    /nowhere\.yaml does not exist/,
  );
  const wrong = written(`${demonstration}\nbakends: []\n`);
  expect(() => validate(wrong, { withExplanation: false }, output)).toThrow(/bakends.*backends/s);
});

test('headings are bold for people only', () => {
  const [terminal, plain, file] = [printing(true), printing(true, { NO_COLOR: '1' }), printing(false)];
  for (const { output } of [terminal, plain, file]) output.heading('Title');
  for (const { text } of [plain, file]) expect(text()).toBe('Title\n');
  expect(terminal.text()).toBe('\u001b[1mTitle\u001b[22m\n');
});

test('the nats-server configuration has the address and options that were asked for', () => {
  const plain = natsConfigurationFor(DEMONSTRATION_CONFIGURATION, { host: '127.0.0.1', port: 4222 });
  expect(plain).toContain('4222');
  expect(plain).not.toContain('8222');
  const whole = natsConfigurationFor(DEMONSTRATION_CONFIGURATION, {
    host: '0.0.0.0',
    port: 4333,
    monitorPort: 8222,
    storeDirectory: '/var/lib/nats',
  });
  for (const said of ['4333', '8222', '/var/lib/nats']) expect(whole).toContain(said);
});

test('problems that all parts have are reported once, those of one part with its own environment', () => {
  const configuration = readConfiguration(DEMONSTRATION_CONFIGURATION);
  const parts = (['token-vault', 'vmcp-proxy'] as const).map((part) => ({ part, environment: {} }));
  let message = '';
  try {
    checkParts(configuration, parts);
  } catch (error) {
    message = (error as Error).message;
  }
  const lines = message.split('\n').filter((line) => line.includes('TOKEN_VAULT_DATABASE_URL'));
  expect(lines).toHaveLength(1);
  expect(message).toContain('REPORTS_API_KEY');
});

test('the variables of a part are those that its own secrets name', () => {
  const names = environmentNamesOf(readConfiguration(DEMONSTRATION_CONFIGURATION), 'vmcp-proxy', {});
  expect(names).toContain('REPORTS_API_KEY');
  expect(names).not.toContain('OCTO_CLIENT_SECRET');
});

test('a secret that is missing, of the wrong kind, or no single reference is refused without its value', () => {
  const configuration = readConfiguration(DEMONSTRATION_CONFIGURATION);
  const read = (written: object, value?: string) => () =>
    readWrittenSecret(configuration, 'postgresUrl', written, value === undefined ? {} : { NAME: value });
  expect(read({ env: 'NAME' })).toThrow(/NAME/);
  expect(read({ env: 'NAME' }, 'value-that-is-no-url')).toThrow(/^(?!.*value-that-is-no-url)/s);
  expect(read({ env: 'NAME', file: 'x' })).toThrow(/exactly one/);
  expect(read({ env: 'NAME' }, 'postgres://a:b@localhost/c')().reveal()).toContain('postgres://');
});

test('migrate says which database it could not reach, without the password', async () => {
  const { output } = printing();
  const url = 'postgres://someone:hidden-password@127.0.0.1:1/gatehouse';
  const migrating = migrate(
    DEMONSTRATION_CONFIGURATION,
    { AUTHORIZATION_SERVER_DATABASE_URL: url, TOKEN_VAULT_DATABASE_URL: url },
    output,
  );
  const said = await migrating.catch(String);
  expect(said).toContain('The database of authorization-server was not migrated');
  expect(said).not.toContain('hidden-password');
});
