import type { HeldText } from '../json/held-text.js';
import { HeldValue } from '../json/held-value.js';
import { OPEN_OBJECT } from '../json/json-grammar.js';
import type { JsonScanner } from '../json/json-scanner.js';
import { isId, isObject, type JsonObject, type RequestId, type RpcError } from '../mcp/message.js';

/** One JSON-RPC message as a backend wrote it. Only what has to be looked at is parsed. */
export type BackendMessage =
  | { readonly kind: 'result'; readonly id: RequestId; readonly result: HeldValue }
  | {
      readonly kind: 'error';
      /** `undefined` where the backend could not tell which request it was (JSON-RPC 2.0, section 5). */
      readonly id: RequestId;
      readonly error: HeldValue;
      readonly parsed: ParsedError;
    }
  | {
      readonly kind: 'request';
      readonly id: RequestId;
      readonly method: string;
      readonly params: HeldValue | undefined;
    }
  | { readonly kind: 'notification'; readonly method: string; readonly params: HeldValue | undefined };

export type ParsedError = JsonObject & Pick<RpcError, 'code' | 'message'>;

/** Members of the root that decide what a message is. */
export const MESSAGE_MEMBERS: ReadonlySet<string> = new Set([
  'jsonrpc',
  'id',
  'method',
  'params',
  'result',
  'error',
]);

const MAX_WORD_BYTES = 1_024;
const MAX_ERROR_BYTES = 1_048_576;
/** The first byte of `null`, which some servers write for "none". */
const SMALL_N = 0x6e;

/** @returns `undefined` for JSON that is no JSON-RPC 2.0 message, or one that clients would not take. */
export function backendMessage(held: HeldText, scanner: JsonScanner): BackendMessage | undefined {
  if (scanner.root !== 'object') return undefined;
  const valueOf = (name: string): HeldValue | undefined => heldMember(name, held, scanner);
  if (valueOf('jsonrpc')?.parsed(MAX_WORD_BYTES) !== '2.0') return undefined;
  const method = valueOf('method');
  const result = valueOf('result');
  const error = valueOf('error');
  const written = valueOf('id');
  const id = written?.parsed(MAX_WORD_BYTES);
  if (written !== undefined && !isId(id)) return undefined;
  if (method !== undefined)
    // An id that is `null` belongs to no request and to no notification.
    return result === undefined &&
      error === undefined &&
      (id === undefined) === (scanner.last('id') === undefined)
      ? methodMessage(method.parsed(MAX_WORD_BYTES), id, valueOf('params'))
      : undefined;
  if (result !== undefined && error === undefined)
    return result.firstByte === OPEN_OBJECT ? { kind: 'result', id, result } : undefined;
  const parsed = result === undefined ? error?.parsed(MAX_ERROR_BYTES) : undefined;
  return error !== undefined && isRpcError(parsed) ? { kind: 'error', id, error, parsed } : undefined;
}

function methodMessage(
  method: unknown,
  id: RequestId,
  params: HeldValue | undefined,
): BackendMessage | undefined {
  if (typeof method !== 'string' || (params !== undefined && params.firstByte !== OPEN_OBJECT))
    return undefined;
  return id === undefined
    ? { kind: 'notification', method, params }
    : { kind: 'request', id, method, params };
}

/** The member that counts; `null` is as good as none. */
function heldMember(name: string, held: HeldText, scanner: JsonScanner): HeldValue | undefined {
  const member = scanner.last(name);
  if (member === undefined || member.firstByte === SMALL_N) return undefined;
  if (member.firstByte !== OPEN_OBJECT) return new HeldValue(held, member);
  const within = scanner.found.filter(
    (found) => found.within === name && found.start > member.start && found.end < member.end,
  );
  return new HeldValue(held, member, within);
}

/** What clients take for an error. */
const isRpcError = (value: unknown): value is ParsedError =>
  isObject(value) && Number.isInteger(value['code']) && typeof value['message'] === 'string';
