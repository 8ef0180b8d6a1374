import { isNumber } from './faithful-json.js';

/** A JSON object whose members nobody has checked. */
export type JsonObject = Record<string, unknown>;

/** Requests carry a string or a number; a number may be the raw form of `parseFaithfully`. */
export type RequestId = unknown;

export interface RequestMessage {
  readonly kind: 'request';
  readonly id: RequestId;
  readonly method: string;
  readonly params: JsonObject;
}

export interface NotificationMessage {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: JsonObject;
}

/** A client's answer to a request of a server. */
export interface ResponseMessage {
  readonly kind: 'response';
  readonly id: RequestId;
  readonly body: JsonObject;
}

export type Message = RequestMessage | NotificationMessage | ResponseMessage;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isNumber(value);

export const isId = (value: unknown): boolean => typeof value === 'string' || isNumber(value);

/**
 * One text for each id, or progress token, however it is spelled: a number is never a text, and `1.0` is 1. `undefined` for
 * what is none.
 */
export function idKey(id: RequestId): string | undefined {
  if (typeof id === 'string') return JSON.stringify(id);
  if (typeof id === 'number') return String(id);
  return isNumber(id) ? String(Number(JSON.stringify(id))) : undefined;
}

export function isSameId(one: RequestId, other: RequestId): boolean {
  const key = idKey(one);
  return key !== undefined && key === idKey(other);
}

const NO_PARAMS: JsonObject = {};

/** Reads one parsed JSON value as a JSON-RPC 2.0 message; `undefined` when it is none. */
export function asMessage(value: unknown): Message | undefined {
  if (!isObject(value) || value['jsonrpc'] !== '2.0') return undefined;
  const { id, method, params } = value;
  if (typeof method === 'string') {
    if (params !== undefined && !isObject(params)) return undefined;
    const given = params ?? NO_PARAMS;
    if (id === undefined) return { kind: 'notification', method, params: given };
    return isId(id) ? { kind: 'request', id, method, params: given } : undefined;
  }
  if (method !== undefined || !isId(id)) return undefined;
  return 'result' in value || isObject(value['error']) ? { kind: 'response', id, body: value } : undefined;
}

/** `_meta` of the params, if it is an object. */
export function metaOf(params: JsonObject): JsonObject | undefined {
  const meta = params['_meta'];
  return isObject(meta) ? meta : undefined;
}

/** A copy without the named members. */
export const without = (object: JsonObject, ...names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export const resultText = (id: RequestId, result: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', id, result });

export const errorText = (id: RequestId, error: RpcError): string =>
  JSON.stringify({ jsonrpc: '2.0', id: id ?? null, error });
