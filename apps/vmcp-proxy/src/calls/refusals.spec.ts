import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { createServer, type ServerResponse } from 'node:http';
import type { Received } from '../backend.fixture.js';
import { legacyClient, modern, textOf } from '../client.fixture.js';
import { call, isCall, startCallWorld, type CallWorld } from './call-world.fixture.js';

let world: CallWorld;
let token: string;

beforeAll(async () => {
  world = await startCallWorld();
});
beforeEach(async () => {
  token = await world.newCaller();
});
afterAll(() => world.close());

test.each([
  ['a 401', 401, 'Bearer error="invalid_token"'],
  ['a 401 that says nothing', 401, ''],
  ['a 403 that says that the token is not valid', 403, 'Bearer realm="x", error="invalid_token"'],
  ['the same without quotes', 403, 'Bearer error=invalid_token, realm=x'],
])('%s means that it did not run: one other token, one more try', async (_what, status, said) => {
  const tried: (string | undefined)[] = [];
  world.backend('inject').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    tried.push(one.headers.authorization);
    if (one.headers.authorization?.endsWith('-renewed') === true) return false;
    response.writeHead(status, said === '' ? {} : { 'www-authenticate': said }).end();
    return true;
  });
  const answer = await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token });
  expect(answer.body.result?.['isError']).toBeUndefined();
  expect(tried).toHaveLength(2);
});

test.each(['', 'Bearer error="insufficient_scope"', 'Bearer error_description="invalid_token"'])(
  'a 403 that is about rights and not about the token is not tried again: %s',
  async (said) => {
    let tries = 0;
    world.backend('inject').setIntercept((one, response) => {
      if (!isCall(one)) return false;
      tries += 1;
      response.writeHead(403, said === '' ? {} : { 'www-authenticate': said }).end();
      return true;
    });
    const answer = await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token });
    expect(textOf(answer)).toContain('backend_unauthorized');
    expect(tries).toBe(1);
  },
);

test('a 403 that names the scopes it misses: the person gets a link, and the token stays good for other calls', async () => {
  const { surroundings } = world.proxy;
  const lists = await modern(world.proxy.mcpUrl, 'tools/list', {}, { token });
  expect(lists.status).toBe(200);
  surroundings.lacks.add('write');
  let tries = 0;
  const challenge = 'Bearer error="insufficient_scope", scope="read write"';
  world.backend('inject').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    tries += 1;
    response.writeHead(403, { 'www-authenticate': challenge }).end();
    return true;
  });
  const answer = await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), {
    token,
    capabilities: { elicitation: { url: {} } },
  });
  expect(JSON.stringify(answer.body.result)).toContain('needs more access');
  expect(JSON.stringify(answer.body.result)).toContain('/connect/octo');
  expect(textOf(await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token }))).toContain(
    '/connect/octo',
  );
  expect(tries).toBe(2);
  world.backend('inject').setIntercept(undefined);
  const asked = surroundings.askedFor('credential.inject');
  expect((await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token })).status).toBe(200);
  expect(surroundings.askedFor('credential.inject')).toBe(asked);
  surroundings.lacks.clear();
});

describe('a 403 for want of scopes that is the second refusal leads to the link all the same, without a third request', () => {
  const says = (one: Received): string => JSON.stringify(one.body['params']);
  const renewed = (one: Received): boolean => one.headers.authorization?.endsWith('-renewed') === true;
  const challenge = { 'www-authenticate': 'Bearer error="insufficient_scope", scope="read write"' };
  beforeEach(() => void world.proxy.surroundings.lacks.add('write'));
  afterEach(() => world.proxy.surroundings.lacks.clear());

  test('after a token that was out of date', async () => {
    let tries = 0;
    world.backend('inject').setIntercept((one, response) => {
      if (!isCall(one)) return false;
      tries += 1;
      if (renewed(one)) response.writeHead(403, challenge).end();
      else response.writeHead(401).end();
      return true;
    });
    const answer = await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token });
    expect(textOf(answer)).toContain('/connect/octo');
    expect(tries).toBe(2);
  });

  test('after a token that another call had replaced already', async () => {
    const tried: string[] = [];
    let held: ServerResponse | undefined;
    world.backend('inject').setIntercept((one, response) => {
      if (!isCall(one)) return false;
      if (says(one).includes('first')) {
        tried.push(renewed(one) ? 'renewed' : 'old');
        if (renewed(one)) response.writeHead(403, challenge).end();
        else held = response;
        return true;
      }
      if (renewed(one)) return false;
      response.writeHead(401).end();
      return true;
    });
    const asked = async (text: string) =>
      await modern(world.proxy.mcpUrl, 'tools/call', call('inject', { text }), { token });
    const first = asked('first');
    await until(() => held !== undefined);
    expect((await asked('second')).body.result?.['isError']).toBeUndefined();
    held?.writeHead(403, challenge).end();
    expect(textOf(await first)).toContain('/connect/octo');
    expect(tried).toEqual(['old', 'renewed']);
  });
});

test.each([
  ['scopes that nobody can give', 'Bearer error="insufficient_scope", scope="read"'],
  ['more than anybody asks for', `Bearer error="insufficient_scope", scope="${'x'.repeat(5_000)}"`],
])('a 403 that names %s is told as it is', async (_what, challenge) => {
  world.backend('inject').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.writeHead(403, { 'www-authenticate': challenge }).end();
    return true;
  });
  const answer = await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token });
  expect(textOf(answer)).toContain('backend_unauthorized');
});

test('a second 401 is the end, and no 401 of a backend reaches the client', async () => {
  let tries = 0;
  world.backend('inject').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    tries += 1;
    response.writeHead(401).end();
    return true;
  });
  const answer = await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token });
  expect(tries).toBe(2);
  expect(answer.status).toBe(200);
  expect(answer.body.result).toMatchObject({ isError: true });
  expect(textOf(answer)).toContain('backend_unauthorized');
});

test('a fixed credential that is refused is not tried again', async () => {
  let tries = 0;
  world.backend('header').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    tries += 1;
    response.writeHead(401).end();
    return true;
  });
  expect(textOf(await modern(world.proxy.mcpUrl, 'tools/call', call('header'), { token }))).toContain(
    'backend_unauthorized',
  );
  expect(tries).toBe(1);
});

test('a redirect elsewhere is not followed, so no credential goes where it points', async () => {
  let visited = false;
  const elsewhere = createServer((_request, response) => {
    visited = true;
    response.end();
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  const address = elsewhere.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  world.backend('inject').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end();
    return true;
  });
  const answer = await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token });
  expect(textOf(answer)).toContain('backend_redirects');
  expect(visited).toBe(false);
  await new Promise((resolve) => elsewhere.close(resolve));
});

test('a backend that does not answer in time: the text says that it may have run', async () => {
  world.backend('impatient').setIntercept(isCall);
  const answer = await modern(world.proxy.mcpUrl, 'tools/call', call('impatient'), { token });
  expect(answer.body.result).toMatchObject({ isError: true, resultType: 'complete' });
  expect(textOf(answer)).toContain('deadline_exceeded');
  expect(textOf(answer)).toContain('check before trying again');
});

test('a connection that breaks off may have run; one that was never made did not', async () => {
  world.backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.destroy();
    return true;
  });
  expect(textOf(await modern(world.proxy.mcpUrl, 'tools/call', call('modern'), { token }))).toContain(
    'check before trying again',
  );
  const gone = await modern(
    world.proxy.mcpUrl,
    'tools/call',
    { name: 'gone_status', arguments: {} },
    { token },
  );
  expect(textOf(gone)).toContain('gone: The backend cannot be reached');
  expect(textOf(gone)).toContain('safe to try again');
});

test('an answer that is no MCP is an error of the backend, not passed on', async () => {
  world.backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.writeHead(200, { 'content-type': 'text/html' }).end('<script>alert(1)</script>');
    return true;
  });
  const answer = await modern(world.proxy.mcpUrl, 'tools/call', call('modern'), { token });
  expect(answer.text).not.toContain('script');
  expect(textOf(answer)).toContain('backend_unavailable');
});

test('an error of the backend comes with its code, and with the HTTP status of the client’s revision', async () => {
  world.backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        jsonrpc: '2.0',
        id: one.body['id'],
        error: { code: -32_602, message: 'bad arguments' },
      }),
    );
    return true;
  });
  const answer = await modern(world.proxy.mcpUrl, 'tools/call', call('modern'), { token, id: 9 });
  expect([answer.status, answer.body.id, answer.body.error?.code]).toEqual([400, 9, -32_602]);
  const client = await legacyClient(world.proxy.mcpUrl, token);
  const legacy = await client.request('tools/call', call('modern'));
  expect([legacy.status, legacy.body.error?.code]).toEqual([200, -32_602]);
});

test('a session that the vault calls closed is a 401 for the client', async () => {
  world.proxy.surroundings.credentials.set('inject', { code: 'session_closed' });
  const fresh = await world.proxy.token();
  const answer = await modern(
    world.proxy.mcpUrl,
    'tools/call',
    { name: 'inject_echo', arguments: {} },
    { token: fresh },
  );
  world.proxy.surroundings.credentials.delete('inject');
  expect(answer.status).toBe(401);
  expect((await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token })).status).toBe(200);
});

test('a caller’s own token that has ended before it is exchanged is a 401 for the client, and ends no session', async () => {
  const session = { sub: randomUUID(), tsid: randomUUID() };
  const calling = async () =>
    await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), {
      token: await world.proxy.token(session),
    });
  world.proxy.surroundings.credentials.set('inject', { code: 'token_invalid' });
  const answer = await calling();
  world.proxy.surroundings.credentials.delete('inject');
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining('error="invalid_token"'),
  ]);
  // With the next token at once.
  expect((await calling()).status).toBe(200);
});

test.each([
  'provider_unavailable',
  'provider_misconfigured',
  'reauth_required',
  'insufficient_scope',
  'connection_missing',
  'exchange_refused',
] as const)(
  'a call that fails with %s names the provider, also to a client that cannot open links',
  async (code) => {
    const fresh = await world.newCaller();
    world.proxy.surroundings.credentials.set('inject', { code });
    const stranger = await world.proxy.token();
    const answer = await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token: stranger });
    const listed = await modern(world.proxy.mcpUrl, 'tools/list', {}, { token: fresh });
    world.proxy.surroundings.credentials.delete('inject');
    expect(textOf(answer)).toContain('octo');
    expect(listed.status).toBe(200);
  },
);

test('a backend that asks to come again later is heard', async () => {
  world.backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.writeHead(429, { 'retry-after': '17' }).end();
    return true;
  });
  const answer = await modern(world.proxy.mcpUrl, 'tools/call', call('modern'), { token });
  expect(textOf(answer)).toContain('(busy)');
  expect(answer.headers.get('retry-after')).toBe('17');
});
