import { expect, test } from '@jest/globals';
import {
  configuredGrants,
  DEVICE_CODE_GRANT,
  sendsNoCodes,
  signsInByDeviceOnly,
  withholdGrants,
} from './client-grants.js';

const MACHINE = {
  clientId: 'nightly-report',
  redirectUris: [],
  clientCredentials: { resources: ['https://mcp.example/mcp'], scopes: [] },
};
const CLIENTS = { clients: [MACHINE] };
const BY_CODE = ['authorization_code', 'refresh_token'];

test('a client that describes itself, by a document or an old record, gets no grant that the configuration alone gives', () => {
  const metadata = {
    client_id: 'https://client.example/document',
    grant_types: ['authorization_code', 'client_credentials'],
  };
  withholdGrants(metadata, CLIENTS);
  expect(metadata.grant_types).toEqual(['authorization_code']);
  expect(sendsNoCodes(metadata, [MACHINE])).toBe(false);
});

test('a client of the configuration gets what is written', () => {
  const metadata = { client_id: MACHINE.clientId, ...configuredGrants(MACHINE) };
  withholdGrants(metadata, CLIENTS);
  expect(metadata).toMatchObject({ grant_types: ['client_credentials'], response_types: [] });
  expect(sendsNoCodes(metadata, [MACHINE])).toBe(true);
  expect(configuredGrants({ clientId: 'a', redirectUris: ['https://a.example/cb'] })).toEqual({
    grant_types: BY_CODE,
    response_types: ['code'],
  });
  expect(configuredGrants({ clientId: 'a', redirectUris: [], deviceFlow: true })).toEqual({
    grant_types: ['refresh_token', DEVICE_CODE_GRANT],
    response_types: [],
  });
});

test('a client that registered for devices goes on with what is left when there are no device codes any more', () => {
  const metadata = { client_id: 'tv', redirect_uris: [], grant_types: ['refresh_token', DEVICE_CODE_GRANT] };
  withholdGrants(metadata, { ...CLIENTS, deviceFlow: {} });
  expect(signsInByDeviceOnly(metadata.grant_types)).toBe(true);
  withholdGrants(metadata, CLIENTS);
  expect(metadata.grant_types).toEqual(['refresh_token']);
  expect(sendsNoCodes(metadata, [MACHINE])).toBe(true);
  expect(sendsNoCodes({ ...metadata, grant_types: BY_CODE }, [MACHINE])).toBe(false);
  expect(sendsNoCodes({ ...metadata, grant_types: [] }, [MACHINE])).toBe(false);
});
