import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { inRepository } from '@gatehouse/testing/repository';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.close();
});

/** What the pod of `helm test` runs, with its environment. */
async function check(
  changed: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly said: string }> {
  const [proxy] = world.portsOf('vmcp-proxy');
  const [server] = world.portsOf('authorization-server');
  const child = spawn(process.execPath, [inRepository('infra/helm/gatehouse/files/check.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PUBLIC_URL: world.mcpUrl.replace(/\/mcp$/, ''),
      ISSUER: world.issuer,
      PROXY: `http://127.0.0.1:${proxy}`,
      AUTHORIZATION_SERVER: `http://127.0.0.1:${server}`,
      ...changed,
    },
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

test('helm test: a client finds its way from the endpoint to a sign-in, and gets nothing without one', async () => {
  const { code, said } = await check();
  expect(said).toBe(
    [
      'ok   a call without a token is refused, and says where to begin',
      'ok   the metadata of the resource names the issuer',
      'ok   the issuer describes itself (RFC 8414), and publishes keys',
      'ok   a made-up client gets no sign-in',
      'A client finds its way.\n',
    ].join('\n'),
  );
  expect(code).toBe(0);
});

test.each([
  [
    'another issuer than the configuration’s',
    { ISSUER: 'http://localhost:1' },
    /FAIL the metadata of the resource names the issuer/,
  ],
  ['a Service behind which nobody is', { PROXY: 'http://127.0.0.1:1' }, /FAIL a call without a token/],
])('helm test fails with %s', async (_name, changed, message) => {
  const { code, said } = await check(changed);
  expect(said).toMatch(message);
  expect(code).toBe(1);
});
