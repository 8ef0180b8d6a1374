import { REGISTRATION, type Row } from './row.fixture.js';

const CLIENT = { clientId: 'desk', clientName: 'Desk', redirectUris: ['https://desk.example/callback'] };
const SECRET = { env: 'INITIAL_ACCESS_TOKEN' };
const KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};
const URI = 'https://desk.example/jwks.json';
const AT = `${REGISTRATION}.clients[0]`;
const FAPI2 = { 'authServer.securityProfile': 'fapi2' };

const client = (more: object) => ({ [REGISTRATION]: { clients: [{ ...CLIENT, ...more }] } });

/** What pre-registered clients prove, and what a profile demands of them. */
export const CLIENT_PROOF_ROWS: readonly Row[] = [
  ['a secret and keys', client({ clientSecret: SECRET, jwks: [KEY] }), `${AT}.jwks`, /in one way/],
  ['keys here and elsewhere', client({ jwks: [KEY], jwksUri: URI }), `${AT}.jwksUri`, /in one way/],
  ['no key among the keys', client({ jwks: [] }), `${AT}.jwks`, /at least one key/],
  ['a key without its point', client({ jwks: [{ ...KEY, y: undefined }] }), `${AT}.jwks[0]`, /no public key/],
  ['a key whose point is on no curve', client({ jwks: [{ ...KEY, y: KEY.x }] }), `${AT}.jwks[0]`],
  [
    'an RSA key that is too short',
    client({ jwks: [{ kty: 'RSA', n: Buffer.alloc(128, 255).toString('base64url'), e: 'AQAB' }] }),
    `${AT}.jwks[0]`,
    /2048 bits/,
  ],
  ['a private key', client({ jwks: [{ ...KEY, d: KEY.x }] }), `${AT}.jwks[0].d`, /Unknown field/],
  ['keys over http', client({ jwksUri: 'http://desk.example/jwks' }), `${AT}.jwksUri`, /https only/],
  ['a public client without PKCE', client({ pkce: 'optional' }), `${AT}.pkce`, /Nothing but PKCE/],
  [
    'an algorithm for assertions that nobody signs',
    client({ tokenEndpointAuthSigningAlg: 'ES256' }),
    `${AT}.tokenEndpointAuthSigningAlg`,
    /signs nothing/,
  ],
  [
    'request objects that nobody signs',
    client({ clientSecret: SECRET, requireSignedRequestObject: true }),
    `${AT}.requireSignedRequestObject`,
    /signs nothing/,
  ],
  ['FAPI 2.0 with a public client', { ...client({}), ...FAPI2 }, AT, /authenticates with keys/],
  [
    'FAPI 2.0 with a client’s secret',
    { ...client({ clientSecret: SECRET }), ...FAPI2 },
    AT,
    /authenticates with keys/,
  ],
  [
    'FAPI 2.0 without PKCE',
    { ...client({ jwks: [KEY], pkce: 'optional' }), ...FAPI2 },
    `${AT}.pkce`,
    /uses PKCE/,
  ],
  [
    'FAPI 2.0 with PKCS #1 v1.5',
    { ...client({ jwks: [KEY], tokenEndpointAuthSigningAlg: 'RS256' }), ...FAPI2 },
    `${AT}.tokenEndpointAuthSigningAlg`,
    /PS256, ES256 and Ed25519/,
  ],
  [
    'FAPI 2.0 with requests that are not pushed',
    { ...FAPI2, 'authServer.pushedAuthorizationRequests': 'optional' },
    'authServer.pushedAuthorizationRequests',
    /is pushed/,
    'pushedAuthorizationRequests: required',
  ],
  [
    'FAPI 2.0 with tokens that are not bound',
    { ...FAPI2, 'authServer.dpop': { boundAccessTokens: 'optional' } },
    'authServer.dpop.boundAccessTokens',
    /bound to a key/,
  ],
  [
    'FAPI 2.0 with codes that live longer',
    { ...FAPI2, 'authServer.tokenLifespans': { authCodeLifespan: '2m' } },
    'authServer.tokenLifespans.authCodeLifespan',
    /60 s at most/,
  ],
];
