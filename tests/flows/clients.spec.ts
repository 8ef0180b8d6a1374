import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '@gatehouse/testing/free-port';
import type { WhoAmI } from '@gatehouse/testing/mcp-calls';
import { inRepository } from '@gatehouse/testing/repository';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as v2 from '@modelcontextprotocol/client';
import { UnauthorizedError as V1Unauthorized } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { RememberingOAuth } from '../support/remembering-oauth.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const BACKENDS = ['repos', 'status', 'directory', 'tickets', 'tickets-self', 'reports'];

interface ToolUser {
  listTools(): Promise<{ tools: readonly { name: string }[] }>;
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
}

/** Lists and calls, and says whose credential reached each backend. */
async function arrivals(client: ToolUser): Promise<Record<string, WhoAmI>> {
  const { tools } = await client.listTools();
  const names = tools.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(BACKENDS.map((backend) => `${backend}_whoami`)));
  const who: Record<string, WhoAmI> = {};
  for (const backend of BACKENDS) {
    const result = (await client.callTool({ name: `${backend}_whoami`, arguments: {} })) as {
      structuredContent?: unknown;
    };
    who[backend] = result.structuredContent as WhoAmI;
  }
  return who;
}

/** The right credential at the right backend, of the right person, and never the caller's own token. */
function expectRight(who: Record<string, WhoAmI>, login: string): void {
  expect(who).toMatchObject({
    repos: { credential: 'opaque-token', subject: `octo-${login}`, unexpected: [] },
    status: { credential: 'none', subject: null, unexpected: [] },
    directory: { credential: 'jwt', subject: `acme-${login}`, unexpected: [] },
    tickets: { credential: 'jwt', subject: `acme-${login}`, audience: 'tickets', unexpected: [] },
    'tickets-self': { credential: 'jwt', audience: 'tickets-self', unexpected: [] },
    reports: { credential: 'api-key', unexpected: [] },
  });
  expect(who['tickets-self']?.subject).toMatch(/^[0-9a-f-]{36}$/);
}

describe('the MCP TypeScript SDK, version 2', () => {
  test.each(['auto', 'legacy'] as const)(
    'signs in once and reaches every backend (negotiation: %s)',
    async (mode) => {
      const oauth = new RememberingOAuth<v2.StoredOAuthClientInformation, v2.StoredOAuthTokens>();
      const url = new URL(world.mcpUrl);
      const newClient = () =>
        new v2.Client({ name: 'sdk-v2', version: '1' }, { versionNegotiation: { mode } });
      await expect(
        newClient().connect(new v2.StreamableHTTPClientTransport(url, { authProvider: oauth })),
      ).rejects.toThrow(v2.UnauthorizedError);
      const callback = await oauth.personSignsIn('alice');
      await new v2.StreamableHTTPClientTransport(url, { authProvider: oauth }).finishAuth(callback);
      const client = newClient();
      await client.connect(new v2.StreamableHTTPClientTransport(url, { authProvider: oauth }));
      expectRight(await arrivals(client), 'alice');
      const { resources } = await client.listResources();
      expect(resources.length).toBeGreaterThanOrEqual(BACKENDS.length - 1);
      const { prompts } = await client.listPrompts();
      expect(prompts.map(({ name }) => name.split('_')[0])).toEqual(
        expect.arrayContaining(['repos', 'tickets']),
      );
      const read = await client.readResource({ uri: resources[0]?.uri ?? '' });
      expect(read.contents).toHaveLength(1);
      await client.close();
    },
  );
});

test('the MCP TypeScript SDK, version 1, signs in once and reaches every backend', async () => {
  const oauth = new RememberingOAuth<OAuthClientInformationMixed, OAuthTokens>();
  const url = new URL(world.mcpUrl);
  const newClient = () => new V1Client({ name: 'sdk-v1', version: '1' });
  const first = new V1Transport(url, { authProvider: oauth });
  await expect(newClient().connect(first)).rejects.toThrow(V1Unauthorized);
  const callback = await oauth.personSignsIn('bob');
  await first.finishAuth(callback.get('code') ?? '');
  const client = newClient();
  await client.connect(new V1Transport(url, { authProvider: oauth }));
  expectRight(await arrivals(client), 'bob');
  await client.close();
});

test('mcp-remote signs in through its own browser hand-off and reaches every backend', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-mcp-remote-'));
  const browser = join(folder, 'browser');
  const script = inRepository('libs/scripted-browser/dist/browser-command.js');
  await writeFile(browser, `#!/bin/sh\nexec "${process.execPath}" "${script}" "$1"\n`, { mode: 0o755 });
  const proxy = join(
    dirname(createRequire(import.meta.url).resolve('mcp-remote/package.json')),
    'dist/proxy.js',
  );
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [proxy, world.mcpUrl, String(await freePort()), '--allow-http', '--host', '127.0.0.1'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      BROWSER: browser,
      MCP_REMOTE_CONFIG_DIR: folder,
      GATEHOUSE_DEMO_PERSON: 'carol',
    },
    stderr: 'pipe',
  });
  const client = new V1Client({ name: 'behind-mcp-remote', version: '1' });
  let said = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  try {
    await client.connect(transport, { timeout: 240_000 }).catch((error: unknown) => {
      throw new Error(`mcp-remote: ${String(error)}\n${said}`);
    });
    expectRight(await arrivals(client), 'carol');
  } finally {
    await client.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
});

test('a client without a token is told where to sign in', async () => {
  const response = await fetch(world.mcpUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(response.status).toBe(401);
  const { origin, pathname } = new URL(world.mcpUrl);
  expect(response.headers.get('www-authenticate')).toContain(
    `resource_metadata="${origin}/.well-known/oauth-protected-resource${pathname}"`,
  );
});
