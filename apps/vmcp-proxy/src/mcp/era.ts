import type { IncomingHttpHeaders } from 'node:http';
import { nameField } from './call-methods.js';
import { decodeHeaderValue } from './header-value.js';
import type { RawObject } from '../json/raw-json.js';
import {
  isObject,
  metaOf,
  type JsonObject,
  type NotificationMessage,
  type RequestMessage,
  type RpcError,
} from './message.js';
import {
  HEADER_MISMATCH,
  INVALID_PARAMS,
  META_CLIENT_CAPABILITIES,
  META_LOG_LEVEL,
  META_PROTOCOL_VERSION,
  MODERN_VERSION,
  SUPPORTED_VERSIONS,
  UNSUPPORTED_PROTOCOL_VERSION,
  isLegacyVersion,
} from './protocol.js';

/** What a 2026-07-28 request says about its client. */
export interface ModernEnvelope {
  readonly capabilities: JsonObject;
  readonly logLevel?: string;
}

export type Era =
  | { readonly era: 'modern'; readonly envelope: ModernEnvelope }
  | { readonly era: 'legacy' }
  | { readonly era: 'refused'; readonly error: RpcError };

/** Whether the headers alone make it a 2026-07-28 message: that revision is named, or one that nobody knows yet. */
const namesModern = (version: string | undefined): boolean =>
  version !== undefined && !isLegacyVersion(version);

/**
 * Decides which revision a message follows, and checks what 2026-07-28 asks of it. The body decides: an envelope makes
 * it modern, `initialize` without one is legacy; a disagreeing header is refused, never silently resolved, because
 * whoever stands before the gateway routes on headers.
 */
export function eraOf(message: RequestMessage | NotificationMessage, headers: IncomingHttpHeaders): Era {
  const header = single(headers['mcp-protocol-version']);
  const meta = metaOf(message.params);
  const claimed = meta?.get(META_PROTOCOL_VERSION);
  if (message.kind === 'notification') {
    if (namesModern(header) && header !== MODERN_VERSION) return unsupported(header);
    return claimed === undefined && !namesModern(header)
      ? { era: 'legacy' }
      : { era: 'modern', envelope: { capabilities: {} } };
  }
  if (meta === undefined || claimed === undefined) {
    if (!namesModern(header)) return { era: 'legacy' };
    if (message.method === 'initialize')
      return mismatch('initialize belongs to earlier revisions than the MCP-Protocol-Version header names');
    if (header !== MODERN_VERSION) return unsupported(header);
    return refused(INVALID_PARAMS, `_meta must name ${META_PROTOCOL_VERSION}`);
  }
  return modernEra(message, headers, meta, header);
}

function modernEra(
  message: RequestMessage,
  headers: IncomingHttpHeaders,
  meta: RawObject,
  header: string | undefined,
): Era {
  const claimed = meta.get(META_PROTOCOL_VERSION)?.text();
  if (claimed === undefined) return refused(INVALID_PARAMS, `${META_PROTOCOL_VERSION} must be a string`);
  if (header === undefined) return mismatch('the MCP-Protocol-Version header is missing');
  if (header !== claimed)
    return mismatch('the MCP-Protocol-Version header and _meta name different revisions');
  if (claimed !== MODERN_VERSION) return unsupported(claimed);
  const capabilities = meta.get(META_CLIENT_CAPABILITIES)?.value();
  if (!isObject(capabilities))
    return refused(INVALID_PARAMS, `_meta must hold ${META_CLIENT_CAPABILITIES}, an object`);
  const disagreement = headerDisagreement(message, headers);
  if (disagreement !== undefined) return mismatch(disagreement);
  const logLevel = meta.get(META_LOG_LEVEL)?.text();
  return {
    era: 'modern',
    envelope: { capabilities, ...(logLevel === undefined ? {} : { logLevel }) },
  };
}

/** `Mcp-Method` and `Mcp-Name` must say what the body says (MCP 2026-07-28, transports). */
function headerDisagreement(message: RequestMessage, headers: IncomingHttpHeaders): string | undefined {
  const method = single(headers['mcp-method']);
  if (method === undefined) return 'the Mcp-Method header is missing';
  if (method !== message.method) return 'the Mcp-Method header names another method than the body';
  const field = nameField(message.method);
  if (field === undefined) return undefined;
  const named = message.params.get(field)?.text();
  const header = single(headers['mcp-name']);
  if (header === undefined) return message.params.has(field) ? 'the Mcp-Name header is missing' : undefined;
  const decoded = decodeHeaderValue(header);
  if (decoded === undefined) return 'the Mcp-Name header is not encoded as it must be';
  return decoded === named ? undefined : `the Mcp-Name header differs from params.${field}`;
}

const single = (value: string | readonly string[] | undefined): string | undefined =>
  (typeof value === 'string' ? value : value?.join(', '))?.trim();

const refused = (code: number, message: string, data?: unknown): Era => ({
  era: 'refused',
  error: { code, message, ...(data === undefined ? {} : { data }) },
});
const mismatch = (message: string): Era => refused(HEADER_MISMATCH, message);
const unsupported = (requested: unknown): Era =>
  refused(UNSUPPORTED_PROTOCOL_VERSION, 'this protocol revision is not spoken here', {
    supported: SUPPORTED_VERSIONS,
    requested,
  });
