import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { KeptLog } from '@gatehouse/testing/kept-log';
import {
  resetRegistering,
  startRegisteringWorld,
  type RegisteringWorld,
} from '../testing/registering-world.js';

const log = new KeptLog();
let world: RegisteringWorld;

beforeAll(async () => {
  world = await startRegisteringWorld(log);
});
beforeEach(async () => {
  await resetRegistering(world);
  log.lines.length = 0;
});
afterAll(() => world.close());

const MISCONFIGURED = { code: 'provider_misconfigured', details: { provider: 'octo' } };

describe('nobody is registered', () => {
  test.each<[string, string, () => void]>([
    [
      'where the metadata names no endpoint for it',
      'no_registration',
      () => (world.server.metadata = { registration_endpoint: undefined }),
    ],
    [
      'where the metadata are of another issuer: the initial access token would go to whoever wrote them',
      'issuer_of_another',
      () => (world.server.metadata = { issuer: 'https://another.example' }),
    ],
    [
      'where a public client would have no PKCE',
      'no_pkce',
      () =>
        (world.server.metadata = {
          token_endpoint_auth_methods_supported: ['none'],
          code_challenge_methods_supported: ['plain'],
        }),
    ],
    [
      'where clients prove themselves in no way that this gateway knows',
      'no_registration',
      () => (world.server.metadata = { token_endpoint_auth_methods_supported: ['tls_client_auth'] }),
    ],
    [
      'by somebody who is redirected elsewhere: the initial access token is not sent there',
      'registration_refused',
      () =>
        (world.server.registrationFailure = {
          status: 307,
          location: `${world.other.issuer}/register`,
          body: {},
        }),
    ],
    [
      'with redirect URIs of somebody else beside its own (codes that go elsewhere)',
      'registration_unfit',
      () =>
        (world.server.registration = {
          redirect_uris: ['http://localhost:4484/oauth/callback/octo', 'https://evil.example/'],
        }),
    ],
    [
      'as a public client where a secret was asked for (PKCE was not)',
      'registration_unfit',
      () => (world.server.registration = { token_endpoint_auth_method: 'none', client_secret: undefined }),
    ],
    [
      'with a secret that is over already: a lifetime in the place of a date would register one more client at each sign-in',
      'registration_unfit',
      () => (world.server.registration = { client_secret_expires_at: 3_600 }),
    ],
  ])('%s', async (_what, reason, arrange) => {
    arrange();
    await expect(world.begin()).rejects.toMatchObject(MISCONFIGURED);
    expect(world.other.registrations).toEqual([]);
    expect(log.of('provider-registration-failed')).toMatchObject([{ provider: 'octo', reason }]);
    const { rows } = await world.rows.query({ name: 'no-clients', text: 'select from upstream_clients' });
    expect(rows).toHaveLength(0);
  });

  // RFC 7591, section 3.2.2.
  test('where it is refused; the log has the status and the name of the error, and no text of anybody', async () => {
    world.server.registrationFailure = {
      status: 400,
      body: { error: 'invalid_redirect_uri', error_description: 'text of anybody' },
    };
    await expect(world.begin()).rejects.toMatchObject(MISCONFIGURED);
    expect(log.of('provider-registration-failed')).toMatchObject([
      { provider: 'octo', status: 400, upstreamError: 'invalid_redirect_uri' },
    ]);
    expect(log.lines.join('\n')).not.toContain('text of anybody');
  });

  test('without the initial access token that the provider wants', async () => {
    await expect(world.begin('coded')).rejects.toMatchObject({ code: 'provider_misconfigured' });
    expect(log.of('provider-registration-failed')).toMatchObject([
      { provider: 'coded', status: 401, upstreamError: 'invalid_token' },
    ]);
  });

  test('at a private address that the configuration does not allow', async () => {
    await expect(world.begin('walled')).rejects.toMatchObject({ code: 'provider_misconfigured' });
    expect(world.server.registrations).toEqual([]);
  });

  test('while the provider is away: its people can try again', async () => {
    world.server.registrationFailure = { status: 503, body: {} };
    await expect(world.begin()).rejects.toMatchObject({ code: 'provider_unavailable' });
    world.server.registrationFailure = undefined;
    await world.client.signIn({ octo: world.as('alice') });
    expect(world.server.registrations).toHaveLength(2);
  });

  // RFC 9700, section 4.4.
  test('twice for two places: what the other server registered stays there', async () => {
    const url = await world.begin('elsewhere');
    expect([world.server.registrations.length, world.other.registrations.length]).toEqual([0, 1]);
    expect(url.searchParams.get('client_id')).toBe([...world.other.clients.keys()].at(-1));
    const own = await world.begin();
    expect(own.searchParams.get('client_id')).not.toBe(url.searchParams.get('client_id'));
  });
});
