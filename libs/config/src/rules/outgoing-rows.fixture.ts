import {
  EXTERNAL,
  OF_CALLER,
  OIDC,
  OAUTH2,
  EXCHANGE,
  NO_PROVIDER_STRATEGIES,
  type Row,
} from './row.fixture.js';

/** Tools, strategiesclients and scopes. */
export const OUTGOING_ROWS: readonly Row[] = [
  [
    'a strategy for a backend that does not exist',
    { 'outgoingAuth.backends.repo': { type: 'unauthenticated' } },
    'outgoingAuth.backends.repo',
    /Known: repos/,
  ],
  [
    'tools of a backend that does not exist',
    { 'aggregation.tools': [{ workload: 'repo' }] },
    'aggregation.tools[0].workload',
  ],
  [
    'a priority of a backend that does not exist',
    {
      aggregation: { conflictResolution: 'priority', conflictResolutionConfig: { priorityOrder: ['repo'] } },
    },
    'aggregation.conflictResolutionConfig.priorityOrder[0]',
  ],
  [
    'priority without an order',
    { 'aggregation.conflictResolution': 'priority' },
    'aggregation.conflictResolutionConfig.priorityOrder',
  ],
  [
    'an order that is not looked at',
    { 'aggregation.conflictResolutionConfig': { priorityOrder: ['repos'] } },
    'aggregation.conflictResolutionConfig.priorityOrder',
    /no effect/,
  ],
  [
    'a prefix that is equal for all',
    { 'aggregation.conflictResolutionConfig': { prefixFormat: 'x_' } },
    'aggregation.conflictResolutionConfig.prefixFormat',
  ],
  ['manual without tools', { 'aggregation.conflictResolution': 'manual' }, 'aggregation.tools'],
  [
    'an override that changes nothing',
    { 'aggregation.tools': [{ workload: 'repos', overrides: { a: {} } }] },
    'aggregation.tools[0].overrides.a',
  ],
  [
    'an override that the filter hides',
    { 'aggregation.tools': [{ workload: 'repos', filter: ['b'], overrides: { a: { name: 'c' } } }] },
    'aggregation.tools[0].overrides.a',
  ],
  [
    'two tools renamed to one name',
    { 'aggregation.tools': [{ workload: 'repos', overrides: { a: { name: 'c' }, b: { name: 'c' } } }] },
    'aggregation.tools[0].overrides.b.name',
  ],
  [
    'two entries for the tools of one backend',
    { 'aggregation.tools': [{ workload: 'repos' }, { workload: 'repos' }] },
    'aggregation.tools[1].workload',
  ],
  [
    'prompts of a backend that does not exist',
    { 'aggregation.prompts': [{ workload: 'repo', filter: ['*'] }] },
    'aggregation.prompts[0].workload',
    /Known: repos/,
  ],
  [
    'resources of a backend that does not exist',
    { 'aggregation.resources': [{ workload: 'repo', filter: ['*'] }] },
    'aggregation.resources[0].workload',
    /Known: repos/,
  ],
  [
    'two entries for the resources of one backend',
    {
      'aggregation.resources': [
        { workload: 'repos', filter: ['a*'] },
        { workload: 'repos', filter: ['b*'] },
      ],
    },
    'aggregation.resources[1].workload',
  ],
  [
    'a pattern that is written twice',
    { 'aggregation.prompts': [{ workload: 'repos', filter: ['a*', 'a*'] }] },
    'aggregation.prompts[0].filter[1]',
  ],
  [
    'a backend that is twice in the order',
    {
      aggregation: {
        conflictResolution: 'priority',
        conflictResolutionConfig: { priorityOrder: ['repos', 'repos'] },
      },
    },
    'aggregation.conflictResolutionConfig.priorityOrder[1]',
  ],
  [
    'annotations that say nothing',
    { 'aggregation.tools': [{ workload: 'repos', overrides: { a: { annotations: {} } } }] },
    'aggregation.tools[0].overrides.a',
  ],
  [
    'a filter of tools that are all excluded',
    { 'aggregation.tools': [{ workload: 'repos', excludeAll: true, filter: ['a'] }] },
    'aggregation.tools[0].filter',
    /no effect with excludeAll/,
  ],
  [
    'overrides of tools that are all excluded',
    { 'aggregation.tools': [{ workload: 'repos', excludeAll: true, overrides: { a: { name: 'b' } } }] },
    'aggregation.tools[0].overrides',
    /no effect with excludeAll/,
  ],
  [
    'an entry for tools where none are shown at all',
    { aggregation: { excludeAllTools: true, tools: [{ workload: 'repos' }] } },
    'aggregation.tools[0]',
    /no effect with excludeAllTools/,
  ],
  [
    'a visibility of tools where none are shown at all',
    { aggregation: { excludeAllTools: true, defaultToolVisibility: 'deny' } },
    'aggregation.defaultToolVisibility',
    /no effect with excludeAllTools/,
  ],
  [
    'tools of two backends renamed to one name, where names alone keep them apart',
    {
      aggregation: {
        conflictResolution: 'manual',
        tools: [
          { workload: 'repos', overrides: { a: { name: 'c' } } },
          { workload: 'tickets', overrides: { b: { name: 'c' } } },
        ],
      },
    },
    'aggregation.tools[1].overrides.b.name',
    /A tool of repos is already renamed/,
  ],
  [
    'a token exchange for callers of an external issuer',
    {
      ...EXTERNAL,
      'outgoingAuth.backends': {
        tickets: {
          type: 'tokenExchange',
          tokenExchange: { tokenUrl: 'https://sts.example/token', audience: 'tickets' },
        },
      },
    },
    'outgoingAuth.backends.tickets.type',
    /needs authServer/,
    /subjectFromCaller: true/,
  ],
  [
    'a token of an external issuer as the subject where callers come with tokens of this gateway',
    { [`${EXCHANGE}.subjectProviderName`]: undefined, [`${EXCHANGE}.subjectFromCaller`]: true },
    `${EXCHANGE}.subjectFromCaller`,
    /tokens of this gateway/,
    'leave it out',
  ],
  [
    'the caller’s own token beside that of a provider',
    { [`${EXCHANGE}.subjectProviderName`]: 'acme-sso', [`${EXCHANGE}.subjectFromCaller`]: true },
    `${EXCHANGE}.subjectFromCaller`,
  ],
  [
    'the own token of anonymous callers',
    {
      ...NO_PROVIDER_STRATEGIES,
      incomingAuth: { type: 'anonymous' },
      'outgoingAuth.backends': { tickets: OF_CALLER },
    },
    'outgoingAuth.backends.tickets.type',
    /anonymous callers have none/,
  ],
  [
    'an id_token of a caller of an external issuer, who brings none',
    {
      ...EXTERNAL,
      'outgoingAuth.backends': {
        tickets: {
          ...OF_CALLER,
          tokenExchange: { ...OF_CALLER.tokenExchange, subjectTokenType: 'id_token' },
        },
      },
    },
    'outgoingAuth.backends.tickets.tokenExchange.subjectTokenType',
    /brings no id_token/,
  ],
  [
    'an exchange secret without its client id',
    { [`${EXCHANGE}.clientId`]: undefined },
    `${EXCHANGE}.clientSecret`,
  ],
  [
    'an id_token of the caller, who brings none',
    { [`${EXCHANGE}.subjectTokenType`]: 'id_token', [`${EXCHANGE}.subjectProviderName`]: undefined },
    `${EXCHANGE}.subjectTokenType`,
  ],
  [
    'an id_token of a provider that issues none',
    {
      [`${EXCHANGE}.subjectTokenType`]: 'urn:ietf:params:oauth:token-type:id_token',
      [`${EXCHANGE}.subjectProviderName`]: 'octo',
    },
    `${EXCHANGE}.subjectTokenType`,
  ],
  [
    'client_secret_post without a secret',
    { [`${OAUTH2}.clientSecret`]: undefined, [`${OAUTH2}.tokenEndpointAuthMethod`]: 'client_secret_post' },
    'authServer.upstreamProviders[1].oauth2Config.tokenEndpointAuthMethod',
  ],
  [
    'a provider secret that would never be sent',
    { [`${OIDC}.tokenEndpointAuthMethod`]: 'none' },
    'authServer.upstreamProviders[0].oidcConfig.tokenEndpointAuthMethod',
  ],
  [
    'an oidc provider that is not asked for openid',
    { [`${OIDC}.scopes`]: ['email'] },
    'authServer.upstreamProviders[0].oidcConfig.scopes',
  ],
  [
    'a baseline scope that is not supported',
    { 'authServer.baselineClientScopes': ['openid', 'admin'] },
    'authServer.baselineClientScopes[1]',
    /admin is not in/,
  ],
  [
    'supported scopes without openid',
    { 'authServer.scopesSupported': ['email'], incomingAuth: { type: 'oidc', oidc: { scopes: [] } } },
    'authServer.scopesSupported',
  ],
  [
    'an advertised scope that no client could obtain',
    { incomingAuth: { type: 'oidc', oidc: { scopes: ['admin'] } } },
    'incomingAuth.oidc.scopes[0]',
  ],
  ...['Host', 'Mcp-Session-Id', 'Transfer-Encoding', 'content-length', 'Connection'].map((name): Row => [
    `an injected ${name} header`,
    { 'outgoingAuth.backends.reports.headerInjection.headerName': name },
    'outgoingAuth.backends.reports.headerInjection.headerName',
  ]),
  ...['state', 'redirect_uri', 'code_challenge_method', 'nonce', 'request_uri'].map((name): Row => [
    `a provider parameter ${name} that undoes the protocol`,
    { [`${OIDC}.additionalAuthorizationParams`]: { [name]: 'x' } },
    `authServer.upstreamProviders[0].oidcConfig.additionalAuthorizationParams.${name}`,
  ]),
  [
    'a prompt beside none',
    { [`${OIDC}.additionalAuthorizationParams`]: { prompt: 'none' }, [`${OIDC}.reconnectPrompt`]: 'login' },
    'authServer.upstreamProviders[0].oidcConfig.reconnectPrompt',
  ],
  [
    'more than 16 parameters',
    {
      [`${OIDC}.additionalAuthorizationParams`]: Object.fromEntries(
        Array.from({ length: 17 }, (_, index) => [`p${index}`, 'x']),
      ),
    },
    'authServer.upstreamProviders[0].oidcConfig.additionalAuthorizationParams',
  ],
  [
    'userinfo headers that carry a credential',
    { [`${OAUTH2}.userInfo.additionalHeaders`]: { Authorization: 'x' } },
    'authServer.upstreamProviders[1].oauth2Config.userInfo.additionalHeaders.Authorization',
  ],
  [
    'userinfo that identifies nobody',
    { [`${OAUTH2}.userInfo.fieldMapping`]: { subjectFields: [] } },
    'authServer.upstreamProviders[1].oauth2Config.userInfo.fieldMapping.subjectFields',
  ],
];
