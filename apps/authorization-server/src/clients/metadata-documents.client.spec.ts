import 'reflect-metadata';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@gatehouse/kernel/clock';
import { whileStopped } from '@gatehouse/testing/stopped-clock';
import { decodeJwt } from 'jose';
import { startTrustedSite, type TrustedSite } from '@gatehouse/testing/trusted-site';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { pageName, type Answer } from '../testing/test-browser.js';
import { REDIRECT_URI, type TestService } from '../testing/test-service.js';

interface Served {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

let world: ServiceWorld;
let service: TestService;
let site: TrustedSite;
let origin: string;
let fetched: string[] = [];
const documents = new Map<string, Served>();

beforeAll(async () => {
  site = await startTrustedSite((request, response) => {
    fetched.push(request.url ?? '');
    const { status = 200, headers, body } = documents.get(request.url ?? '') ?? { status: 404, body: '' };
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  });
  ({ origin } = site);
});

shareWorld(startServiceWorld, (started) => ({ service } = world = started));

afterAll(() => site.close());

beforeEach(() => {
  fetched = [];
});

/** Publishes a document at a fresh address. @returns the client id. */
function publish(change: Readonly<Record<string, unknown>> = {}, served: Partial<Served> = {}): string {
  const path = `/client-${documents.size}.json`;
  const document = {
    client_id: origin + path,
    client_name: 'Document Client',
    redirect_uris: ['http://127.0.0.1/callback', 'https://app.example/callback'],
    token_endpoint_auth_method: 'none',
    ...change,
  };
  documents.set(path, { body: JSON.stringify(document), ...served });
  return origin + path;
}

const authorize = async (
  clientId: string,
  overrides: Readonly<Record<string, string>> = {},
): Promise<Answer> => {
  const browser = service.browser();
  return await browser.follow(await browser.get(service.authorizeUrl(clientId, overrides).url));
};

// MCP 2025-11-25, authorization.
describe('a client that is a document', () => {
  test('signs in with a loopback port that is not in its document, and its host is shown', async () => {
    const clientId = publish();
    const page = await authorize(clientId);
    expect(pageName(page)).toBe('consent');
    expect(page.body).toContain('Document Client');
    expect(page.body).toContain(new URL(origin).host);
    const { url, verifier } = service.authorizeUrl(clientId);
    const result = await service.signIn(service.browser(), url, 'document-user');
    const answer = await service.redeem(clientId, result.get('code') ?? '', verifier);
    expect(decodeJwt(answer.access_token ?? '')).toMatchObject({ client_id: clientId });
    expect((await service.refresh(clientId, answer.refresh_token ?? '')).status).toBe(200);
    expect(fetched).toHaveLength(1);
  });

  test('keeps grant types that are unknown here to itself', async () => {
    const grantTypes = [
      'authorization_code',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:device_code',
    ];
    expect(pageName(await authorize(publish({ grant_types: grantTypes })))).toBe('consent');
  });

  test.each<[string, Readonly<Record<string, unknown>>, Partial<Served>]>([
    ['its client_id is another one (impersonation)', { client_id: 'https://other.example/client' }, {}],
    ['it has a secret', { client_secret: 'x' }, {}],
    ['it wants to authenticate with a secret', { token_endpoint_auth_method: 'client_secret_basic' }, {}],
    ['it has no redirect URIs', { redirect_uris: [] }, {}],
    ['it has a scheme that is not known', { redirect_uris: [REDIRECT_URI, 'slack://x/callback'] }, {}],
    ['it has script for a redirect', { redirect_uris: ['javascript:alert(1)'] }, {}],
    ['a redirect has a control character', { redirect_uris: ['https://app.example/\u0000'] }, {}],
    ['a redirect has a user name', { redirect_uris: ['https://app.example@evil.example/'] }, {}],
    ['a redirect has a backslash', { redirect_uris: ['https://evil.example\\@app.example/'] }, {}],
    ['a page about it has a backslash', { client_uri: 'https://evil.example\\@app.example/' }, {}],
    ['a page about it has a space', { tos_uri: 'https://app.example/ terms' }, {}],
    [
      'it has http on the open internet',
      { redirect_uris: [REDIRECT_URI, 'http://app.example/cb'], application_type: 'web' },
      {},
    ],
    ['its name turns the direction of the page (spoofing)', { client_name: 'Slack \u202eelgooG' }, {}],
    ['its name holds what nobody sees', { client_name: 'Sla\u200bck' }, {}],
    ['its name pushes the page away', { client_name: 'x'.repeat(5_000) }, {}],
    ['its name is blank', { client_name: '\u00a0' }, {}],
    ['it is a redirect', {}, { status: 302, headers: { location: 'https://elsewhere.example/' } }],
    ['it is not there', {}, { status: 404 }],
    ['it is HTML by its media type', {}, { headers: { 'content-type': 'text/html' } }],
    ['it is too large', { padding: 'x'.repeat(20_000) }, {}],
    ['it is no JSON', {}, { body: 'not json' }],
  ])('is refused on a page when %s', async (_why, change, served) => {
    const answer = await authorize(publish(change, served));
    expect([answer.status, pageName(answer), answer.location]).toEqual([400, 'error', undefined]);
  });

  test.each([
    'http://localhost/client.json',
    'https://user@localhost/client.json',
    'https://localhost/a/../client.json',
    'https://localhost/client.json#x',
  ])('is not fetched from %s', async (clientId) => {
    expect((await authorize(clientId)).status).toBe(400);
    expect(fetched).toEqual([]);
  });

  test('is told what is wrong with its name', async () => {
    const page = await authorize(publish({ client_name: 'Slack \u202eelgooG' }));
    expect(page.body).toContain('client_name must not contain');
    expect(page.body).toContain('invalid_client_metadata');
  });

  test('may have a name of any language, and emoji', async () => {
    const name = 'Café 日本語 👩🏽\u200d💻';
    expect((await authorize(publish({ client_name: name }))).body).toContain(name);
  });

  test('cannot be called back where its document does not say', async () => {
    const answer = await authorize(publish(), { redirect_uri: 'https://evil.example/callback' });
    expect([answer.status, answer.location]).toEqual([400, undefined]);
  });
});

test('a document whose host is away is said to be unreadable, and not that the gateway is out of order', async () => {
  const page = await authorize('https://localhost:9/client.json');
  expect(page.status).toBe(400);
  expect(page.body).toContain('The description of this application cannot be read');
  expect(page.body).not.toContain('A part of the gateway is unavailable');
});

test('an address inside the network is not fetched unless that was configured (SSRF)', async () => {
  const { metadataDocuments } = service.config.clientRegistration;
  const guarded = await world.startAnother({
    clientRegistration: {
      ...service.config.clientRegistration,
      metadataDocuments: { ...metadataDocuments, allowPrivateIps: false },
    },
    keyEncryptionKeys: service.config.keyEncryptionKeys,
  });
  const browser = guarded.browser();
  const answer = await browser.get(guarded.authorizeUrl(publish()).url);
  await guarded.close();
  expect(answer.status).toBe(400);
  expect(fetched).toEqual([]);
});

test('one address cannot have documents of other people fetched without end (amplification)', async () => {
  const ask = async (index: number) =>
    await service.token({ grant_type: 'refresh_token', refresh_token: 'x', client_id: `${origin}/${index}` });
  const answers = await whileStopped(systemClock, () =>
    Promise.all(Array.from({ length: 120 }, (_none, index) => ask(index))),
  );
  expect(new Set(answers.map(({ error }) => error))).toEqual(new Set(['invalid_client']));
  expect(fetched.length).toBeLessThan(100);
});
