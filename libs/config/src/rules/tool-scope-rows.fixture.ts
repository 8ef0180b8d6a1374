import { EXCHANGE, type Row } from './row.fixture.js';

const OWN = 'outgoingAuth.backends.status';
const ENTRY = { tools: ['write_*'], scopes: ['tickets:write'] };
const of = (field: string, value: unknown) => ({ [`${EXCHANGE}.${field}`]: value });
const behalf = (fields: object) => ({
  [OWN]: {
    type: 'obo',
    obo: {
      tenantId: '11111111-2222-3333-4444-555555555555',
      clientId: 'gatehouse',
      clientSecret: { env: 'EXCHANGE_SECRET' },
      audience: 'api://tickets',
      subjectTokenProviderName: 'acme-sso',
      ...fields,
    },
  },
});

/** Scopes that calls of some tools need of the token that is issued for them. */
export const TOOL_SCOPE_ROWS: readonly Row[] = [
  [
    'scopes of no tool',
    of('toolScopes', [{ ...ENTRY, tools: [] }]),
    `${EXCHANGE}.toolScopes[0].tools`,
    /does nothing/,
  ],
  [
    'tools without scopes',
    of('toolScopes', [{ ...ENTRY, scopes: [] }]),
    `${EXCHANGE}.toolScopes[0].scopes`,
    /does nothing/,
  ],
  [
    'scopes that every call has already',
    { ...of('scopes', ['tickets:read', 'tickets:write']), ...of('toolScopes', [ENTRY]) },
    `${EXCHANGE}.toolScopes[0].scopes`,
    /Every call asks for tickets:write already/,
  ],
  [
    'scopes beside everything of an application of Entra',
    behalf({ toolScopes: [ENTRY] }),
    `${OWN}.obo.toolScopes`,
    /\.default/,
    /scopes that all calls need/,
  ],
  [
    'everything of an application beside other scopes',
    behalf({
      scopes: ['api://tickets/read'],
      toolScopes: [{ ...ENTRY, scopes: ['api://tickets/.default'] }],
    }),
    `${OWN}.obo.toolScopes[0].scopes`,
    /takes no other scopes beside it/,
  ],
  [
    'scopes of tools beside everything, without an application',
    behalf({ scopes: ['.default'], toolScopes: [ENTRY] }),
    `${OWN}.obo.toolScopes`,
    /takes no other scopes beside it/,
  ],
  [
    'more scopes than Entra is asked for',
    behalf({
      scopes: Array.from({ length: 20 }, (_, index) => `scope-${index}`),
      toolScopes: [ENTRY],
    }),
    `${OWN}.obo.toolScopes`,
    /20 scopes at most/,
  ],
];

/** Where there are none, and tools that there cannot be. */
export const TOOL_SCOPE_SHAPE_ROWS: readonly Row[] = [
  [
    'a pattern that no tool has a name like',
    of('toolScopes', [{ ...ENTRY, tools: ['write tickets'] }]),
    `${EXCHANGE}.toolScopes[0].tools[0]`,
    /is not a tool name or a pattern of them/,
  ],
  [
    'scopes of tools for a provider’s own token',
    {
      [OWN]: { type: 'upstreamInject', upstreamInject: { providerName: 'acme-sso', toolScopes: [ENTRY] } },
    },
    `${OWN}.upstreamInject.toolScopes`,
    /does not exist here/,
    /scopes that its person agreed to, and is one for all tools/,
  ],
  [
    'scopes of tools for a key',
    {
      [OWN]: {
        type: 'headerInjection',
        headerInjection: {
          headerName: 'X-Api-Key',
          headerValue: { env: 'API_KEY' },
          toolScopes: [ENTRY],
        },
      },
    },
    `${OWN}.headerInjection.toolScopes`,
    /does not exist here/,
    /no scopes that could be chosen/,
  ],
  [
    'scopes of tools for credentials of AWS',
    {
      [OWN]: {
        type: 'awsSts',
        awsSts: {
          region: 'eu-central-1',
          fallbackRoleArn: 'arn:aws:iam::111122223333:role/McpReader',
          subjectProviderName: 'acme-sso',
          toolScopes: [ENTRY],
        },
      },
    },
    `${OWN}.awsSts.toolScopes`,
    /does not exist here/,
    /permissions of their role/,
  ],
  [
    'scopes of tools beside a strategy',
    { 'outgoingAuth.backends.tickets.toolScopes': [ENTRY] },
    'outgoingAuth.backends.tickets.toolScopes',
    /does not exist here/,
    /inside tokenExchange, clientCredentials, googleServiceAccount, xaa or obo/,
  ],
];
