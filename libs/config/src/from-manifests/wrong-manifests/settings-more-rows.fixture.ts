import { manifest } from '../manifests.fixture.js';
import { row, wrong, type ManifestRow } from './manifest-row.fixture.js';
import { CONFIG, GATEWAY } from './places.fixture.js';

export const SETTINGS_MORE_ROWS: readonly ManifestRow[] = [
  row(
    'an override with a name that no tool can have',
    { [`${CONFIG}.aggregation`]: { tools: [{ workload: 'repos', overrides: { a: { name: 'a b' } } }] } },
    [
      [
        `${CONFIG}.aggregation.tools[0].overrides.a.name`,
        'The value is not a tool name: letters, digits, _ . / -, at most 128.',
      ],
    ],
  ),
  row(
    'a hint that is a text',
    {
      [`${CONFIG}.aggregation`]: {
        tools: [{ workload: 'repos', overrides: { a: { annotations: { readOnlyHint: 'yes' } } } }],
      },
    },
    [
      [
        `${CONFIG}.aggregation.tools[0].overrides.a.annotations.readOnlyHint`,
        'Expected true or false, found a text.',
      ],
    ],
  ),
  row(
    'shared tools that are not there',
    { [`${CONFIG}.aggregation`]: { tools: [{ workload: 'repos', toolConfigRef: { name: 'none' } }] } },
    [
      [
        `${CONFIG}.aggregation.tools[0].toolConfigRef.name`,
        'There is no MCPToolConfig none in namespace tools.',
        'an MCPToolConfig of that name among the manifests',
      ],
    ],
  ),
  row(
    'shared tools that are wrong',
    { [`${CONFIG}.aggregation`]: { tools: [{ workload: 'repos', toolConfigRef: { name: 'tools' } }] } },
    [['MCPToolConfig/tools spec.toolsFilter', 'Expected a list, found a text.']],
    [manifest('MCPToolConfig', 'tools', { toolsFilter: 'a' })],
  ),
  row(
    'shared tools with an unknown field',
    { [`${CONFIG}.aggregation`]: { tools: [{ workload: 'repos', toolConfigRef: { name: 'tools' } }] } },
    [['MCPToolConfig/tools spec.toolFilter', 'Unknown field. Did you mean toolsFilter?', 'toolsFilter:']],
    [manifest('MCPToolConfig', 'tools', { toolFilter: ['a'] })],
  ),
  row('an unknown visibility', { [`${CONFIG}.aggregation`]: { defaultToolVisibility: 'hide' } }, [
    [`${CONFIG}.aggregation.defaultToolVisibility`, 'Expected one of: allow, deny.'],
  ]),
  row('excludeAllTools that is a text', { [`${CONFIG}.aggregation`]: { excludeAllTools: 'true' } }, [
    [`${CONFIG}.aggregation.excludeAllTools`, 'Expected true or false, found a text.'],
  ]),
  row('a time limit that is no duration', { [`${CONFIG}.operational`]: { timeouts: { default: '30' } } }, [
    [
      `${CONFIG}.operational.timeouts.default`,
      'The value is not a duration: a whole number and a unit (ms, s, m, h, d).',
      '30s',
    ],
  ]),
  row(
    'a time limit of a backend that is not there',
    { [`${CONFIG}.operational`]: { timeouts: { perWorkload: { nobody: '30s' } } } },
    [
      [
        `${CONFIG}.operational.timeouts.perWorkload.nobody`,
        'There is no backend named nobody. Known: repos, tickets, reports.',
      ],
    ],
  ),
  row(
    'a time limit of a backend that is a number',
    { [`${CONFIG}.operational`]: { timeouts: { perWorkload: { repos: 30 } } } },
    [[`${CONFIG}.operational.timeouts.perWorkload.repos`, 'Expected a text, found a number.', "'30'"]],
  ),
  row('a time limit of a day', { [`${CONFIG}.operational`]: { timeouts: { default: '24h' } } }, [
    [`${CONFIG}.operational.timeouts.default`, 'This must be within 100ms to 10m.'],
  ]),
  row(
    'a look at backends that never ends',
    {
      [`${CONFIG}.operational`]: {
        failureHandling: { healthCheckInterval: '5s', healthCheckTimeout: '30s' },
      },
    },
    [
      [
        `${CONFIG}.operational.failureHandling.healthCheckTimeout`,
        'A probe must be over before the next one: this must be less than healthCheckInterval.',
      ],
    ],
  ),
  row(
    'an unhealthy threshold of nothing',
    { [`${CONFIG}.operational`]: { failureHandling: { unhealthyThreshold: 0 } } },
    [[`${CONFIG}.operational.failureHandling.unhealthyThreshold`, 'The number is out of range.']],
  ),
  row(
    'an unknown way with partial failures',
    { [`${CONFIG}.operational`]: { failureHandling: { partialFailureMode: 'ignore' } } },
    [[`${CONFIG}.operational.failureHandling.partialFailureMode`, 'Expected one of: fail, best_effort.']],
  ),
  row(
    'a circuit breaker that never trips',
    {
      [`${CONFIG}.operational`]: {
        failureHandling: { circuitBreaker: { enabled: true, failureThreshold: 0 } },
      },
    },
    [
      [
        `${CONFIG}.operational.failureHandling.circuitBreaker.failureThreshold`,
        'The number is out of range.',
      ],
    ],
  ),
  row(
    'a circuit breaker with a time that is none',
    {
      [`${CONFIG}.operational`]: {
        failureHandling: { circuitBreaker: { enabled: true, timeout: 'a while' } },
      },
    },
    [
      [
        `${CONFIG}.operational.failureHandling.circuitBreaker.timeout`,
        'The value is not a duration: a whole number and a unit (ms, s, m, h, d).',
      ],
    ],
  ),
  row('a limit without a number', { [`${CONFIG}.rateLimiting`]: { perUser: { refillPeriod: '1s' } } }, [
    [`${CONFIG}.rateLimiting.perUser.maxTokens`, 'This field is required.'],
  ]),
  row('a limit without a period', { [`${CONFIG}.rateLimiting`]: { shared: { maxTokens: 10 } } }, [
    [`${CONFIG}.rateLimiting.shared.refillPeriod`, 'This field is required.'],
  ]),
  row(
    'a limit of nothing',
    { [`${CONFIG}.rateLimiting`]: { perUser: { maxTokens: 0, refillPeriod: '1s' } } },
    [[`${CONFIG}.rateLimiting.perUser.maxTokens`, 'The number is out of range.']],
  ),
  row(
    'a limit with a text',
    { [`${CONFIG}.rateLimiting`]: { perUser: { maxTokens: '10', refillPeriod: '1s' } } },
    [[`${CONFIG}.rateLimiting.perUser.maxTokens`, 'Expected a number, found a text.']],
  ),
  row(
    'a limit with a period that is none',
    { [`${CONFIG}.rateLimiting`]: { perUser: { maxTokens: 10, refillPeriod: 'minute' } } },
    [
      [
        `${CONFIG}.rateLimiting.perUser.refillPeriod`,
        'The value is not a duration: a whole number and a unit (ms, s, m, h, d).',
      ],
    ],
  ),
  row(
    'a limit by address',
    { [`${CONFIG}.rateLimiting`]: { perAddress: { maxTokens: 10, refillPeriod: '1s' } } },
    [[`${CONFIG}.rateLimiting.perAddress`, 'Unknown field. Known here: perUser, shared, tools.']],
  ),
  row(
    'a backend of config without a name',
    { [`${CONFIG}.backends`]: [{ url: 'https://status.acme.example/mcp', transport: 'streamable-http' }] },
    [[`${CONFIG}.backends[0].name`, 'This field is required.']],
  ),
  row(
    'a backend of config without a URL',
    { [`${CONFIG}.backends`]: [{ name: 'status', transport: 'streamable-http' }] },
    [[`${CONFIG}.backends[0].url`, 'This field is required.']],
  ),
  row(
    'a backend of config with an unknown transport',
    {
      [`${CONFIG}.backends`]: [
        { name: 'status', url: 'https://status.acme.example/mcp', transport: 'stdio' },
      ],
    },
    [[`${CONFIG}.backends[0].transport`, 'Expected one of: sse, streamable-http.']],
  ),
  row(
    'a backend of config with the name of another',
    {
      [`${CONFIG}.backends`]: [
        { name: 'tickets', url: 'https://status.acme.example/mcp', transport: 'streamable-http' },
      ],
    },
    [[`${CONFIG}.backends[0].name`, 'Another backend of this gateway is named tickets.']],
  ),
  row(
    'a backend of config over http',
    {
      [`${CONFIG}.backends`]: [
        { name: 'status', url: 'http://status.acme.example/mcp', transport: 'streamable-http' },
      ],
    },
    [
      [
        `${CONFIG}.backends[0].url`,
        'http is refused: tokens would travel in the clear.',
        'https://status.acme.example/mcp, or insecureAllowHttp: true in a gatehouse.yaml beside the manifests',
      ],
    ],
  ),
  row(
    'a backend of config with a bundle that is not there',
    {
      [`${CONFIG}.backends`]: [
        {
          name: 'status',
          url: 'https://status.acme.example/mcp',
          transport: 'streamable-http',
          caBundlePath: '/nowhere/ca.crt',
        },
      ],
    },
    [[`${CONFIG}.backends[0].caBundlePath`, 'Only env references can be read here.']],
  ),
  wrong(
    'an unknown field of the gateway',
    `${GATEWAY}.backends`,
    [],
    'Unknown field. Known here: passthroughHeaders, podTemplateSpec, replicas, serviceAccount, serviceType, sessionAffinity, authServerConfig, config, embeddingServerRef, groupRef, imagePullSecrets, incomingAuth, outgoingAuth, sessionStorage, telemetryConfigRef.',
  ),
  wrong(
    'the authorization server by reference, as a proposal had it',
    `${GATEWAY}.authServerConfigRef`,
    { name: 'a' },
    'Unknown field. Did you mean authServerConfig?',
    'authServerConfig:',
  ),
];
