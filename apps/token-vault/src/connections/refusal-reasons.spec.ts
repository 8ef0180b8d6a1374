import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { KeptLog } from '@gatehouse/testing/kept-log';
import { send, StubProvider } from '../testing/stub-provider.js';
import { BROWSER } from '../testing/vault-client.js';
import { oidcProvider, tokenExchange } from '../testing/vault-config.js';
import { ACME_AND_OCTO, startVaultWorld, type VaultWorld } from '../testing/vault-world.js';

let world: VaultWorld;
let liar: StubProvider;
const log = new KeptLog();

beforeAll(async () => {
  liar = await new StubProvider().start();
  world = await startVaultWorld({
    providers: (stub) => [oidcProvider('acme', stub.issuer), oidcProvider('liar', liar.issuer)],
    backends: {
      directory: ACME_AND_OCTO.directory,
      tickets: tokenExchange(liar.issuer, { subjectProviderName: 'acme' }),
    },
    log,
  });
});
beforeEach(() => {
  world.stub.reset();
  liar.reset();
  log.lines.length = 0;
});
afterAll(async () => {
  await world.close();
  await liar.stop();
});

const line = (event: string) => log.of(event).at(-1);
/** A refused leg at acme. @returns its log line, found by what the person's page shows */
async function refusedLeg(edit: (query: URLSearchParams) => void = () => undefined) {
  const attemptId = newAttemptId();
  await world.client.leg(attemptId, 'acme', (url) => {
    const query = new URLSearchParams(world.stub.callbackQuery(url, 'alice'));
    edit(query);
    return query.toString();
  });
  return log.of('leg-refused').find((fields) => fields['attemptId'] === attemptId);
}

describe('the log says why an answer of a sign-in was refused', () => {
  test.each([
    ['aud', 'somebody-else', 'gatehouse'],
    ['iss', 'https://another.example', undefined],
  ])('the claim %s, what was expected, and what came', async (claim, got, expected) => {
    world.stub.claims = { [claim]: got };
    expect(await refusedLeg()).toMatchObject({
      provider: 'acme',
      reason: 'invalid_response',
      claim,
      got,
      expected: expected ?? world.stub.issuer,
    });
  });

  test('another claim by its name alone', async () => {
    world.stub.claims = { nonce: 'n0nce-of-somebody' };
    expect(await refusedLeg()).toMatchObject({ problem: expect.stringContaining('nonce') });
    expect(log.lines.join()).not.toContain('n0nce-of-somebody');
  });

  test('the algorithm', async () => {
    world.stub.misbehave.set('token', (_request, response) =>
      send(response, 200, {
        access_token: 'a',
        token_type: 'Bearer',
        id_token: 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln',
      }),
    );
    expect(await refusedLeg()).toMatchObject({ algorithm: 'HS256', expected: '["ES256"]' });
  });

  test('the member', async () => {
    world.stub.misbehave.set('token', (_request, response) =>
      send(response, 200, { access_token: 'a', token_type: 'Bearer' }),
    );
    expect(await refusedLeg()).toMatchObject({ member: 'id_token' });
  });

  test('the error and its description, of the token endpoint and of the redirect back', async () => {
    world.stub.misbehave.set('token', (_request, response) =>
      send(response, 400, { error: 'invalid_client', error_description: 'The secret\n has ended.' }),
    );
    const said = { upstreamError: 'invalid_client', upstreamDescription: 'The secret has ended.' };
    expect(await refusedLeg()).toMatchObject({
      ...said,
      status: 400,
      verdict: 'ours',
      reason: 'provider_error',
    });
    const redirected = await refusedLeg((query) => {
      query.delete('code');
      query.set('error', 'invalid_scope');
      query.set('error_description', 'no such scope');
    });
    expect(redirected).toMatchObject({
      upstreamError: 'invalid_scope',
      upstreamDescription: 'no such scope',
    });
  });

  test('and no code, token or secret that the provider quotes', async () => {
    let sent = new URLSearchParams();
    world.stub.misbehave.set('token', (_request, response, form) => {
      sent = form;
      return send(response, 400, {
        error: 'invalid_grant',
        error_description: `code ${form.get('code') ?? ''} verifier ${form.get('code_verifier') ?? ''} secret ${form.get('client_secret') ?? ''}`,
      });
    });
    expect(await refusedLeg()).toMatchObject({ upstreamError: 'invalid_grant' });
    for (const name of ['code', 'code_verifier', 'client_secret'])
      expect(log.lines.join()).not.toContain(sent.get(name) ?? name);
  });
});

describe('an issuer that differs', () => {
  test('in the discovery document is no outage: the log says which two, and the caller hears that it is the settings', async () => {
    liar.misbehave.set('discovery', (_request, response) =>
      send(response, 200, { issuer: 'https://login.example/{tenantid}/v2.0' }),
    );
    const begun = world.client.ask(connectionBegin, {
      attemptId: newAttemptId(),
      provider: 'liar',
      browserBinding: BROWSER,
    });
    await expect(begun).rejects.toMatchObject({
      code: 'provider_misconfigured',
      details: { provider: 'liar' },
    });
    expect(line('provider-discovery-failed')).toMatchObject({
      provider: 'liar',
      verdict: 'ours',
      member: 'issuer',
      expected: liar.issuer,
      got: 'https://login.example/{tenantid}/v2.0',
    });
  });

  test('in a callback is told with both issuers, cleaned', async () => {
    const forged = refusedLeg((query) => query.set('iss', 'https://evil.example/?\u0007x'));
    const refused: unknown = await forged.catch((error: unknown) => error);
    const said = line('callback-of-another-provider');
    expect(refused).toMatchObject({
      code: 'callback_wrong_provider',
      details: { reference: said?.['attemptId'] },
    });
    expect(said).toMatchObject({
      attemptId: expect.any(String),
      expected: world.stub.issuer,
      got: 'https://evil.example/',
    });
  });
});

test('a refresh and an exchange that are refused say why, too', async () => {
  const { tsid, accountId } = await world.client.signIn({ acme: world.as('alice') });
  liar.misbehave.set('token', (_request, response) =>
    send(response, 400, { error: 'invalid_target', error_description: 'unknown audience' }),
  );
  await expect(world.client.exchange(tsid, 'tickets')).rejects.toMatchObject({ code: 'exchange_refused' });
  expect(line('token-exchange-failed')).toMatchObject({
    upstreamError: 'invalid_target',
    upstreamDescription: 'unknown audience',
    about: 'settings',
  });
  await world.expire(accountId);
  world.stub.misbehave.set('token', (_request, response, form) =>
    send(response, 400, {
      error: 'invalid_grant',
      error_description: `gone: ${form.get('refresh_token') ?? ''}`,
    }),
  );
  await expect(world.client.inject(tsid, 'directory')).rejects.toMatchObject({ code: 'reauth_required' });
  expect(line('refresh-failed')).toMatchObject({
    provider: 'acme',
    outcome: 'reauth_required',
    verdict: 'final',
    upstreamError: 'invalid_grant',
    upstreamDescription: 'gone: [redacted]',
  });
});
