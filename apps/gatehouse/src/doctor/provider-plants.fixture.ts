import { row, type Row } from './plants.fixture.js';

/**
 * What a provider says of itself, and what it does with the request of a sign-in.
 * @param origin of one that speaks http
 */
export const providerPlants = (origin: () => string): readonly Row[] => [
  row('a provider without TLS at the port of an https URL', 'provider-no-tls', {
    plant: () => ({
      changes: {
        'authServer.upstreamProviders.0.oidcConfig.issuerUrl': origin().replace('http:', 'https:'),
      },
    }),
  }),
  row('a provider whose answer has no end', 'provider-answer-too-large', {
    provider: { metadata: { more: 'x'.repeat(5 * 1_048_576) } },
  }),
  row('a provider that does not announce openid', 'provider-scope-unsupported', {
    provider: { metadata: { scopes_supported: ['profile', 'offline_access'] } },
  }),
  row('a provider that announces no grant for refresh tokens', 'provider-no-refresh-token', {
    provider: { metadata: { grant_types_supported: ['authorization_code'] } },
  }),
  row('a provider that names no token endpoint', 'provider-endpoints-missing', {
    provider: { metadata: { token_endpoint: undefined } },
  }),
  row('a provider whose authorization endpoint is no URL', 'provider-endpoints-missing', {
    provider: { metadata: { authorization_endpoint: '/authorize' } },
  }),
  row('a provider that names no place of its keys', 'provider-keys-missing', {
    provider: { metadata: { jwks_uri: undefined } },
  }),
  row('a provider whose keys are somewhere else', 'provider-keys-missing', {
    provider: { metadata: { jwks_uri: '/jwks' } },
  }),
  row('a provider that takes no sign-in without showing something', 'provider-authorization-refused', {
    provider: { refusedPrompts: ['none'] },
  }),
];
