import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { authorization, legacyClient, modern, post, type ClientAnswer } from '../client.fixture.js';
import type { JsonObject } from '../mcp/message.js';
import { ENG, LONG, startPolicyWorld, UNKNOWN, type PolicyWorld } from './authorization.fixture.js';

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
const callsAtBackends: PolicyWorld['callsAtBackends'] = () => world.callsAtBackends();
const namesIn = ({ body: { result } }: ClientAnswer, kind = 'tools', member = 'name'): readonly unknown[] =>
  (result?.[kind] as readonly JsonObject[]).map((one) => one[member]);

describe('what no policy permits does not exist', () => {
  test('lists of both eras and of every endpoint show the same as calls may do', async () => {
    const support = { groups: ['support'] };
    const shown = ['repos_search', 'tickets_list'];
    expect(namesIn(await modern(proxy.mcpUrl, 'tools/list', {}, { token: await tokenOf(support) }))).toEqual(
      shown,
    );
    const legacy = await legacyClient(proxy.mcpUrl, await tokenOf(support));
    expect(namesIn(await legacy.request('tools/list'))).toEqual(shown);
    expect(namesIn(await legacy.request('prompts/list'), 'prompts')).toEqual([]);
    const token = await tokenOf(support, '/views/all');
    expect(namesIn(await modern(`${proxy.mcpUrl}/views/all`, 'tools/list', {}, { token }))).toEqual(shown);
    const alone = await tokenOf(support, '/repos');
    expect(namesIn(await modern(`${proxy.mcpUrl}/repos`, 'tools/list', {}, { token: alone }))).toEqual([
      'search',
    ]);
    for (const name of shown) expect((await call(support, name)).status).toBe(200);
  });

  test('a tool that no policy permits is answered as one that there is not', async () => {
    const [denied, absent] = [
      await expectNotCalled(() => call({ groups: ['support'] }, 'repos_deploy')),
      await expectNotCalled(() => call({ groups: ['support'] }, 'repos_deplox')),
    ];
    expect(denied.body.error).toEqual(UNKNOWN);
    expect(denied).toMatchObject({ status: absent.status, text: absent.text });
  });

  test('a caller without groups sees nothing and calls nothing', async () => {
    expect(namesIn(await modern(proxy.mcpUrl, 'tools/list', {}, { token: await tokenOf({}) }))).toEqual([]);
    expect((await expectNotCalled(() => call({}, 'repos_search'))).body.error).toEqual(UNKNOWN);
  });

  test('a tool that depends on arguments is listed for those whom some arguments let in', async () => {
    const { status, body } = await call({ level: 3 }, 'repos_transfer', { amount: 5 });
    expect({ status, error: body.error }).toEqual({ status: 200, error: undefined });
    const token = await tokenOf({ level: 3 });
    expect(namesIn(await modern(proxy.mcpUrl, 'tools/list', {}, { token }))).toEqual(['repos_transfer']);
    const refused = await expectNotCalled(() => call({ level: 3 }, 'repos_transfer', { amount: 500 }));
    expect(refused.body.error?.message).toContain('no policy permits it with these arguments');
    expect(
      (await expectNotCalled(() => call({ level: 2 }, 'repos_transfer', { amount: 5 }))).body.error,
    ).toEqual(UNKNOWN);
  });
});

describe('a forbid is explained to those whom a policy lets in', () => {
  test('by its reason and its id', async () => {
    const { status, body } = await expectNotCalled(() => call(ENG, 'repos_delete_all'));
    expect(status).toBe(403);
    expect(body.error).toEqual({
      code: -31_000,
      message: 'This call is not allowed: deleting is done by the release team.',
      data: {
        code: 'not_allowed',
        retry: 'never',
        reason: 'deleting is done by the release team',
        policy: 'no-deletes',
        reference: expect.any(String),
      },
    });
  });

  test('a tool that is forbidden to others is unknown to whom nothing lets in', async () => {
    expect((await expectNotCalled(() => call({}, 'repos_delete_all'))).body.error).toEqual(UNKNOWN);
  });

  test('where arguments decide, those that are allowed go through', async () => {
    expect((await call(ENG, 'repos_deploy', { env: 'test' })).status).toBe(200);
    expect((await call(ENG, 'repos_deploy', { env: 'prod', dry: true })).status).toBe(200);
    const { body } = await expectNotCalled(() => call(ENG, 'repos_deploy', { env: 'prod' }));
    expect(body.error?.data).toMatchObject({ reason: 'only dry runs on prod' });
  });
});

describe('a forbidden tool is not reached by another way', () => {
  test.each([
    ['its original name', 'delete_all', ''],
    ['a backend’s own endpoint', 'delete_all', '/repos'],
    ['a view', 'repos_delete_all', '/views/all'],
    ['other case', 'repos_Delete_All', ''],
    ['other case of the prefix', 'REPOS_delete_all', ''],
    ['a confusable letter', 'repos_dеlete_all', ''],
    ['a character that nobody sees', 'repos_delete_all\u200b', ''],
    ['full-width letters', 'repos_ｄelete_all', ''],
    ['a blank at the end', 'repos_delete_all ', ''],
    ['a decomposed letter', 'repos_dele\u0301te_all', ''],
  ])('by %s', async (_how, name, place) => {
    const headers = /^[\x20-\x7e]*[\x21-\x7e]$/.test(name)
      ? {}
      : { 'mcp-name': `=?base64?${Buffer.from(name).toString('base64')}?=` };
    const token = await tokenOf(ENG, place);
    await expectNotCalled(() =>
      modern(proxy.mcpUrl + place, 'tools/call', { name, arguments: {} }, { token, headers }),
    );
  });

  test('by its short form, which a policy with the whole name is about as well', async () => {
    const token = await tokenOf({ ...ENG });
    const names = namesIn(await modern(proxy.mcpUrl, 'tools/list', {}, { token }));
    expect(names).toEqual([
      'repos_search',
      'repos_deploy',
      'repos_transfer',
      'tickets_create',
      'tickets_list',
    ]);
    const { shortName } = await import('@gatehouse/kernel/short-name');
    const { body } = await expectNotCalled(() => call(ENG, shortName(`repos_${LONG}`, 40)));
    expect(body.error?.data).toMatchObject({ policy: 'no-long' });
    await expectNotCalled(() => call(ENG, LONG, {}, '/repos'));
  });

  test('in a batch, beside calls that are allowed', async () => {
    const token = await tokenOf(ENG);
    const client = await legacyClient(proxy.mcpUrl, token, { version: '2025-03-26' });
    const before = callsAtBackends();
    const batch = ['repos_delete_all', 'repos_search', 'repos_delete_all'].map((name, id) => ({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name, arguments: {} },
    }));
    const headers = { 'mcp-session-id': client.sessionId, ...authorization(token) };
    const answers = JSON.parse((await post(proxy.mcpUrl, batch, headers)).text) as readonly JsonObject[];
    expect(answers.map((one) => 'error' in one)).toEqual([true, false, true]);
    expect(callsAtBackends()).toBe(before + 1);
  });

  test('by a client of an earlier revision: 403, with the reason', async () => {
    const client = await legacyClient(proxy.mcpUrl, await tokenOf(ENG));
    const { status, body } = await expectNotCalled(() =>
      client.request('tools/call', { name: 'repos_delete_all' }),
    );
    expect(status).toBe(403);
    expect(body.error?.message).toContain('release team');
  });

  test('for completion, for subscriptions, as prompt and as resource', async () => {
    const client = await legacyClient(proxy.mcpUrl, await tokenOf(ENG));
    const argument = { name: 'a', value: '' };
    for (const [method, params] of [
      ['prompts/get', { name: 'repos_secret_plan' }],
      ['completion/complete', { ref: { type: 'ref/prompt', name: 'repos_secret_plan' }, argument }],
      ['completion/complete', { ref: { type: 'ref/resource', uri: 'file:///secret/b' }, argument }],
      ['resources/read', { uri: 'file:///secret/b' }],
      ['resources/subscribe', { uri: 'file:///secret/b' }],
    ] as const)
      expect((await expectNotCalled(() => client.request(method, params))).body.error).toBeDefined();
    const listed = await client.request('resources/list');
    expect(namesIn(listed, 'resources', 'uri')).toEqual(['file:///open/a']);
    expect((await client.request('resources/read', { uri: 'file:///open/a' })).body.error).toBeUndefined();
  });

  test.each([
    'file:///open/../secret/b',
    'file:///%73ecret/b',
    'file:///secret%2fb',
    'FILE:///secret/b',
    'file:/secret/b',
    'file://localhost/secret/b',
    'file:///SECRET/b',
    'file:////secret/b',
    'file:///ｓecret/b',
    'repos+file:///secret/b',
  ])('a forbidden resource, spelled %s', async (uri) => {
    const client = await legacyClient(proxy.mcpUrl, await tokenOf(ENG));
    expect((await expectNotCalled(() => client.request('resources/read', { uri }))).body.error).toBeDefined();
  });
});
