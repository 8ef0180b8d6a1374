import { provider, REGISTRATION, type Row } from './row.fixture.js';

const DOCUMENT = {
  clientId: 'https://c.example/d',
  clientName: 'C',
  redirectUris: ['http://localhost/callback'],
};

const BACKEND_WITH = (more: Readonly<Record<string, unknown>>) => ({
  name: 'repos',
  url: 'https://repos.acme.example/mcp',
  ...more,
});

const KEY_LIFESPAN = 'authServer.signingKeyLifespan';

/** Times, clients, keys, databases and addresses. */
export const INSTALLATION_ROWS: readonly Row[] = [
  [
    'an access token that lives for a year',
    { 'authServer.tokenLifespans': { accessTokenLifespan: '365d', refreshTokenLifespan: '365d' } },
    'authServer.tokenLifespans.accessTokenLifespan',
  ],
  [
    'an authorization code that lives for an hour',
    { 'authServer.tokenLifespans': { authCodeLifespan: '1h' } },
    'authServer.tokenLifespans.authCodeLifespan',
  ],
  [
    'a refresh token that dies before its access token',
    { 'authServer.tokenLifespans': { accessTokenLifespan: '2h', refreshTokenLifespan: '1h' } },
    'authServer.tokenLifespans.refreshTokenLifespan',
  ],
  [
    'a refresh token that outlives its session',
    { 'authServer.tokenLifespans': { refreshTokenLifespan: '60d', sessionLifespan: '30d' } },
    'authServer.tokenLifespans.sessionLifespan',
  ],
  [
    'a session that never ends',
    { 'authServer.tokenLifespans': { sessionLifespan: '3650d' } },
    'authServer.tokenLifespans.sessionLifespan',
  ],
  ['a key that signs for an hour', { 'authServer.signingKeys': [], [KEY_LIFESPAN]: '1h' }, KEY_LIFESPAN],
  ['a lifespan of signing keys that are written', { [KEY_LIFESPAN]: '90d' }, KEY_LIFESPAN, /made itself/],
  [
    'room for answers that one answer would not fit into',
    { limits: { answerSizePerPerson: '16MiB' } },
    'limits.answerSizePerPerson',
  ],
  ['a request limit that nothing fits into', { limits: { requestSize: '1KiB' } }, 'limits.requestSize'],
  [
    'requests that would stop the proxy for seconds',
    { limits: { requestSize: '65MiB', requestSizePerPerson: '1024MiB' } },
    'limits.requestSize',
  ],
  [
    'a limit per person below that of one request',
    { limits: { requestSize: '8MiB', requestSizePerPerson: '4MiB' } },
    'limits.requestSizePerPerson',
    /one request/,
  ],
  [
    'a limit for one person that holds back nobody',
    { 'backends.0.limits': { calls: 8, callsPerPerson: 16 } },
    'backends[0].limits.callsPerPerson',
  ],
  [
    'streams of one person above those of all',
    { 'backends.0.limits': { streams: 8, streamsPerPerson: 9 } },
    'backends[0].limits.streamsPerPerson',
  ],
  ['a stop that is announced for longer than anybody waits', { shutdownDelay: '2m' }, 'shutdownDelay'],
  ['a backend timeout of nothing', { 'backends.0.timeout': '0s' }, 'backends[0].timeout'],
  [
    'a longest time that nothing extends to',
    { 'backends.0.maxTimeout': '5m' },
    'backends[0].maxTimeout',
    /no effect without progressExtendsTimeout/,
  ],
  [
    'progress that extends nothing',
    { 'backends.0': BACKEND_WITH({ progressExtendsTimeout: true, timeout: '1m', maxTimeout: '1m' }) },
    'backends[0].maxTimeout',
    /more than timeout/,
  ],
  [
    'a call that may go on for days',
    { 'backends.0': BACKEND_WITH({ progressExtendsTimeout: true, maxTimeout: '48h' }) },
    'backends[0].maxTimeout',
  ],
  [
    'a time limit of all backends that nobody waits for',
    { operational: { timeouts: { default: '1h' } } },
    'operational.timeouts.default',
  ],
  [
    'a time limit of a backend that nobody waits for, written among all',
    { operational: { timeouts: { perWorkload: { repos: '1h' } } } },
    'operational.timeouts.perWorkload.repos',
  ],
  [
    'two time limits of one backend',
    { 'backends.0.timeout': '10s', operational: { timeouts: { perWorkload: { repos: '20s' } } } },
    'operational.timeouts.perWorkload.repos',
    /one of the two/,
  ],
  [
    'a time limit of a backend that does not exist',
    { operational: { timeouts: { perWorkload: { reposs: '20s' } } } },
    'operational.timeouts.perWorkload.reposs',
  ],
  [
    'a time limit of a tool that nobody waits for',
    { 'backends.0.toolTimeouts': [{ tools: ['export_*'], timeout: '1h' }] },
    'backends[0].toolTimeouts[0].timeout',
  ],
  [
    'a longest time of a tool that nothing extends to',
    { 'backends.0.toolTimeouts': [{ tools: ['export_*'], timeout: '1m', maxTimeout: '5m' }] },
    'backends[0].toolTimeouts[0].maxTimeout',
    /no effect without progressExtendsTimeout/,
  ],
  [
    'a time limit of no tool',
    { 'backends.0.toolTimeouts': [{ tools: [], timeout: '1m' }] },
    'backends[0].toolTimeouts[0].tools',
  ],
  [
    'probes that come too often',
    { 'backends.0.failureHandling': { healthCheckInterval: '999ms', healthCheckTimeout: '100ms' } },
    'backends[0].failureHandling.healthCheckInterval',
  ],
  [
    'a probe that outlives the next one',
    { 'backends.0.failureHandling': { healthCheckInterval: '5s' } },
    'backends[0].failureHandling.healthCheckTimeout',
    /before the next one/,
  ],
  [
    'a probe that waits for minutes',
    { operational: { failureHandling: { healthCheckTimeout: '5m' } } },
    'operational.failureHandling.healthCheckTimeout',
  ],
  [
    'a circuit that stays open for a day',
    { operational: { failureHandling: { circuitBreaker: { timeout: '1d' } } } },
    'operational.failureHandling.circuitBreaker.timeout',
  ],
  ['signs of life that nobody waits for', { streamKeepAlive: '1h' }, 'streamKeepAlive'],
  [
    'a call that goes on for a client that is gone for an hour',
    { resumption: { keepFor: '1h' } },
    'resumption.keepFor',
  ],
  [
    'streams that do not fit into a message of the bus',
    { resumption: { sizePerStream: '1MiB' } },
    'resumption.sizePerStream',
  ],
  [
    'a provider timeout that outlives the refresh lease',
    { [provider(0, 'timeout')]: '5m' },
    'authServer.upstreamProviders[0].timeout',
  ],
  [
    'registration with a token that is not given',
    { [REGISTRATION]: { dynamic: 'initialAccessToken' } },
    'authServer.clientRegistration.initialAccessToken',
  ],
  [
    'a registration token that nobody asks for',
    { [REGISTRATION]: { initialAccessToken: { env: 'INITIAL_ACCESS_TOKEN' } } },
    'authServer.clientRegistration.initialAccessToken',
  ],
  [
    'a gateway that no client can come to know',
    { [REGISTRATION]: { dynamic: 'off', metadataDocuments: { enabled: false } } },
    'authServer.clientRegistration',
  ],
  [
    'metadata documents of no host',
    { [REGISTRATION]: { metadataDocuments: { allowedHosts: [] } } },
    'authServer.clientRegistration.metadataDocuments.allowedHosts',
  ],
  [
    'a pinned document that nobody asks for',
    { [REGISTRATION]: { metadataDocuments: { enabled: false, documents: [DOCUMENT] } } },
    'authServer.clientRegistration.metadataDocuments.documents',
  ],
  [
    'a pinned document that is written twice',
    { [REGISTRATION]: { metadataDocuments: { documents: [DOCUMENT, DOCUMENT] } } },
    'authServer.clientRegistration.metadataDocuments.documents[1].clientId',
  ],
  ...[
    'http://c.example/d',
    'https://c.example',
    'https://c.example/',
    'https://a@c.example/d',
    'https://c.example/../d',
    'https://c.example/%2E%2e/d',
    'https://c.example/d#x',
    'c',
  ].map((clientId): Row => [
    `a pinned document at ${clientId}`,
    { [REGISTRATION]: { metadataDocuments: { documents: [{ ...DOCUMENT, clientId }] } } },
    'authServer.clientRegistration.metadataDocuments.documents[0].clientId',
  ]),
  [
    'a pinned document that sends codes anywhere',
    {
      [REGISTRATION]: {
        metadataDocuments: { documents: [{ ...DOCUMENT, redirectUris: ['http://evil.example/cb'] }] },
      },
    },
    'authServer.clientRegistration.metadataDocuments.documents[0].redirectUris[0]',
  ],
  ...[
    'http://evil.example/cb',
    'javascript:alert(1)',
    'https://a.example/#x',
    'https://a.example@evil.example/',
    'https://a.example/\\x',
    'slack://x/cb',
    'no url',
  ].map((uri): Row => [
    `a code sent to ${uri}`,
    { [REGISTRATION]: { clients: [{ clientId: 'c', clientName: 'C', redirectUris: [uri] }] } },
    'authServer.clientRegistration.clients[0].redirectUris[0]',
  ]),
  ...['javascript', 'file', 'https', 'MyEditor', 'myeditor:'].map((scheme): Row => [
    `a further redirect scheme called ${scheme}`,
    { [REGISTRATION]: { redirectSchemes: [scheme] } },
    'authServer.clientRegistration.redirectSchemes[0]',
    /scheme/,
  ]),
  ['a vault without a key', { 'vault.keyEncryptionKeys': [] }, 'vault.keyEncryptionKeys'],
  [
    'an authorization server without a key',
    { 'authServer.keyEncryptionKeys': [] },
    'authServer.keyEncryptionKeys',
  ],
  [
    'one key for both services',
    { 'authServer.keyEncryptionKeys': [{ id: 'a', env: 'VAULT_KEK' }] },
    'authServer.keyEncryptionKeys[0]',
    /also a key/,
  ],
  ['a vault that takes requests unproven', { 'vault.requestKeys': [] }, 'vault.requestKeys'],
  [
    'one key that proves requests and seals',
    { 'vault.requestKeys': [{ id: 'r', env: 'AS_KEK' }] },
    'vault.requestKeys[0]',
    /key of its own/,
  ],
  [
    'one database role for both services',
    { 'postgres.tokenVault.url': { env: 'AS_DATABASE_URL' } },
    'postgres.tokenVault.url',
    /role of its own/,
  ],
  [
    'an authorization server without a database',
    { 'postgres.authorizationServer': undefined },
    'postgres.authorizationServer',
  ],
  ['no NATS server', { 'nats.servers': [] }, 'nats.servers'],
  ['two services on one port', { listen: { proxy: { port: 4484 } } }, 'listen.authorizationServer.port'],
  [
    'a service whose operators would listen where its clients do',
    { listen: { proxy: { host: '0.0.0.0', internal: { port: 4483 } } } },
    'listen.proxy.internal.port',
    /proxy already listens/,
  ],
  [
    'the internal listeners of two services on one port',
    { listen: { tokenVault: { internal: { port: 4495 } } } },
    'listen.tokenVault.internal.port',
    /proxy\.internal already/,
  ],
  [
    'an internal listener on the port that another service is public at',
    { listen: { tokenVault: { internal: { port: 4484 } } } },
    'listen.tokenVault.internal.port',
  ],
  ...[0, 65, 1.5, '2', 'Auto', 'all', true, null].map((workers): Row => [
    `${JSON.stringify(workers)} as the number of workers`,
    { 'listen.proxy': { workers } },
    'listen.proxy.workers',
    workers === null ? /missing/ : /Expected auto, or a whole number from 1 to 64\./,
  ]),
  [
    'an internal port that follows from the public one and does not exist',
    { listen: { proxy: { port: 65_530 } } },
    'listen.proxy.internal.port',
    /no such port/,
  ],
];
