import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { HttpStub, sendJson, type StubRequest } from '@gatehouse/testing/http-stub';
import { answerAsMcpServer } from '@gatehouse/testing/legacy-mcp';
import { gatehouse } from '../terminal.fixture.js';

/** What somebody may have at the URL that they give. */
class Endpoint extends HttpStub {
  constructor(private readonly reply: (request: StubRequest, response: ServerResponse) => void) {
    super();
  }
  protected override answer(request: StubRequest, response: ServerResponse): void {
    this.reply(request, response);
  }
}

let endpoint: Endpoint;
afterEach(() => endpoint.stop());

async function demonstrated(reply: (request: StubRequest, response: ServerResponse) => void) {
  endpoint = await new Endpoint(reply).start();
  const url = `${endpoint.origin}/mcp`;
  const { code, stderr } = await gatehouse(['demonstrate', '--url', url]);
  expect(stderr).not.toMatch(/^ +at /m);
  return { code, stderr: stderr.replaceAll(url, 'URL') };
}

test('an MCP server that asks for no token is no gateway', async () => {
  const { code, stderr } = await demonstrated((request, response) => {
    answerAsMcpServer(request, response, 'anybody');
  });
  expect([code, stderr]).toEqual([
    1,
    '\nURL let a client in without a token. Name the gateway of the demonstration: --url <url>\n',
  ]);
});

test('what is no MCP endpoint is said to be none', async () => {
  const { code, stderr } = await demonstrated((_request, response) => {
    sendJson(response, 404, { error: 'not here' });
  });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^URL cannot be used: .*not here/m);
});

test('a gateway whose authorization server cannot be found', async () => {
  const { code, stderr } = await demonstrated(({ url }, response) => {
    if (url.pathname === '/mcp') response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    else sendJson(response, 404, {});
  });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^URL cannot be used: \S/m);
});
