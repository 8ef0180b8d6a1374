import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { hostileJson } from '@gatehouse/testing/hostile-json';
import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { startWorld } from '@gatehouse/testing/world';
import { request } from 'undici';
import startPostgres from '../../libs/testing/jest-global-setup.mjs';
import stopPostgres from '../../libs/testing/jest-global-teardown.mjs';

/**
 * One person sends the largest accepted body, in every shape that is expensive to parse. Meanwhile a bystander sends
 * `server/discover` requests, which the gateway answers without a backend. The bystander's waiting time shows how long
 * the event loop was blocked. Each shape is sent several times.
 */
const BODY_BYTES = 4 * 1024 * 1024;
const TIMES = Number(process.env['BENCH_TIMES'] ?? 3);
/** Longer than this for the bystander's slowest call in a hundred is a failure. */
const CEILING_MS = Number(process.env['BENCH_CEILING_MS'] ?? 100);

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

await startPostgres();
const world = await startWorld();
try {
  const [port = 0] = world.portsOf('vmcp-proxy');
  const send = senderTo(`http://127.0.0.1:${port}/mcp`);
  const [hostile, bystander] = await Promise.all(
    ['mallory', 'bob'].map(async (login) => {
      const client = await OAuthClient.register(world.mcpUrl);
      return (await client.signIn(login)).accessToken;
    }),
  );
  if (hostile === undefined || bystander === undefined) throw new Error('nobody signed in');
  const ask = async () => await send(bystander, 'server/discover', '{');
  for (let count = 0; count < 200; count += 1) await ask();
  const rows = [await waits('nobody is hostile', async () => await pause(500), ask)];
  for (const [shape, text] of hostileJson(BODY_BYTES - 1_024)) {
    const params = `{"name":"status_whoami","arguments":{"more":${text}},`;
    const attack = async () => {
      for (let count = 0; count < TIMES; count += 1) await send(hostile, 'tools/call', params);
    };
    rows.push(await waits(shape, attack, ask));
  }
  console.table(rows);
  const worst = Math.max(...rows.map((row) => row['p99 ms']));
  console.log(`the bystander's slowest call in a hundred: ${worst} ms (ceiling ${CEILING_MS})`);
  process.exitCode = worst <= CEILING_MS ? 0 : 1;
} finally {
  await world.close();
  await stopPostgres();
}

/** The status is not asked: a refusal has to be as quick. @param params of the request, up to where `_meta` follows */
function senderTo(url: string) {
  return async (token: string, method: string, params: string): Promise<void> => {
    const name = method === 'tools/call' ? { 'mcp-name': 'status_whoami' } : {};
    const { body } = await request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: `Bearer ${token}`,
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': method,
        ...name,
      },
      body: `{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}"_meta":${JSON.stringify(META)}}}`,
    });
    await body.dump();
  };
}

async function waits(shape: string, attack: () => Promise<void>, bystand: () => Promise<void>) {
  const waited: number[] = [];
  const under = { way: true };
  const over = attack().finally(() => (under.way = false));
  while (under.way) {
    const beganMs = performance.now();
    await bystand();
    waited.push(performance.now() - beganMs);
  }
  await over;
  waited.sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round((waited[Math.min(waited.length - 1, Math.floor(waited.length * share))] ?? 0) * 10) / 10;
  return { shape, calls: waited.length, 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'longest ms': at(1) };
}
