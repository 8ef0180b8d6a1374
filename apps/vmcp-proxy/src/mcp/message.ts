import { RawObject, type Json, type RawJson } from '../json/raw-json.js';
import { isNumber } from '../json/faithful-json.js';
import { RefusedJson } from '../json/refused-json.js';

/** A JSON object whose members nobody has checked. */
export type JsonObject = Record<string, unknown>;

/** Requests carry a string or a number; a number may be the raw form of `writtenNumber`. */
export type RequestId = unknown;

export interface RequestMessage {
  readonly kind: 'request';
  readonly id: RequestId;
  readonly method: string;
  readonly params: RawObject;
}

export interface NotificationMessage {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: RawObject;
}

/** A client's answer to a request of a server. */
export interface ResponseMessage {
  readonly kind: 'response';
  readonly id: RequestId;
  readonly body: RawObject;
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

/** @returns the id, if it is one. @throws {RefusedJson} */
export function idIn(json: Json | undefined): RequestId {
  const id = json?.value();
  return isId(id) ? id : undefined;
}

/** Reads one JSON value as a JSON-RPC 2.0 message; `undefined` when it is none. @throws {RefusedJson} */
export function asMessage(json: RawJson): Message | undefined {
  const body = json.object();
  if (body?.get('jsonrpc')?.text() !== '2.0') return undefined;
  const id = idIn(body.get('id'));
  const method = body.get('method')?.text();
  if (method !== undefined) {
    const given = body.get('params');
    const params = given === undefined ? RawObject.EMPTY : given.object();
    if (params === undefined) return undefined;
    if (!body.has('id')) return { kind: 'notification', method, params };
    return id === undefined ? undefined : { kind: 'request', id, method, params };
  }
  if (body.has('method') || id === undefined) return undefined;
  return body.has('result') || body.get('error')?.object() !== undefined
    ? { kind: 'response', id, body }
    : undefined;
}

/** `_meta` of the params, if it is an object. @throws {RefusedJson} */
export const metaOf = (params: RawObject): RawObject | undefined => params.get('_meta')?.object();

/** What a request wants to hear its progress by. One that nobody can read is none: no notification can name it. */
export function progressTokenOf(params: RawObject): RequestId {
  try {
    return idIn(metaOf(params)?.get('progressToken'));
  } catch (error) {
    if (error instanceof RefusedJson) return undefined;
    throw error;
  }
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
