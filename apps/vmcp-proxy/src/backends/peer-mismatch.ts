import { isObject } from '../mcp/message.js';
import {
  HEADER_MISMATCH,
  INVALID_PARAMS,
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  MISSING_CLIENT_CAPABILITY,
} from '../mcp/protocol.js';
import type { Peer } from './peer.js';

/** Errors that a server of the modern revision gives to a request that it understood. */
const UNDERSTOOD: ReadonlySet<unknown> = new Set([
  INVALID_PARAMS,
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  HEADER_MISMATCH,
  MISSING_CLIENT_CAPABILITY,
]);

/**
 * Whether a refusal means that the backend is not what it was taken for: it lost our session, wants one now, or speaks
 * another revision than before. Such a request did not run.
 */
export function meansAnotherRevision(peer: Peer, status: number, body: string): boolean {
  if (status !== 400 && status !== 404 && status !== 405 && status !== 406) return false;
  const code = errorCode(body);
  if (peer.era === 'modern') return !UNDERSTOOD.has(code);
  // MCP, transports: 404 is "no such session"; many servers say 400 with a code of their own.
  if (status === 404) return true;
  return status === 400 && (typeof code !== 'number' || (code <= -32_000 && code > -32_100));
}

function errorCode(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text);
    const error = isObject(body) ? body['error'] : undefined;
    return isObject(error) ? error['code'] : undefined;
  } catch {
    return undefined;
  }
}
