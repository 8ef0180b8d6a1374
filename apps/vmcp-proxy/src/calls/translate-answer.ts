import { isObject, without, type JsonObject, type RequestId, type RpcError } from '../edge/message.js';
import {
  INTERNAL_ERROR,
  INVALID_PARAMS,
  META_SERVER_INFO,
  RESOURCE_NOT_FOUND,
  URL_ELICITATION_REQUIRED,
} from '../edge/protocol.js';
import { urlElicitation, type Client } from './call.js';
import { toolText } from './tool-text.js';

export interface TranslationContext {
  readonly client: Client;
  readonly method: string;
  /** The client's own id. */
  readonly id: RequestId;
}

/**
 * Turns one message of a backend into the revision of the client; `undefined` for one that has no form there. Notifications
 * of progress and log messages are the same in both.
 */
export function translateMessage(message: JsonObject, context: TranslationContext): JsonObject | undefined {
  const { client, id } = context;
  const { result, error, method } = message;
  if (typeof method === 'string')
    return 'id' in message ? undefined : translateNotification(message, method, client);
  const base = { jsonrpc: '2.0', id };
  if (isObject(error)) {
    const translated =
      client.era === 'modern' ? errorToModern(error, context) : errorToLegacy(error, context);
    return { ...base, ...translated };
  }
  if (!isObject(result)) return undefined;
  return client.era === 'modern'
    ? { ...base, result: resultToModern(result, context.method) }
    : { ...base, ...resultToLegacy(result, context) };
}

function translateNotification(message: JsonObject, method: string, client: Client): JsonObject | undefined {
  if (method === 'notifications/progress') return message;
  if (method !== 'notifications/message') return undefined;
  // Since 2026-07-28 log messages are sent to those who asked for them in this very request.
  return client.era === 'modern' && client.envelope.logLevel === undefined ? undefined : message;
}

type Outcome = { readonly result: JsonObject } | { readonly error: JsonObject };

function resultToModern(result: JsonObject, method: string): JsonObject {
  const cache = method === 'resources/read' ? { ttlMs: 0, cacheScope: 'private' } : {};
  return { ...result, resultType: 'complete', ...cache };
}

function resultToLegacy(result: JsonObject, context: TranslationContext): Outcome {
  if (result['resultType'] === 'input_required') return inputRequiredToLegacy(result, context);
  const rest = without(result, 'resultType', 'ttlMs', 'cacheScope', '_meta');
  const given = result['_meta'];
  const meta = isObject(given) ? without(given, META_SERVER_INFO) : {};
  return { result: Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta } };
}

/** A URL for the user has a form in 2025-11-25; anything else that a server may want has none without a stream back. */
function inputRequiredToLegacy(result: JsonObject, { client, method }: TranslationContext): Outcome {
  const requests = isObject(result['inputRequests']) ? Object.entries(result['inputRequests']) : [];
  const elicitations = requests.flatMap(([key, request]) => {
    const params = isObject(request) && isObject(request['params']) ? request['params'] : undefined;
    return params?.['mode'] === 'url' ? [{ elicitationId: key, ...params }] : [];
  });
  const allUrls = elicitations.length > 0 && elicitations.length === requests.length;
  if (allUrls && urlElicitation(client) === 'error')
    return {
      error: {
        code: URL_ELICITATION_REQUIRED,
        message: 'The user has to open a page.',
        data: { elicitations },
      },
    };
  const text = allUrls
    ? elicitations.map((elicitation) => linkText(elicitation)).join('\n')
    : 'The backend asks the user for input in a way that this client cannot give. Nothing was done.';
  return method === 'tools/call'
    ? { result: toolText(text) }
    : { error: { code: INTERNAL_ERROR, message: text } };
}

function errorToModern(error: JsonObject, { client, method }: TranslationContext): Outcome {
  if (error['code'] === RESOURCE_NOT_FOUND) return { error: { ...error, code: INVALID_PARAMS } };
  if (error['code'] !== URL_ELICITATION_REQUIRED) return { error };
  const elicitations = elicitationsOf(error);
  if (elicitations.length > 0 && urlElicitation(client) === 'input_required') {
    const inputRequests = Object.fromEntries(
      elicitations.map((elicitation, index) => [
        `elicitation_${index + 1}`,
        { method: 'elicitation/create', params: without(elicitation, 'elicitationId') },
      ]),
    );
    return { result: { resultType: 'input_required', inputRequests } };
  }
  const text = elicitations.map((elicitation) => linkText(elicitation)).join('\n');
  return method === 'tools/call'
    ? { result: { ...toolText(text), resultType: 'complete' } }
    : { error: { code: INTERNAL_ERROR, message: text } };
}

function errorToLegacy(error: JsonObject, { method }: TranslationContext): Outcome {
  const { code, data } = error;
  if (code === INVALID_PARAMS && method === 'resources/read' && isObject(data) && 'uri' in data)
    return { error: { ...error, code: RESOURCE_NOT_FOUND } };
  // -32020 to -32022 are about headers and envelopes that the client knows nothing of.
  const ours = typeof code === 'number' && code <= -32_020 && code >= -32_099;
  return { error: ours ? { ...error, code: INTERNAL_ERROR } : error };
}

function elicitationsOf(error: JsonObject): readonly JsonObject[] {
  const { data } = error;
  const list = isObject(data) ? data['elicitations'] : undefined;
  return Array.isArray(list)
    ? list.filter((entry) => isObject(entry) && entry['mode'] === 'url').map((entry) => entry as JsonObject)
    : [];
}

function linkText({ message, url }: JsonObject): string {
  const said = typeof message === 'string' ? message : 'The backend asks the user to open a page.';
  return typeof url === 'string' ? `${said}\n${url}` : said;
}

/** The HTTP status that goes with an error of a backend (MCP 2026-07-28, transports). */
export function statusOfError(client: Client, error: Pick<RpcError, 'code'>): number {
  if (client.era === 'legacy') return 200;
  if (error.code === -32_601) return 404;
  return error.code <= -32_600 && error.code >= -32_602
    ? 400
    : error.code <= -32_020 && error.code >= -32_022
      ? 400
      : 200;
}
