import { provider, EXCHANGE, NO_PROVIDER_STRATEGIES, EXTERNAL, type Row } from './row.fixture.js';

const OPAQUE = {
  url: 'https://idp.example/introspect',
  clientId: 'gatehouse',
  clientSecret: { env: 'OCTO_CLIENT_SECRET' },
};
const ASKED = 'incomingAuth.oidc.introspection';

/** Names, providers, and whose tokens are accepted. */
export const SIGN_IN_ROWS: readonly Row[] = [
  [
    'introspection beside authServer',
    { 'incomingAuth.type': 'oidc', [ASKED]: OPAQUE },
    ASKED,
    /^Tokens of authServer are signed JWTs/,
  ],
  [
    'introspection without a secret: anybody could ask',
    { ...EXTERNAL, [ASKED]: { ...OPAQUE, clientSecret: undefined } },
    `${ASKED}.clientSecret`,
    /required/,
  ],
  [
    'introspection over http',
    { ...EXTERNAL, [ASKED]: { ...OPAQUE, url: 'http://idp.example/introspect' } },
    `${ASKED}.url`,
    /^http is refused/,
  ],
  ['a gateway to nothing is refused', { backends: [], 'outgoingAuth.backends': {} }, 'backends'],
  ['two backends of one name are refused', { 'backends.3.name': 'repos' }, 'backends[3].name', /taken/],
  [
    'two providers of one name are refused',
    { [provider(1, 'name')]: 'acme-sso', 'outgoingAuth.backends.repos': undefined },
    'authServer.upstreamProviders[1].name',
  ],
  [
    'two key ids that differ by case are refused',
    {
      'vault.keyEncryptionKeys': [
        { id: 'k', env: 'VAULT_KEK' },
        { id: 'K', env: 'VAULT_KEK' },
      ],
    },
    'vault.keyEncryptionKeys[1].id',
    /differ only by case/,
  ],
  [
    'V-01: upstreamInject without authServer',
    {
      authServer: undefined,
      'outgoingAuth.backends.tickets': undefined,
      incomingAuth: { type: 'oidc', oidc: { issuer: 'https://idp.example' } },
    },
    'outgoingAuth.backends.repos.type',
    /needs authServer/,
  ],
  [
    'subjectProviderName without authServer',
    {
      authServer: undefined,
      'outgoingAuth.backends.repos': undefined,
      incomingAuth: { type: 'oidc', oidc: { issuer: 'https://idp.example' } },
    },
    'outgoingAuth.backends.tickets.tokenExchange.subjectProviderName',
    /needs authServer/,
  ],
  [
    'V-02: upstreamInject of an unknown provider',
    { 'outgoingAuth.backends.repos.upstreamInject.providerName': 'octoo' },
    'outgoingAuth.backends.repos.upstreamInject.providerName',
    /Known: acme-sso, octo/,
  ],
  [
    'the default strategy is checked too',
    { 'outgoingAuth.default': { type: 'upstreamInject', upstreamInject: { providerName: 'nobody' } } },
    'outgoingAuth.default.upstreamInject.providerName',
  ],
  [
    'an exchange of an unknown subject provider',
    { [`${EXCHANGE}.subjectProviderName`]: 'nobody' },
    `${EXCHANGE}.subjectProviderName`,
  ],
  [
    'claims that are called as one of the authorization server’s own',
    { 'authServer.claimMappings': { claims: [{ claim: 'groups' }, { claim: 'x', as: 'tsid' }] } },
    'authServer.claimMappings.claims[1].as',
    /tsid is a claim of the authorization server itself/,
  ],
  [
    'a claim of the authorization server’s own that is called as the provider calls it',
    { 'authServer.claimMappings': { claims: [{ claim: 'cnf' }] } },
    'authServer.claimMappings.claims[0].as',
  ],
  [
    'two mapped claims of one name',
    { 'authServer.claimMappings': { claims: [{ claim: 'groups' }, { claim: 'roles', as: 'groups' }] } },
    'authServer.claimMappings.claims[1].as',
    /taken/,
  ],
  [
    'claim mappings without a claim',
    { 'authServer.claimMappings': { claims: [] } },
    'authServer.claimMappings.claims',
  ],
  [
    'claims of id_tokens of a provider that gives none',
    {
      'authServer.claimMappings': { claims: [{ claim: 'groups' }] },
      'authServer.primaryUpstreamProvider': 'octo',
    },
    'authServer.claimMappings.from',
    /no provider of OpenID Connect/,
  ],
  [
    'an access policy that cannot be parsed',
    { 'authServer.access': { policies: ['permit(principal action);'] } },
    'authServer.access.policies[0]',
    /line 1/,
  ],
  [
    'access that nobody has',
    { 'authServer.access': { policies: ['forbid(principal, action, resource);'] } },
    'authServer.access.policies',
    /nobody could sign in/,
  ],
  [
    'access policies about what calls have, and sign-ins do not',
    {
      'authServer.access': {
        policies: ['permit(principal, action, resource) when { principal.scopes.contains("x") };'],
      },
    },
    'authServer.access.policies[0]',
    /scopes/,
  ],
  [
    'an access policy with another action',
    { 'authServer.access': { policies: ['permit(principal, action == Action::"call_tool", resource);'] } },
    'authServer.access.policies[0]',
    /call_tool/,
  ],
  [
    'an access policy that forbids by a claim that may be absent',
    {
      'authServer.access': {
        policies: [
          'permit(principal, action, resource);',
          'forbid(principal, action, resource) when { principal.claim_department == "sales" };',
        ],
      },
    },
    'authServer.access.policies[1]',
    /claim_department/,
  ],
  [
    'groups that are persons',
    {
      'authServer.access': { policies: ['permit(principal, action, resource);'], groupEntityType: 'Person' },
    },
    'authServer.access.groupEntityType',
  ],
  [
    'access by id_tokens of a provider that gives none',
    {
      'authServer.access': { policies: ['permit(principal, action, resource);'] },
      'authServer.primaryUpstreamProvider': 'octo',
    },
    'authServer.access.from',
    /no provider of OpenID Connect/,
  ],
  [
    'an unknown primary provider',
    { 'authServer.primaryUpstreamProvider': 'nobody' },
    'authServer.primaryUpstreamProvider',
  ],
  [
    'an authorization server nobody can sign in to',
    { 'authServer.upstreamProviders': [], 'outgoingAuth.backends': {} },
    'authServer.upstreamProviders',
  ],
  [
    'a primary provider that may be skipped',
    { [provider(0, 'requirement')]: 'optional' },
    'authServer.upstreamProviders[0].requirement',
  ],
  ['V-09: authServer with anonymous callers', { incomingAuth: { type: 'anonymous' } }, 'incomingAuth.type'],
  [
    'V-04: another issuer than the authServer, even by a slash',
    { incomingAuth: { type: 'oidc', oidc: { issuer: 'https://auth.acme.example/' } } },
    'incomingAuth.oidc.issuer',
    /byte for byte/,
  ],
  [
    'V-07: an audience that no token will name',
    { incomingAuth: { type: 'oidc', oidc: { audience: 'https://mcp.acme.example' } } },
    'incomingAuth.oidc.audience',
  ],
  [
    'a resource that is not the MCP endpoint',
    { incomingAuth: { type: 'oidc', oidc: { resourceUrl: 'https://mcp.acme.example/' } } },
    'incomingAuth.oidc.resourceUrl',
  ],
  ['neither authServer nor issuer', NO_PROVIDER_STRATEGIES, 'incomingAuth.oidc.issuer'],
  [
    'an external resource that clients would refuse',
    { ...EXTERNAL, 'incomingAuth.oidc.resourceUrl': 'https://other.example/mcp' },
    'incomingAuth.oidc.resourceUrl',
  ],
  [
    'an exchange of a token that anonymous callers do not have',
    {
      ...NO_PROVIDER_STRATEGIES,
      incomingAuth: { type: 'anonymous' },
      'outgoingAuth.backends': {
        tickets: { type: 'tokenExchange', tokenExchange: { tokenUrl: 'https://sts.example/token' } },
      },
    },
    'outgoingAuth.backends.tickets.type',
  ],
];
