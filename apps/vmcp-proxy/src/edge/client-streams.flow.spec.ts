import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { authorization, legacyClient, modern } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';
import { listeningByGet, listeningByPost, type Listening } from './listening.fixture.js';

let nats: TestNats;
let open: TestBackend;
let mine: TestBackend;
let proxy: TestProxy;
/** Streams on which the backends can say something: those that are open now, also for the clients of the test before. */
const feeds = new Set<ServerResponse>();
/** How often each was asked for one in this test. */
const asked = { open: 0, mine: 0 };

const ECHO = { name: 'echo', inputSchema: { type: 'object' } };
const NEW = { name: 'new', inputSchema: { type: 'object' } };

beforeAll(async () => {
  nats = await startTestNats();
  [open, mine] = await Promise.all([startBackend({ kind: 'sessions' }), startBackend({ kind: 'modern' })]);
  proxy = await startProxy({
    nats,
    streamKeepAliveMs: 200,
    // Who went away is waited for no longer than that.
    resumption: { keepForMs: 1_000 },
    backends: [
      { name: 'open', url: open.url },
      { name: 'mine', url: mine.url, strategy: { type: 'upstreamInject', providerName: 'octo' } },
    ],
  });
});
beforeEach(() => {
  asked.open = 0;
  asked.mine = 0;
  open.setTools([ECHO]);
  mine.setTools([ECHO]);
  open.setIntercept(({ httpMethod }, response) => {
    if (httpMethod !== 'GET') return false;
    begin('open', response);
    return true;
  });
  mine.setIntercept(({ body }, response) => {
    if (body['method'] !== 'subscriptions/listen') return false;
    begin('mine', response);
    return true;
  });
});

function begin(name: keyof typeof asked, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  asked[name] += 1;
  feeds.add(response);
  response.once('close', () => feeds.delete(response));
  if (name === 'open') openFeed = response;
}
/** One for all persons, of the backend that knows none. */
let openFeed: ServerResponse | undefined;
const areOpen = (): boolean => openFeed?.closed === false && asked.mine > 0;
afterAll(async () => {
  await proxy.close();
  await Promise.all([open.close(), mine.close(), nats.close()]);
});

const listenByGet = async (
  token: string,
  sessionId: string,
  headers?: Record<string, string>,
): Promise<Listening> => await listeningByGet(proxy.mcpUrl, token, sessionId, headers);

const listenByPost = async (token: string, notifications: unknown, id?: unknown): Promise<Listening> =>
  await listeningByPost(proxy.mcpUrl, token, notifications, id);

const methods = ({ messages }: Listening): readonly unknown[] => messages.map(({ method }) => method);
const TOOLS = 'notifications/tools/list_changed';
const say = (method: string): void => {
  for (const feed of feeds) feed.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method })}\n\n`);
};

/** A person whose lists have been shown. */
async function newPerson() {
  const [account, tsid] = [randomUUID(), randomUUID()];
  const token = await proxy.token({ sub: account, tsid });
  await modern(proxy.mcpUrl, 'tools/list', {}, { token });
  const inHerName = (method: string): number =>
    mine.callsOf(method).filter(({ headers }) => headers.authorization?.includes(tsid) === true).length;
  return {
    account,
    token,
    /** How often the backend with sign-in was asked for a stream in this person’s name, and for its tools. */
    askedInHerName: () => inHerName('subscriptions/listen'),
    listedInHerName: () => inHerName('tools/list'),
  };
}
const toolNames = async (token: string): Promise<readonly string[]> => {
  const { body } = await modern(proxy.mcpUrl, 'tools/list', {}, { token });
  return (body.result?.['tools'] as { readonly name: string }[]).map(({ name }) => name);
};

test('a backend that has got a tool: a client that listens by GET hears it, and finds the tool', async () => {
  const { token } = await newPerson();
  const { sessionId } = await legacyClient(proxy.mcpUrl, token);
  const stream = await listenByGet(token, sessionId);
  expect(stream.status).toBe(200);
  await until(() => areOpen());
  open.setTools([ECHO, NEW]);
  say(TOOLS);
  await until(() => methods(stream).includes(TOOLS));
  expect(stream.messages).toEqual([{ jsonrpc: '2.0', method: TOOLS }]);
  expect(await toolNames(token)).toContain('open_new');
  stream.close();
});

test('the same for a client of 2026-07-28: acknowledged first, each with the id of its subscription', async () => {
  const { token } = await newPerson();
  const stream = await listenByPost(token, { toolsListChanged: true, resourceSubscriptions: ['a:b', 1] }, 77);
  await until(() => stream.messages.length === 1 && areOpen());
  const _meta = { 'io.modelcontextprotocol/subscriptionId': 77 };
  expect(stream.messages[0]).toEqual({
    jsonrpc: '2.0',
    method: 'notifications/subscriptions/acknowledged',
    // What cannot be kept is not promised.
    params: { notifications: { toolsListChanged: true }, _meta },
  });
  mine.setTools([ECHO, NEW]);
  say(TOOLS);
  await until(() => stream.messages.length === 2);
  expect(stream.messages[1]).toEqual({ jsonrpc: '2.0', method: TOOLS, params: { _meta } });
  expect(await toolNames(token)).toContain('mine_new');
  stream.close();
});

test('a filter is kept to: who asked for prompts does not hear of tools', async () => {
  const { token } = await newPerson();
  const prompts = await listenByPost(token, { promptsListChanged: true });
  const tools = await listenByPost(token, { toolsListChanged: true });
  await until(() => areOpen());
  open.setTools([ECHO, NEW]);
  say(TOOLS);
  await until(() => methods(tools).includes(TOOLS));
  expect(methods(prompts)).toEqual(['notifications/subscriptions/acknowledged']);
  prompts.close();
  tools.close();
});

test('lists that are the same as before are not announced, whatever a backend says', async () => {
  const { token } = await newPerson();
  const stream = await listenByPost(token, { toolsListChanged: true, promptsListChanged: true });
  await until(() => areOpen());
  const looks = (): number => open.callsOf('tools/list').length;
  const before = looks();
  say('notifications/prompts/list_changed');
  await until(() => looks() > before);
  open.setTools([ECHO, NEW]);
  say(TOOLS);
  await until(() => methods(stream).includes(TOOLS));
  expect(methods(stream)).toEqual(['notifications/subscriptions/acknowledged', TOOLS]);
  stream.close();
});

test('an account that was connected: its backend is looked at again, and what changed is told', async () => {
  const { account, token, askedInHerName } = await newPerson();
  const stream = await listenByPost(token, { toolsListChanged: true });
  await until(() => areOpen() && askedInHerName() === 1);
  mine.setTools([ECHO, NEW]);
  await proxy.connectionChanged(account, 'octo', 'connected');
  await until(() => methods(stream).includes(TOOLS));
  expect(await toolNames(token)).toContain('mine_new');
  // What it listened to was in the name of the account before.
  await until(() => askedInHerName() === 2);
  stream.close();
});

test('one person’s lists are announced to that person only', async () => {
  const [one, other] = [await newPerson(), await newPerson()];
  const streams = await Promise.all(
    [one, other].map(async ({ token }) => await listenByPost(token, { toolsListChanged: true })),
  );
  // Shown once, and looked at when the feed had begun.
  await until(() => [one, other].every(({ listedInHerName }) => listedInHerName() >= 2));
  mine.setTools([ECHO, NEW]);
  await proxy.connectionChanged(one.account, 'octo', 'connected');
  await until(() => streams[0] !== undefined && methods(streams[0]).includes(TOOLS));
  expect(streams[1] === undefined ? [] : methods(streams[1])).not.toContain(TOOLS);
  for (const stream of streams) stream.close();
});

test('a backend that has no stream of its own is asked for one once, and its lists are looked at all the same', async () => {
  mine.setIntercept(({ body }, response) => {
    if (body['method'] !== 'subscriptions/listen') return false;
    response.writeHead(404).end();
    return true;
  });
  const { account, token, askedInHerName } = await newPerson();
  const stream = await listenByPost(token, { toolsListChanged: true });
  await until(() => askedInHerName() === 1);
  mine.setTools([ECHO, NEW]);
  await proxy.connectionChanged(account, 'octo', 'connected');
  await until(() => methods(stream).includes(TOOLS));
  expect(askedInHerName()).toBe(1);
  stream.close();
});

test('a feed that broke off is opened again, and what was missed is found', async () => {
  const { token } = await newPerson();
  const stream = await listenByPost(token, { toolsListChanged: true });
  await until(() => areOpen());
  open.setTools([ECHO, NEW]);
  for (const feed of feeds) feed.end();
  await until(() => methods(stream).includes(TOOLS));
  stream.close();
});

test('nobody listens any more: the backends’ streams are closed', async () => {
  const { token } = await newPerson();
  const stream = await listenByPost(token, { toolsListChanged: true });
  await until(() => areOpen());
  stream.close();
  await until(() => feeds.size === 0);
});

test('the gateway’s own session answers what a backend asks it: nothing waits for ever', async () => {
  const { token } = await newPerson();
  const stream = await listenByPost(token, { toolsListChanged: true });
  await until(() => areOpen());
  for (const feed of feeds) {
    feed.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 'p', method: 'ping' })}\n\n`);
    feed.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 'r', method: 'roots/list' })}\n\n`);
  }
  const answers = (id: string) =>
    open.received.filter(({ body }) => body['id'] === id).map(({ body }) => body);
  await until(() => answers('p').length > 0 && answers('r').length > 0);
  expect(answers('p')[0]).toMatchObject({ result: {} });
  expect(answers('r')[0]).toMatchObject({ error: { code: -32_601 } });
  stream.close();
});

test('clients that come and go do not make the backends’ streams begin anew', async () => {
  const first = await newPerson();
  const stream = await listenByPost(first.token, { toolsListChanged: true });
  await until(() => areOpen() && first.askedInHerName() === 1 && first.listedInHerName() >= 2);
  const before = { ...asked };
  const looks = open.callsOf('tools/list').length;
  for (let count = 0; count < 5; count += 1) {
    const other = await listenByPost(first.token, { toolsListChanged: true });
    await until(() => other.messages.length === 1);
    other.close();
    await other.ended;
  }
  // What came of them would have come before this.
  open.setTools([ECHO, NEW]);
  say(TOOLS);
  await until(() => methods(stream).includes(TOOLS));
  expect(asked).toEqual(before);
  expect(open.callsOf('tools/list').length).toBeLessThanOrEqual(looks + 3);
  stream.close();
});

test('a backend that says “changed” whenever it is listed is listed all the same', async () => {
  const { token } = await newPerson();
  const stream = await listenByPost(token, { toolsListChanged: true });
  await until(() => areOpen());
  open.setTools([ECHO, NEW]);
  const usual = (method: unknown): void => {
    if (method === 'tools/list') say(TOOLS);
  };
  open.setIntercept(({ httpMethod, body }, response) => {
    usual(body['method']);
    if (httpMethod !== 'GET') return false;
    begin('open', response);
    return true;
  });
  say(TOOLS);
  await until(() => methods(stream).includes(TOOLS));
  expect(await toolNames(token)).toContain('open_new');
  stream.close();
});

test('silence is filled: no proxy on the way takes the stream for dead', async () => {
  const { token } = await newPerson();
  const stream = await listenByPost(token, {});
  await until(() => stream.text().includes(': still here'));
  stream.close();
});

describe('a stream ends', () => {
  test('when the sign-in is over, with the result that says so', async () => {
    const tsid = randomUUID();
    const token = await proxy.token({ tsid });
    const stream = await listenByPost(token, {}, 'over');
    await until(() => stream.messages.length === 1);
    await proxy.sessionClosed(tsid);
    await stream.ended;
    expect(stream.messages.at(-1)).toMatchObject({ id: 'over', result: { resultType: 'complete' } });
  });

  test('when its session of the protocol is ended, and when a newer one of that session comes', async () => {
    const { token } = await newPerson();
    const { sessionId } = await legacyClient(proxy.mcpUrl, token);
    const first = await listenByGet(token, sessionId);
    const second = await listenByGet(token, sessionId);
    await first.ended;
    await fetch(proxy.mcpUrl, {
      method: 'DELETE',
      headers: { 'mcp-session-id': sessionId, ...authorization(token) },
    });
    await second.ended;
  });

  test('when its replica stops: the stop does not wait for clients that only listen', async () => {
    const replica = await proxy.startReplica();
    const { token } = await newPerson();
    const { sessionId } = await legacyClient(replica.mcpUrl, token);
    const response = await fetch(replica.mcpUrl, {
      headers: { accept: 'text/event-stream', 'mcp-session-id': sessionId, ...authorization(token) },
    });
    await replica.close(600_000);
    await response.text();
  });
});
