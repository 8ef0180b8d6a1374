import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Cannot } from '../cannot.js';
import { Output } from '../output.js';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import { explain } from './explain.js';

async function explained(
  what: string,
  logs: readonly string[] = [],
): Promise<readonly Record<string, string>[]> {
  let said = '';
  const output = new Output({ write: (text: string) => (said += text) !== '' });
  await explain({ what, config: DEMONSTRATION_CONFIGURATION, logs, json: true }, output);
  return JSON.parse(said) as Record<string, string>[];
}

test.each([
  ['repos_whoami', 'repos', 'upstreamInject', 'octo (oauth2, required)', 'the person’s own token of octo'],
  ['status_whoami', 'status', 'unauthenticated (the default)', undefined, 'none'],
  [
    'directory_whoami',
    'directory',
    'upstreamInject',
    'acme-sso (oidc, required)',
    'the person’s own token of acme-sso',
  ],
  [
    'tickets_whoami',
    'tickets',
    'tokenExchange',
    'acme-sso (oidc, required)',
    'a token from http://localhost:4488, exchanged for the person’s token of acme-sso',
  ],
  [
    'tickets-self_whoami',
    'tickets-self',
    'tokenExchange',
    undefined,
    'a token from http://localhost:4488, exchanged for the caller’s token of this gateway',
  ],
  ['reports_whoami', 'reports', 'headerInjection', undefined, 'one for everybody, in X-Api-Key'],
])('%s of the demonstration goes to %s by %s', async (tool, backend, strategy, provider, credential) => {
  const [facts, ...more] = await explained(tool);
  expect(more).toEqual([]);
  expect(facts?.['backend']).toMatch(new RegExp(`^${backend} at http://localhost:`));
  expect(facts?.['tool']).toBe('whoami, as the backend calls it');
  expect(facts?.['strategy']).toBe(strategy);
  expect(facts?.['provider']).toBe(provider);
  expect(facts?.['credential']).toBe(credential);
});

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const LINE = {
  time: '2026-11-27T03:00:00.000Z',
  category: 'audit',
  event: 'call',
  request: 'call-7',
  traceId: TRACE,
  subject: 'person-1',
  clientId: 'client-1',
  backend: 'repos',
  name: 'repos_whoami',
  original: 'whoami',
  connection: 'connection-1',
  connectionVersion: 3,
  policy: 'policy0',
  outcome: 'answered',
  status: 200,
  durationMs: 12,
  // Whatever else a line of another release has is not shown.
  token: 'a-token-that-nobody-may-see',
};

test.each([TRACE, 'call-7'])('the call %s is explained from its audit line, without a token', async (id) => {
  const file = join(await mkdtemp(join(tmpdir(), 'gatehouse-explain-')), 'vmcp-proxy.log');
  const others = [
    { event: 'call', traceId: TRACE },
    { ...LINE, request: 'other', traceId: 'other' },
  ];
  await writeFile(
    file,
    ['no JSON "audit"', ...[...others, LINE].map((line) => JSON.stringify(line))].join('\n'),
  );
  const [facts, ...more] = await explained(id, [file]);
  expect(more).toEqual([]);
  expect(facts).toMatchObject({
    called: 'repos_whoami',
    caller: 'person-1',
    connection: 'connection-1',
    version: '3',
    'decided by': 'policy0',
    outcome: 'answered',
    status: '200',
    strategy: 'upstreamInject',
    credential: 'the person’s own token of octo',
  });
  expect(JSON.stringify(facts)).not.toContain('a-token');
});

test('what is neither a tool nor a call is said, with what to try', async () => {
  await expect(explained('nothing')).rejects.toThrow(Cannot);
  await expect(explained('nothing')).rejects.toThrow(/--log FILE/);
  await expect(explained('nothing', ['/nowhere.log'])).rejects.toThrow(/cannot be read/);
});
