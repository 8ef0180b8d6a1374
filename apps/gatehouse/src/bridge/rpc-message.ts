import { outlineOf } from './large-message.js';

/** An id of a request, or a progress token. */
export type RpcId = string | number;

/** One JSON-RPC message, as far as its way depends on it. The message itself goes on as the bytes that came. */
export type RpcMessage =
  | {
      readonly kind: 'request';
      readonly id: RpcId;
      readonly method: string;
      readonly progressToken: RpcId | undefined;
    }
  | {
      readonly kind: 'notification';
      readonly method: string;
      /** Of the request that is cancelled, or that goes on. */
      readonly about: RpcId | undefined;
    }
  | {
      readonly kind: 'response';
      readonly id: RpcId;
      readonly isError: boolean;
      /** Of the result of `initialize`. */
      readonly protocolVersion: string | undefined;
    };

export const CANCELLED = 'notifications/cancelled';
export const PROGRESS = 'notifications/progress';

/** Of more, only the members that are looked at are made values. */
const MAX_PARSED_BYTES = 262_144;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @returns `undefined` for anything but one message: no JSON, a batch, a response to nobody. */
export function readMessage(bytes: Buffer): RpcMessage | undefined {
  const value = bytes.length > MAX_PARSED_BYTES ? outlineOf(bytes) : parsed(bytes);
  if (!isObject(value)) return undefined;
  const { id, method } = value;
  const params = isObject(value['params']) ? value['params'] : {};
  if (typeof method === 'string') {
    if (!Object.hasOwn(value, 'id')) return { kind: 'notification', method, about: aboutIn(method, params) };
    const meta = isObject(params['_meta']) ? params['_meta'] : {};
    return isId(id) ? { kind: 'request', id, method, progressToken: idIn(meta['progressToken']) } : undefined;
  }
  const [hasResult, isError] = [Object.hasOwn(value, 'result'), Object.hasOwn(value, 'error')];
  if (!isId(id) || hasResult === isError) return undefined;
  const result = isObject(value['result']) ? value['result'] : {};
  const version = result['protocolVersion'];
  return {
    kind: 'response',
    id,
    isError,
    protocolVersion: typeof version === 'string' ? version : undefined,
  };
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
}

function aboutIn(method: string, params: Readonly<Record<string, unknown>>): RpcId | undefined {
  if (method === CANCELLED) return idIn(params['requestId']);
  return method === PROGRESS ? idIn(params['progressToken']) : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isId = (value: unknown): value is RpcId => typeof value === 'string' || typeof value === 'number';
const idIn = (value: unknown): RpcId | undefined => (isId(value) ? value : undefined);

/** `1` and `"1"` are different ids. */
export const idKey = (id: RpcId): string => JSON.stringify(id);

const LINE_BREAK = /[\r\n]/;

/**
 * The same message on one line. Inside of JSON a line break can only be space between tokens (RFC 8259 section 7); it would
 * end a message on standard input, and an event of a stream.
 */
export function onOneLine(message: Buffer): Buffer {
  if (!message.includes('\n') && !message.includes('\r')) return message;
  // Latin 1 gives each byte one character.
  return Buffer.from(message.toString('latin1').replaceAll(new RegExp(LINE_BREAK, 'g'), ' '), 'latin1');
}

export const errorMessage = (
  id: RpcId,
  code: number,
  message: string,
  data?: Readonly<Record<string, string>>,
): Buffer =>
  Buffer.from(
    JSON.stringify({
      jsonrpc: '2.0',
      id,
      error: { code, message, ...(data === undefined ? {} : { data }) },
    }),
  );

export const INTERNAL_ERROR = -32_603;
export const INVALID_REQUEST = -32_600;
