import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import type { Answer } from '../testing/test-browser.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

let service: TestService;
let clientId: string;

shareWorld(startServiceWorld, async (world) => {
  ({ service } = world);
  clientId = await service.register();
});

const authorize = async (overrides: Readonly<Record<string, string>>, more = ''): Promise<Answer> =>
  await service.browser().get(service.authorizeUrl(clientId, overrides).url + more);

/** What the client is told in the query of its redirect URI, where nothing else may be. */
function told({ location = '', body }: Answer): Record<string, string> {
  const back = new URL(location);
  expect([back.origin + back.pathname, back.hash]).toEqual([REDIRECT_URI, '']);
  expect(body).not.toContain('<form');
  return Object.fromEntries(back.searchParams);
}

describe('a code goes back in the query and in no other way', () => {
  const modes = [
    'form_post',
    'fragment',
    'web_message',
    'jwt',
    'query.jwt',
    'form_post.jwt',
    'QUERY',
    'query query',
  ];

  test.each(modes)('response_mode=%s is refused, without a page of its own', async (mode) => {
    expect(told(await authorize({ response_mode: mode }))).toMatchObject({
      error: 'unsupported_response_mode',
      state: 'client-state',
      iss: service.issuer,
    });
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['a request object', { request: 'x.y.z' }],
    ['another resource', { resource: 'https://other.example/mcp' }],
    ['no challenge', { code_challenge: '' }],
  ])('nor do other errors make form_post a page: %s', async (_what, overrides) => {
    expect(told(await authorize({ response_mode: 'form_post', ...overrides }))['error']).toBeDefined();
  });

  test('nor does a response_mode that comes twice', async () => {
    const answer = await authorize({ response_mode: 'form_post' }, '&response_mode=form_post');
    expect(told(answer)['error']).toBe('invalid_request');
  });

  test.each(['query', ''])('response_mode=%s is fine', async (mode) => {
    expect((await authorize({ response_mode: mode })).location).toContain('/sign-in/');
  });
});
