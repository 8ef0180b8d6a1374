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
  config = DEMONSTRATION_CONFIGURATION,
): Promise<readonly Record<string, string>[]> {
  let said = '';
  const output = new Output({ write: (text: string) => (said += text) !== '' });
  await explain({ what, config, logs, json: true }, {}, output);
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

const inFolder = async (name: string, text: string): Promise<string> => {
  const file = join(await mkdtemp(join(tmpdir(), 'gatehouse-explain-')), name);
  await writeFile(file, text);
  return file;
};

test('attack: names of a client that write for the terminal are shown as plain, short texts', async () => {
  const escapes = '\u001b[2J\u009b31m\u202e\u{e0041}';
  const forged = { ...LINE, name: `${escapes}x`.repeat(2_000), subject: escapes, policy: `a${escapes}b` };
  const file = await inFolder('vmcp-proxy.log', JSON.stringify(forged));
  let said = '';
  const output = new Output({ write: (text: string) => (said += text) !== '' });
  for (const json of [true, false])
    await explain({ what: TRACE, config: DEMONSTRATION_CONFIGURATION, logs: [file], json }, {}, output);
  expect(said).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]*$/u.test(said.replaceAll('\n', '')) ? /decided by/ : /never/);
  expect(said.length).toBeLessThan(8_000);
});

const STRATEGIES = `
name: acme
publicUrl: http://localhost:4483
authServer:
  issuer: http://localhost:4484
  keyEncryptionKeys: [{ id: a, env: A }]
  upstreamProviders:
    - { name: sso, type: oidc, oidcConfig: { issuerUrl: https://sso.example, clientId: g, clientSecret: { env: S } } }
    - { name: hr, type: oidc, oidcConfig: { issuerUrl: https://hr.example, clientId: g, clientSecret: { env: S } } }
backends:
  - { name: acted, url: https://acted.example/mcp }
  - { name: itself, url: https://itself.example/mcp }
  - { name: cloud, url: https://aws-mcp.eu-central-1.api.aws/mcp }
  - { name: docs, url: https://docs.example/mcp }
outgoingAuth:
  backends:
    acted:
      type: tokenExchange
      tokenExchange:
        { tokenUrl: https://sts.example/token, clientId: g, clientSecret: { env: S }, audience: a, subjectProviderName: sso, actorProviderName: hr }
    itself:
      type: tokenExchange
      tokenExchange:
        tokenUrl: https://sts.example/token
        clientId: g
        clientSecret: { env: S }
        audience: a
        subjectProviderName: sso
        actorClientCredentials: { audience: b }
    docs:
      type: clientCredentials
      clientCredentials:
        tokenUrl: https://sts.example/token
        clientId: g
        clientSecret: { env: S }
        scopes: [read]
        toolScopes: [{ tools: ['write*'], scopes: [write, read] }, { tools: [write_all], scopes: [admin] }]
    cloud:
      type: awsSts
      awsSts:
        region: eu-central-1
        service: aws-mcp
        subjectProviderName: sso
        fallbackRoleArn: arn:aws:iam::111122223333:role/Everybody
        roleMappings:
          - { claim: readers, roleArn: 'arn:aws:iam::111122223333:role/Reader' }
          - { matcher: '"admins" in claims.groups', roleArn: 'arn:aws:iam::111122223333:role/Admin', priority: 1 }
vault: { keyEncryptionKeys: [{ id: v, env: V }] }
postgres: { authorizationServer: { url: { env: AS } }, tokenVault: { url: { env: TV } } }
nats: { servers: ['nats://localhost:4222'] }
`;

test('actors of an exchange, and roles of AWS in the order in which they are looked at, are told', async () => {
  const config = await inFolder('gatehouse.yaml', STRATEGIES);
  const of = async (name: string) => (await explained(name, [], config))[0];
  expect(await of('acted')).toMatchObject({ actor: 'the person’s access_token of hr is shown beside it' });
  expect(await of('itself_search')).toMatchObject({
    actor: 'the gateway itself, with a token of its own from https://sts.example for b',
  });
  expect(await of('cloud')).toMatchObject({
    strategy: 'awsSts',
    credential:
      'temporary credentials of AWS from https://sts.eu-central-1.amazonaws.com, for the person’s id_token of sso',
    role: [
      'arn:aws:iam::111122223333:role/Admin where "admins" in claims.groups',
      'arn:aws:iam::111122223333:role/Reader for readers in groups',
      'arn:aws:iam::111122223333:role/Everybody for everybody else',
    ].join('; '),
    signature: 'Signature Version 4, for aws-mcp in eu-central-1',
  });
});

test.each([
  ['docs_read', 'read, as every call'],
  ['docs_write', 'read; for this tool also write'],
  ['docs_write_all', 'read; for this tool also admin write'],
  ['docs', 'read; for write* also write read; for write_all also admin'],
])('the scopes that the token for %s is asked with are told: %s', async (what, scopes) => {
  const config = await inFolder('gatehouse.yaml', STRATEGIES);
  expect((await explained(what, [], config))[0]).toMatchObject({
    strategy: 'clientCredentials',
    'token scopes': scopes,
  });
});

test('what is neither a tool nor a call is said, with what to try', async () => {
  await expect(explained('nothing')).rejects.toThrow(Cannot);
  await expect(explained('nothing')).rejects.toThrow(/--log FILE/);
  await expect(explained('nothing', ['/nowhere.log'])).rejects.toThrow(/cannot be read/);
});
