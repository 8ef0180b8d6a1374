import {
  BRIDGE_PERSON_HEADER,
  BRIDGE_PROGRAM_HEADER,
  BRIDGE_SECRET_HEADER,
} from '@gatehouse/kernel/bridge-headers';
import type { Path } from '../findings/path.js';
import type { Finding } from '../findings/problems.js';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { HeaderInjection } from '../model/outgoing-auth.js';
import { strategiesOf, type Rule } from './rule.js';

/** Hop-by-hop fields and framing (RFC 9110 section 7.6.1), routing, and what MCP itself sets. */
const FORBIDDEN = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'accept',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'last-event-id',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // The gateway's own traces (W3C Trace Context).
  'traceparent',
  'tracestate',
  'baggage',
  BRIDGE_SECRET_HEADER,
  BRIDGE_PERSON_HEADER,
  BRIDGE_PROGRAM_HEADER,
]);

/** Whether HTTP or MCP sets this header itself, so that the configuration may not. */
export const isReservedHeader = (name: string): boolean =>
  FORBIDDEN.has(name.toLowerCase()) || name.toLowerCase().startsWith('mcp-');

export const headerInjection: Rule = (model) =>
  strategiesOf(model).flatMap(({ value, path }) =>
    value.type === 'headerInjection' ? findingsOf(value, [...path, 'headerInjection']) : [],
  );

function findingsOf(
  { headerName, headerValue, scheme }: HeaderInjection<ConfiguredSecret>,
  path: Path,
): readonly Finding[] {
  const isTwice =
    scheme !== undefined &&
    headerValue.resolved &&
    headerValue.secret.reveal().toLowerCase().startsWith(`${scheme.toLowerCase()} `);
  return [
    ...(isReservedHeader(headerName)
      ? [
          {
            path: [...path, 'headerName'],
            message: `${headerName} belongs to HTTP or MCP and cannot be injected.`,
          },
        ]
      : []),
    ...(isTwice
      ? [
          {
            path: [...path, 'headerValue'],
            message: `The secret begins with ${scheme} already, and ${scheme} is sent in front of it.`,
          },
        ]
      : []),
  ];
}
