import type { HeldValue } from '../json/held-value.js';
import { QUOTE } from '../json/json-grammar.js';
import type { RawObject } from '../json/raw-json.js';
import { isObject, type JsonObject } from '../mcp/message.js';
import type { McpSession } from '../mcp-sessions/mcp-session.js';
import { allDeclared } from './declared.js';
import { MAX_INPUT_REQUIRED_BYTES } from './translate-answer.js';

/** One thing that a backend has to be told before it goes on (MCP 2026-07-28, multi round-trip requests). */
export interface InputRequest {
  /** The backend's name for it. */
  readonly key: string;
  readonly method: string;
  readonly params: JsonObject | undefined;
}

/** What a backend asks by its result, of a client that is asked by requests. */
export interface InputRequired {
  readonly session: McpSession;
  readonly requests: readonly InputRequest[];
  /** The JSON text, as the backend wrote it. */
  readonly requestState: Buffer | undefined;
}

/** What the call is sent again with. */
export interface InputAnswers {
  /** By the backend's names; absent where it asked nothing. */
  readonly responses: RawObject | undefined;
  readonly requestState: Buffer | undefined;
}

const REQUEST_STATE = new Set(['requestState']);

/** @returns `undefined` where the client cannot be asked that: it declared less, or nobody can read it. */
export function inputRequiredIn(result: HeldValue, session: McpSession): InputRequired | undefined {
  const parsed = result.parsed(MAX_INPUT_REQUIRED_BYTES);
  if (!isObject(parsed)) return undefined;
  const inputRequests = parsed['inputRequests'] ?? {};
  if (!isObject(inputRequests) || !allDeclared(inputRequests, session.capabilities)) return undefined;
  const requests = Object.entries(inputRequests).map(([key, request]) => requestOf(key, request));
  // URLs came with 2025-11-25, whatever the client declared.
  const asksForUrl = requests.some(({ params }) => params?.['mode'] === 'url');
  if (asksForUrl && session.protocolVersion !== '2025-11-25') return undefined;
  const looked = result.looked(REQUEST_STATE);
  if (looked.isAmbiguous) return undefined;
  const written = looked.member('requestState');
  // A copy: the message that it stands in may be large.
  const requestState = written?.firstByte === QUOTE ? Buffer.concat(written.pieces) : undefined;
  if (requests.length === 0 && requestState === undefined) return undefined;
  return { session, requests, requestState };
}

function requestOf(key: string, request: unknown): InputRequest {
  const { method, params } = isObject(request) ? request : {};
  return { key, method: String(method), params: isObject(params) ? params : undefined };
}
