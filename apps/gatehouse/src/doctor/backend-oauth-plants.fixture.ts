import type { Plant } from './doctor-world.fixture.js';
import { row, type Row } from './plants.fixture.js';
import type { Faults } from './stubs.fixture.js';

/** The backend `repos` demands its own OAuth. */
export const ofBackend = (mcpConfig: object = {}): Plant => ({
  changes: {
    'authServer.upstreamProviders.2': {
      name: 'notes',
      type: 'mcp',
      requirement: 'onDemand',
      allowPrivateIps: true,
      insecureAllowHttp: true,
      mcpConfig: { backend: 'repos', ...mcpConfig },
    },
    'outgoingAuth.backends.repos': { type: 'upstreamInject', upstreamInject: { providerName: 'notes' } },
  },
});

/** A client that somebody registered by hand. */
export const registered = (issuer: string): object => ({
  issuer,
  clientId: 'gatehouse',
  clientSecret: { env: 'CLIENT_SECRET' },
});

interface Origins {
  readonly server: () => string;
  readonly nobody: () => string;
}

const notes = (fault: string, name: string, server: Faults, more: Partial<Row> = {}): Row =>
  row(fault, name, {
    about: 'provider notes',
    plant: () => ofBackend(),
    server: { registers: true, ...server },
    backend: { names: 'server' },
    ...more,
  });

/** What its metadata can have against it. */
const METADATA_PLANTS: readonly Row[] = [
  notes('a backend whose authorization server has no metadata', 'provider-metadata-missing', {
    metadataStatus: 404,
  }),
  notes('a backend whose authorization server says to be another one', 'provider-issuer', {
    metadata: { issuer: 'https://another.example' },
  }),
  notes('a backend whose authorization server says nothing of PKCE', 'provider-no-pkce', {
    metadata: { code_challenge_methods_supported: undefined },
  }),
  notes('a backend whose authorization server names no endpoint', 'provider-endpoints-missing', {
    metadata: { token_endpoint: undefined },
  }),
  notes('a backend whose authorization server renews nothing', 'provider-no-refresh-token', {
    metadata: { grant_types_supported: ['authorization_code'] },
  }),
  notes('a backend whose authorization server is an hour ahead', 'provider-clock', { skewMs: 3_600_000 }),
  notes('a backend at which this gateway cannot become a client', 'provider-registration-missing', {
    registers: false,
  }),
];

/** What can be wrong with the authorization server that a backend names. */
export const backendOAuthPlants = ({ server, nobody }: Origins): readonly Row[] => [
  ...METADATA_PLANTS,
  notes(
    'a backend that names another authorization server than the configured one',
    'provider-not-named',
    {},
    { plant: () => ofBackend({ issuer: 'https://another.example' }) },
  ),
  notes(
    'a backend that describes another one',
    'provider-resource',
    {},
    { backend: { names: 'server', resource: 'https://another.example/mcp' } },
  ),
  notes(
    'a backend that names the authorization server of another provider',
    'provider-of-another',
    {},
    { backend: { names: 'provider' } },
  ),
  notes(
    'a document of this gateway that is not where it should be',
    'provider-client-document',
    { metadata: { client_id_metadata_document_supported: true } },
    {
      plant: () =>
        ofBackend({
          clientMetadataUrl: `${nobody().replace('http:', 'https:')}/oauth/client-metadata/notes`,
        }),
    },
  ),
  notes(
    'a backend whose resource its authorization server refuses',
    'provider-resource-refused',
    { refusesResource: true },
    { plant: () => ofBackend(registered(server())) },
  ),
  notes(
    'a client secret that the server of a backend no longer takes',
    'provider-client-refused',
    { secret: 'another' },
    { plant: () => ofBackend(registered(server())) },
  ),
];
