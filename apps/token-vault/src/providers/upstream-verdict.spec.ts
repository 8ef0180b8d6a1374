import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@gatehouse/kernel/clock';
import { randomToken } from '@gatehouse/kernel/ids';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { IssueClient } from '../credentials/issue.client.js';
import { StsClient } from '../credentials/sts.client.js';
import { TokenEndpointClient } from '../credentials/token-endpoint.client.js';
import { send, StubProvider, type Misbehaviour } from '../testing/stub-provider.js';
import { oauth2Provider, oidcProvider, tokenExchange, userInfoAt } from '../testing/vault-config.js';
import { ProviderConfigurations } from './provider-configurations.client.js';
import { ProviderMetadataClient } from './provider-metadata.client.js';
import { ProviderClient } from './provider.client.js';
import { newProgress, upstreamFailure, type UpstreamFailure } from './upstream-failure.js';
import { verdictOf, type Verdict } from './upstream-verdict.js';
import { fetchIdentity } from './user-info.client.js';

let stub: StubProvider;

beforeAll(async () => {
  stub = await new StubProvider().start();
});
beforeEach(() => stub.reset());
afterAll(() => stub.stop());

/** Notes what operators are told of a discovery that failed. */
class NotingLog extends SilentLog {
  verdict: unknown;

  override warn(_event?: string, facts: Readonly<Record<string, unknown>> = {}): void {
    this.verdict = facts['verdict'];
  }
}

const clients = (log = new NotingLog()) => {
  const metadata = new ProviderMetadataClient(systemClock, log);
  return new ProviderClient(metadata, new ProviderConfigurations(metadata, systemClock));
};
const verdictIn = (outcome: { ok: true } | { ok: false; failure: UpstreamFailure }): Verdict | 'ok' =>
  outcome.ok ? 'ok' : verdictOf(outcome.failure);
const keep = () => Promise.resolve();

/** A code of the stub for a leg that was begun as the vault does. */
async function leg() {
  const [state, redirectUri] = ['state', 'http://localhost/callback/acme'];
  const provider = { ...oidcProvider('acme', stub.issuer), redirectUri };
  const secrets = { nonce: randomToken(), codeVerifier: randomToken(), redirectUri };
  const client = clients();
  const url = await client.authorizationUrl(provider, state, secrets, { fresh: false });
  const query = stub.callbackQuery(url, 'alice');
  const callback = { query, state, secrets, redirectUri, said: 'own', mustSay: false } as const;
  return { client, provider, redeem: () => client.redeemCode(provider, callback, keep) };
}

async function refreshToken(): Promise<string> {
  const redeemed = await (await leg()).redeem();
  if (!redeemed.ok) throw new Error(redeemed.failure.kind);
  return redeemed.accepted.tokens.refreshToken ?? '';
}

/** Every kind of request to a provider: what it is told, and the verdict that it comes to. */
const PHASES = {
  signIn: async (answer) => {
    const { redeem } = await leg();
    stub.misbehave.set('token', answer);
    return verdictIn(await redeem());
  },
  refresh: async (answer) => {
    stub.misbehave.set('token', answer);
    return verdictIn(
      await clients().redeemRefreshToken(oidcProvider('acme', stub.issuer), 'token', { keep }),
    );
  },
  exchange: async (answer) => {
    stub.misbehave.set('token', answer);
    return (
      await new IssueClient(
        new TokenEndpointClient(systemClock),
        new StsClient(systemClock),
        systemClock,
      ).issue(tokenExchange(stub.issuer), { token: 'subject' })
    ).kind;
  },
  revocation: async (answer) => {
    stub.misbehave.set('revoke', answer);
    return verdictIn(await clients().revoke(oidcProvider('acme', stub.issuer), 'token'));
  },
  metadata: async (answer) => {
    const log = new NotingLog();
    stub.misbehave.set('discovery', answer);
    await clients(log).revoke(oidcProvider('acme', stub.issuer), 'token');
    return log.verdict;
  },
  userInfo: async (answer) => {
    const provider = oauth2Provider('octo', stub.issuer);
    stub.misbehave.set('userinfo', answer);
    const asked = fetchIdentity(provider, userInfoAt(`${stub.issuer}/userinfo`), 'access').catch(
      (error: unknown) => {
        return { ok: false, failure: upstreamFailure(error, { ...newProgress(), kept: true }) } as const;
      },
    );
    return verdictIn(await asked);
  },
  keySet: async (answer) => {
    const token = await refreshToken();
    stub.misbehave.set('jwks', answer);
    return verdictIn(await clients().redeemRefreshToken(oidcProvider('acme', stub.issuer), token, { keep }));
  },
} satisfies Record<string, (answer: Misbehaviour) => Promise<unknown>>;
type Phase = keyof typeof PHASES;

const EVERYWHERE = Object.keys(PHASES) as readonly Phase[];
/** Where a body can hold an OAuth error. */
const OAUTH: readonly Phase[] = ['signIn', 'refresh', 'exchange', 'revocation'];

const HTML = '<!doctype html><title>Sign in to the Wi-Fi</title>';
const page =
  (status: number): Misbehaviour =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'text/html' }).end(HTML);
const oauthError =
  (status: number, error: string): Misbehaviour =>
  (_request, response) =>
    send(response, status, { error });

type Row = readonly [string, Misbehaviour, Verdict, readonly Phase[]];
const TABLE: readonly Row[] = [
  ...[408, 425, 429, 500, 502, 503, 504].map((status): Row => [
    `a page with ${status}`,
    page(status),
    'passing',
    EVERYWHERE,
  ]),
  ...[301, 400, 401, 403, 404, 405, 410].map((status): Row => [
    `a page with ${status}`,
    page(status),
    'ours',
    EVERYWHERE,
  ]),
  ['429 slow_down', oauthError(429, 'slow_down'), 'passing', EVERYWHERE],
  ['503 invalid_grant', oauthError(503, 'invalid_grant'), 'passing', EVERYWHERE],
  ['429 invalid_grant', oauthError(429, 'invalid_grant'), 'passing', EVERYWHERE],
  ...['slow_down', 'temporarily_unavailable', 'server_error'].map((error): Row => [
    `400 ${error}`,
    oauthError(400, error),
    'passing',
    OAUTH,
  ]),
  ...['invalid_request', 'unauthorized_client', 'invalid_scope', 'made_up'].map((error): Row => [
    `400 ${error}`,
    oauthError(400, error),
    'unclear',
    OAUTH,
  ]),
  ['400 unsupported_grant_type', oauthError(400, 'unsupported_grant_type'), 'ours', OAUTH],
  ['401 invalid_client', oauthError(401, 'invalid_client'), 'ours', OAUTH],
  ['403 access_denied', oauthError(403, 'access_denied'), 'unclear', OAUTH],
  ['400 invalid_grant', oauthError(400, 'invalid_grant'), 'final', OAUTH],
  ['400 bad_refresh_token', oauthError(400, 'bad_refresh_token'), 'final', OAUTH],
  ['no answer', (request) => request.socket.destroy(), 'passing', EVERYWHERE],
];

/** An exchange says what it came to; nothing of it is anybody's grant. */
const asExchange = (verdict: Verdict) => (verdict === 'passing' ? 'unavailable' : 'refused');

describe.each(TABLE)('%s', (_what, answer, verdict, phases) => {
  test.each(phases)('is one thing at %s as everywhere', async (phase) => {
    expect(await PHASES[phase](answer)).toBe(phase === 'exchange' ? asExchange(verdict) : verdict);
  });
});

describe('a page that comes with 200', () => {
  // RFC 7009 section 2.2: the body of a revocation is not looked at. An exchange that nobody can read can be made again.
  const OTHERS = EVERYWHERE.filter((phase) => phase !== 'revocation' && phase !== 'exchange');
  test.each(OTHERS)('is ours to look into, at %s as everywhere', async (phase) => {
    expect(await PHASES[phase](page(200))).toBe('ours');
  });
});

test('nobody listens: passing, whatever was to be asked', async () => {
  const away = { ...oauth2Provider('octo', 'http://localhost:1'), redirectUri: 'http://localhost/cb' };
  const asked = await Promise.all([
    clients().redeemRefreshToken(away, 'token', { keep }),
    clients().revoke(away, 'token'),
  ]);
  expect(asked.map(verdictIn)).toEqual(['passing', 'passing']);
});

const ERRORS = ['invalid_grant', 'bad_refresh_token', 'access_denied', 'slow_down', 'invalid_client', ''];

test('every status and every error of an answer has one verdict, and a passing status outweighs the error', () => {
  for (let status = 100; status < 600; status += 1) {
    const bare = verdictOf({ kind: 'http_error', status });
    expect(bare).toBe(status >= 500 || [408, 425, 429].includes(status) ? 'passing' : 'ours');
    expect(verdictOf({ kind: 'unverifiable', status })).toBe(bare);
    for (const error of ERRORS) {
      const verdict = verdictOf({ kind: 'oauth_error', error, status });
      if (bare === 'passing') expect(verdict).toBe('passing');
      else if (error === 'slow_down') expect(verdict).toBe('passing');
      else if (error === 'invalid_client') expect(verdict).toBe('ours');
      else expect(verdict).toBe(['invalid_grant', 'bad_refresh_token'].includes(error) ? 'final' : 'unclear');
    }
  }
});

test.each([
  [{ kind: 'authorization_error', error: 'access_denied' }, 'final'],
  [{ kind: 'authorization_error', error: 'temporarily_unavailable' }, 'passing'],
  [{ kind: 'authorization_error', error: 'server_error' }, 'passing'],
  [{ kind: 'authorization_error', error: 'unauthorized_client' }, 'ours'],
  [{ kind: 'authorization_error', error: 'invalid_scope' }, 'ours'],
  [{ kind: 'bad_callback' }, 'final'],
  [{ kind: 'issuer_missing' }, 'final'],
  [{ kind: 'rejected' }, 'final'],
  [{ kind: 'malformed' }, 'unclear'],
  [{ kind: 'misconfigured' }, 'ours'],
  [{ kind: 'unreadable' }, 'ours'],
  [{ kind: 'unreachable' }, 'passing'],
  [{ kind: 'no_answer' }, 'passing'],
  [{ kind: 'unverifiable' }, 'passing'],
] satisfies readonly (readonly [UpstreamFailure, Verdict])[])('%j is %s', (failure, verdict) => {
  expect(verdictOf(failure)).toBe(verdict);
});
