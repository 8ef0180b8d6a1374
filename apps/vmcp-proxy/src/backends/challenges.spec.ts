import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { randomUUID } from 'node:crypto';
import { startBackend, type TestBackend } from '../backend.fixture.js';
import { modern, textOf } from '../client.fixture.js';
import { startProxy, type TestProxy } from '../proxy.fixture.js';

/** What backends want their people's sign-ins to show. */
const OF_PROVIDER = { of: 'provider', providerName: 'octo', token: 'access_token' } as const;
const STRATEGIES = {
  inject: { type: 'upstreamInject', providerName: 'octo' },
  obo: { type: 'issuedToken', subject: OF_PROVIDER, providers: ['octo'], hearsChallenges: true },
  exchange: { type: 'issuedToken', subject: OF_PROVIDER, providers: ['octo'] },
} as const;
type Name = keyof typeof STRATEGIES;
const NAMES = Object.keys(STRATEGIES) as Name[];

const CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
const IN_BASE64 = Buffer.from(CLAIMS).toString('base64');
const INSUFFICIENT = `Bearer realm="", error="insufficient_claims", claims="${IN_BASE64}"`;

let nats: TestNats;
let proxy: TestProxy;
let replica: Awaited<ReturnType<TestProxy['startReplica']>>;
const backends = new Map<Name, TestBackend>();
const log = new KeptLog();

beforeAll(async () => {
  nats = await startTestNats();
  for (const name of NAMES) backends.set(name, await startBackend({ kind: 'modern' }));
  proxy = await startProxy({
    nats,
    log,
    backends: NAMES.map((name) => ({
      name,
      url: backends.get(name)?.url ?? '',
      strategy: STRATEGIES[name],
    })),
  });
  replica = await proxy.startReplica();
});

beforeEach(() => {
  for (const backend of backends.values()) backend.setIntercept(undefined);
  proxy.surroundings.challenges.length = 0;
  proxy.surroundings.unasked.clear();
});

afterAll(async () => {
  await replica.close();
  await proxy.close();
  await Promise.all([...backends.values()].map((backend) => backend.close()));
  await nats.close();
});

const caller = async (): Promise<string> => {
  const token = await proxy.token();
  for (const { mcpUrl } of [proxy, replica]) await modern(mcpUrl, 'tools/list', {}, { token });
  return token;
};

const call = async (name: Name, token: string, mcpUrl = proxy.mcpUrl) =>
  await modern(mcpUrl, 'tools/call', { name: `${name}_echo`, arguments: { text: 'hello' } }, { token });

/** Calls are answered like this; of whom, where it says so. @returns how many were */
function answering(name: Name, status: number, challenge: string, of?: string): () => number {
  let tries = 0;
  backends.get(name)?.setIntercept((one, response) => {
    const isOther = of !== undefined && one.headers.authorization?.includes(of) !== true;
    if (one.body['method'] !== 'tools/call' || isOther) return false;
    tries += 1;
    response.writeHead(status, { 'www-authenticate': challenge }).end();
    return true;
  });
  return () => tries;
}

describe.each([401, 403])('a backend that answers %s with a challenge', (status) => {
  test.each([
    ['claims, in base64', INSUFFICIENT, { claims: IN_BASE64 }],
    [
      'claims, as they are',
      `Bearer error="insufficient_claims", claims="${CLAIMS.replaceAll('"', '\\"')}"`,
      { claims: CLAIMS },
    ],
    // RFC 9470, section 3.
    [
      'an authentication context and an age',
      'Bearer error="insufficient_user_authentication", error_description="again", acr_values="gold silver", max_age="5"',
      { acrValues: 'gold silver', maxAgeSeconds: 5 },
    ],
    ['an age', 'Bearer error="insufficient_user_authentication", max_age=0', { maxAgeSeconds: 0 }],
  ])(
    'for %s: the vault hears it, and the person gets a link; nothing is sent again',
    async (_what, said, heard) => {
      for (const name of ['inject', 'obo'] as const) {
        proxy.surroundings.challenges.length = 0;
        const tries = answering(name, status, said);
        const token = await caller();
        expect(textOf(await call(name, token))).toContain('/connect/octo');
        expect(proxy.surroundings.challenges).toEqual([heard]);
        expect(tries()).toBe(1);
      }
    },
  );

  test('where no provider can be asked for it, is refused as ever: nobody is asked to sign in in vain', async () => {
    answering('exchange', status, INSUFFICIENT);
    const answer = textOf(await call('exchange', await caller()));
    expect(answer).toContain('backend_unauthorized');
    expect(answer).not.toContain('/connect/');
    expect(proxy.surroundings.challenges).toEqual([]);
  });

  test('attack: for which the vault can ask nobody gets no other token, and no second request', async () => {
    for (const name of ['inject', 'obo'] as const) {
      proxy.surroundings.unasked.add(name);
      const tries = answering(name, status, INSUFFICIENT);
      expect(textOf(await call(name, await caller()))).toContain('backend_unauthorized');
      expect(tries()).toBe(1);
    }
  });

  test.each([
    ['without claims', 'Bearer error="insufficient_claims"'],
    ['with empty ones', 'Bearer error="insufficient_claims", claims=""'],
    ['with more than anybody asks for', `Bearer error="insufficient_claims", claims="${'x'.repeat(7_000)}"`],
    ['with claims beside another error', `Bearer error="insufficient_scope", claims="${IN_BASE64}"`],
    ['of another scheme', `DPoP error="insufficient_claims", claims="${IN_BASE64}"`],
    ['that names neither context nor age', 'Bearer error="insufficient_user_authentication"'],
    [
      'with a context without end',
      `Bearer error="insufficient_user_authentication", acr_values="${'x'.repeat(2_000)}"`,
    ],
    ['with an age that is none', 'Bearer error="insufficient_user_authentication", max_age="-5"'],
    ['with an age without end', 'Bearer error="insufficient_user_authentication", max_age="99999999999"'],
  ])('attack: a challenge %s is none: the vault hears nothing', async (_what, said) => {
    answering('inject', status, said);
    expect(textOf(await call('inject', await caller()))).toContain('backend_unauthorized');
    expect(proxy.surroundings.challenges).toEqual([]);
  });
});

test('attack: what a backend wants of one person is wanted of no other, at either replica; the token stays good for other calls', async () => {
  const [aliceTsid, bobTsid] = [randomUUID(), randomUUID()];
  const [alice, bob] = [await proxy.token({ tsid: aliceTsid }), await proxy.token({ tsid: bobTsid })];
  for (const { mcpUrl } of [proxy, replica]) {
    for (const token of [alice, bob]) await modern(mcpUrl, 'tools/list', {}, { token });
    answering('inject', 401, INSUFFICIENT, aliceTsid);
    proxy.surroundings.asked.length = 0;
    expect(textOf(await call('inject', alice, mcpUrl))).toContain('/connect/octo');
    expect(textOf(await call('inject', bob, mcpUrl))).toContain('hello');
    const heard = proxy.surroundings.asked.filter(({ request }) => request['challenge'] !== undefined);
    expect(heard.map(({ request }) => request['tsid'])).toEqual([aliceTsid]);
    backends.get('inject')?.setIntercept(undefined);
    expect(textOf(await call('inject', alice, mcpUrl))).toContain('hello');
  }
});

test('attack: what a backend wants to see is in no log, and no client reads it', async () => {
  answering('inject', 401, INSUFFICIENT);
  const answer = await call('inject', await caller());
  for (const text of [answer.text, JSON.stringify([...answer.headers]), log.lines.join('\n')]) {
    expect(text).not.toContain(IN_BASE64);
    expect(text).not.toContain('acrs');
  }
});

test('a challenge that is the second refusal leads to the link all the same, without a third request', async () => {
  const token = await caller();
  let tries = 0;
  backends.get('inject')?.setIntercept((one, response) => {
    if (one.body['method'] !== 'tools/call') return false;
    tries += 1;
    const isRenewed = one.headers.authorization?.endsWith('-renewed') === true;
    response.writeHead(401, isRenewed ? { 'www-authenticate': INSUFFICIENT } : {}).end();
    return true;
  });
  expect(textOf(await call('inject', token))).toContain('/connect/octo');
  expect([tries, proxy.surroundings.challenges.length]).toEqual([2, 1]);
});
