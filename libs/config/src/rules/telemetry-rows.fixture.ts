import type { Row } from './row.fixture.js';

const otlp = (more: Readonly<Record<string, unknown>>) => ({
  telemetry: { otlp: { endpoint: 'https://collector.example', ...more } },
});
const audited = (more: Readonly<Record<string, unknown>>) => ({
  telemetry: { audit: { enabled: true, arguments: [{ workload: 'repos', names: ['path'], ...more }] } },
});

/** Traces and audit lines. */
export const TELEMETRY_ROWS: readonly Row[] = [
  [
    'a collector over http',
    otlp({ endpoint: 'http://collector.example:4318' }),
    'telemetry.otlp.endpoint',
    /in the clear/,
  ],
  [
    'a header that the export writes itself',
    otlp({ headers: { 'Content-Type': { env: 'API_KEY' } } }),
    'telemetry.otlp.headers.Content-Type',
  ],
  [
    'audited arguments of a backend that does not exist',
    audited({ workload: 'repo' }),
    'telemetry.audit.arguments[0].workload',
    /Known: repos/,
  ],
  ['audited arguments of no tool', audited({ tools: [] }), 'telemetry.audit.arguments[0].tools'],
  ['audited arguments without a name', audited({ names: [] }), 'telemetry.audit.arguments[0].names'],
  [
    'audited arguments without an audit',
    { telemetry: { audit: { arguments: [{ workload: 'repos', names: ['path'] }] } } },
    'telemetry.audit.arguments[0]',
    /enabled/,
  ],
];
