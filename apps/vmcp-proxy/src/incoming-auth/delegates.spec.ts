import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { randomUUID } from 'node:crypto';
import { policiesOf } from '../authorization/authorization.fixture.js';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { authorization, legacyClient, modern, post, textOf, type ClientAnswer } from '../client.fixture.js';
import { KeptAudit } from '../kept-audit.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';

/** Who acts for a person (RFC 8693, section 4.1): they get what is the person's, and are told from them. */

let nats: TestNats;
let backend: TestBackend;
let proxy: TestProxy;
const log = new KeptAudit();

beforeAll(async () => {
  nats = await startTestNats();
  backend = await startBackend({ kind: 'dual-stateless' });
  const { url } = backend;
  proxy = await startProxy({
    nats,
    log,
    telemetry: { audit: { enabled: true, arguments: [] } },
    backends: [
      { name: 'repos', url, strategy: { type: 'upstreamInject', providerName: 'octo' } },
      { name: 'self', url, strategy: { type: 'issuedToken', subject: { of: 'caller' }, providers: [] } },
      { name: 'closed', url },
    ],
    rateLimiting: {
      whenUnavailable: 'local',
      limits: [
        { name: 'person', per: ['user'], backends: ['closed'], maxTokens: 2, refillPeriodMs: 3_600_000 },
      ],
    },
    callPolicies: policiesOf(`
      permit(principal, action, resource);
      @reason("not by way of this one")
      forbid(principal, action == Action::"call_tool", resource == Tool::"closed_echo")
        when { principal has actors && principal.actors.contains("untrusted") };
      @reason("not for somebody else")
      forbid(principal, action == Action::"call_tool", resource == Tool::"closed_echo")
        when { principal has actor && principal.actor == "agent" && context has arg_text && context.arg_text == "forbidden" };
    `),
  });
});
afterAll(async () => {
  await proxy.close();
  await backend.close();
  await nats.close();
});

interface Pair {
  readonly person: string;
  readonly delegate: string;
  readonly tsid: string;
}

/** The tokens of a person, and of somebody who acts for them. */
async function pair(act: JsonObject = { sub: 'agent', act: { sub: 'first' } }): Promise<Pair> {
  const who = { sub: randomUUID(), tsid: randomUUID() };
  return {
    tsid: who.tsid,
    person: await proxy.token(who),
    delegate: await proxy.token({ ...who, client_id: 'agent', scope: undefined, act }),
  };
}

const call = async (token: string, name: string, text = 'words'): Promise<ClientAnswer> =>
  await modern(proxy.mcpUrl, 'tools/call', { name, arguments: { text } }, { token });

test('gets what the person has at a provider, and the audit log says who acted', async () => {
  const { delegate, tsid } = await pair();
  expect(textOf(await call(delegate, 'repos_echo'))).toContain('words');
  expect(backend.callsOf('tools/call').at(-1)?.headers.authorization).toBe(`Bearer repos-token-of-${tsid}`);
  const { sub } = decodeJwt(delegate);
  const lines = log.entries.filter(({ subject }) => subject === sub);
  expect(lines).toEqual([
    expect.objectContaining({ event: 'call', clientId: 'agent', actors: 'agent first' }),
  ]);
});

test('policies know who acts', async () => {
  const { person, delegate } = await pair();
  const other = await pair({ sub: 'another' });
  const behind = await pair({ sub: 'another', act: { sub: 'untrusted' } });
  const statuses = [];
  for (const token of [delegate, person, other.delegate, behind.delegate])
    statuses.push((await call(token, 'closed_echo', 'forbidden')).status);
  expect(statuses).toEqual([403, 200, 200, 403]);
});

test('what is exchanged for the token of a delegate is not what is exchanged for the person’s, in either order', async () => {
  for (const order of [['person', 'delegate'] as const, ['delegate', 'person'] as const]) {
    const tokens = await pair();
    proxy.surroundings.openedSubjects.length = 0;
    for (const who of [...order, ...order]) await call(tokens[who], 'self_echo');
    const shown = proxy.surroundings.openedSubjects.map((opened) => (opened as JsonObject)['subjectToken']);
    expect(new Set(shown)).toEqual(new Set([tokens.person, tokens.delegate]));
  }
});

test('an MCP session of the person is not theirs, nor one of theirs the person’s', async () => {
  const { person, delegate } = await pair();
  for (const [owner, thief] of [
    [person, delegate],
    [delegate, person],
  ] as const) {
    const { sessionId } = await legacyClient(proxy.mcpUrl, owner);
    const list = async (token: string): Promise<number> =>
      (
        await post(
          proxy.mcpUrl,
          { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} },
          { 'mcp-session-id': sessionId, 'mcp-protocol-version': '2025-11-25', ...authorization(token) },
        )
      ).status;
    expect([await list(thief), await list(owner)]).toEqual([404, 200]);
  }
});

test('their calls count for the person: nobody gets more by having others act for them', async () => {
  const { person, delegate } = await pair();
  const statuses = [];
  for (const token of [delegate, person, delegate]) statuses.push((await call(token, 'closed_echo')).status);
  expect(statuses).toEqual([200, 200, 429]);
});

test('they are out when the person signs out', async () => {
  const { delegate, tsid } = await pair();
  expect((await call(delegate, 'repos_echo')).status).toBe(200);
  proxy.surroundings.closedSessions.add(tsid);
  await proxy.sessionClosed(tsid);
  expect((await call(delegate, 'repos_echo')).status).toBe(401);
});

test('a token that acts for somebody in the session of somebody else gets nowhere', async () => {
  const { tsid } = await pair();
  const stranger = await proxy.token({ sub: randomUUID(), tsid, act: { sub: 'agent' } });
  expect((await call(stranger, 'repos_echo')).status).toBe(401);
});
