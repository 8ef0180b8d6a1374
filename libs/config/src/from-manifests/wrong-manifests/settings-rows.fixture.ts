import { row, wrong, type ManifestRow } from './manifest-row.fixture.js';
import { CONFIG, GATEWAY } from './places.fixture.js';

export const SETTINGS_ROWS: readonly ManifestRow[] = [
  wrong('config that is a text', CONFIG, 'x', 'Expected fields, found a text.'),
  wrong(
    'an unknown setting',
    `${CONFIG}.tools`,
    [],
    'Unknown field. Known here: groupRef, metadata, name, passthroughHeaders, aggregation, audit, backends, codeMode, compositeToolRefs, compositeTools, incomingAuth, operational, optimizer, outgoingAuth, rateLimiting, sessionStorage, telemetry.',
  ),
  wrong(
    'incomingAuth under config',
    `${CONFIG}.incomingAuth`,
    { type: 'anonymous' },
    'Refused: the seed system overwrites it with spec.incomingAuth.',
    'spec.incomingAuth, and nothing here',
  ),
  wrong(
    'outgoingAuth under config',
    `${CONFIG}.outgoingAuth`,
    { source: 'inline' },
    'Refused: the seed system overwrites it with spec.outgoingAuth.',
    'spec.outgoingAuth, and nothing here',
  ),
  wrong(
    'groupRef under config',
    `${CONFIG}.groupRef`,
    'engineering',
    'Refused: the seed system overwrites it with spec.groupRef.name.',
    'spec.groupRef.name, and nothing here',
  ),
  wrong(
    'passthroughHeaders under config',
    `${CONFIG}.passthroughHeaders`,
    ['X-Team'],
    'Refused: the seed system overwrites it with spec.passthroughHeaders.',
    'spec.passthroughHeaders, and nothing here',
  ),
  wrong(
    'tools made of several calls',
    `${CONFIG}.compositeTools`,
    [{ name: 'a', steps: [{ id: 'a' }] }],
    'Refused: tools made of several calls are not supported.',
  ),
  wrong(
    'references to tools made of several calls',
    `${CONFIG}.compositeToolRefs`,
    [{ name: 'a' }],
    'Refused: tools made of several calls are not supported.',
  ),
  wrong(
    'an optimizer',
    `${CONFIG}.optimizer`,
    { embeddingModel: 'a' },
    'Refused: searching tools instead of listing them is not supported.',
  ),
  wrong(
    'an embedding server',
    `${GATEWAY}.embeddingServerRef`,
    { name: 'a' },
    'Refused: searching tools instead of listing them is not supported.',
  ),
  row('code that calls tools', { [`${CONFIG}.codeMode`]: { enabled: true } }, [
    [`${CONFIG}.codeMode.enabled`, 'Refused: code that calls tools is not run here.'],
  ]),
  wrong(
    'shared telemetry',
    `${GATEWAY}.telemetryConfigRef`,
    { name: 'otel' },
    'Refused: traces and metrics are set up for the whole installation.',
    'telemetry.otlp in a gatehouse.yaml beside the manifests',
  ),
  row('audit lines of one kind', { [`${CONFIG}.audit`]: { enabled: true, eventTypes: ['mcp_tool_call'] } }, [
    [`${CONFIG}.audit.eventTypes`, 'Refused: audit lines of one kind cannot be chosen; all are written.'],
  ]),
  row('audit lines but for one kind', { [`${CONFIG}.audit`]: { excludeEventTypes: ['mcp_ping'] } }, [
    [
      `${CONFIG}.audit.excludeEventTypes`,
      'Refused: audit lines of one kind cannot be left out; all are written.',
    ],
  ]),
  row('arguments in audit lines', { [`${CONFIG}.audit`]: { includeRequestData: true } }, [
    [
      `${CONFIG}.audit.includeRequestData`,
      'Refused: values of arguments stand in audit lines only where they are named.',
      'telemetry.audit.arguments in a gatehouse.yaml beside the manifests',
    ],
  ]),
  row('answers in audit lines', { [`${CONFIG}.audit`]: { includeResponseData: true } }, [
    [`${CONFIG}.audit.includeResponseData`, 'Refused: answers never stand in audit lines.'],
  ]),
  row('audit lines in a file', { [`${CONFIG}.audit`]: { logFile: '/var/log/audit.log' } }, [
    [`${CONFIG}.audit.logFile`, 'Refused: audit lines go to the log (standard output).'],
  ]),
  wrong('audit that is a flag', `${CONFIG}.audit`, true, 'Expected fields, found true or false.'),
  row('audit enabled by a text', { [`${CONFIG}.audit`]: { enabled: 'yes' } }, [
    [`${CONFIG}.audit.enabled`, 'Expected true or false, found a text.'],
  ]),
  row('an unknown way to resolve names', { [`${CONFIG}.aggregation`]: { conflictResolution: 'first' } }, [
    [`${CONFIG}.aggregation.conflictResolution`, 'Expected one of: prefix, priority, manual.'],
  ]),
  row('priority without an order', { [`${CONFIG}.aggregation`]: { conflictResolution: 'priority' } }, [
    [
      `${CONFIG}.aggregation.conflictResolutionConfig.priorityOrder`,
      'conflictResolution: priority needs the order of the backends.',
    ],
  ]),
  row(
    'an order with a backend that is not there',
    {
      [`${CONFIG}.aggregation`]: {
        conflictResolution: 'priority',
        conflictResolutionConfig: { priorityOrder: ['repos', 'nobody'] },
      },
    },
    [
      [
        `${CONFIG}.aggregation.conflictResolutionConfig.priorityOrder[1]`,
        'There is no backend named nobody. Known: repos, tickets, reports.',
      ],
    ],
  ),
  row(
    'an order that is one text',
    {
      [`${CONFIG}.aggregation`]: {
        conflictResolution: 'priority',
        conflictResolutionConfig: { priorityOrder: 'repos' },
      },
    },
    [[`${CONFIG}.aggregation.conflictResolutionConfig.priorityOrder`, 'Expected a list, found a text.']],
  ),
  row(
    'a format of names without the name of the backend',
    {
      [`${CONFIG}.aggregation`]: {
        conflictResolution: 'prefix',
        conflictResolutionConfig: { prefixFormat: 'tool_' },
      },
    },
    [
      [
        `${CONFIG}.aggregation.conflictResolutionConfig.prefixFormat`,
        'Without {workload} all backends have the same prefix, and equal tool names collide.',
        "'{workload}_'",
      ],
    ],
  ),
  row(
    'tools of a backend that is not there',
    { [`${CONFIG}.aggregation`]: { tools: [{ workload: 'nobody' }] } },
    [
      [
        `${CONFIG}.aggregation.tools[0].workload`,
        'There is no backend named nobody. Known: repos, tickets, reports.',
      ],
    ],
  ),
  row('tools of no backend', { [`${CONFIG}.aggregation`]: { tools: [{ filter: ['a'] }] } }, [
    [`${CONFIG}.aggregation.tools[0].workload`, 'This field is required.'],
  ]),
  row(
    'tools of a backend twice',
    { [`${CONFIG}.aggregation`]: { tools: [{ workload: 'repos' }, { workload: 'repos' }] } },
    [[`${CONFIG}.aggregation.tools[1].workload`, 'repos is already taken further up in this list.']],
  ),
  row(
    'a filter that is one text',
    { [`${CONFIG}.aggregation`]: { tools: [{ workload: 'repos', filter: 'a' }] } },
    [[`${CONFIG}.aggregation.tools[0].filter`, 'Expected a list, found a text.']],
  ),
  row(
    'an override that is a text',
    { [`${CONFIG}.aggregation`]: { tools: [{ workload: 'repos', overrides: { a: 'b' } }] } },
    [[`${CONFIG}.aggregation.tools[0].overrides.a`, 'Expected fields, found a text.']],
  ),
  row(
    'an override with an unknown field',
    { [`${CONFIG}.aggregation`]: { tools: [{ workload: 'repos', overrides: { a: { title: 'b' } } }] } },
    [
      [
        `${CONFIG}.aggregation.tools[0].overrides.a`,
        'This override changes nothing: give it a name, a description or annotations.',
      ],
      [
        `${CONFIG}.aggregation.tools[0].overrides.a.title`,
        'Unknown field. Known here: description, name, annotations.',
      ],
    ],
  ),
];
