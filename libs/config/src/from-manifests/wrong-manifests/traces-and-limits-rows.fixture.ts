import { row, wrong, type ManifestRow } from './manifest-row.fixture.js';
import { CONFIG } from './places.fixture.js';

const TELEMETRY = `${CONFIG}.telemetry`;
const TRACES = { endpoint: 'collector.example:4318', tracingEnabled: true };
const LIMIT = { maxTokens: 1, refillPeriod: '1s' };
const limits = (...tools: readonly unknown[]) => ({ [`${CONFIG}.rateLimiting`]: { tools } });

export const TRACES_AND_LIMITS_ROWS: readonly ManifestRow[] = [
  row('traces that go nowhere', { [TELEMETRY]: { tracingEnabled: true } }, [
    [`${TELEMETRY}.endpoint`, 'This field is required.'],
  ]),
  row('traces in the clear', { [TELEMETRY]: { ...TRACES, endpoint: 'http://collector.example:4318' } }, [
    [
      `${TELEMETRY}.endpoint`,
      'http is refused: the headers of the exports, and who calls what, would travel in the clear.',
      'https://collector.example:4318, or insecure: true beside it',
    ],
  ]),
  row('a share of traces that is no number', { [TELEMETRY]: { ...TRACES, samplingRate: 'half' } }, [
    [`${TELEMETRY}.samplingRate`, 'Expected a number from 0 to 1, as a text.', "samplingRate: '0.05'"],
  ]),
  row('more traces than requests', { [TELEMETRY]: { ...TRACES, samplingRate: '1.5' } }, [
    [`${TELEMETRY}.samplingRate`, 'Expected a number from 0 to 1, as a text.', "samplingRate: '0.05'"],
  ]),
  wrong(
    'traces that are turned on by a text',
    `${TELEMETRY}.tracingEnabled`,
    'yes',
    'Expected true or false, found a text.',
  ),
  row(
    'a certificate of a collector that is asked in the clear',
    { [TELEMETRY]: { ...TRACES, insecure: true, caCertPath: '/run/ca.pem' } },
    [
      [
        `${TELEMETRY}.caCertPath`,
        'No effect with insecure: true: the collector is asked by http.',
        'insecure: false',
      ],
    ],
  ),
  row('headers of exports in plain text', { [TELEMETRY]: { ...TRACES, headers: { 'x-key': 'a' } } }, [
    [
      `${TELEMETRY}.headers`,
      'Refused: headers of exports come from secrets.',
      'telemetry.otlp.headers in a gatehouse.yaml beside the manifests',
    ],
  ]),
  row('metrics that are sent', { [TELEMETRY]: { ...TRACES, metricsEnabled: true } }, [
    [
      `${TELEMETRY}.metricsEnabled`,
      'Refused: metrics are fetched, and not sent.',
      '/metrics of each service',
    ],
  ]),
  row('variables in traces', { [TELEMETRY]: { ...TRACES, environmentVariables: ['HOME'] } }, [
    [`${TELEMETRY}.environmentVariables`, 'Refused: variables of a process are never recorded.'],
  ]),
  row('attributes of all spans', { [TELEMETRY]: { ...TRACES, customAttributes: { stage: 'test' } } }, [
    [
      `${TELEMETRY}.customAttributes`,
      'Refused: spans have no attributes but those that are documented.',
      'attributes that the collector adds',
    ],
  ]),
  row('a limit of a tool without its backend', limits({ name: 'search', shared: LIMIT }), [
    [
      `${CONFIG}.rateLimiting.tools[0].name`,
      'No backend has tools of such a name: with conflictResolution prefix, the name of the backend comes first.',
      'repos_search',
    ],
  ]),
  row(
    'a limit of a tool that is renamed',
    {
      ...limits({ name: 'repos_find', shared: LIMIT }),
      [`${CONFIG}.aggregation`]: { tools: [{ workload: 'repos', overrides: { find: { name: 'search' } } }] },
    },
    [
      [
        `${CONFIG}.rateLimiting.tools[0].name`,
        'No backend has tools of such a name: with conflictResolution prefix, the name of the backend comes first.',
        'repos_repos_find',
      ],
    ],
  ),
  row('a limit of a pattern of tools', limits({ name: 'repos_*', perUser: LIMIT }), [
    [`${CONFIG}.rateLimiting.tools[0].name`, 'This is the name of one tool, and no pattern.'],
  ]),
  row('a limit of a tool without a name', limits({ perUser: LIMIT }), [
    [`${CONFIG}.rateLimiting.tools[0].name`, 'This field is required.'],
  ]),
  row(
    'a limit of a tool that is no limit',
    limits({ name: 'repos_a', perUser: { ...LIMIT, maxTokens: 0 } }),
    [[`${CONFIG}.rateLimiting.tools[0].perUser.maxTokens`, 'The number is out of range.']],
  ),
];
