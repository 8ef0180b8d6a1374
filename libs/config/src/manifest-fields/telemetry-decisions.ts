import { noEffect, refused, type Decisions } from './decision.js';

const PULLED = noEffect('metrics are at /metrics of each service, always.');
const NAMES = noEffect('each service names itself, with its version, in what it records.');

/** Of `config.telemetry`: traces over OTLP/HTTP are honoured. */
export const TELEMETRY_DECISIONS: Decisions = {
  'config.telemetry.customAttributes': refused('spans have no attributes but those that are documented.', {
    instead: 'attributes that the collector adds',
  }),
  'config.telemetry.enablePrometheusMetricsPath': PULLED,
  'config.telemetry.environmentVariables': refused('variables of a process are never recorded.'),
  'config.telemetry.headers': refused('headers of exports come from secrets.', {
    instead: 'telemetry.otlp.headers in a gatehouse.yaml beside the manifests',
  }),
  'config.telemetry.metricsEnabled': refused('metrics are fetched, and not sent.', {
    instead: '/metrics of each service',
    allows: [false],
  }),
  'config.telemetry.metricsOnTransportPort': PULLED,
  'config.telemetry.prometheusPort': PULLED,
  'config.telemetry.serviceName': NAMES,
  'config.telemetry.serviceVersion': NAMES,
  'config.telemetry.useLegacyAttributes': noEffect('attributes have one form.'),
};
