import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@gatehouse/kernel/clock';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { randomToken } from '@gatehouse/kernel/ids';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { legRefusalOf } from '../connections/leg-refusal.js';
import type { ExchangeOutcome } from '../credentials/exchange-outcome.js';
import { IssueClient } from '../credentials/issue.client.js';
import { StsClient } from '../credentials/sts.client.js';
import { TokenEndpointClient } from '../credentials/token-endpoint.client.js';
import { outcomeOf } from '../refresh/outcome.js';
import { BEHAVIOURS, PHASES, type Outcome, type Phase } from '../testing/provider-answer-table.js';
import { answering, type SaidByProvider } from '../testing/provider-answers.js';
import { send, StubProvider } from '../testing/stub-provider.js';
import { oauth2Provider, oidcProvider, tokenExchange } from '../testing/vault-config.js';
import { ProviderConfigurations } from './provider-configurations.client.js';
import { ProviderMetadataClient } from './provider-metadata.client.js';
import { ProviderClient } from './provider.client.js';
import type { CodeRedemption, RefreshRedemption } from './redemption.js';

let stub: StubProvider;

beforeAll(async () => {
  stub = await new StubProvider().start();
});
beforeEach(() => stub.reset());
afterAll(() => stub.stop());

const client = () => {
  const metadata = new ProviderMetadataClient(systemClock, new SilentLog());
  return new ProviderClient(metadata, new ProviderConfigurations(metadata, systemClock));
};
const keep = () => Promise.resolve();
/** Whose requests to the token endpoint are answered so. */
const octo = () => ({
  ...oauth2Provider('octo', stub.issuer),
  redirectUri: 'http://localhost/callback/octo',
});

const said = (answer: SaidByProvider): SaidByProvider => ({
  ...answer,
  body: answer.body.replaceAll('{issuer}', stub.issuer),
});

async function signIn(bend: () => void): Promise<CodeRedemption> {
  const provider = octo();
  const secrets = { nonce: randomToken(), codeVerifier: randomToken(), redirectUri: provider.redirectUri };
  const url = await client().authorizationUrl(provider, 'state', secrets, { fresh: false });
  const query = stub.callbackQuery(url, 'alice');
  bend();
  const callback = { query, state: 'state', secrets, redirectUri: provider.redirectUri } as const;
  return await client().redeemCode(provider, { ...callback, said: 'unknown', mustSay: false }, keep);
}

const onPage = (redemption: CodeRedemption): Outcome => {
  if (redemption.ok) return 'used';
  const texts = {
    provider_unavailable: 'unavailable',
    provider_error: 'error',
    invalid_response: 'not valid',
    denied: 'asks',
  } as const;
  return texts[legRefusalOf(redemption.failure)];
};

/** What a first and a second refresh in a row come to, with an expired token. */
function ofRefresh(redeemed: RefreshRedemption): Outcome {
  if (redeemed.ok) return 'used';
  const [first, second] = [0, 1].map((refusals) =>
    outcomeOf({ kind: 'failed', failure: redeemed.failure }, { stillCurrent: true, refusals, expired: true }),
  );
  if (first === 'reauth_required') return 'asks';
  if (first === 'refused' && second === 'reauth_required') return 'asks at the second';
  expect(['provider_unavailable', 'ambiguous']).toContain(first);
  expect(second).toBe(first);
  return 'kept';
}

function ofExchange(outcome: ExchangeOutcome): Outcome {
  if (outcome.kind === 'exchanged') return 'used';
  if (outcome.kind === 'unavailable') return 'unavailable';
  return ({ subject: 'renews', person: 'asks', settings: 'refused', role: 'refused' } as const)[
    outcome.about
  ];
}

/** An answer with an id_token that cannot be verified. */
async function withKeys(answer: SaidByProvider): Promise<Outcome> {
  const acme = { ...oidcProvider('acme', stub.issuer), redirectUri: 'http://localhost/callback/acme' };
  const secrets = { nonce: randomToken(), codeVerifier: randomToken(), redirectUri: acme.redirectUri };
  const url = await client().authorizationUrl(acme, 'state', secrets, { fresh: false });
  const callback = {
    query: stub.callbackQuery(url, 'alice'),
    state: 'state',
    secrets,
    redirectUri: acme.redirectUri,
  };
  const redeemed = await client().redeemCode(acme, { ...callback, said: 'own', mustSay: false }, keep);
  if (!redeemed.ok) throw new Error(redeemed.failure.kind);
  stub.misbehave.set('jwks', answering(answer));
  const { refreshToken = '' } = redeemed.accepted.tokens;
  return ofRefresh(await client().redeemRefreshToken(acme, refreshToken, { keep }));
}

const ASKED: Readonly<Record<Phase, (answer: SaidByProvider) => Promise<Outcome>>> = {
  'sign-in': async (answer) => {
    stub.misbehave.set('userinfo', (_request, response) => send(response, 200, { id: 'alice' }));
    return onPage(await signIn(() => stub.misbehave.set('token', answering(answer))));
  },
  refresh: async (answer) => {
    stub.misbehave.set('token', answering(answer));
    return ofRefresh(await client().redeemRefreshToken(octo(), 'token', { keep }));
  },
  'token exchange': async (answer) => {
    stub.misbehave.set('token', answering(answer));
    return ofExchange(
      await new IssueClient(
        new TokenEndpointClient(systemClock),
        new StsClient(systemClock),
        systemClock,
      ).issue(tokenExchange(stub.issuer), { token: 'subject' }),
    );
  },
  revocation: async (answer) => {
    stub.misbehave.set('revoke', answering(answer));
    return (await client().revoke(octo(), 'token')).ok ? 'used' : 'kept';
  },
  'user information': async (answer) =>
    onPage(await signIn(() => stub.misbehave.set('userinfo', answering(answer)))),
  'key set': withKeys,
  discovery: async (answer) => {
    stub.misbehave.set('discovery', answering(answer));
    const secrets = { nonce: randomToken(), codeVerifier: randomToken() };
    const begun = client().authorizationUrl(oidcProvider('acme', stub.issuer), 'state', secrets, {
      fresh: false,
    });
    const codes = { provider_unavailable: 'unavailable', provider_misconfigured: 'misconfigured' } as const;
    return await begun.then(
      () => 'used' as const,
      (error: unknown) => {
        const code = error instanceof GatehouseError ? error.code : 'internal';
        if (code in codes) return codes[code as keyof typeof codes];
        throw error;
      },
    );
  },
};

describe.each(PHASES)('at %s', (phase) => {
  const rows = BEHAVIOURS.flatMap(({ meaning, said: answer, outcomes }) => {
    const { [phase]: outcome } = outcomes;
    return outcome === undefined ? [] : [{ meaning, name: answer.name, answer, outcome }];
  });
  test.each(rows)('$meaning, $name: $outcome', async ({ answer, outcome }) => {
    expect(await ASKED[phase](said(answer))).toBe(outcome);
  });
});

test('the table has a row for every phase, and more than 120 in all', () => {
  const rows = BEHAVIOURS.flatMap(({ outcomes }) => Object.keys(outcomes));
  expect(new Set(rows)).toEqual(new Set(PHASES));
  expect(rows.length).toBeGreaterThan(120);
});
