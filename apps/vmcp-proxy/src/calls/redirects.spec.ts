import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { modern, textOf } from '../client.fixture.js';
import { call, startCallWorld, type CallWorld } from './call-world.fixture.js';

let world: CallWorld;
let token: string;
/** Another site. */
let elsewhere: Server;
let reached = 0;
beforeAll(async () => {
  world = await startCallWorld();
  elsewhere = createServer((_request, response) => {
    reached += 1;
    response.end();
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
});
beforeEach(async () => {
  token = await world.newCaller();
  reached = 0;
});
afterAll(async () => {
  await world.close();
  await new Promise((resolve) => elsewhere.close(resolve));
});

const elsewhereUrl = (): string => `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
const ask = async () => await modern(world.proxy.mcpUrl, 'tools/call', call('inject'), { token });

/** Answers what comes to the backend's own path; what comes to others is answered as usual. @param location undefined: none */
function redirecting(
  status: number,
  location: string | undefined,
  from: (url: string) => boolean = isOwn,
): void {
  world.backend('inject').setIntercept((_one, response, request) => {
    if (!from(request.url ?? '')) return false;
    response.writeHead(status, location === undefined ? {} : { location }).end();
    return true;
  });
}
const isOwn = (url: string): boolean => url === '/mcp';

test.each([307, 308])(
  '%p within the origin is followed, with the body and the credential',
  async (status) => {
    redirecting(status, '/mcp/?again');
    expect(textOf(await ask())).toContain('arguments');
    const [redirected, followed] = world.backend('inject').callsOf('tools/call').slice(-2);
    expect(followed?.body).toEqual(redirected?.body);
    expect(followed?.headers.authorization).toBeDefined();
    expect(followed?.headers.authorization).toBe(redirected?.headers.authorization);
  },
);

test('an absolute location within the origin is one, and a redirect may follow a redirect', async () => {
  const { origin } = new URL(world.backend('inject').url);
  world.backend('inject').setIntercept((_one, response, request) => {
    const next = { '/mcp': `${origin}/a`, '/a': '/b/', '/b/': 'c' }[request.url ?? ''];
    if (next === undefined) return false;
    response.writeHead(307, { location: next }).end();
    return true;
  });
  expect(textOf(await ask())).toContain('arguments');
});

test('redirects in a circle end', async () => {
  const before = world.backend('inject').received.length;
  redirecting(307, '/mcp');
  expect(textOf(await ask())).toMatch(/Nothing was done.*backend_redirects/);
  expect(world.backend('inject').received.length - before).toBeLessThanOrEqual(4);
});

test.each([301, 302, 303, 307, 308])(
  'a credential never goes to another origin: %p elsewhere is refused, and named',
  async (status) => {
    redirecting(status, `${elsewhereUrl()}/mcp?secret=1`);
    const text = textOf(await ask());
    expect(text).toContain(`It leads to ${elsewhereUrl()}/mcp.`);
    expect(text).toMatch(/backend_redirects/);
    expect(text).not.toContain('secret');
    expect(reached).toBe(0);
  },
);

test.each([
  ['another scheme', (origin: string) => origin.replace('http:', 'https:')],
  ['another port', (origin: string) => origin.replace(/:\d+$/, ':1')],
  ['another name of the host', (origin: string) => origin.replace('127.0.0.1', 'localhost')],
  ['a host after credentials', (origin: string) => `${origin}@evil.example`],
  ['a scheme of its own', () => 'javascript:alert(1)'],
  ['a host without a scheme', () => '//evil.example/mcp'],
])('%s is another origin', async (_what, change) => {
  redirecting(307, change(new URL(world.backend('inject').url).origin));
  const before = world.backend('inject').received.length;
  expect(textOf(await ask())).toMatch(/backend_redirects/);
  expect(world.backend('inject').received.length).toBe(before + 1);
});

test.each([
  [301, '/mcp/'],
  [302, '/mcp/'],
  [303, '/mcp/'],
  [307, undefined],
  [307, 'http://[nowhere'],
])('%p to %p keeps no call, and is not followed', async (status, location) => {
  redirecting(status, location);
  expect(textOf(await ask())).toMatch(/trying again helps once this is mended.*backend_redirects/);
});
