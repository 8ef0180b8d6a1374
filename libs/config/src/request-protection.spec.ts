import { expect, test } from '@jest/globals';
import { modelOf, type Changes } from './configuration.fixture.js';
import { authorizationServerPart, vmcpProxyPart } from './parts.js';

const demanded = (changes: Changes) => modelOf(changes).authServer?.requestProtection;

test('nothing is demanded of clients that is not written', () => {
  expect(demanded({})).toEqual({
    securityProfile: 'none',
    pushedAuthorizationRequests: 'optional',
    dpop: { boundAccessTokens: 'optional', nonces: 'optional' },
  });
});

test('a security profile demands what is not written', () => {
  expect(demanded({ 'authServer.securityProfile': 'fapi2' })).toEqual({
    securityProfile: 'fapi2',
    pushedAuthorizationRequests: 'required',
    dpop: { boundAccessTokens: 'required', nonces: 'optional' },
  });
});

test('the proxy hears how certificates come to it, and of no authority; a service that ends no TLS takes the word of proxies', () => {
  const model = modelOf({
    'authServer.mtls': { header: 'Client-Cert', certificateAuthorities: { env: 'AUTHORITY' } },
    'authServer.trustedProxies': ['10.0.0.1'],
    trustedProxies: ['10.0.0.2'],
    'authServer.clientRegistration': {
      clients: [
        {
          clientId: 'desk',
          clientName: 'Desk',
          redirectUris: ['https://desk.acme.example/callback'],
          tlsClientAuth: { subjectDn: 'CN=desk,O=Acme' },
          tlsClientCertificateBoundAccessTokens: true,
        },
      ],
    },
  });
  const { authServer, trustedProxies } = vmcpProxyPart(model);
  expect(authServer?.mtls).toEqual({ header: 'client-cert', encoding: 'rfc9440' });
  expect(trustedProxies).toEqual(['10.0.0.2']);
  const { requestProtection, clientRegistration } = authorizationServerPart(model);
  expect(requestProtection.mtls?.certificateAuthorities?.reveal()).toContain('BEGIN CERTIFICATE');
  expect(clientRegistration.clients[0]?.tlsClientAuth).toEqual({ subjectDn: 'CN=desk,O=Acme' });
});
