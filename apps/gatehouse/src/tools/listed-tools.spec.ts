import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpStub, sendJson, type StubRequest } from '@gatehouse/testing/http-stub';
import { answerAsMcpServer } from '@gatehouse/testing/legacy-mcp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DEMONSTRATION_CONFIGURATION } from '../paths.js';
import { gatehouse } from '../terminal.fixture.js';
import { listedTools } from './listed-tools.client.js';

const TOKEN = 'a-token-of-alice';

/** In the place of a gateway that runs: who shows the token sees all of it, and so does everybody where nobody signs in. */
class Gateway extends HttpStub {
  isOpen = false;
  tools: readonly string[] = [];
  /** Further pages of its list. */
  pages: readonly (readonly string[])[] = [];

  protected override answer(request: StubRequest, response: ServerResponse): void {
    if (!this.isOpen && request.headers.authorization !== `Bearer ${TOKEN}`)
      sendJson(response, 401, { error: `invalid_token: ${request.headers.authorization ?? ''}` });
    else if (request.method !== 'POST') response.writeHead(405).end();
    else if (this.pages.length > 0 && request.body.includes('"tools/list"')) this.#page(request, response);
    else answerAsMcpServer(request, response, 'alice', this.tools);
  }

  #page({ body }: StubRequest, response: ServerResponse): void {
    const { id, params } = JSON.parse(body) as { id: number; params?: { cursor?: string } };
    const at = Number(params?.cursor ?? 0);
    const tools = (this.pages[at] ?? []).map((name) => ({ name, inputSchema: { type: 'object' } }));
    const more = at + 1 < this.pages.length ? { nextCursor: String(at + 1) } : {};
    sendJson(response, 200, { jsonrpc: '2.0', id, result: { tools, ...more } });
  }
}

const gateway = new Gateway();
let folder: string;
let config: string;
beforeAll(async () => {
  await gateway.start();
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-listed-'));
  config = join(folder, 'gatehouse.yaml');
});
afterAll(async () => {
  await gateway.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  Object.assign(gateway, { isOpen: false, tools: [], pages: [] });
  await writeFile(config, await readFile(DEMONSTRATION_CONFIGURATION, 'utf8'));
});

const run = async (environment: Readonly<Record<string, string>> = {}, ...more: readonly string[]) =>
  await gatehouse(['tools', '--config', config, '--url', `${gateway.origin}/mcp`, ...more], environment);

describe('gatehouse tools, at a gateway that runs', () => {
  test('shows what it lists for the caller, each with where it goes and whose credential it carries', async () => {
    gateway.tools = ['repos_whoami', 'reports_run', 'of_nobody'];
    const { code, stdout, stderr } = await run({ GATEHOUSE_TOKEN: `${TOKEN}\n` }, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      listed: true,
      tools: [
        { tool: 'repos_whoami', backends: ['repos'], credential: 'the person’s own token of octo' },
        { tool: 'reports_run', backends: ['reports'], credential: 'one for everybody, in X-Api-Key' },
        // The gateway has it, and this configuration does not say from where.
        { tool: 'of_nobody', backends: [], strategy: null, credential: null },
      ],
    });
    expect(stdout).not.toContain(TOKEN);
    const { stdout: table } = await run({ GATEHOUSE_TOKEN: TOKEN });
    expect(table).toMatch(/^of_nobody +- +- +-/m);
    expect(table).not.toContain('This is the configuration');
  });

  test('reads its list to the end', async () => {
    gateway.pages = [['repos_a', 'repos_b'], ['repos_c'], []];
    const { stdout } = await run({ GATEHOUSE_TOKEN: TOKEN }, '--json');
    const { tools } = JSON.parse(stdout) as { tools: readonly { tool: string }[] };
    expect(tools.map(({ tool }) => tool)).toEqual(['repos_a', 'repos_b', 'repos_c']);
  });

  test('a gateway that goes on and on keeps nobody waiting', async () => {
    gateway.pages = Array.from({ length: 200 }, () => ['repos_a']);
    gateway.isOpen = true;
    const listed = await listedTools(`${gateway.origin}/mcp`, undefined, 1);
    expect(listed).toEqual({ ok: false, why: 'it does not answer in time', mayWorkLater: true });
  });

  test('asks for anybody where nobody signs in, and says when it lists none', async () => {
    gateway.isOpen = true;
    await writeFile(
      config,
      `name: open
publicUrl: ${gateway.origin}
incomingAuth: { type: anonymous }
backends: [{ name: one, url: https://one.example.com/mcp }]
vault: { keyEncryptionKeys: [{ id: a, env: KEY }] }
postgres: { tokenVault: { url: { env: TOKEN_VAULT_DATABASE_URL } } }
nats: { servers: [nats://127.0.0.1:4222], credentials: { env: NATS_CREDENTIALS } }
`,
    );
    const { code, stdout } = await run();
    expect([code, stdout]).toEqual([0, 'No tool is shown to anybody.\n']);
  });

  test('attack: a token that is refused is not said, also where the gateway quotes it', async () => {
    const { code, stdout, stderr } = await run({ GATEHOUSE_TOKEN: 'another-token-of-somebody' });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('does not list its tools for this caller');
    expect(stderr).not.toContain('another-token');
  });

  test('attack: whoever is on the way to another machine is given no token, whatever names that machine', async () => {
    const given = { GATEHOUSE_TOKEN: TOKEN };
    for (const url of [
      'http://gatehouse.example.com/mcp',
      'http://127.0.0.1.example.com/mcp',
      'http://localhost@gatehouse.example.com/mcp',
      'http://192.0.2.1/mcp',
    ]) {
      const { code, stdout, stderr } = await gatehouse(['tools', '--config', config, '--url', url], given);
      expect([code, stdout]).toEqual([64, '']);
      expect(stderr).toContain('--insecure-allow-http');
      expect(stderr).not.toContain(TOKEN);
    }
    // Nothing is sent without a token.
    const { code } = await gatehouse([
      'tools',
      '--config',
      config,
      '--url',
      'http://gatehouse.example.com/mcp',
    ]);
    expect(code).toBe(0);
  });

  test('whoever says that the network is safe may send it over http', async () => {
    const url = `http://gatehouse.invalid:${new URL(gateway.origin).port}/mcp`;
    const typed = ['tools', '--config', config, '--insecure-allow-http', '--url', url];
    const { code, stderr } = await gatehouse(typed, { GATEHOUSE_TOKEN: TOKEN });
    expect(code).not.toBe(64);
    expect(stderr).toContain('does not list its tools for this caller');
  });

  test('attack: names of tools move no cursor', async () => {
    gateway.tools = ['repos_\u001b[2Jevil\u202e'];
    const { stdout } = await run({ GATEHOUSE_TOKEN: TOKEN });
    for (const sign of ['\u001b', '\u202e']) expect(stdout).not.toContain(sign);
    expect(stdout).toContain('repos_ [2Jevil');
  });
});
