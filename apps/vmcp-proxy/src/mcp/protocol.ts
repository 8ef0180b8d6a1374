/** Revisions with `initialize` and sessions, newest first. */
export const LEGACY_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26'] as const;
export type LegacyVersion = (typeof LEGACY_VERSIONS)[number];
/** Revisions that a backend may speak: the oldest one is known of servers that speak it over the transport of later ones. */
export const BACKEND_VERSIONS = [...LEGACY_VERSIONS, '2024-11-05'] as const;
export type BackendVersion = (typeof BACKEND_VERSIONS)[number];
/** The stateless revision. */
export const MODERN_VERSION = '2026-07-28';
export const SUPPORTED_VERSIONS: readonly string[] = [MODERN_VERSION, ...LEGACY_VERSIONS];

export const isLegacyVersion = (version: unknown): version is LegacyVersion =>
  (LEGACY_VERSIONS as readonly unknown[]).includes(version);

export const isBackendVersion = (version: unknown): version is BackendVersion =>
  (BACKEND_VERSIONS as readonly unknown[]).includes(version);

/** Keys of the per-request envelope in `_meta` (MCP 2026-07-28). */
export const META_PREFIX = 'io.modelcontextprotocol/';
export const META_PROTOCOL_VERSION = `${META_PREFIX}protocolVersion`;
export const META_CLIENT_CAPABILITIES = `${META_PREFIX}clientCapabilities`;
export const META_CLIENT_INFO = `${META_PREFIX}clientInfo`;
export const META_LOG_LEVEL = `${META_PREFIX}logLevel`;
export const META_SUBSCRIPTION_ID = `${META_PREFIX}subscriptionId`;
export const META_SERVER_INFO = `${META_PREFIX}serverInfo`;
/** What belongs to a task says so (MCP 2025-11-25, tasks, associating messages). */
export const META_RELATED_TASK = `${META_PREFIX}related-task`;

/** JSON-RPC 2.0 error codes. */
export const PARSE_ERROR = -32_700;
export const INVALID_REQUEST = -32_600;
export const METHOD_NOT_FOUND = -32_601;
export const INVALID_PARAMS = -32_602;
export const INTERNAL_ERROR = -32_603;
/** MCP, legacy revisions only. */
export const RESOURCE_NOT_FOUND = -32_002;
export const URL_ELICITATION_REQUIRED = -32_042;
/** MCP 2026-07-28. */
export const HEADER_MISMATCH = -32_020;
export const MISSING_CLIENT_CAPABILITY = -32_021;
export const UNSUPPORTED_PROTOCOL_VERSION = -32_022;
/** The transport's own refusals; the code that the reference servers use. */
export const TRANSPORT_REFUSAL = -32_000;
/** Our own failures: outside of what JSON-RPC and MCP reserve. */
export const GATEWAY_FAILURE = -31_000;
