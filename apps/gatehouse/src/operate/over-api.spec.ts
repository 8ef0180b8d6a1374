import type { ServerResponse } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpStub, sendJson, type StubRequest } from '@gatehouse/testing/http-stub';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { gatehouse } from '../terminal.fixture.js';

const SECRET = 'a secret: of a client';
const CLIENT = { GATEHOUSE_ADMIN_CLIENT_ID: 'operations', GATEHOUSE_ADMIN_CLIENT_SECRET: SECRET };

/** An administrator's API and its authorization server in one, which may say anything. The real ones are in tests/flows. */
class Gateway extends HttpStub {
  readonly requests: StubRequest[] = [];
  resource = '';
  issuer = '';
  tokenEndpoint = '';
  answers = new Map<string, readonly [status: number, body: object]>();

  reset(): void {
    this.requests.length = 0;
    this.answers = new Map();
    this.resource = this.issuer = this.origin;
    this.tokenEndpoint = `${this.origin}/token`;
  }

  protected override answer(request: StubRequest, response: ServerResponse): void {
    this.requests.push(request);
    const [status, body] = this.answers.get(request.url.pathname) ?? this.#usual(request.url.pathname);
    sendJson(response, status, body);
  }

  #usual(path: string): readonly [number, object] {
    const { issuer, resource, tokenEndpoint } = this;
    if (path === '/.well-known/oauth-protected-resource')
      return [200, { resource, authorization_servers: [issuer] }];
    if (path === '/.well-known/oauth-authorization-server')
      return [200, { issuer, token_endpoint: tokenEndpoint }];
    if (path === '/token') return [200, { access_token: 'the-token' }];
    return [200, { items: [], next: null }];
  }
}

const gateway = new Gateway();
const other = new Gateway();
let folder: string;

beforeAll(async () => {
  await Promise.all([gateway.start(), other.start()]);
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-over-api-'));
});
beforeEach(() => {
  gateway.reset();
  other.reset();
});
afterAll(async () => {
  await Promise.all([gateway.stop(), other.stop()]);
  await rm(folder, { recursive: true, force: true });
});

const shownTo = ({ requests }: Gateway, path: string) =>
  requests.filter(({ url }) => url.pathname === path).map(({ headers }) => headers.authorization);
const clients = async (environment = {}, ...more: readonly string[]) =>
  await gatehouse(['clients', '--api', gateway.origin, ...more], environment);

describe('the token', () => {
  // RFC 6749, sections 2.3.1 and 4.4; RFC 8707, section 2.
  test('is asked for by the client, for this API, with its secret form-encoded', async () => {
    expect(await clients(CLIENT)).toMatchObject({ code: 0, stdout: 'No client is known.\n', stderr: '' });
    const asked = gateway.requests.find(({ url }) => url.pathname === '/token');
    expect(Buffer.from((asked?.headers.authorization ?? '').slice(6), 'base64').toString()).toBe(
      'operations:a+secret%3A+of+a+client',
    );
    expect(new URLSearchParams(asked?.body).toString()).toBe(
      new URLSearchParams({ grant_type: 'client_credentials', resource: gateway.origin }).toString(),
    );
    expect(shownTo(gateway, '/clients')).toEqual(['Bearer the-token']);
  });

  test('stands in a variable, or in a file, which counts first', async () => {
    const file = join(folder, 'token');
    await writeFile(file, 'of-the-file\n');
    const variable = { GATEHOUSE_ADMIN_TOKEN: 'of-the-variable' };
    await clients({ ...CLIENT, ...variable });
    await clients({ ...CLIENT, ...variable }, '--token-file', file);
    expect(shownTo(gateway, '/clients')).toEqual(['Bearer of-the-variable', 'Bearer of-the-file']);
    expect(shownTo(gateway, '/token')).toEqual([]);
    await writeFile(file, '\n');
    for (const wrong of [file, join(folder, 'nothing')])
      expect(await clients(variable, '--token-file', wrong)).toMatchObject({ code: 66 });
  });

  test('attack: an API that names another one as itself is given no secret', async () => {
    gateway.resource = 'https://admin.victim.example';
    expect(await clients(CLIENT)).toMatchObject({ code: 78, stdout: '' });
    gateway.reset();
    gateway.issuer = other.origin;
    other.issuer = 'https://issuer.victim.example';
    expect(await clients(CLIENT)).toMatchObject({ code: 1, stdout: '' });
    for (const one of [gateway, other]) expect(shownTo(one, '/token')).toEqual([]);
  });

  test('attack: neither a secret nor a token travels over http to another machine', async () => {
    gateway.issuer = 'http://issuer.acme.example';
    expect(await clients(CLIENT)).toMatchObject({ code: 64, stdout: '' });
    gateway.reset();
    gateway.tokenEndpoint = 'http://issuer.acme.example/token';
    expect(await clients(CLIENT)).toMatchObject({ code: 64, stdout: '' });
    const remote = ['sessions', '--api', 'http://admin.acme.example'];
    expect(await gatehouse(remote, { GATEHOUSE_ADMIN_TOKEN: 'x' })).toMatchObject({ code: 64, stdout: '' });
  });

  test('attack: what an authorization server answers is printed without the secret, and without control characters', async () => {
    gateway.answers.set('/token', [400, { error: `no ${SECRET}\u001b[2J` }]);
    const { code, stderr } = await clients(CLIENT);
    expect(code).toBe(78);
    expect(stderr).not.toContain(SECRET);
    expect(stderr).not.toContain('\u001b');
  });
});

describe('what the API says', () => {
  const token = { GATEHOUSE_ADMIN_TOKEN: 'the-token' };

  test('a refusal, an outage and something unknown each have their exit code, and no token is shown', async () => {
    for (const [status, body, code] of [
      [401, { code: 'token_invalid', detail: 'A token is needed.' }, 78],
      [403, { code: 'insufficient_scope', detail: 'It lacks the scope.' }, 78],
      [400, { code: 'request_invalid', detail: 'It is unknown.' }, 1],
      [503, { code: 'unavailable', detail: 'Ask again.' }, 75],
      [200, { words: 'of another server' }, 1],
    ] as const) {
      gateway.answers.set('/clients', [status, body]);
      const ran = await clients(token);
      expect([status, ran.code, ran.stdout]).toEqual([status, code, '']);
      expect(ran.stderr).not.toContain('the-token');
    }
    await gateway.stop();
    try {
      expect(await clients(token)).toMatchObject({ code: 75, stdout: '' });
    } finally {
      await gateway.start();
    }
  });

  test('a session is looked for right behind the place of its first digits', async () => {
    const api = ['--api', gateway.origin];
    for (const [digits, after] of [
      ['00000000', null],
      ['10000000', `0${'f'.repeat(63)}`],
      ['3f1c09aa', `3f1c09a9${'f'.repeat(56)}`],
    ] as const) {
      gateway.reset();
      expect(await gatehouse(['sessions', 'end', digits, ...api], token)).toMatchObject({ code: 1 });
      expect(gateway.requests.at(-1)?.url.searchParams.get('after')).toBe(after);
    }
  });
});

test.each([
  [['clients', '--api', 'https://a.example', '--config', 'gatehouse.yaml']],
  [['clients', '--api', 'https://a.example/path']],
  [['clients', '--api', 'admin.example']],
  [['clients', '--token-file', 'x']],
  [['clients', '--api', 'https://a.example']],
  [['sessions', '--api', 'https://a.example', '--account', 'alice']],
  [['sessions', 'end', '--api', 'https://a.example']],
  [['sessions', 'end', 'xyz', '--api', 'https://a.example']],
  [['connections', '--api', 'https://a.example']],
  [['connections', 'revoke', '3f1c09aa', '--api', 'https://a.example']],
  [['providers']],
])('%j is wrong: exit code 64, and nobody is asked', async (args) => {
  expect(await gatehouse(args)).toMatchObject({ code: 64, stdout: '' });
});
