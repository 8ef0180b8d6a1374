import { GATEWAY_INFO } from './gateway-info.js';
import {
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_PROTOCOL_VERSION,
  MODERN_VERSION,
} from './protocol.js';

/** `_meta` of a request that the gateway makes for itself (MCP 2026-07-28): it can do nothing for a server. */
export const OWN_ENVELOPE = {
  [META_PROTOCOL_VERSION]: MODERN_VERSION,
  [META_CLIENT_INFO]: GATEWAY_INFO,
  [META_CLIENT_CAPABILITIES]: {},
} as const;
