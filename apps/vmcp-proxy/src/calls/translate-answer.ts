import type { ParsedError } from '../backends/backend-message.js';
import type { HeldValue, Pieces } from '../json/held-value.js';
import { isObject, without, type JsonObject, type RpcError } from '../mcp/message.js';
import {
  INTERNAL_ERROR,
  INVALID_PARAMS,
  META_SERVER_INFO,
  RESOURCE_NOT_FOUND,
  URL_ELICITATION_REQUIRED,
} from '../mcp/protocol.js';
import { urlElicitation, type Client } from './call.js';
import type { CallTarget } from './call-target.js';
import { toolText } from '../refusals/tool-text.js';

export interface TranslationContext {
  readonly client: Client;
  readonly target: Pick<CallTarget, 'kind'>;
}

/** What a response says. */
export type Outcome =
  | { readonly member: 'result'; readonly value: Pieces }
  | { readonly member: 'error'; readonly value: Pieces; readonly code: number };

const resultOf = (result: JsonObject): Outcome => ({ member: 'result', value: [JSON.stringify(result)] });
const errorOf = (error: JsonObject & Pick<RpcError, 'code'>): Outcome => ({
  member: 'error',
  value: [JSON.stringify(error)],
  code: error.code,
});

/** Larger ones of these are not read. */
const MAX_META_BYTES = 262_144;
export const MAX_INPUT_REQUIRED_BYTES = 1_048_576;
/** Enough for every word that counts, each of its characters written by its number. */
const MAX_TYPE_BYTES = 128;

const RESULT_TYPE = new Set(['resultType']);
const CACHEABLE = new Set([...RESULT_TYPE, 'ttlMs', 'cacheScope']);
const CACHEABLE_AND_META = new Set([...CACHEABLE, '_meta']);

export const asksForInput = (result: HeldValue): boolean =>
  result.member('resultType')?.parsed(MAX_TYPE_BYTES) === 'input_required';

/** Instead of a result there is a task (the extension of 2026-07-28). */
export const isTask = (result: HeldValue): boolean =>
  result.member('resultType')?.parsed(MAX_TYPE_BYTES) === 'task';

/** Whoever did not say that it follows tasks gets none (the same, required capabilities). */
export const taskRefused = (context: TranslationContext): Outcome =>
  sayText('The backend made a task of the call, which this client cannot follow.', context);

/**
 * Writes a result in the client's revision. What needs no change stays as the backend wrote it.
 * @returns `undefined` when it asks for more input than anybody reads.
 */
export function translateResult(result: HeldValue, context: TranslationContext): Outcome | undefined {
  if (context.client.era === 'modern') return { member: 'result', value: resultToModern(result, context) };
  if (!asksForInput(result)) return { member: 'result', value: resultToLegacy(result) };
  const parsed = result.parsed(MAX_INPUT_REQUIRED_BYTES);
  return isObject(parsed) ? inputRequiredToLegacy(parsed, context) : undefined;
}

export function translateError(error: ParsedError, context: TranslationContext): Outcome {
  return context.client.era === 'modern' ? errorToModern(error, context) : errorToLegacy(error, context);
}

function resultToModern(result: HeldValue, { target }: TranslationContext): Pieces {
  const complete = { resultType: '"complete"' };
  return target.kind === 'resource'
    ? result.replacing(CACHEABLE, { ...complete, ttlMs: '0', cacheScope: '"private"' })
    : result.replacing(RESULT_TYPE, complete);
}

function resultToLegacy(result: HeldValue): Pieces {
  const meta = result.member('_meta')?.parsed(MAX_META_BYTES);
  if (!isObject(meta)) return result.replacing(CACHEABLE_AND_META, {});
  if (!(META_SERVER_INFO in meta)) return result.replacing(CACHEABLE, {});
  const rest = without(meta, META_SERVER_INFO);
  const _meta = Object.keys(rest).length === 0 ? {} : { _meta: JSON.stringify(rest) };
  return result.replacing(CACHEABLE_AND_META, _meta);
}

/** A URL for the user has a form in 2025-11-25; anything else that a server may want has none without a stream back. */
function inputRequiredToLegacy(result: JsonObject, context: TranslationContext): Outcome {
  const { client } = context;
  const requests = isObject(result['inputRequests']) ? Object.entries(result['inputRequests']) : [];
  const elicitations = requests.flatMap(([key, request]) => {
    const params = isObject(request) && isObject(request['params']) ? request['params'] : undefined;
    return params?.['mode'] === 'url' ? [{ elicitationId: key, ...params }] : [];
  });
  const allUrls = elicitations.length > 0 && elicitations.length === requests.length;
  if (allUrls && urlElicitation(client) === 'error')
    return errorOf({
      code: URL_ELICITATION_REQUIRED,
      message: 'The user has to open a page.',
      data: { elicitations },
    });
  if (!allUrls) return inputRefused(context);
  return sayText(elicitations.map((elicitation) => linkText(elicitation)).join('\n'), context);
}

/** The client did not say that it can give such input. */
export const inputRefused = (context: TranslationContext): Outcome =>
  sayText(
    'The backend asks the user for input in a way that this client cannot give. Nothing was done.',
    context,
  );

/** The answer to the call, where it cannot be what was asked for. */
export function sayText(text: string, { client, target }: TranslationContext): Outcome {
  if (target.kind !== 'tool') return errorOf({ code: INTERNAL_ERROR, message: text });
  return resultOf(client.era === 'modern' ? { ...toolText(text), resultType: 'complete' } : toolText(text));
}

const PAGE = 'elicitation_';

/** Whether that is what a client calls a page that error -32042 of its backend asked for. */
export const isPage = (key: string): boolean => key.startsWith(PAGE);

/** The user does not want to open the page, without which the backend does nothing. */
export const pageRefused = (context: TranslationContext): Outcome =>
  sayText('The user said no to the page that the backend asks to be opened. Nothing was done.', context);

function errorToModern(error: ParsedError, context: TranslationContext): Outcome {
  const { client } = context;
  if (error.code === RESOURCE_NOT_FOUND) return errorOf({ ...error, code: INVALID_PARAMS });
  if (error.code !== URL_ELICITATION_REQUIRED) return errorOf(error);
  const elicitations = elicitationsOf(error);
  if (elicitations.length > 0 && urlElicitation(client) === 'input_required') {
    const inputRequests = Object.fromEntries(
      elicitations.map((elicitation, index) => [
        `${PAGE}${index + 1}`,
        { method: 'elicitation/create', params: without(elicitation, 'elicitationId') },
      ]),
    );
    return resultOf({ resultType: 'input_required', inputRequests });
  }
  return sayText(elicitations.map((elicitation) => linkText(elicitation)).join('\n'), context);
}

function errorToLegacy(error: ParsedError, { target }: TranslationContext): Outcome {
  const { code, data } = error;
  if (code === INVALID_PARAMS && target.kind === 'resource' && isObject(data) && 'uri' in data)
    return errorOf({ ...error, code: RESOURCE_NOT_FOUND });
  // -32020 to -32022 are about headers and envelopes that the client knows nothing of.
  return errorOf(code <= -32_020 && code >= -32_099 ? { ...error, code: INTERNAL_ERROR } : error);
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
