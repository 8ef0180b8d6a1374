import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { until } from '@gatehouse/testing/until';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { exportJWK, generateKeyPair } from 'jose';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { legacyClient, modern, textOf, type ClientAnswer, type Sent } from '../client.fixture.js';
import { AUDIENCE, signedToken, startProxy, type TestProxy } from '../proxy.fixture.js';
import { startOldSdkServer, startSdkServer, type SdkServer } from './sdk-server.fixture.js';

let nats: TestNats;
let proxy: TestProxy;
const servers: SdkServer[] = [];
let holding = 0;
let secret = Promise.withResolvers<undefined>();
let held = Promise.withResolvers<undefined>();

const SECRET = 'the account of the first caller';
const FORM = { type: 'object' as const, properties: {} };

/** What it asks and tells, it asks and tells the session: version 1 of the reference SDK has methods for that. */
function askingServer(): McpServer {
  const mcp = new McpServer({ name: 'asking', version: '1' }, { capabilities: { logging: {} } });
  const { server } = mcp;
  mcp.registerTool('secret', {}, async ({ _meta }) => {
    holding += 1;
    await secret.promise;
    const progressToken = _meta?.progressToken ?? 'none';
    const params = { progressToken, progress: 1, message: SECRET };
    await server.notification({ method: 'notifications/progress', params });
    await server.sendLoggingMessage({ level: 'error', data: SECRET });
    const why = await server.elicitInput({ message: SECRET, requestedSchema: FORM }).then(
      ({ action }) => action,
      (error: unknown) => String(error),
    );
    return { content: [{ type: 'text', text: why }] };
  });
  mcp.registerTool('hold', {}, async () => {
    holding += 1;
    await held.promise;
    return { content: [{ type: 'text', text: 'held' }] };
  });
  return mcp;
}

beforeAll(async () => {
  nats = await startTestNats();
  const [old, streamable] = await Promise.all([
    startOldSdkServer(askingServer),
    startSdkServer(askingServer),
  ]);
  servers.push(old, streamable);
  proxy = await startProxy({
    nats,
    incomingAuth: { type: 'anonymous' },
    backends: [
      { name: 'old', url: old.url, transport: 'sse', timeoutMs: 60_000 },
      { name: 'streamable', url: streamable.url, timeoutMs: 60_000 },
    ],
  });
  await modern(proxy.mcpUrl, 'tools/list');
});
beforeEach(() => {
  holding = 0;
  secret = Promise.withResolvers();
  held = Promise.withResolvers();
});
afterAll(async () => {
  await proxy.close();
  for (const server of servers) server.close();
  await nats.close();
});

const CAPABILITIES = { elicitation: { form: {} } };
const LOGGED = { 'io.modelcontextprotocol/logLevel': 'debug' };

async function bothAtWork(
  name: string,
  url = proxy.mcpUrl,
  sent: Sent = {},
): Promise<readonly [Promise<ClientAnswer>, Promise<ClientAnswer>]> {
  const call = async (tool: string): Promise<ClientAnswer> => {
    const params = { name: `${name}_${tool}`, arguments: {}, _meta: { ...LOGGED, progressToken: 1 } };
    return await modern(url, 'tools/call', params, { capabilities: CAPABILITIES, ...sent });
  };
  const first = call('secret');
  await until(() => holding === 1);
  const second = call('hold');
  await until(() => holding === 2);
  return [first, second];
}

describe.each(['old', 'streamable'])(
  'a session of a backend that callers without a name share (%s)',
  (name) => {
    test('attack: a later call hears no question, log message or progress of an earlier one', async () => {
      const [first, second] = await bothAtWork(name);
      secret.resolve(undefined);
      // Nobody can tell whom the question is for, so the backend does not wait for an answer.
      const asked = await first;
      expect(textOf(asked)).toContain('-32601');
      held.resolve(undefined);
      const heard = await second;
      expect(heard.text).not.toContain(SECRET);
      expect(textOf(heard)).toBe('held');
      // Progress names its call, whatever both clients call it.
      expect(asked.text.match(/notifications\/progress/g)).toHaveLength(1);
      expect(asked.text).toContain('"progressToken":1,');
    });

    test('attack: who calls after the first one has gone is not asked in its place', async () => {
      const left = new AbortController();
      const call = { name: `${name}_secret`, arguments: {} };
      const sent = { capabilities: CAPABILITIES, signal: left.signal };
      const first = modern(proxy.mcpUrl, 'tools/call', call, sent).catch(() => 'gone');
      await until(() => holding === 1);
      left.abort();
      expect(await first).toBe('gone');
      const second = modern(
        proxy.mcpUrl,
        'tools/call',
        { name: `${name}_hold`, arguments: {} },
        { capabilities: CAPABILITIES },
      );
      await until(() => holding === 2);
      secret.resolve(undefined);
      held.resolve(undefined);
      expect((await second).text).not.toContain(SECRET);
    });

    test('a client with a session of its own is asked', async () => {
      const client = await legacyClient(proxy.mcpUrl, undefined, { capabilities: CAPABILITIES });
      secret.resolve(undefined);
      let responded: Promise<unknown> | undefined;
      const heard = (text: string): void => {
        const id = /"id":"(gatehouse-question-[^"]+)"/.exec(text)?.[1];
        if (id !== undefined) responded ??= client.respond(id, { result: { action: 'decline' } });
      };
      const call = { name: `${name}_secret`, arguments: {} };
      expect(textOf(await client.request('tools/call', call, { heard }))).toBe('decline');
      await responded;
    });
  },
);

/** Tokens of such an issuer name a subject, and no sign-in. */
async function externalIssuer() {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'test-key', alg: 'ES256' }];
  let issuer = '';
  const server = createServer(({ url }, response) => {
    const body = url === '/jwks' ? { keys } : { issuer, jwks_uri: `${issuer}/jwks` };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const here = { allowPrivateIps: true, insecureAllowHttp: true };
  const oidc = { issuer, audience: AUDIENCE, resourceUrl: AUDIENCE, scopes: [], ...here };
  return {
    token: await signedToken(pair.privateKey, { iss: issuer, tsid: undefined }),
    incomingAuth: { type: 'oidc', oidc } as const,
    close: () => server.close(),
  };
}

test.each(['old', 'streamable'])(
  'attack: of two users behind one service account of an external issuer, the later caller hears nothing of the earlier one (%s)',
  async (name) => {
    const [old, streamable] = servers;
    const { token, incomingAuth, close } = await externalIssuer();
    const external = await startProxy({
      nats,
      incomingAuth,
      backends: [
        { name: 'old', url: old?.url ?? '', transport: 'sse', timeoutMs: 60_000 },
        { name: 'streamable', url: streamable?.url ?? '', timeoutMs: 60_000 },
      ],
    });
    try {
      const [first, second] = await bothAtWork(name, external.mcpUrl, { token });
      secret.resolve(undefined);
      expect(textOf(await first)).toContain('-32601');
      held.resolve(undefined);
      expect((await second).text).not.toContain(SECRET);
      expect((await first).text.match(/notifications\/progress/g)).toHaveLength(1);
    } finally {
      await external.close();
      close();
    }
  },
);

test('attack: two windows of one sign-in name their progress alike, and each hears its own only', async () => {
  // Whoever signs tokens is alone on a bus.
  const bus = await startTestNats();
  const own = await startProxy({
    nats: bus,
    backends: [{ name: 'streamable', url: servers[1]?.url ?? '', timeoutMs: 60_000 }],
  });
  try {
    const [first, second] = await bothAtWork('streamable', own.mcpUrl, { token: await own.token() });
    secret.resolve(undefined);
    const { text } = await first;
    held.resolve(undefined);
    expect((await second).text).not.toContain('notifications/progress');
    expect(text).toContain('"progressToken":1,');
  } finally {
    await own.close();
    await bus.close();
  }
});
