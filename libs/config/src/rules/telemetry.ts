import type { Finding } from '../findings/problems.js';
import type { Audit, Otlp } from '../model/telemetry.js';
import { isHttps, isLocalhost } from '../urls/hosts.js';
import type { Rule } from './rule.js';

export const telemetry: Rule = ({ telemetry: { otlp, audit } }) => [
  ...(otlp === undefined ? [] : otlpFindings(otlp)),
  ...auditFindings(audit),
];

/** The exporter writes them, about the bytes that it sends. */
const OF_THE_EXPORT = /^(content-.*|host|connection|transfer-encoding|user-agent)$/i;

function otlpFindings({ endpoint, insecureAllowHttp, headers, caBundle }: Otlp<unknown>): readonly Finding[] {
  const path = ['telemetry', 'otlp'];
  const mayTravel = isHttps(endpoint) || insecureAllowHttp || isLocalhost(endpoint);
  return [
    ...(mayTravel
      ? []
      : [
          {
            path: [...path, 'endpoint'],
            message:
              'http is refused: the headers of the exports, and who calls what, would travel in the clear.',
            instead: `${endpoint.replace(/^http:/i, 'https:')}, or insecureAllowHttp: true beside it`,
          },
        ]),
    ...(caBundle === undefined || isHttps(endpoint)
      ? []
      : [
          {
            path: [...path, 'caBundle'],
            message: 'Nothing is verified: the endpoint is http.',
            instead: 'an https endpoint, or no caBundle',
          },
        ]),
    ...[...headers.keys()]
      .filter((name) => OF_THE_EXPORT.test(name))
      .map((name) => ({
        path: [...path, 'headers', name],
        message: 'This header is written by the export itself.',
      })),
  ];
}

/** A warning: the port of OTLP over gRPC, and traces leave over HTTP. */
export const collectorPort: Rule = ({ telemetry: { otlp } }) =>
  otlp !== undefined && URL.parse(otlp.endpoint)?.port === '4317'
    ? [
        {
          path: ['telemetry', 'otlp', 'endpoint'],
          message: 'Collectors take OTLP over gRPC at port 4317; traces leave over HTTP, usually to 4318.',
          instead: otlp.endpoint.replace(':4317', ':4318'),
        },
      ]
    : [];

const auditFindings = ({ enabled, arguments: audited }: Audit): readonly Finding[] =>
  audited.flatMap(({ tools, names }, index) => {
    const path = ['telemetry', 'audit', 'arguments', index];
    return [
      ...(enabled ? [] : [{ path, message: 'No line is written: telemetry.audit.enabled is false.' }]),
      ...(tools.length === 0
        ? [{ path: [...path, 'tools'], message: 'These are arguments of no tool.' }]
        : []),
      ...(names.length === 0 ? [{ path: [...path, 'names'], message: 'No argument is named.' }] : []),
    ];
  });
