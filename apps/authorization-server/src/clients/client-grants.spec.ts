import { expect, test } from '@jest/globals';
import { configuredGrants, hasNoSignIns, withholdConfiguredGrants } from './client-grants.js';

const MACHINE = {
  clientId: 'nightly-report',
  redirectUris: [],
  clientCredentials: { resources: ['https://mcp.example/mcp'], scopes: [] },
};

test('a client that describes itself, by a document or an old record, gets no grant that the configuration alone gives', () => {
  const metadata = {
    client_id: 'https://client.example/document',
    grant_types: ['authorization_code', 'client_credentials'],
  };
  withholdConfiguredGrants(metadata, [MACHINE]);
  expect(metadata.grant_types).toEqual(['authorization_code']);
  expect(hasNoSignIns(metadata, [MACHINE])).toBe(false);
});

test('a client of the configuration gets what is written', () => {
  const metadata = { client_id: MACHINE.clientId, ...configuredGrants(MACHINE) };
  withholdConfiguredGrants(metadata, [MACHINE]);
  expect(metadata).toMatchObject({ grant_types: ['client_credentials'], response_types: [] });
  expect(hasNoSignIns(metadata, [MACHINE])).toBe(true);
  expect(configuredGrants({ clientId: 'a', redirectUris: ['https://a.example/cb'] })).toEqual({
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  });
});
