import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { shareWorld, startServiceWorld } from '../testing/service-world.js';
import { REDIRECT_URI, type TestService, type TokenAnswer } from '../testing/test-service.js';

const ALL = 'http://localhost:9/mcp';
const BACKEND = `${ALL}/octo`;
const VIEW = `${ALL}/views/support`;

let service: TestService;

shareWorld(startServiceWorld, (started) => ({ service } = started));

let people = 0;

/** Signs in for a resource. @returns a way to redeem the code for another one. */
async function signedInFor(resource: string, clientId?: string) {
  const client = clientId ?? (await service.register());
  const { url, verifier } = service.authorizeUrl(client, { resource });
  const result = await service.signIn(service.browser(), url, `separate-${(people += 1)}`);
  const redeem = async (as: string | readonly string[] | undefined): Promise<TokenAnswer> =>
    await service.token([
      ['grant_type', 'authorization_code'],
      ['client_id', client],
      ['code', result.get('code') ?? ''],
      ['code_verifier', verifier],
      ['redirect_uri', REDIRECT_URI],
      ...[as ?? []].flat().map((resource): [string, string] => ['resource', resource]),
    ]);
  return { client, redeem };
}
const audienceOf = ({ access_token: token = '' }: TokenAnswer): unknown => decodeJwt(token).aud;
const refresh = async (client: string, answer: TokenAnswer, resource?: string): Promise<TokenAnswer> =>
  await service.token({
    grant_type: 'refresh_token',
    client_id: client,
    refresh_token: answer.refresh_token ?? '',
    ...(resource === undefined ? {} : { resource }),
  });

// RFC 8707, section 2.2.
test.each([ALL, BACKEND, VIEW])(
  'a token that is asked for %s is for that alone, also when it is renewed',
  async (resource) => {
    const { client, redeem } = await signedInFor(resource);
    const answer = await redeem(resource);
    expect(audienceOf(answer)).toBe(resource);
    const renewed = await refresh(client, answer);
    expect(audienceOf(renewed)).toBe(resource);
    expect(audienceOf(await refresh(client, renewed, `${resource}/`))).toBe(resource);
  },
);

test.each([
  [VIEW, ALL],
  [VIEW, BACKEND],
  [ALL, VIEW],
  [BACKEND, VIEW],
])('a code for %s is not redeemed for %s, and is not used up by the attempt', async (resource, other) => {
  const { redeem } = await signedInFor(resource);
  expect(await redeem(other)).toMatchObject({ status: 400, error: 'invalid_target' });
  expect(audienceOf(await redeem(resource))).toBe(resource);
});

// RFC 8707, section 2.2.
test('a code that is asked for two resources at once, for none that there is, or for no URL is not used up', async () => {
  const { redeem } = await signedInFor(VIEW);
  for (const wrong of ['https://other.example/mcp', 'the gateway', `${VIEW}/x`, [VIEW, ALL]])
    expect(await redeem(wrong)).toMatchObject({ status: 400, error: 'invalid_target' });
  expect(audienceOf(await redeem([VIEW, VIEW]))).toBe(VIEW);
});

test.each([
  [VIEW, ALL],
  [ALL, VIEW],
  [BACKEND, VIEW],
])(
  'a refresh token for %s gives no token for %s, and is not used up by the attempt',
  async (resource, other) => {
    const { client, redeem } = await signedInFor(resource);
    const answer = await redeem(resource);
    expect(await refresh(client, answer, other)).toMatchObject({ status: 400, error: 'invalid_target' });
    expect(audienceOf(await refresh(client, answer))).toBe(resource);
  },
);

test.each([`${ALL}/views`, `${ALL}/views/other`, `${ALL}/other`, `${VIEW}/x`])(
  'a resource that is not configured is refused: %s',
  async (resource) => {
    const { url } = service.authorizeUrl(await service.register(), { resource });
    const { location = '' } = await service.browser().get(url);
    expect(new URL(location).searchParams.get('error')).toBe('invalid_target');
  },
);

// RFC 8707, section 2.
test('a grant for two resources at once is refused', async () => {
  const { url } = service.authorizeUrl(await service.register());
  const { location = '' } = await service.browser().get(`${url}&resource=${encodeURIComponent(VIEW)}`);
  expect(new URL(location).searchParams.get('error')).toBe('invalid_target');
});

test('the page of a part names no backend that its tokens cannot reach', async () => {
  const client = await service.register();
  const pageFor = async (resource: string): Promise<string> => {
    const browser = service.browser();
    return (await browser.follow(await browser.get(service.authorizeUrl(client, { resource }).url))).body;
  };
  expect(await pageFor(ALL)).toContain('Used by: files');
  const page = await pageFor(VIEW);
  expect(page).not.toContain('files');
  expect(page).toContain('This application cannot use it.');
});

test('the approval of a part says which, and is none of the whole', async () => {
  const client = await service.register();
  const browser = service.browser();
  const pageFor = async (resource: string) =>
    await browser.follow(await browser.get(service.authorizeUrl(client, { resource }).url));
  const asked = await pageFor(VIEW);
  expect(asked.body).toMatch(/Only for[^]*mcp\/views\/support/);
  await service.signIn(browser, service.authorizeUrl(client, { resource: VIEW }).url, 'approver');
  expect((await pageFor(VIEW)).body).not.toContain('value="approve"');
  const whole = await pageFor(ALL);
  expect(whole.body).toContain('value="approve"');
  expect(whole.body).not.toContain('Only for');
});
