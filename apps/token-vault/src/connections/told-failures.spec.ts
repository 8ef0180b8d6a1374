import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { send, StubProvider, type Misbehaviour } from '../testing/stub-provider.js';
import {
  clientCredentials,
  oauth2Provider,
  obo,
  oidcProvider,
  tokenExchange,
  xaa,
} from '../testing/vault-config.js';
import { ACME_AND_OCTO, startVaultWorld, type VaultWorld } from '../testing/vault-world.js';
import {
  failureOf,
  fails,
  hangs,
  onlyLine,
  PLANTED,
  raves,
  refuses,
  UNSAID,
} from './told-failures.fixture.js';

/** No answer of a test that gives one takes that long. */
const HANGS_FOR_MS = 1_500;

let world: VaultWorld;
let sts: StubProvider;
const log = new KeptLog();

beforeAll(async () => {
  sts = await new StubProvider().start();
  const party = {
    tokenUrl: `${sts.issuer}/token`,
    clientId: 'party',
    clientSecret: new Secret('party-secret'),
  };
  const method = { tokenEndpointAuthMethod: 'client_secret_post' } as const;
  world = await startVaultWorld({
    providers: (stub) => [
      oidcProvider('acme', stub.issuer),
      oidcProvider('slow', stub.issuer, { timeoutMs: HANGS_FOR_MS }),
      oauth2Provider('octo', stub.issuer),
    ],
    backends: {
      directory: ACME_AND_OCTO.directory,
      exchanged: tokenExchange(sts.issuer, { subjectProviderName: 'acme' }),
      away: tokenExchange('http://127.0.0.1:9', { subjectProviderName: 'acme' }),
      silent: tokenExchange(sts.issuer, { subjectProviderName: 'acme', timeoutMs: HANGS_FOR_MS }),
      itself: clientCredentials(sts.issuer),
      behalf: obo(`${sts.issuer}/token`),
      across: xaa(
        { ...party, ...method },
        { ...party, ...method },
        { targetAudience: 'https://target.example' },
      ),
    },
    log,
  });
});
beforeEach(() => {
  world.stub.reset();
  sts.reset();
  log.lines.length = 0;
  log.alarms.length = 0;
});
afterAll(async () => {
  await world.close();
  await sts.stop();
});

const told = (reference?: unknown) => onlyLine(log, [world.stub, sts], reference);

describe('a leg of a sign-in that a provider refuses leaves one line, found by the number on the page', () => {
  interface Leg {
    readonly failure: string;
    readonly provider?: 'acme' | 'slow' | 'octo';
    readonly token?: Misbehaviour;
    /** What the endpoint does that says who the person is. */
    readonly userinfo?: Misbehaviour;
    readonly claims?: Readonly<Record<string, unknown>>;
    readonly unpublished?: true;
    readonly edit?: (query: URLSearchParams) => void;
    readonly line: Readonly<Record<string, unknown>>;
  }
  const rows: readonly Leg[] = [
    {
      failure: 'the person, or a rule, says no',
      edit: (query) => {
        query.delete('code');
        query.set('error', 'access_denied');
        query.set('error_description', PLANTED);
      },
      line: { reason: 'denied', kind: 'authorization_error', upstreamError: 'access_denied' },
    },
    {
      failure: 'the client is refused',
      token: refuses(401, 'invalid_client'),
      line: { reason: 'provider_error', status: 401, upstreamError: 'invalid_client', verdict: 'ours' },
    },
    {
      failure: 'the token endpoint fails',
      token: fails,
      line: { reason: 'provider_unavailable', kind: 'http_error', status: 503 },
    },
    { failure: 'the token endpoint answers nonsense', token: raves, line: { kind: 'unreadable' } },
    {
      failure: 'the token endpoint does not answer in time',
      provider: 'slow',
      token: hangs,
      line: { reason: 'provider_unavailable', kind: 'no_answer' },
    },
    {
      failure: 'the id_token is for somebody else',
      claims: { aud: 'somebody-else' },
      line: { reason: 'invalid_response', claim: 'aud', got: 'somebody-else', expected: 'gatehouse' },
    },
    {
      failure: 'the id_token is signed with a key that nobody published',
      unpublished: true,
      line: { reason: 'invalid_response' },
    },
    {
      failure: 'the token endpoint has had enough',
      token: refuses(429, 'slow_down'),
      line: { reason: 'provider_unavailable', status: 429 },
    },
    ...UNSAID,
  ];
  test.each(rows)(
    '$failure',
    async ({ provider = 'acme', token, claims = {}, unpublished, edit, line, userinfo }) => {
      if (token !== undefined) world.stub.misbehave.set('token', token);
      if (userinfo !== undefined) world.stub.misbehave.set('userinfo', userinfo);
      Object.assign(world.stub, { claims, signsWithUnpublishedKey: unpublished === true });
      const attemptId = newAttemptId();
      const reply = await world.client.leg(attemptId, provider, (url) => {
        const query = new URLSearchParams(world.stub.callbackQuery(url, 'alice'));
        edit?.(query);
        return query.toString();
      });
      expect(reply.outcome).toBe('refused');
      expect(told()).toMatchObject({ event: 'leg-refused', attemptId, provider, ...line });
    },
  );
});

describe('a refresh that fails leaves one line, and its caller the number of it', () => {
  interface Refresh {
    readonly failure: string;
    readonly token?: Misbehaviour;
    readonly claims?: Readonly<Record<string, unknown>>;
    readonly unrenewable?: true;
    readonly code: string;
    readonly line: Readonly<Record<string, unknown>>;
  }
  const rows: readonly Refresh[] = [
    {
      failure: 'the grant has ended',
      token: refuses(400, 'invalid_grant'),
      code: 'reauth_required',
      line: { outcome: 'reauth_required', status: 400, upstreamError: 'invalid_grant', verdict: 'final' },
    },
    {
      failure: 'the client is refused',
      token: refuses(401, 'invalid_client'),
      code: 'provider_unavailable',
      line: {
        outcome: 'provider_unavailable',
        status: 401,
        upstreamError: 'invalid_client',
        verdict: 'ours',
      },
    },
    {
      failure: 'the provider fails',
      token: fails,
      code: 'provider_unavailable',
      line: { outcome: 'provider_unavailable', kind: 'http_error', status: 503 },
    },
    {
      failure: 'the provider answers nonsense',
      token: raves,
      code: 'provider_unavailable',
      line: { outcome: 'ambiguous', kind: 'unreadable' },
    },
    {
      failure: 'the answer is about another person',
      claims: { sub: 'stub-mallory' },
      code: 'reauth_required',
      line: { outcome: 'reauth_required' },
    },
    {
      failure: 'there is no refresh token',
      unrenewable: true,
      code: 'reauth_required',
      line: { event: 'connection-needs-user', reason: 'no refresh token' },
    },
  ];
  test.each(rows)('$failure', async ({ token, claims = {}, unrenewable, code, line }) => {
    world.stub.givesRefreshToken = unrenewable !== true;
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    if (token !== undefined) world.stub.misbehave.set('token', token);
    world.stub.claims = { ...claims };
    await world.expire(accountId);
    const error = await failureOf(world.client.inject(tsid, 'directory'));
    expect(error.code).toBe(code);
    expect(told()).toMatchObject({
      event: 'refresh-failed',
      provider: 'acme',
      reference: error.details['reference'] ?? 'none',
      ...line,
    });
  });
});

describe('an exchange that fails leaves one line, and its caller the number of it', () => {
  interface Exchange {
    readonly failure: string;
    readonly backend: string;
    readonly token?: Misbehaviour;
    readonly code: string;
    readonly line: Readonly<Record<string, unknown>>;
  }
  const refused = { code: 'exchange_refused' } as const;
  const unavailable = { code: 'exchange_unavailable' } as const;
  const strategies = ['exchanged', 'itself', 'behalf', 'across'];
  const rows: readonly Exchange[] = [
    ...strategies.flatMap((backend) => [
      {
        failure: `${backend}: the endpoint refuses`,
        backend,
        token: refuses(400, 'invalid_target'),
        line: { status: 400, upstreamError: 'invalid_target' },
        ...refused,
      },
      {
        failure: `${backend}: the endpoint fails`,
        backend,
        token: fails,
        line: { status: 503 },
        ...unavailable,
      },
      {
        failure: `${backend}: the endpoint answers nonsense`,
        backend,
        token: raves,
        line: {},
        ...unavailable,
      },
    ]),
    {
      failure: 'the endpoint cannot be reached',
      backend: 'away',
      line: { reason: 'unreachable' },
      ...unavailable,
    },
    {
      failure: 'the endpoint does not answer in time',
      backend: 'silent',
      token: hangs,
      line: { reason: 'no_answer' },
      ...unavailable,
    },
    {
      failure: 'on behalf: the person has to be seen',
      backend: 'behalf',
      token: refuses(400, 'interaction_required'),
      code: 'reauth_required',
      line: { errorCode: 'exchange_refused', about: 'person', upstreamError: 'interaction_required' },
    },
    {
      failure: 'what is issued is no bearer token',
      backend: 'exchanged',
      token: (_request, response) => send(response, 200, { access_token: PLANTED, token_type: 'DPoP' }),
      line: { reason: 'token_type is not Bearer' },
      ...refused,
    },
  ];
  test.each(rows)('$failure', async ({ backend, token, code, line }) => {
    const { tsid } = await world.client.signIn({ acme: world.as('alice') });
    if (token !== undefined) sts.misbehave.set('token', token);
    const error = await failureOf(world.client.exchange(tsid, backend));
    expect(error.code).toBe(code);
    const reference = error.details['reference'] ?? 'none';
    expect(told(token === hangs ? reference : undefined)).toMatchObject({
      event: 'token-exchange-failed',
      backend,
      errorCode: code,
      reference,
      ...line,
    });
  });
});

test('forty calls that wait for one exchange are one line', async () => {
  const { tsid } = await world.client.signIn({ acme: world.as('alice') });
  sts.misbehave.set('token', fails);
  const calls = await Promise.all(
    Array.from({ length: 40 }, () => failureOf(world.client.exchange(tsid, 'exchanged'))),
  );
  const lines = log.of('token-exchange-failed').map(({ reference }) => reference);
  expect(new Set(calls.map(({ details }) => details['reference']))).toEqual(new Set(lines));
  expect(lines.length).toBeLessThan(40);
});
