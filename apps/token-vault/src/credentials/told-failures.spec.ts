import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ErrorCode } from '@gatehouse/kernel/error-codes';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { awsError } from '@gatehouse/testing/sts-endpoint';
import { secretEnter } from '@gatehouse/contracts/token-vault/secret-enter';
import { SignJWT } from 'jose';
import { failureOf, onlyLine, PLANTED, refuses } from '../connections/told-failures.fixture.js';
import { send, StubProvider, type Misbehaviour } from '../testing/stub-provider.js';
import type { SessionId } from '@gatehouse/kernel/ids';
import { awsSts, oidcProvider, tokenExchange } from '../testing/vault-config.js';
import { ACME_AND_OCTO, startVaultWorld, type VaultWorld } from '../testing/vault-world.js';
import { role } from './aws-sts.fixture.js';
import { SubjectTokens } from './subject-tokens.flow.js';

let world: VaultWorld;
/** Plays AWS STS, and the endpoint of the exchanges. */
let sts: StubProvider;
const log = new KeptLog();

beforeAll(async () => {
  sts = await new StubProvider().start();
  const stsUrl = `${sts.issuer}/token`;
  world = await startVaultWorld({
    log,
    userSecrets: [{ name: 'jira', label: 'Jira API token' }],
    backends: {
      ...ACME_AND_OCTO,
      aws: awsSts(stsUrl, { fallbackRoleArn: role('Everybody') }),
      mapped: awsSts(stsUrl, { roleMappings: [{ claim: 'readers', roleArn: role('Reader') }] }),
      away: awsSts('http://localhost:9/', { fallbackRoleArn: role('Everybody') }),
      named: tokenExchange(sts.issuer, { subjectProviderName: 'octo', subjectTokenType: 'id_token' }),
      self: tokenExchange(sts.issuer),
      issues: { type: 'upstreamInject', providerName: 'jira' },
    },
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

const told = (reference?: unknown): Readonly<Record<string, unknown>> =>
  onlyLine(log, [world.stub, sts], reference);

/** As AWS writes a refusal, with the token that it was shown, and a word of its own. */
const awsRefuses =
  (status: number, code: string): Misbehaviour =>
  (_request, response, form) => {
    const [, xml] = awsError(status, code, `${PLANTED} ${form.get('WebIdentityToken') ?? ''}`);
    response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
  };
const answers =
  (status: number, text: string): Misbehaviour =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': 'text/xml' }).end(text);

interface Row {
  readonly failure: string;
  readonly backend?: string;
  readonly does?: Misbehaviour;
  readonly code: ErrorCode;
  readonly line: Readonly<Record<string, unknown>>;
}

const AWS: readonly Row[] = [
  {
    failure: 'denies the role',
    does: awsRefuses(403, 'AccessDenied'),
    code: 'exchange_refused',
    line: { reason: 'aws_error', status: 403, upstreamError: 'AccessDenied', about: 'settings' },
  },
  {
    failure: 'does not take the token',
    does: awsRefuses(400, 'InvalidIdentityToken'),
    code: 'exchange_refused',
    line: { reason: 'aws_error', status: 400, upstreamError: 'InvalidIdentityToken', about: 'subject' },
  },
  {
    failure: 'throttles',
    does: awsRefuses(400, 'Throttling'),
    code: 'exchange_unavailable',
    line: { reason: 'aws_error', status: 400, upstreamError: 'Throttling' },
  },
  {
    failure: 'is away',
    does: awsRefuses(503, 'ServiceUnavailable'),
    code: 'exchange_unavailable',
    line: { reason: 'aws_error', status: 503, upstreamError: 'ServiceUnavailable' },
  },
  {
    failure: 'answers a page',
    does: answers(502, `<html><p>${PLANTED}</html>`),
    code: 'exchange_unavailable',
    line: { reason: 'http_error', status: 502 },
  },
  {
    failure: 'answers nonsense',
    does: answers(200, `<a>${PLANTED}</a>`),
    code: 'exchange_unavailable',
    line: { reason: 'unreadable', status: 200 },
  },
  {
    failure: 'cannot be reached',
    backend: 'away',
    code: 'exchange_unavailable',
    line: { reason: 'unreachable' },
  },
  {
    failure: 'is not asked, since nobody gave this person a role',
    backend: 'mapped',
    code: 'role_missing',
    line: { reason: 'no mapping fits', about: 'role' },
  },
];

test.each(AWS)(
  'AWS STS that $failure leaves one line, and its caller the number of it',
  async ({ backend = 'aws', does, code, line }) => {
    const { tsid } = await world.client.signIn({ acme: world.as('alice') });
    if (does !== undefined) sts.misbehave.set('token', does);
    const error = await failureOf(world.client.exchange(tsid, backend));
    expect(error.code).toBe(code);
    // An older subject token is renewed, and shown again: that is another failure, with a number of its own.
    const reference = error.details['reference'] ?? 'none';
    expect(told(reference)).toMatchObject({
      event: 'token-exchange-failed',
      backend,
      provider: 'acme',
      errorCode: code,
      reference,
      ...line,
    });
  },
);

const callersToken = async (sub: string, tsid: string, endsIn = 300): Promise<string> =>
  await new SignJWT({ sub, tsid, exp: Math.floor(Date.now() / 1_000) + endsIn })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new Uint8Array(32));

describe('a credential that the vault does not give leaves one line, and its caller the number of it', () => {
  const numbered = async (asked: Promise<unknown>, code: ErrorCode, line: object): Promise<void> => {
    const error = await failureOf(asked);
    expect(error.code).toBe(code);
    expect(told()).toMatchObject({ reference: error.details['reference'] ?? 'none', ...line });
  };
  const needs = (reason: string) => ({ event: 'connection-needs-user', reason });

  test('the provider gave no id_token, and the exchange shows one', async () => {
    world.stub.misbehave.set('token', (_request, response) =>
      send(response, 200, { access_token: PLANTED, token_type: 'bearer', expires_in: 300 }),
    );
    world.stub.misbehave.set('userinfo', (_request, response) => send(response, 200, { id: 'octo-alice' }));
    const { tsid } = await world.client.signIn({ octo: world.as('alice') });
    await numbered(world.client.exchange(tsid, 'named'), 'exchange_refused', {
      event: 'token-exchange-failed',
      backend: 'named',
      provider: 'octo',
      reason: 'the provider gave no id_token to exchange',
    });
  });

  test('the id_token has to live, and its provider renews none', async () => {
    world.stub.claims = { exp: Math.floor(Date.now() / 1_000) + 3 };
    world.stub.givesRefreshToken = false;
    const { tsid } = await world.client.signIn({ acme: world.as('alice') });
    await numbered(
      world.client.exchange(tsid, 'aws'),
      'reauth_required',
      needs('its provider gives no new id_token without a sign-in'),
    );
  });

  test('a backend refused a token that nothing can renew', async () => {
    world.stub.givesRefreshToken = false;
    const { tsid } = await world.client.signIn({ acme: world.as('alice') });
    const { accessToken } = await world.client.inject(tsid, 'directory');
    await world.rows.query({
      name: 'connected-earlier',
      text: `update connections set connected_at = now() - interval '1 minute'`,
    });
    await numbered(
      world.client.inject(tsid, 'directory', accessToken),
      'reauth_required',
      needs('a backend refused its token, and there is no refresh token'),
    );
  });

  test('it waits for a new sign-in: each caller has a number, and the line has the connection of the refresh that failed', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    world.stub.misbehave.set('token', refuses(400, 'invalid_grant'));
    await world.expire(accountId);
    await failureOf(world.client.inject(tsid, 'directory'));
    const [{ connectionId } = { connectionId: '' }] = log.of('refresh-failed');
    log.lines.length = 0;
    await numbered(world.client.inject(tsid, 'directory'), 'reauth_required', { connectionId });
    log.lines.length = 0;
    await numbered(world.client.exchange(tsid, 'aws'), 'reauth_required', {
      ...needs('it waits for a new sign-in since an earlier failure'),
      connectionId,
    });
  });

  test('a backend refused what its person entered', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    const sealedSecret = await world.client.sealForVault({ secret: PLANTED });
    await world.client.ask(secretEnter, { accountId, name: 'jira', sealedSecret });
    await numbered(
      world.client.inject(tsid, 'issues', PLANTED),
      'reauth_required',
      needs('a backend refused what its person entered'),
    );
  });

  test('the provider’s document is of another issuer: the number is the one of the refresh that failed', async () => {
    const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
    world.stub.misbehave.set('discovery', (_request, response) =>
      send(response, 200, { issuer: 'https://another.example' }),
    );
    const another = await world.startVault({
      providers: [oidcProvider('acme', world.stub.issuer)],
      backends: { directory: ACME_AND_OCTO.directory },
    });
    await world.expire(accountId);
    const subjects = another.app.get(SubjectTokens);
    const { connection } = await subjects.bound(tsid as SessionId, 'acme');
    log.lines.length = 0;
    try {
      await numbered(subjects.tokens(connection), 'provider_misconfigured', {
        event: 'refresh-failed',
        provider: 'acme',
      });
    } finally {
      await another.close();
    }
  });

  test('the caller’s token is of another session, which is an alarm, or has ended, which is none', async () => {
    const alice = await world.client.signIn({ acme: world.as('alice') });
    const bob = await world.client.signIn({ acme: world.as('bob') });
    const ask = async (of: string, tsid: string, endsIn?: number) =>
      await world.client.exchange(alice.tsid, 'self', { subjectToken: await callersToken(of, tsid, endsIn) });
    const event = 'caller-not-exchanged';
    const foreign = 'the subject token is not of this session';
    log.lines.length = 0;
    for (const [of, tsid, endsIn, code, reason, alarms] of [
      [bob.accountId, bob.tsid, 300, 'request_invalid', foreign, [event]],
      [alice.accountId, alice.tsid, -3_600, 'token_invalid', 'the subject token has ended', []],
      // Whoever shows an old one of somebody else is not let off for its age.
      [bob.accountId, bob.tsid, -3_600, 'request_invalid', foreign, [event]],
    ] as const) {
      await numbered(ask(of, tsid, endsIn), code, { event, backend: 'self', reason });
      expect(log.alarms).toEqual(alarms);
      log.lines.length = 0;
      log.alarms.length = 0;
    }
  });
});
