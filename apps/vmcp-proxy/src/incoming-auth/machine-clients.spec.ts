import { KeptLog } from '@gatehouse/testing/kept-log';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { Secret } from '@gatehouse/kernel/secret';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { policiesOf } from '../authorization/authorization.fixture.js';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { authorization, legacyClient, modern, post, textOf, type ClientAnswer } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';

/** Clients that come for themselves (RFC 6749, section 4.4): they reach what is nobody's in person, and are taken for nobody. */

const NIGHTLY = 'nightly-report';
/** As an account is called. The rules of the configuration refuse a client of that name. */
const ACCOUNT = randomUUID();

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;
let replica: Awaited<ReturnType<TestProxy['startReplica']>>;

class KeptLines extends KeptLog {
  override audit(line: string): boolean {
    this.lines.push(line);
    return true;
  }
}
const log = new KeptLines();

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'dual-stateless' });
  const { url } = backend;
  proxy = await startProxy({
    nats,
    log,
    machineClients: [NIGHTLY, ACCOUNT],
    telemetry: { audit: { enabled: true, arguments: [] } },
    backends: [
      { name: 'open', url },
      {
        name: 'keyed',
        url,
        strategy: {
          type: 'headerInjection',
          headerName: 'x-api-key',
          headerValue: new Secret('the-key-of-all'),
        },
      },
      { name: 'own', url, strategy: { type: 'issuedToken', subject: { of: 'gateway' }, providers: [] } },
      { name: 'repos', url, strategy: { type: 'upstreamInject', providerName: 'octo' } },
      { name: 'self', url, strategy: { type: 'issuedToken', subject: { of: 'caller' }, providers: [] } },
      {
        name: 'tickets',
        url,
        strategy: {
          type: 'issuedToken',
          subject: { of: 'provider', providerName: 'octo', token: 'access_token' },
          providers: ['octo'],
        },
      },
    ],
    rateLimiting: {
      whenUnavailable: 'local',
      limits: [
        { name: 'person', per: ['user'], backends: ['open'], maxTokens: 2, refillPeriodMs: 3_600_000 },
      ],
    },
    callPolicies: policiesOf(`
      permit(principal, action, resource);
      @reason("no report needs it")
      forbid(principal == Client::"${NIGHTLY}", action == Action::"call_tool", resource == Tool::"keyed_echo")
        when { context has arg_text && context.arg_text == "forbidden" };
    `),
  });
  replica = await proxy.startReplica();
});
afterAll(async () => {
  await replica.close();
  await proxy.close();
  await backend.close();
  await nats.close();
});

const tokenOf = async (clientId: string, claims: JsonObject = {}): Promise<string> =>
  await proxy.token({ sub: clientId, client_id: clientId, tsid: undefined, scope: undefined, ...claims });

const namesIn = ({ body: { result } }: ClientAnswer): readonly unknown[] =>
  (result?.['tools'] as readonly JsonObject[]).map(({ name }) => name);

const call = async (token: string, name: string, text = 'words', url = proxy.mcpUrl): Promise<ClientAnswer> =>
  await modern(url, 'tools/call', { name, arguments: { text } }, { token });

describe('a client that comes for itself', () => {
  const shown = ['open_echo', 'keyed_echo', 'own_echo'];

  test('sees the backends whose credential is nobody’s in person, at each replica, and none that asks to connect', async () => {
    const token = await tokenOf(NIGHTLY);
    for (const url of [proxy.mcpUrl, replica.mcpUrl]) {
      expect(namesIn(await modern(url, 'tools/list', {}, { token }))).toEqual(shown);
      expect(namesIn(await (await legacyClient(url, token)).request('tools/list'))).toEqual(shown);
    }
    expect(log.lines.filter((line) => line.includes('backend-not-listed'))).toEqual([]);
  });

  test('calls them; the vault is told which client it is, and of no session', async () => {
    const token = await tokenOf(NIGHTLY);
    for (const name of ['keyed_echo', 'own_echo']) expect(textOf(await call(token, name))).toContain('words');
    const [, own] = backend.callsOf('tools/call').slice(-2);
    expect(own?.headers.authorization).toBe(`Bearer own-token-of-${NIGHTLY}`);
    const asked = proxy.surroundings.asked.filter(({ request }) => request['clientId'] === NIGHTLY);
    expect(asked[0]?.request).toMatchObject({ backend: 'own' });
    expect(asked.filter(({ request }) => request['tsid'] !== undefined)).toEqual([]);
  });

  test.each(['repos_echo', 'tickets_echo', 'self_echo'])(
    'is told plainly why it cannot call %s, and is sent to no sign-in',
    async (name) => {
      const before = backend.callsOf('tools/call').length;
      const capabilities = { elicitation: { url: {} } };
      const answer = await modern(
        proxy.mcpUrl,
        'tools/call',
        { name, arguments: {} },
        { token: await tokenOf(NIGHTLY), capabilities },
      );
      expect(answer.text).toContain('used for a person, and this client comes for itself');
      expect(answer.text).toContain('(person_required)');
      expect(answer.text).not.toMatch(/connect|input_required|https?:/);
      expect(backend.callsOf('tools/call')).toHaveLength(before);
      const asked = proxy.surroundings.asked.filter(
        ({ request }) => request['backend'] === name.split('_')[0],
      );
      expect(asked.filter(({ request }) => request['tsid'] === undefined)).toEqual([]);
    },
  );

  test('stands in the audit log and in policies by its own id', async () => {
    const refused = await call(await tokenOf(NIGHTLY), 'keyed_echo', 'forbidden');
    expect([refused.status, refused.body.error?.message]).toEqual([
      403,
      expect.stringContaining('no report needs it'),
    ]);
    const person = await proxy.token({ client_id: NIGHTLY });
    expect((await call(person, 'keyed_echo', 'forbidden')).status).toBe(200);
    expect(log.lines.join('\n')).toContain(`"subject":"${NIGHTLY}","clientId":"${NIGHTLY}"`);
  });
});

// RFC 9068, section 5.
describe('a client that is taken for a person', () => {
  test('gets nowhere: one whose id is the subject of somebody, although the configuration names it', async () => {
    const tsid = randomUUID();
    const person = await proxy.token({ sub: ACCOUNT, tsid });
    expect(textOf(await call(person, 'repos_echo'))).toContain('words');
    const namesake = await tokenOf(ACCOUNT, { scope: 'openid' });
    for (const url of [proxy.mcpUrl, replica.mcpUrl])
      for (const name of ['repos_echo', 'open_echo', 'own_echo'])
        expect((await call(namesake, name, 'words', url)).status).toBe(401);
  });

  test.each<[string, () => Promise<string>]>([
    [
      'one that the configuration does not name',
      async () => await tokenOf('somebody-else', { scope: 'openid' }),
    ],
    [
      'a token of a person without their session',
      async () => await tokenOf(NIGHTLY, { sub: randomUUID(), scope: 'openid' }),
    ],
    ['a token that acts for somebody', async () => await tokenOf(NIGHTLY, { act: { sub: NIGHTLY } })],
    ['a token of another issuer', async () => await tokenOf(NIGHTLY, { iss: 'https://evil.example' })],
    ['a token for another resource', async () => await tokenOf(NIGHTLY, { aud: 'https://evil.example/mcp' })],
  ])('gets nowhere: %s', async (_what, token) => {
    expect((await call(await token(), 'open_echo')).status).toBe(401);
  });

  test('shares no credential, no limit and no MCP session with anybody, in whatever order they come', async () => {
    const tsid = randomUUID();
    const person = await proxy.token({ client_id: NIGHTLY, tsid });
    const machine = await tokenOf(NIGHTLY);
    for (const token of [machine, person, machine, person]) await call(token, 'own_echo');
    const credentials = backend
      .callsOf('tools/call')
      .slice(-4)
      .map(({ headers }) => headers.authorization);
    expect(credentials).toEqual([NIGHTLY, tsid, NIGHTLY, tsid].map((of) => `Bearer own-token-of-${of}`));
    for (const token of [machine, person]) {
      const statuses = [];
      for (let count = 0; count < 3; count += 1) statuses.push((await call(token, 'open_echo')).status);
      expect(statuses).toEqual([200, 200, 429]);
    }
    const { sessionId } = await legacyClient(proxy.mcpUrl, person);
    const stolen = await post(
      proxy.mcpUrl,
      { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} },
      { 'mcp-session-id': sessionId, 'mcp-protocol-version': '2025-11-25', ...authorization(machine) },
    );
    expect(stolen.status).toBe(404);
  });
});
