import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@gatehouse/kernel/clock';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { SilentLog } from '@gatehouse/testing/silent-log';
import fc from 'fast-check';
import { send, StubProvider } from '../testing/stub-provider.js';
import { oauth2Provider, oidcProvider, tokenExchange } from '../testing/vault-config.js';
import { ACME_AND_OCTO, startVaultWorld, type VaultWorld } from '../testing/vault-world.js';
import { ProviderMetadataClient } from './provider-metadata.client.js';

let world: VaultWorld;
let loud: StubProvider;

/** The same URL, as somebody may write it. */
const spelled = (base: string, path: string) => `${base.replace('localhost', 'LocalHost')}/x/../.${path}`;

beforeAll(async () => {
  loud = await new StubProvider().start();
  // It calls itself so, byte for byte, everywhere.
  loud.issuer = loud.issuer.replace('localhost', 'LOCALHOST');
  world = await startVaultWorld({
    providers: (stub) => [
      oidcProvider('acme', stub.issuer),
      oidcProvider('loud', loud.issuer),
      oauth2Provider('octo', stub.issuer, {
        authorizationEndpoint: spelled(stub.issuer, '/authorize'),
        tokenEndpoint: spelled(stub.issuer, '/token'),
        revocationEndpoint: spelled(stub.issuer, '/revoke'),
      }),
    ],
    backends: {
      ...ACME_AND_OCTO,
      loud: { type: 'upstreamInject', providerName: 'loud' },
      tickets: tokenExchange(spelled(loud.issuer, ''), { subjectProviderName: 'octo' }),
    },
  });
  world.stub.misbehave.set('discovery', (_request, response) =>
    send(response, 200, {
      issuer: world.stub.issuer,
      authorization_endpoint: spelled(world.stub.issuer, '/authorize'),
      token_endpoint: spelled(world.stub.issuer, '/token'),
      jwks_uri: spelled(world.stub.issuer, '/jwks'),
      revocation_endpoint: spelled(world.stub.issuer, '/revoke'),
      token_endpoint_auth_methods_supported: ['client_secret_post'],
      id_token_signing_alg_values_supported: ['ES256'],
    }),
  );
});
beforeEach(() => {
  Object.assign(world.stub.counts, { refresh: 0, code: 0 });
});
afterAll(async () => {
  await world.close();
  await loud.stop();
});

test.each([
  ['acme', 'in the discovery document', 'directory'],
  ['octo', 'in the configuration', 'repos'],
])(
  '%s, whose endpoints are spelled %s: the answer is kept, used and renewed',
  async (provider, _where, backend) => {
    const { tsid, accountId } = await world.client.signIn({ [provider]: world.as('alice') });
    await expect(world.client.inject(tsid, backend)).resolves.toBeDefined();
    await world.expire(accountId);
    await expect(world.client.inject(tsid, backend)).resolves.toBeDefined();
    expect(world.stub.counts).toMatchObject({ code: 1, refresh: 1 });
  },
);

test('an issuer with capitals is that issuer, byte for byte: in the document, the callback and the id_token', async () => {
  const signIn = (url: string) => loud.callbackQuery(url, 'alice');
  const { tsid } = await world.client.signIn({ loud: signIn });
  await expect(world.client.inject(tsid, 'loud')).resolves.toBeDefined();
  loud.claims = { iss: loud.issuer.toLowerCase() };
  await expect(world.client.leg(newAttemptId(), 'loud', signIn)).resolves.toMatchObject({
    outcome: 'refused',
    reason: 'invalid_response',
  });
  loud.claims = {};
  await expect(
    world.client.leg(newAttemptId(), 'loud', (url) => signIn(url).replace('LOCALHOST', 'localhost')),
  ).rejects.toMatchObject({ code: 'callback_wrong_provider' });
});

test('an exchange endpoint may be spelled anyhow', async () => {
  const { tsid } = await world.client.signIn({ octo: world.as('alice') });
  // Its refusals are read as well: what passes by the reader would be an unnamed error.
  loud.misbehave.set('token', (_request, response) =>
    send(response, 200, { ok: false, error: 'ratelimited' }),
  );
  await expect(world.client.exchange(tsid, 'tickets')).rejects.toMatchObject({
    code: 'exchange_unavailable',
  });
  loud.misbehave.clear();
  await expect(world.client.exchange(tsid, 'tickets')).resolves.toBeDefined();
});

describe('the metadata of a provider', () => {
  const metadata = new ProviderMetadataClient(systemClock, new SilentLog());

  test('has every endpoint in the spelling that the protocol library uses, and the issuer as it was written', async () => {
    const host = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,10}\.[A-Za-z]{2,6}$/);
    const path = fc.array(fc.constantFrom('a', 'B', '.', '..', '%7e', 'token'), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(host, path, fc.boolean(), async (name, segments, withPort) => {
        const base = `HTTPS://${name}${withPort ? ':443' : ''}`;
        const written = [base, ...segments].join('/');
        const provider = oauth2Provider('octo', 'https://octo.example', {
          issuer: base,
          authorizationEndpoint: written,
          tokenEndpoint: written,
          revocationEndpoint: written,
        });
        const found = await metadata.of(provider);
        for (const url of [found.authorization_endpoint, found.token_endpoint, found.revocation_endpoint])
          expect(url).toBe(new URL(written).href);
        expect(found.issuer).toBe(base);
      }),
    );
  });
});
