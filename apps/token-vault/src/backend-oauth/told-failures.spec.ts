import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { failureOf, PLANTED } from '../connections/told-failures.fixture.js';
import { mcpProvider } from '../testing/mcp-provider.js';
import { resetStubs, startMcpWorld, type McpWorld } from '../testing/mcp-world.js';

let world: McpWorld;
const log = new KeptLog();

beforeAll(async () => {
  world = await startMcpWorld({
    log,
    providers: ({ backend, lure }) => [
      mcpProvider('notes', backend),
      mcpProvider('walled', lure, { backendEgress: { allowPrivateIps: false, insecureAllowHttp: true } }),
    ],
  });
});
beforeEach(async () => {
  resetStubs(world);
  for (const table of ['upstream_issuers', 'connections', 'revocation_outbox'])
    await world.rows.query({ name: `forget-${table}`, text: `delete from ${table}` });
  log.lines.length = 0;
});
afterAll(() => world.close());

/** Everything that tells of a failure here. */
const EVENTS = [
  'backend-oauth-unusable',
  'leg-refused',
  'refresh-failed',
  'connection-needs-user',
  'request-failed',
];

function told(): Readonly<Record<string, unknown>> {
  const lines = EVENTS.flatMap((event) => log.of(event).map((fields) => ({ event, ...fields })));
  expect(lines).toHaveLength(1);
  const everything = log.lines.join();
  const sent = [world.authorization, world.other].flatMap(({ presented }) =>
    presented.flatMap(({ secret, form }) => [secret, form.get('code'), form.get('refresh_token')]),
  );
  for (const secret of [PLANTED, ...sent])
    if (typeof secret === 'string') expect(everything).not.toContain(secret);
  return lines[0] ?? {};
}

interface Row {
  readonly failure: string;
  readonly provider?: 'notes' | 'walled';
  readonly arrange?: () => unknown;
  readonly line: Readonly<Record<string, unknown>>;
}

const ROWS: readonly Row[] = [
  {
    failure: 'a backend that describes another one',
    arrange: () => (world.backend.metadata = { resource: `https://another.example/mcp` }),
    line: { reason: 'resource_of_another' },
  },
  {
    failure: 'a server without PKCE',
    arrange: () => (world.authorization.metadata = { code_challenge_methods_supported: undefined }),
    line: { reason: 'no_pkce' },
  },
  {
    failure: 'a server at which nobody can register',
    arrange: () => (world.authorization.metadata = { registration_endpoint: undefined }),
    line: { reason: 'no_registration' },
  },
  {
    failure: 'a registration that is refused',
    arrange: () =>
      (world.authorization.registrationFailure = {
        status: 400,
        body: { error: 'invalid_client_metadata', error_description: PLANTED },
      }),
    line: { reason: 'registration_refused', status: 400, upstreamError: 'invalid_client_metadata' },
  },
  {
    failure: 'a backend where no request may go',
    provider: 'walled',
    line: { reason: 'blocked' },
  },
];

describe('a person cannot be sent to the authorization server of a backend: one line, and the caller has its number', () => {
  test.each(ROWS)('$failure', async ({ provider = 'notes', arrange, line }) => {
    arrange?.();
    const error: GatehouseError = await failureOf(world.begin(provider));
    world.authorization.registrationFailure = undefined;
    expect(told()).toMatchObject({
      event: 'backend-oauth-unusable',
      provider,
      backend: provider,
      reference: error.details['reference'] ?? 'none',
      ...line,
    });
  });
});

describe('tokens of a backend’s own authorization server that do not come leave one line', () => {
  test('a code that is refused', async () => {
    world.authorization.tokenFailure = {
      status: 400,
      body: { error: 'invalid_grant', error_description: PLANTED },
    };
    await world.client.signIn({ notes: world.asAtBackend('alice') }).catch(() => undefined);
    expect(told()).toMatchObject({
      event: 'leg-refused',
      provider: 'notes',
      status: 400,
      upstreamError: 'invalid_grant',
    });
  });

  test('a refresh that fails, for one person; another one’s goes on', async () => {
    const [alice, bob] = [
      await world.client.signIn({ notes: world.asAtBackend('alice') }),
      await world.client.signIn({ notes: world.asAtBackend('bob') }),
    ];
    log.lines.length = 0;
    world.authorization.tokenFailure = { status: 503, body: { error: PLANTED } };
    await world.expire(alice.accountId);
    const error = await failureOf(world.client.inject(alice.tsid, 'notes'));
    expect(told()).toMatchObject({
      event: 'refresh-failed',
      provider: 'notes',
      status: 503,
      reference: error.details['reference'] ?? 'none',
    });
    await expect(world.client.inject(bob.tsid, 'notes')).resolves.toBeDefined();
  });
});
