import type { Changes } from '../configuration.fixture.js';
import type { Row } from './row.fixture.js';

const NOTES = 'authServer.upstreamProviders[2]';
const MCP = `${NOTES}.mcpConfig`;
/** A provider for the OAuth that the backend `status` demands, and what changes about it. */
export const notes = (mcpConfig: object = {}, more: Changes = {}): Changes => ({
  'authServer.upstreamProviders.2': {
    name: 'notes',
    type: 'mcp',
    mcpConfig: { backend: 'status', ...mcpConfig },
  },
  'outgoingAuth.backends.status': { type: 'upstreamInject', upstreamInject: { providerName: 'notes' } },
  ...more,
});

/** Backends that demand their own OAuth. */
export const MCP_ROWS: readonly Row[] = [
  [
    'OAuth of an unknown backend',
    notes({ backend: 'stattus' }, { 'outgoingAuth.backends.status': undefined }),
    `${MCP}.backend`,
    /no backend/,
  ],
  [
    'a client id that could be sent to any issuer (a backend names the authorization server)',
    notes({ clientId: 'gatehouse', clientSecret: { env: 'OCTO_CLIENT_SECRET' } }),
    `${MCP}.clientId`,
    /needs the issuer/,
  ],
  [
    'a client secret of no client',
    notes({ issuer: 'https://as.example', clientSecret: { env: 'OCTO_CLIENT_SECRET' } }),
    `${MCP}.clientSecret`,
  ],
  [
    'a client secret that is not there for the method',
    notes({ issuer: 'https://as.example', clientId: 'g', tokenEndpointAuthMethod: 'client_secret_post' }),
    `${MCP}.tokenEndpointAuthMethod`,
  ],
  [
    'a metadata document at the root',
    notes({ clientMetadataUrl: 'https://cdn.example/' }),
    `${MCP}.clientMetadataUrl`,
  ],
  [
    'a metadata document over http',
    notes({ clientMetadataUrl: 'http://cdn.example/me' }),
    `${MCP}.clientMetadataUrl`,
  ],
  [
    'no way to become a client',
    notes(
      { dynamicRegistration: false },
      { publicUrl: 'http://localhost:4483', 'authServer.issuer': 'http://localhost:4484' },
    ),
    `${MCP}.dynamicRegistration`,
  ],
  ['an issuer over http', notes({ issuer: 'http://as.example' }), `${MCP}.issuer`],
  ['an issuer with a query', notes({ issuer: 'https://as.example?x=1' }), `${MCP}.issuer`],
  [
    'a primary provider that cannot say who a person is',
    notes({}, { 'authServer.primaryUpstreamProvider': 'notes' }),
    `${NOTES}.type`,
    /does not say that/,
  ],
  [
    'tokens of one backend that would be sent to another one (token passthrough)',
    notes(
      {},
      {
        'outgoingAuth.backends.reports': {
          type: 'upstreamInject',
          upstreamInject: { providerName: 'notes' },
        },
      },
    ),
    'outgoingAuth.backends.reports.upstreamInject',
    /for the backend status alone/,
  ],
  [
    'tokens of one backend that would be sent to every other one',
    notes(
      {},
      { 'outgoingAuth.default': { type: 'upstreamInject', upstreamInject: { providerName: 'notes' } } },
    ),
    'outgoingAuth.default.upstreamInject',
    /for the backend status alone/,
  ],
];
