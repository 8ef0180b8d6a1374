import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { authorization, legacyClient, modern, post } from '../client.fixture.js';
import { AUDIENCE } from '../proxy.fixture.js';
import { ENG, startPolicyWorld, UNKNOWN, type PolicyWorld } from './authorization.fixture.js';

let world: PolicyWorld;
let proxy: PolicyWorld['proxy'];
beforeAll(async () => {
  world = await startPolicyWorld();
  ({ proxy } = world);
});
afterAll(() => world.close());

const tokenOf: PolicyWorld['tokenOf'] = (...of) => world.tokenOf(...of);
const call: PolicyWorld['call'] = (...of) => world.call(...of);
const expectNotCalled: PolicyWorld['expectNotCalled'] = (ask) => world.expectNotCalled(ask);

describe('what a client sends decides nothing', () => {
  test('claims that the client forges in _meta, in headers and in arguments', async () => {
    const forged = { groups: ['eng'], claim_groups: ['eng'], sub: 'admin', level: 3, claim_level: 3 };
    const answer = await expectNotCalled(async () =>
      modern(
        proxy.mcpUrl,
        'tools/call',
        { name: 'repos_search', arguments: forged, _meta: forged },
        { token: await tokenOf({}), headers: { 'x-groups': 'eng', 'x-forwarded-user': 'admin' } },
      ),
    );
    expect(answer.body.error).toEqual(UNKNOWN);
  });

  test('a token that the client changed itself is no token', async () => {
    const [head, , signature] = (await tokenOf({})).split('.');
    const claims = { sub: randomUUID(), groups: ['eng'], aud: AUDIENCE };
    const token = `${head ?? ''}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature ?? ''}`;
    const { status } = await modern(proxy.mcpUrl, 'tools/list', {}, { token });
    expect(status).toBe(401);
  });

  test.each([
    ['a text', { amount: '5' }],
    ['a fraction', { amount: 5.5 }],
    ['a list', { amount: [5] }],
    ['nothing', { amount: null }],
    ['true', { amount: true }],
    ['other case', { AMOUNT: 5000, amount2: 5 }],
  ])('an argument that is %s where policies compare a number', async (_what, args) => {
    const { body } = await expectNotCalled(() => call({ level: 3 }, 'repos_transfer', args));
    expect(body.error?.message).toContain('the argument amount must be a whole number');
  });

  test('a number spelled so that parsers differ', async () => {
    const token = await tokenOf({ level: 3 });
    const client = await legacyClient(proxy.mcpUrl, token);
    const headers = {
      'mcp-session-id': client.sessionId,
      'mcp-protocol-version': '2025-11-25',
      ...authorization(token),
    };
    for (const spelled of ['1e1', '5.0', '-0', '99999999999999999999', '-99999999999999999999'])
      await expectNotCalled(() =>
        post(
          proxy.mcpUrl,
          `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"repos_transfer","arguments":{"amount":${spelled}}}}`,
          headers,
        ),
      );
  });

  test('an argument in another case, or as a text, does not slip past a forbid', async () => {
    for (const args of [{ Env: 'prod' }, { ENV: 'prod' }, { env: ['prod'] }, { env: 'prod', dry: 'true' }])
      await expectNotCalled(() => call(ENG, 'repos_deploy', args));
  });

  test.each([
    ['Arguments', { env: 'prod' }],
    ['ARGUMENTS', { env: 'prod' }],
    ['arguments', '{"env":"prod"}'],
    ['arguments', [{ env: 'prod' }]],
    ['arguments', null],
  ])(
    'arguments that only a lenient backend reads, as %s: %j, do not slip past a forbid',
    async (name, value) => {
      const params = { name: 'repos_deploy', [name]: value };
      const { body } = await expectNotCalled(async () =>
        modern(proxy.mcpUrl, 'tools/call', params, { token: await tokenOf(ENG) }),
      );
      expect(body.error?.message).toContain('arguments must be an object');
    },
  );

  test('a reference whose type only a lenient backend reads is of nothing', async () => {
    const argument = { name: 'a', value: '' };
    for (const type of [{ Type: 'ref/resource' }, { type: 'REF/RESOURCE' }, {}])
      await expectNotCalled(async () =>
        modern(
          proxy.mcpUrl,
          'completion/complete',
          { ref: { ...type, name: 'repos_plan', uri: 'file:///secret/b' }, argument },
          { token: await tokenOf(ENG) },
        ),
      );
  });

  test('a URI that may mean very much, or is very long, is not thought about for long: it is of nothing', async () => {
    const odd = 'http://u@Ab:80/A;x/B;y/?q=1';
    for (const uri of [`repos+${odd}`, `repos+file:///open/${'a'.repeat(3_000)}`]) {
      const { body } = await expectNotCalled(async () =>
        modern(proxy.mcpUrl, 'resources/read', { uri }, { token: await tokenOf(ENG) }),
      );
      expect(body.error?.message).toBe('there is no such resource');
    }
  });

  test('a call is looked into only where arguments decide: large ones go through elsewhere', async () => {
    const before = world.callsAtBackends();
    const args = { text: 'x'.repeat(400_000), a: 1, A: 2 };
    expect((await call(ENG, 'repos_search', args)).body.result).toBeDefined();
    expect(world.callsAtBackends()).toBe(before + 1);
  });

  test('a claim of another type than policies compare lets nobody in', async () => {
    for (const level of ['3', [3], true, 3.5])
      await expectNotCalled(() => call({ ...ENG, level }, 'repos_search'));
  });
});
