import fc from 'fast-check';

type Fields = Record<string, unknown>;

export const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
export const duration = fc.constantFrom('30s', '15m', '1h', '7d', '250ms');

const SECRET = { secretRef: { name: 'a', key: 'b' } };
export const secretRef = fc.constantFrom<Fields>({ env: 'SECRET' }, { file: '/run/secret' }, SECRET);

const scopes = fc.constant(['x']);
const roleArn = 'arn:aws:iam::111122223333:role/Reader';

/** Any fields of a type, beside those that it needs. */
const block = (
  type: string,
  needed: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  more: Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Fields> =>
  fc.record<Fields>({ ...needed, ...more }, { requiredKeys: Object.keys(needed) }).map((fields) => ({
    type,
    [type.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())]: fields,
  }));

const EXCHANGE = {
  tokenUrl: fc.constant('https://sts.acme.example/token'),
};
const EXCHANGE_MORE = {
  clientId: fc.constant('gatehouse'),
  clientSecret: secretRef,
  audience: fc.constantFrom('a', 'b'),
  scopes,
  subjectProviderName: fc.constant('p0'),
  subjectTokenType: fc.constantFrom('id_token', 'access_token'),
  subjectFromCaller: fc.boolean(),
};

/** A strategy of each type, with what manifests can say and with what they cannot. */
export const anyStrategy: fc.Arbitrary<Fields> = fc.oneof(
  fc.constant({ type: 'unauthenticated' }),
  block('upstreamInject', { providerName: fc.constant('p0') }, { headerName: fc.constant('X-Token') }),
  block('upstream_inject', { providerName: fc.constant('p0') }, {}),
  block(
    'headerInjection',
    { headerName: fc.constantFrom('X-Key', 'Authorization'), headerValue: secretRef },
    { scheme: fc.constantFrom('Bearer', 'Token') },
  ),
  block(
    'headerInjection',
    { headerName: fc.constant('X-Key'), perUser: fc.constant({ name: 'key', label: 'Key' }) },
    { scheme: fc.constant('Bearer') },
  ),
  block('tokenExchange', EXCHANGE, EXCHANGE_MORE),
  block('tokenExchange', EXCHANGE, {
    ...EXCHANGE_MORE,
    timeout: duration,
    actorProviderName: fc.constant('p1'),
    audiences: fc.constant(['c']),
    requestedTokenType: fc.constant('jwt'),
  }),
  block(
    'clientCredentials',
    { tokenUrl: fc.constant('https://sts.acme.example/token'), clientId: fc.constant('a') },
    {
      clientSecret: secretRef,
      scopes,
    },
  ),
  block(
    'awsSts',
    { region: fc.constant('eu-central-1') },
    {
      service: fc.constant('execute-api'),
      roleMappings: fc.constantFrom(
        [{ claim: 'staff', roleArn, priority: 1 }],
        [{ matcher: '"a" in claims.groups', roleArn }],
      ),
      fallbackRoleArn: fc.constant(roleArn),
      roleClaim: fc.constant('roles'),
      sessionDuration: fc.constantFrom('900s', '15m', '1h', '7200000ms'),
      sessionNameClaim: fc.constant('email'),
      subjectProviderName: fc.constant('p0'),
    },
  ),
  block(
    'awsSts',
    { region: fc.constant('eu-central-1') },
    {
      fallbackRoleArn: fc.constant(roleArn),
      stsUrl: fc.constant('https://sts.internal/'),
      subjectTokenType: fc.constant('access_token'),
    },
  ),
  block(
    'obo',
    { clientId: fc.constant('gatehouse') },
    {
      tenantId: fc.constant('tenant'),
      authority: fc.constant('https://login.microsoftonline.us'),
      clientSecret: secretRef,
      audience: fc.constant('api://backend'),
      scopes,
      subjectTokenProviderName: fc.constant('p0'),
      cacheSkew: duration,
    },
  ),
  block(
    'obo',
    { clientId: fc.constant('gatehouse'), tenantId: fc.constant('tenant') },
    {
      clientKey: secretRef,
      clientCertificate: secretRef,
      tokenUrl: fc.constant('https://login.example/token'),
    },
  ),
  block(
    'xaa',
    {
      idpTokenUrl: fc.constantFrom('https://idp.example/token', 'http://idp.example/token'),
      idpClientId: fc.constant('a'),
      targetTokenUrl: fc.constantFrom('https://target.example/token', 'http://target.example/token'),
      targetClientId: fc.constant('b'),
      targetAudience: fc.constant('https://target.example'),
    },
    {
      idpClientSecret: secretRef,
      targetClientSecret: secretRef,
      targetResource: fc.constant('https://target.example/mcp'),
      scopes,
      subjectProviderName: fc.constant('p0'),
      subjectTokenType: fc.constant('id_token'),
      insecureAllowHttp: fc.boolean(),
      idpTokenEndpointAuthMethod: fc.constant('client_secret_post'),
    },
  ),
);

interface Row {
  /** Of the MCPExternalAuthConfig, where it is said whole. */
  readonly type: string;
  readonly said: 'whole' | 'beside the manifests';
  readonly strategy: Fields;
}

const row = (type: string, said: Row['said'], fields: Fields, ours = type): Row => ({
  type,
  said,
  strategy: { type: ours, [ours]: fields },
});

const AWS = { region: 'eu-central-1', fallbackRoleArn: roleArn, subjectProviderName: 'acme-sso' };
const OBO = { tenantId: 'tenant', clientId: 'gatehouse', clientSecret: SECRET };
const TOKEN_EXCHANGE = {
  tokenUrl: 'https://sts.acme.example/token',
  clientId: 'gatehouse',
  clientSecret: SECRET,
  audience: 'a',
  subjectProviderName: 'acme-sso',
};
const XAA = {
  idpTokenUrl: 'https://idp.example/token',
  idpClientId: 'a',
  idpClientSecret: SECRET,
  targetTokenUrl: 'https://target.example/token',
  targetClientId: 'b',
  targetClientSecret: SECRET,
  targetAudience: 'https://target.example',
  subjectProviderName: 'acme-sso',
};

/** Each type once as manifests have it, and once with what they cannot say. */
export const STRATEGIES: readonly Row[] = [
  { type: 'unauthenticated', said: 'whole', strategy: { type: 'unauthenticated' } },
  row('upstreamInject', 'whole', { providerName: 'octo' }),
  row('upstreamInject', 'beside the manifests', { providerName: 'octo', scheme: 'token' }),
  row('headerInjection', 'whole', { headerName: 'X-Key', headerValue: SECRET }),
  row('headerInjection', 'beside the manifests', { headerName: 'X-Key', headerValue: { env: 'KEY' } }),
  row('headerInjection', 'beside the manifests', {
    headerName: 'X-Key',
    perUser: { name: 'key', label: 'Key' },
  }),
  row(
    'bearerToken',
    'whole',
    { headerName: 'Authorization', scheme: 'Bearer', headerValue: SECRET },
    'headerInjection',
  ),
  row('headerInjection', 'beside the manifests', {
    headerName: 'X-Key',
    scheme: 'Bearer',
    headerValue: SECRET,
  }),
  row('tokenExchange', 'whole', TOKEN_EXCHANGE),
  row('tokenExchange', 'beside the manifests', { ...TOKEN_EXCHANGE, actorProviderName: 'octo' }),
  row('tokenExchange', 'beside the manifests', {
    ...TOKEN_EXCHANGE,
    actorClientCredentials: { audience: 'b' },
  }),
  row('tokenExchange', 'beside the manifests', { ...TOKEN_EXCHANGE, requestedTokenType: 'jwt' }),
  row('clientCredentials', 'beside the manifests', {
    tokenUrl: 'https://sts.acme.example/token',
    clientId: 'a',
    clientSecret: SECRET,
    scopes: ['x'],
  }),
  row('awsSts', 'whole', { ...AWS, sessionDuration: '15m', roleMappings: [{ claim: 'staff', roleArn }] }),
  row('awsSts', 'beside the manifests', { ...AWS, stsUrl: 'https://sts.internal/' }),
  row('obo', 'whole', { ...OBO, cacheSkew: '30s', subjectTokenProviderName: 'acme-sso' }),
  row('obo', 'beside the manifests', {
    tenantId: 'tenant',
    clientId: 'gatehouse',
    clientKey: SECRET,
    clientCertificate: SECRET,
  }),
  row('xaa', 'whole', { ...XAA, targetResource: 'https://target.example/mcp' }),
  row('xaa', 'beside the manifests', { ...XAA, targetClientKey: SECRET }),
];
