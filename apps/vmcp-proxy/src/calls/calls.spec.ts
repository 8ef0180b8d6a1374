import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { legacyClient, modern, textOf } from '../client.fixture.js';
import {
  BACKEND_NAMES,
  call,
  isCall,
  startCallWorld,
  type BackendName,
  type CallWorld,
} from './call-world.fixture.js';

let world: CallWorld;
let token: string;

beforeAll(async () => {
  world = await startCallWorld();
});
beforeEach(async () => {
  token = await world.newCaller();
});
afterAll(() => world.close());

/** What the gateway itself adds. */
const CREDENTIALS: Partial<Record<BackendName, readonly string[]>> = {
  inject: ['authorization'],
  header: ['x-api-key'],
  signed: ['authorization', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token'],
};

test('nothing of the client but what is named reaches a backend: no token, cookie, session, forwarding header', async () => {
  const headers = {
    cookie: 'session=secret',
    'x-forwarded-for': '1.2.3.4',
    'x-forwarded-host': 'evil.example',
    forwarded: 'for=1.2.3.4',
    'mcp-session-id': 'stolen',
    'proxy-authorization': 'Basic YTpi',
    'x-api-key': 'mine',
    'mcp-param-region': 'eu',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };
  for (const name of BACKEND_NAMES) {
    await modern(world.proxy.mcpUrl, 'tools/call', call(name), { token, headers });
    const sent = world.backend(name).callsOf('tools/call').at(-1)?.headers ?? {};
    const expected = [
      'accept',
      'connection',
      'content-length',
      'content-type',
      'host',
      'mcp-protocol-version',
      'traceparent',
    ];
    const era =
      name === 'stateless'
        ? []
        : name === 'sessions'
          ? ['mcp-session-id']
          : ['mcp-method', 'mcp-name', 'mcp-param-region'];
    const credential = CREDENTIALS[name] ?? [];
    expect(Object.keys(sent).sort()).toEqual([...expected, ...era, ...credential].sort());
    expect(sent.host).toBe(new URL(world.backend(name).url).host);
    expect(sent['mcp-session-id']).not.toBe('stolen');
    expect(sent['x-api-key']).toBe(name === 'header' ? 'the-key' : undefined);
  }
});

test('the caller may not put a forged trace header through', async () => {
  await modern(world.proxy.mcpUrl, 'tools/call', call('modern'), {
    token,
    headers: { traceparent: 'anything else' },
  });
  expect(world.backend('modern').callsOf('tools/call').at(-1)?.headers['traceparent']).toBeUndefined();
});

test('none of a backend’s headers reach the client', async () => {
  world.backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.writeHead(200, {
      'content-type': 'application/json',
      'set-cookie': 'tracking=1',
      'mcp-session-id': 'planted',
      'www-authenticate': 'Bearer realm="evil"',
      'access-control-allow-origin': '*',
    });
    response.end(
      JSON.stringify({ jsonrpc: '2.0', id: one.body['id'], result: { resultType: 'complete', content: [] } }),
    );
    return true;
  });
  const { headers, status } = await modern(world.proxy.mcpUrl, 'tools/call', call('modern'), { token });
  expect(status).toBe(200);
  for (const name of ['set-cookie', 'mcp-session-id', 'www-authenticate', 'access-control-allow-origin'])
    expect(headers.get(name)).toBeNull();
});

test('arguments and results keep every digit and every unknown member', async () => {
  const raw = '{"resultType":"complete","content":[{"type":"hologram","x":1.0}],"big":12345678901234567890}';
  world.backend('modern').setIntercept((one, response) => {
    if (!isCall(one)) return false;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`{"jsonrpc":"2.0","id":${JSON.stringify(one.body['id'])},"result":${raw}}`);
    return true;
  });
  expect((await modern(world.proxy.mcpUrl, 'tools/call', call('modern'), { token })).text).toContain(raw);
});

test('a name that nobody has is -32602, with the status of its revision', async () => {
  const unknown = await modern(
    world.proxy.mcpUrl,
    'tools/call',
    { name: 'modern_nope', arguments: {} },
    { token },
  );
  expect([unknown.status, unknown.body.error?.code]).toEqual([400, -32_602]);
  const client = await legacyClient(world.proxy.mcpUrl, token);
  const legacy = await client.request('tools/call', { name: 'echo' });
  expect([legacy.status, legacy.body.error?.code]).toEqual([200, -32_602]);
});

test('many modern clients of one user with equal ids share one backend session without mixing answers', async () => {
  const answers = await Promise.all(
    Array.from(
      { length: 20 },
      async (_, index) =>
        await modern(world.proxy.mcpUrl, 'tools/call', call('sessions', { index }), { token, id: 1 }),
    ),
  );
  answers.forEach((answer, index) => {
    expect(answer.body.id).toBe(1);
    expect(JSON.parse(textOf(answer))).toMatchObject({ arguments: { index } });
  });
});

test('a changed connection makes the next call ask the vault again, for that user and provider only', async () => {
  const subject = randomUUID();
  const mine = await world.proxy.token({ sub: subject });
  const askedBefore = () => world.proxy.surroundings.askedFor('credential.inject');
  await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token: mine });
  await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token });
  let before = askedBefore();
  await world.proxy.connectionChanged(subject, 'another', 'revoked');
  await world.proxy.connectionChanged(randomUUID(), 'octo', 'revoked');
  await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token: mine });
  expect(askedBefore()).toBe(before);
  await world.proxy.connectionChanged(subject, 'octo', 'revoked');
  before = askedBefore();
  await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token: mine });
  await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token });
  expect(askedBefore()).toBe(before + 1);
});

test.each([
  ['tools/call', { name: 'nothing_such' }, 'tool'],
  ['prompts/get', { name: 'nothing_such' }, 'prompt'],
  ['resources/read', { uri: 'nothing://such' }, 'resource'],
  [
    'completion/complete',
    { ref: { type: 'ref/resource', uri: 'nothing://{such}' }, argument: { name: 'such', value: '' } },
    'resource',
  ],
  [
    'completion/complete',
    { ref: { type: 'ref/prompt', name: 'nothing_such' }, argument: { name: 'a', value: '' } },
    'prompt',
  ],
])('%s of %j, which nobody has, is told that there is no such %s', async (method, params, what) => {
  const { body } = await modern(world.proxy.mcpUrl, method, params, { token });
  const message = expect.stringMatching(new RegExp(`^there is no such ${what}\\b`)) as unknown;
  expect(body.error).toMatchObject({ code: -32_602, message });
});
