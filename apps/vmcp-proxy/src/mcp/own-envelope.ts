import { GATEWAY_INFO } from './gateway-info.js';
import type { JsonObject } from './message.js';
import {
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_PROTOCOL_VERSION,
  MODERN_VERSION,
} from './protocol.js';

/** `_meta` of a request that the gateway makes on behalf of clients with these capabilities (MCP 2026-07-28). */
export const envelopeOf = (capabilities: JsonObject) =>
  ({
    [META_PROTOCOL_VERSION]: MODERN_VERSION,
    [META_CLIENT_INFO]: GATEWAY_INFO,
    [META_CLIENT_CAPABILITIES]: capabilities,
  }) as const;

/** The same of a request that it makes for itself: it can do nothing for a server. */
export const OWN_ENVELOPE = envelopeOf({});
