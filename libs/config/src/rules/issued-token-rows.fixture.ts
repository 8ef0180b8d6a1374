import { ACTOR_ROWS } from './actor-rows.fixture.js';
import { EXCHANGE, EXTERNAL, NO_PROVIDER_STRATEGIES, type Row } from './row.fixture.js';

const OWN = 'outgoingAuth.backends.status';
const FIELDS = `${OWN}.clientCredentials`;
const clientCredentials = (fields: object = {}) => ({
  type: 'clientCredentials',
  clientCredentials: {
    tokenUrl: 'https://sts.acme.example/token',
    clientId: 'gatehouse',
    clientSecret: { env: 'EXCHANGE_SECRET' },
    ...fields,
  },
});
const SECRETLESS = { tokenUrl: 'https://sts.acme.example/token', clientId: 'gatehouse' };
const KEYED = { ...SECRETLESS, clientKey: { env: 'SIGNING_KEY' } };
const withFields = (fields: object) => ({
  [OWN]: { type: 'clientCredentials', clientCredentials: fields },
});

const XAA = `${OWN}.xaa`;
const CROSS = {
  idpTokenUrl: 'https://sso.acme.example/token',
  idpClientId: 'gatehouse',
  idpClientSecret: { env: 'EXCHANGE_SECRET' },
  targetTokenUrl: 'https://auth.tickets.example/token',
  targetClientId: 'gatehouse-at-tickets',
  targetClientSecret: { env: 'EXCHANGE_SECRET' },
  targetAudience: 'https://auth.tickets.example',
  subjectProviderName: 'acme-sso',
};
const xaa = (fields: object = {}) => ({
  [OWN]: { type: 'xaa', xaa: JSON.parse(JSON.stringify({ ...CROSS, ...fields })) as object },
});

const OBO = `${OWN}.obo`;
const BEHALF = {
  tenantId: '11111111-2222-3333-4444-555555555555',
  clientId: 'gatehouse',
  clientSecret: { env: 'EXCHANGE_SECRET' },
  audience: 'api://tickets',
  subjectTokenProviderName: 'acme-sso',
};
const obo = (fields: object = {}) => ({
  [OWN]: { type: 'obo', obo: JSON.parse(JSON.stringify({ ...BEHALF, ...fields })) as object },
});

/** Strategies whose credential a token endpoint issues. */
export const ISSUED_TOKEN_ROWS: readonly Row[] = [
  ...ACTOR_ROWS,
  [
    'a key that Entra does not know by a certificate',
    obo({ clientSecret: undefined, clientKey: { env: 'SIGNING_KEY' } }),
    `${OBO}.clientKey`,
    /needs the clientCertificate/,
  ],
  [
    'a client without a secret or key that asks in its own name',
    withFields(SECRETLESS),
    `${FIELDS}.clientId`,
    /needs clientSecret or clientKey/,
  ],
  [
    'a secret that a key replaces',
    { [OWN]: clientCredentials({ clientKey: { env: 'SIGNING_KEY' } }) },
    `${FIELDS}.clientSecret`,
    /not used/,
  ],
  [
    'private_key_jwt without a key',
    { [OWN]: clientCredentials({ tokenEndpointAuthMethod: 'private_key_jwt' }) },
    `${FIELDS}.tokenEndpointAuthMethod`,
    /needs a clientKey/,
  ],
  [
    'client_secret_post with a key',
    withFields({ ...KEYED, tokenEndpointAuthMethod: 'client_secret_post' }),
    `${FIELDS}.tokenEndpointAuthMethod`,
    /does not use the clientKey/,
  ],
  [
    'client_secret_post without a secret, at the endpoint of an exchange',
    {
      [`${EXCHANGE}.clientSecret`]: undefined,
      [`${EXCHANGE}.tokenEndpointAuthMethod`]: 'client_secret_post',
    },
    `${EXCHANGE}.tokenEndpointAuthMethod`,
    /needs a clientSecret/,
  ],
  [
    'an exchange key without its client id',
    {
      [`${EXCHANGE}.clientId`]: undefined,
      [`${EXCHANGE}.clientSecret`]: undefined,
      [`${EXCHANGE}.clientKey`]: { env: 'SIGNING_KEY' },
    },
    `${EXCHANGE}.clientKey`,
    /needs the clientId/,
  ],
  [
    'the id of a key that is not there',
    { [OWN]: clientCredentials({ clientKeyId: 'key-1' }) },
    `${FIELDS}.clientKeyId`,
    /no effect without a clientKey/,
  ],
  [
    'an audience of assertions that nobody makes',
    { [OWN]: clientCredentials({ clientAssertionAudience: 'https://sts.acme.example' }) },
    `${FIELDS}.clientAssertionAudience`,
    /no effect without a clientKey/,
  ],
  [
    'a key that is no key',
    withFields({ ...SECRETLESS, clientKey: { env: 'API_KEY' } }),
    `${FIELDS}.clientKey`,
  ],
  [
    'client credentials over http',
    { [OWN]: clientCredentials({ tokenUrl: 'http://sts.acme.example/token' }) },
    `${FIELDS}.tokenUrl`,
    /http is refused/,
  ],
  [
    'client credentials for a private address',
    { [OWN]: clientCredentials({ tokenUrl: 'https://10.0.0.1/token' }) },
    `${FIELDS}.tokenUrl`,
    /private or loopback/,
  ],
  [
    'a request that may take an hour',
    { [OWN]: clientCredentials({ timeout: '1h' }) },
    `${FIELDS}.timeout`,
    /within/,
  ],
  ['a scope with a blank in it', { [OWN]: clientCredentials({ scopes: ['a b'] }) }, `${FIELDS}.scopes[0]`],
  ['a resource that is no URL', { [OWN]: clientCredentials({ resource: 'tickets' }) }, `${FIELDS}.resource`],
  [
    'a subject where the gateway asks for itself',
    { [OWN]: clientCredentials({ subjectProviderName: 'acme-sso' }) },
    `${FIELDS}.subjectProviderName`,
    /Unknown field/,
  ],
  [
    'client credentials without their block',
    { [OWN]: { type: 'clientCredentials' } },
    `${OWN}.clientCredentials`,
  ],
  [
    'client credentials for callers of an external issuer, who have no session',
    { ...EXTERNAL, 'outgoingAuth.backends': { status: clientCredentials() } },
    `${OWN}.type`,
    /needs authServer/,
  ],
  [
    'client credentials for anonymous callers, who have no session',
    {
      ...NO_PROVIDER_STRATEGIES,
      incomingAuth: { type: 'anonymous' },
      'outgoingAuth.backends': { status: clientCredentials() },
    },
    `${OWN}.type`,
    /anonymous callers have none/,
  ],
  [
    'cross-application access that does not say whose id_token is shown',
    xaa({ subjectProviderName: undefined }),
    `${XAA}.subjectProviderName`,
    /several providers.*acme-sso, octo/,
  ],
  [
    'cross-application access with a provider that issues no id_token',
    xaa({ subjectProviderName: 'octo' }),
    `${XAA}.subjectProviderName`,
    /issues no id_token/,
  ],
  [
    'cross-application access with a provider that does not exist',
    xaa({ subjectProviderName: 'acme' }),
    `${XAA}.subjectProviderName`,
    /Known: acme-sso, octo/,
  ],
  ['another token than an id_token', xaa({ subjectTokenType: 'access_token' }), `${XAA}.subjectTokenType`],
  ['no audience of the assertion', xaa({ targetAudience: undefined }), `${XAA}.targetAudience`],
  ['no endpoint of the target', xaa({ targetTokenUrl: undefined }), `${XAA}.targetTokenUrl`],
  [
    'a client of the identity provider without a secret',
    xaa({ idpClientSecret: undefined }),
    `${XAA}.idpClientId`,
    /needs idpClientSecret or idpClientKey/,
  ],
  [
    'a client of the target with two proofs',
    xaa({ targetClientKey: { env: 'SIGNING_KEY' } }),
    `${XAA}.targetClientSecret`,
    /targetClientKey/,
  ],
  [
    'a target over http',
    xaa({ targetTokenUrl: 'http://auth.tickets.example/token' }),
    `${XAA}.targetTokenUrl`,
    /http is refused/,
  ],
  [
    'an identity provider at a private address',
    xaa({ idpTokenUrl: 'https://192.168.0.1/token' }),
    `${XAA}.idpTokenUrl`,
    /private or loopback/,
  ],
  [
    'a target secret that is not there',
    xaa({ targetClientSecret: { env: 'NO_SUCH_SECRET' } }),
    `${XAA}.targetClientSecret`,
  ],
  ['a requested time that is too short', xaa({ timeout: '1ms' }), `${XAA}.timeout`, /within/],
  [
    'the opt-out of the seed system, whose name here is insecureAllowHttp',
    xaa({ insecureTargetTokenUrl: true }),
    `${XAA}.insecureTargetTokenUrl`,
    /Unknown field/,
  ],
  [
    'cross-application access without authServer',
    {
      ...EXTERNAL,
      'outgoingAuth.backends': { status: { type: 'xaa', xaa: CROSS } },
    },
    `${XAA}.subjectProviderName`,
    /needs authServer/,
  ],
  [
    'a token on behalf of a person that does not say whose',
    obo({ subjectTokenProviderName: undefined }),
    `${OBO}.subjectTokenProviderName`,
    /several providers/,
  ],
  [
    'on-behalf-of with a provider that does not exist',
    obo({ subjectTokenProviderName: 'entra' }),
    `${OBO}.subjectTokenProviderName`,
    /Known: acme-sso, octo/,
  ],
  [
    'on-behalf-of without a tenant or endpoint',
    obo({ tenantId: undefined }),
    `${OBO}.tenantId`,
    /needs the tenantId, or the tokenUrl/,
  ],
  [
    'a tenant beside an endpoint',
    obo({ tokenUrl: 'https://login.acme.example/token' }),
    `${OBO}.tenantId`,
    /no effect beside tokenUrl/,
  ],
  [
    'a cloud beside an endpoint',
    obo({
      tenantId: undefined,
      authority: 'https://login.microsoftonline.us',
      tokenUrl: 'https://login.acme.example/token',
    }),
    `${OBO}.authority`,
    /no effect beside tokenUrl/,
  ],
  [
    'a tenant that is a URL',
    obo({ tenantId: 'https://login.microsoftonline.com/tenant' }),
    `${OBO}.tenantId`,
    /directory ID/,
  ],
  [
    'a cloud with the tenant behind it',
    obo({ authority: 'https://login.microsoftonline.us/tenant' }),
    `${OBO}.authority`,
    /the origin of the cloud alone/,
    'https://login.microsoftonline.us',
  ],
  [
    'a cloud over http',
    obo({ authority: 'http://login.acme.example' }),
    `${OBO}.authority`,
    /http is refused/,
  ],
  ['on-behalf-of for nothing', obo({ audience: undefined }), `${OBO}.scopes`, /needs scopes/],
  [
    'more than 20 scopes',
    obo({ scopes: Array.from({ length: 21 }, (_, index) => `scope.${index}`) }),
    `${OBO}.scopes`,
    /20 scopes at most/,
  ],
  [
    'on-behalf-of by a client without a secret',
    obo({ clientSecret: undefined }),
    `${OBO}.clientId`,
    /needs clientSecret/,
  ],
  ['a skew of an hour', obo({ cacheSkew: '1h' }), `${OBO}.cacheSkew`, /within/],
];
