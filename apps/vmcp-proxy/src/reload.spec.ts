import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { backendPlace } from '@gatehouse/config/urls/mcp-endpoints';
import { Secret } from '@gatehouse/kernel/secret';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { policiesOf } from './authorization/authorization.fixture.js';
import { startBackend, type Received, type TestBackend } from './backend.fixture.js';
import { legacyClient, modern, textOf, type ClientAnswer } from './client.fixture.js';
import { listeningByPost } from './edge/listening.fixture.js';
import type { JsonObject } from './mcp/message.js';
import { startProxy, type BackendSetup, type TestProxy } from './proxy.fixture.js';

const PER_USER = { type: 'upstreamInject', providerName: 'octo' } as const;
const RELOADS = 20;
const USERS = 6;
const DONE = { content: [{ type: 'text', text: 'done' }] };

let nats: TestNats;
let stays: TestBackend;
let here: TestBackend;
let there: TestBackend;
let proxy: TestProxy;

const whose = ({ headers }: Received): JsonObject => ({
  content: [{ type: 'text', text: String(headers.authorization) }],
});

beforeAll(async () => {
  [nats, stays, here, there] = await Promise.all([
    startTestNats(),
    startBackend({ kind: 'sessions', result: whose }),
    startBackend({ kind: 'sessions', result: whose }),
    startBackend({ kind: 'sessions', result: whose }),
  ]);
  proxy = await startProxy({ nats, backends: both() });
});
beforeEach(() => {
  for (const backend of [stays, here, there]) backend.setIntercept(undefined);
  proxy.reconfigure({ backends: both() });
});
afterAll(async () => {
  await proxy.close();
  await Promise.all([stays.close(), here.close(), there.close()]);
  await nats.close();
});

/** `moves` is the one that a reload takes elsewhere. */
const both = (moves: Partial<BackendSetup> = {}): readonly BackendSetup[] => [
  { name: 'stays', url: stays.url, strategy: PER_USER },
  { name: 'moves', url: here.url, strategy: PER_USER, ...moves },
];
const alone = (): readonly BackendSetup[] => both().slice(0, 1);

const person = async () => {
  const [tsid, sub] = [randomUUID(), randomUUID()];
  return { tsid, token: await proxy.token({ tsid, sub }) };
};
const call = async (token: string, name: string): Promise<ClientAnswer> =>
  await modern(proxy.mcpUrl, 'tools/call', { name, arguments: {} }, { token });
const toolsOf = async (token: string): Promise<readonly string[]> => {
  const { body } = await modern(proxy.mcpUrl, 'tools/list', {}, { token });
  return (body.result?.['tools'] as { readonly name: string }[]).map(({ name }) => name);
};

/** A call that waits at its backend. */
async function heldCall(backend: TestBackend, send: () => Promise<ClientAnswer>) {
  const at = Promise.withResolvers<{ readonly one: Received; readonly response: ServerResponse }>();
  backend.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/call') return false;
    at.resolve({ one, response });
    return true;
  });
  const answer = send();
  const { one, response } = await at.promise;
  const finish = (): void => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result: DONE }));
  };
  return { answer, finish, one };
}

const endsOf = (backend: TestBackend): number =>
  backend.received.filter(({ httpMethod }) => httpMethod === 'DELETE').length;

test(`${RELOADS} reloads under the calls of ${USERS} people lose no call and give nobody another one's credential`, async () => {
  const people = await Promise.all(Array.from({ length: USERS }, person));
  const clients = await Promise.all(people.map(({ token }) => legacyClient(proxy.mcpUrl, token)));
  const outcomes = { answered: 0, failed: [] as string[], wrong: 0 };
  let goesOn = true;
  const calls = people.flatMap(({ tsid, token }, index) =>
    ['stays', 'moves'].map(async (backend) => {
      while (goesOn) {
        const name = `${backend}_echo`;
        const modernCall = outcomes.answered % 2 === 0;
        const answer = modernCall
          ? await call(token, name)
          : await clients[index]?.request('tools/call', { name, arguments: {} });
        const text = answer === undefined ? '' : textOf(answer);
        if (text === `Bearer ${backend}-token-of-${tsid}`) outcomes.answered += 1;
        else if (text.startsWith('Bearer ')) outcomes.wrong += 1;
        else outcomes.failed.push(answer?.text ?? '');
      }
    }),
  );
  for (let reload = 1; reload <= RELOADS; reload += 1) {
    const before = outcomes.answered;
    await until(() => outcomes.answered >= before + 2 * USERS);
    const isOdd = reload % 2 === 1;
    proxy.reconfigure({
      backends: [
        ...both({ url: isOdd ? there.url : here.url, timeoutMs: 60_000 + reload }),
        ...(isOdd ? [{ name: 'comes', url: here.url }] : []),
      ],
      aggregation: { excludeAllTools: false },
      callPolicies: policiesOf(`permit(principal, action, resource); // ${reload}`),
    });
  }
  goesOn = false;
  await Promise.all(calls);
  const { answered, failed, wrong } = outcomes;
  process.stdout.write(
    `${RELOADS} reloads: ${answered} calls answered, ${failed.length} failed, ${wrong} with another credential
`,
  );
  expect(outcomes.failed).toEqual([]);
  expect(outcomes.wrong).toBe(0);
});

test('a backend that stays keeps its sessions, and is asked for nothing again', async () => {
  const { token } = await person();
  const client = await legacyClient(proxy.mcpUrl, token);
  await client.request('tools/call', { name: 'stays_echo', arguments: {} });
  const before = stays.callsOf('initialize').length;
  const asked = proxy.surroundings.askedFor('credential.inject');
  proxy.reconfigure({ backends: both({ url: there.url, timeoutMs: 50_000 }) });
  await client.request('tools/call', { name: 'stays_echo', arguments: {} });
  expect(stays.callsOf('initialize').length).toBe(before);
  expect(proxy.surroundings.askedFor('credential.inject')).toBe(asked);
});

test('a call that runs at a backend that is taken away ends there, and then the session there is ended', async () => {
  const { token } = await person();
  const client = await legacyClient(proxy.mcpUrl, token);
  await client.request('tools/call', { name: 'moves_echo', arguments: {} });
  const { answer, finish, one } = await heldCall(here, () =>
    client.request('tools/call', { name: 'moves_echo', arguments: {} }),
  );
  const ends = endsOf(here);
  proxy.reconfigure({ backends: alone() });
  const refused = await call(token, 'moves_echo');
  expect(refused.body.error?.message).toBe('there is no such tool');
  expect(endsOf(here)).toBe(ends);
  finish();
  expect(textOf(await answer)).toBe('done');
  const ended = () =>
    here.received.filter(
      ({ httpMethod, headers }) =>
        httpMethod === 'DELETE' && headers['mcp-session-id'] === one.headers['mcp-session-id'],
    );
  await until(() => ended().length === 1);
  // With the credential that the session was begun with.
  expect(ended()[0]?.headers.authorization).toBe(one.headers.authorization);
});

test('what a person answers in the middle of a call goes where the call runs, with the credential of there', async () => {
  const { token } = await person();
  const client = await legacyClient(proxy.mcpUrl, token, { capabilities: { elicitation: {} } });
  const question = Promise.withResolvers<string>();
  const at = Promise.withResolvers<{ readonly one: Received; readonly response: ServerResponse }>();
  here.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/call') return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const ask = { jsonrpc: '2.0', id: 'mine', method: 'elicitation/create', params: { message: 'Sure?' } };
    response.write(`data: ${JSON.stringify(ask)}\n\n`);
    at.resolve({ one, response });
    return true;
  });
  const answer = client.request(
    'tools/call',
    { name: 'moves_echo', arguments: {} },
    {
      heard: (text) => {
        const id = /"id":"(gatehouse-question-[^"]+)"/.exec(text)?.[1];
        if (id !== undefined) question.resolve(id);
      },
    },
  );
  const { one, response } = await at.promise;
  const id = await question.promise;
  proxy.reconfigure({
    backends: both({
      url: there.url,
      strategy: { type: 'headerInjection', headerName: 'X-Key', headerValue: new Secret('of-there') },
    }),
  });
  await client.respond(id, { result: { action: 'accept', content: {} } });
  const answered = (backend: TestBackend) => backend.received.filter(({ body }) => body['id'] === 'mine');
  await until(() => answered(here).length === 1);
  expect(answered(here)[0]?.headers.authorization).toBe(one.headers.authorization);
  expect(answered(here)[0]?.headers['x-key']).toBeUndefined();
  expect(answered(there)).toEqual([]);
  response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result: DONE })}\n\n`);
  expect(textOf(await answer)).toBe('done');
});

test('no credential of the earlier configuration goes to where a backend is now', async () => {
  const { token, tsid } = await person();
  await call(token, 'moves_echo');
  const before = there.received.length;
  const asked = proxy.surroundings.askedFor('credential.inject');
  proxy.reconfigure({ backends: both({ url: there.url }) });
  expect(textOf(await call(token, 'moves_echo'))).toBe(`Bearer moves-token-of-${tsid}`);
  expect(proxy.surroundings.askedFor('credential.inject')).toBeGreaterThan(asked);
  proxy.reconfigure({
    backends: both({
      url: there.url,
      strategy: { type: 'headerInjection', headerName: 'X-Key', headerValue: new Secret('fixed') },
    }),
  });
  await call(token, 'moves_echo');
  const { headers } = there.received.slice(before).at(-1) ?? {};
  expect(headers?.['x-key']).toBe('fixed');
  expect(headers?.authorization).toBeUndefined();
});

test('clients that listen hear of tools that came and went; endpoints of a backend come and go with it', async () => {
  const { token } = await person();
  await toolsOf(token);
  const stream = await listeningByPost(proxy.mcpUrl, token, { toolsListChanged: true });
  await until(() => stream.messages.length >= 1);
  const changes = (): number =>
    stream.messages.filter(({ method }) => method === 'notifications/tools/list_changed').length;
  // It is told of what is other than what it was shown first.
  await until(async () => (await toolsOf(token)).length === 2);
  proxy.reconfigure({ backends: alone() });
  await until(() => changes() >= 1);
  expect(await toolsOf(token)).toEqual(['stays_echo']);
  const place = proxy.mcpUrl + backendPlace('moves');
  expect((await fetch(place, { method: 'POST' })).status).toBe(404);
  const before = changes();
  proxy.reconfigure({ backends: both() });
  await until(() => changes() > before);
  expect(await toolsOf(token)).toEqual(['stays_echo', 'moves_echo']);
  expect((await fetch(place, { method: 'POST' })).status).toBe(401);
  stream.close();
  await stream.ended;
});

test('policies, filters and prefixes are those of the newest configuration for the next call', async () => {
  const { token } = await person();
  expect(await toolsOf(token)).toEqual(['stays_echo', 'moves_echo']);
  proxy.reconfigure({
    backends: both(),
    callPolicies: policiesOf('permit(principal, action, resource == Tool::"stays_echo");'),
  });
  expect(await toolsOf(token)).toEqual(['stays_echo']);
  expect((await call(token, 'moves_echo')).body.error).toBeDefined();
  proxy.reconfigure({
    backends: both(),
    aggregation: { tools: [{ workload: 'stays', excludeAll: true }] } as never,
  });
  expect(await toolsOf(token)).toEqual(['moves_echo']);
});

test('while the vault does not know the backend, a call waits for it; in vain, it can be tried again', async () => {
  const { token, tsid } = await person();
  await toolsOf(token);
  proxy.reconfigure({ backends: both({ url: there.url }) });
  proxy.surroundings.credentials.set('moves', { code: 'configuration_differs' });
  const asked = proxy.surroundings.askedFor('credential.inject');
  const answer = call(token, 'moves_echo');
  await until(() => proxy.surroundings.askedFor('credential.inject') > asked + 1);
  proxy.surroundings.credentials.delete('moves');
  expect(textOf(await answer)).toBe(`Bearer moves-token-of-${tsid}`);
});

test('what cannot be taken changes nothing', async () => {
  const { token, tsid } = await person();
  expect(() =>
    proxy.reconfigure({
      backends: both({ url: there.url }),
      callPolicies: policiesOf('this is no policy'),
    }),
  ).toThrow();
  const before = there.callsOf('tools/call').length;
  expect(textOf(await call(token, 'moves_echo'))).toBe(`Bearer moves-token-of-${tsid}`);
  expect(there.callsOf('tools/call').length).toBe(before);
});
