import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '@gatehouse/kernel/secret';
import { until } from '@gatehouse/testing/until';
import {
  fixtureBackend,
  isAlive,
  saidIn,
  startBridgeWorld,
  type BridgeWorld,
} from './bridge-world.fixture.js';

const TOKEN = 'gho_token-of-alice/with+signs=';
const OTHER_TOKEN = 'gho_token-of-bob';
const KEY = 'value-of-a-configured-key';

let world: BridgeWorld;
beforeAll(async () => {
  const secretEnv = new Map([['API_KEY', new Secret(KEY)]]);
  world = await startBridgeWorld(
    [
      fixtureBackend('open', { env: new Map([['LEVEL', 'high']]), secretEnv }),
      fixtureBackend('personal', { tokenEnv: 'OCTO_TOKEN' }),
      fixtureBackend('stubborn', {}, 'stubborn'),
      fixtureBackend('few', { processes: { atOnce: 3, atOncePerPerson: 2 } }),
      fixtureBackend('single', { processes: { atOnce: 1 } }, 'stubborn'),
      fixtureBackend('idle', { processes: { idleTimeoutMs: 100 } }),
    ],
    { ...process.env, BRIDGE_SECRET: 'the-bridge-s-own', NATS_CREDENTIALS: 'and-more' },
  );
});
afterAll(async () => await world.close());

const as = (person: string, token?: string): Record<string, string> => ({
  'gatehouse-person': person,
  ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
});

async function begun(backend: string, headers: Readonly<Record<string, string>> = {}) {
  const client = world.client(backend, headers);
  expect((await client.initialize()).status).toBe(200);
  return client;
}

describe('who is not the proxy', () => {
  test.each([
    ['without the secret', { 'gatehouse-bridge-secret': '' }],
    ['with a wrong secret', { 'gatehouse-bridge-secret': 'a-bridge-secret-that-only-the-proxy-haS' }],
    ['a page in a browser that knows the secret', { origin: 'http://127.0.0.1' }],
    ['a name that was rebound to this machine', { host: 'evil.example' }],
    ['another port of this machine', { host: '127.0.0.1:1' }],
  ])('a stranger is refused before any program starts: %s', async (_who, headers) => {
    const started = world.log.of('program-started').length;
    const answered = await world.client('open', headers).initialize();
    expect([answered.status, answered.headers['mcp-session-id']]).toEqual([403, undefined]);
    expect(world.log.of('program-started')).toHaveLength(started);
  });

  test('a stranger does not learn which backends there are', async () => {
    const without = { 'gatehouse-bridge-secret': '' };
    const [known, unknown] = [
      await world.client('open', without).initialize(),
      await world.client('nothing', without).initialize(),
    ];
    expect([known.status, known.text]).toEqual([unknown.status, unknown.text]);
  });

  test('the proxy is known by the name that it reaches the bridge at', async () => {
    expect((await world.client('open', { host: 'bridge.internal:4493' }).initialize()).status).toBe(200);
  });
});

describe('another person', () => {
  test('does not reach a session, however its id became known', async () => {
    const alice = await begun('personal', as('alice', TOKEN));
    const mallory = world.client('personal', as('mallory', OTHER_TOKEN));
    mallory.sessionId = alice.sessionId;
    for (const headers of [{}, as('alicE', TOKEN)]) {
      expect((await mallory.call('about', {}, { headers })).status).toBe(404);
      expect((await mallory.send({ method: 'GET', headers })).status).toBe(404);
      expect((await mallory.send({ method: 'DELETE', headers })).status).toBe(404);
      expect((await mallory.message({ id: 'q1', result: {} }, { headers })).status).toBe(404);
    }
    const elsewhere = world.client('open', as('alice'));
    elsewhere.sessionId = alice.sessionId;
    expect((await elsewhere.call('echo')).status).toBe(404);
    expect((await alice.about()).env['OCTO_TOKEN']).toBe(TOKEN);
  });

  test('never shares a program: each session has one of its own, with the token of its person', async () => {
    const clients = await Promise.all([
      begun('personal', as('alice', TOKEN)),
      begun('personal', as('alice', TOKEN)),
      begun('personal', as('bob', OTHER_TOKEN)),
    ]);
    const about = await Promise.all(clients.map(async (client) => await client.about()));
    expect(about.map(({ env }) => env['OCTO_TOKEN'])).toEqual([TOKEN, TOKEN, OTHER_TOKEN]);
    expect(new Set(about.map(({ pid }) => pid)).size).toBe(3);
  });

  test('without a name, or without a token, starts no program that needs one', async () => {
    expect((await world.client('personal').initialize()).status).toBe(403);
    const nameless = world.client('personal', { authorization: `Bearer ${TOKEN}` });
    expect((await nameless.initialize()).status).toBe(403);
    const answered = await world.client('personal', as('alice')).initialize();
    expect([answered.status, answered.headers['www-authenticate']]).toEqual([401, 'Bearer']);
  });
});

describe('a token', () => {
  test('is never an argument, and only in the variable that is configured', async () => {
    const client = await begun('personal', as('alice', TOKEN));
    const { argv, env, pid } = await client.about();
    const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    expect(`${argv.join()}${line}`).not.toContain(TOKEN);
    expect(Object.entries(env).filter(([, value]) => value.includes(TOKEN))).toEqual([['OCTO_TOKEN', TOKEN]]);
  });

  test('of a person reaches no program that is not configured for it', async () => {
    const client = await begun('open', as('alice', TOKEN));
    expect(JSON.stringify(await client.about())).not.toContain(TOKEN);
  });

  test('that changed is not used in the old program: what runs goes on, and the next call begins anew', async () => {
    const client = await begun('personal', as('alice', TOKEN));
    const { pid } = await client.about();
    const asking = client.call(
      'ask',
      {},
      {
        heard: ({ method, id }) => {
          if (method === undefined || id === undefined) return;
          void (async () => {
            const fresh = { headers: as('alice', OTHER_TOKEN) };
            expect((await client.call('echo', {}, fresh)).status).toBe(404);
            // The answer to a question of the old call still arrives.
            expect((await client.message({ id, result: 'still there' }, fresh)).status).toBe(202);
          })();
        },
      },
    );
    expect(saidIn(await asking)).toEqual({ answer: 'still there' });
    await until(() => !isAlive(pid));
    const next = await begun('personal', as('alice', OTHER_TOKEN));
    expect((await next.about()).env['OCTO_TOKEN']).toBe(OTHER_TOKEN);
  });

  test('that a program prints is not in the log, in whichever way it is written', async () => {
    const personal = await begun('personal', as('alice', TOKEN));
    const open = await begun('open');
    const basic = Buffer.from(TOKEN).toString('base64');
    await personal.call('say', { text: `auth: ${TOKEN} ${encodeURIComponent(TOKEN)} ${basic} end of it` });
    await personal.call('say', { text: `${'x'.repeat(16 * 1024 - 5)}${TOKEN}` });
    await open.call('say', { text: `key=${KEY}` });
    await until(() => world.log.of('program-says').length >= 3);
    const log = world.log.lines.join('\n');
    expect(log).toContain('auth: [redacted] [redacted] [redacted] end of it');
    expect(log).toContain('key=[redacted]');
    for (const hidden of [TOKEN, TOKEN.slice(0, 5), basic, KEY]) expect(log).not.toContain(hidden);
  });
});

describe('a program', () => {
  test('sees PATH, HOME and what is configured, and nothing else of the bridge', async () => {
    const { env } = await (await begun('open')).about();
    expect(Object.keys(env).toSorted()).toEqual(['API_KEY', 'GATEHOUSE_PROGRAM', 'HOME', 'LEVEL', 'PATH']);
    expect([env['LEVEL'], env['API_KEY']]).toEqual(['high', KEY]);
  });

  test.each(['DELETE', 'exit'])(
    'that leaves a process behind, in a session of its own and deaf to signals, has it ended with it: %s',
    async (how) => {
      const client = await begun('open');
      const left = Number(saidIn(await client.call('leave')));
      expect(isAlive(left)).toBe(true);
      await (how === 'DELETE' ? client.send({ method: 'DELETE' }) : client.call('exit'));
      await until(() => !isAlive(left));
    },
  );

  test('that does not want to end is ended', async () => {
    const client = await begun('stubborn');
    const { pid } = await client.about();
    await client.send({ method: 'DELETE' });
    await until(() => !isAlive(pid));
  });

  test('that nobody uses is ended', async () => {
    const client = await begun('idle');
    await until(async () => (await client.send({ method: 'GET' })).status === 404);
  });

  test('that answers somebody else’s question, or none, changes nothing', async () => {
    const [one, other] = await Promise.all([begun('open'), begun('open')]);
    const { answered } = await other.callForever('nobody asked');
    expect(saidIn(await one.call('garbage'))).toBe('after garbage');
    await other.message({ method: 'notifications/cancelled', params: { requestId: 'nobody asked' } });
    expect((await answered).messages.at(-1)?.error?.message).toBe('The request was cancelled.');
  });
});

describe('programs without end', () => {
  test('one person has a share: the own program that is idle for longest makes room', async () => {
    const first = await begun('few', as('alice'));
    const second = await begun('few', as('alice'));
    const bob = await begun('few', as('bob'));
    await second.call('echo');
    const third = await begun('few', as('alice'));
    expect((await first.call('echo')).status).toBe(404);
    for (const client of [second, third, bob]) expect((await client.call('echo')).status).toBe(200);
  });

  test('many who wait for one place at the same time get one place', async () => {
    await begun('single');
    const answered = await Promise.all(
      Array.from({ length: 8 }, async () => await world.client('single').initialize()),
    );
    expect(answered.map(({ status }) => status)).toContain(200);
    const runs = world.log.lines
      .filter((line) => line.includes('"backend":"single"'))
      .map((line) => Number(line.includes('program-started')) - Number(line.includes('program-ended')));
    let running = 0;
    expect(Math.max(...runs.map((change) => (running += change)))).toBe(1);
  });

  test('where all are at work, another one is refused', async () => {
    const clients = [await begun('few', as('carol')), await begun('few', as('carol'))];
    const calls = await Promise.all(clients.map(async (client) => await client.callForever('n')));
    const refused = await world.client('few', as('carol')).initialize();
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
    await Promise.all(clients.map(async (client) => await client.send({ method: 'DELETE' })));
    for (const { answered } of calls)
      expect((await answered).messages.at(-1)?.error?.message).toContain('may have run');
  });
});

test('a bridge that stops leaves no program, and tells those who wait', async () => {
  const ending = await startBridgeWorld([fixtureBackend('open')]);
  const client = ending.client('open');
  await client.initialize();
  const { pid } = await client.about();
  const left = Number(saidIn(await client.call('leave')));
  const { answered } = await client.callForever('w');
  await ending.close(50);
  expect((await answered).messages.at(-1)?.error?.message).toContain('the bridge stops');
  expect(isAlive(pid)).toBe(false);
  await until(() => !isAlive(left));
});
