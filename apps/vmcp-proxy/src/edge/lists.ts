import type { PartialFailureMode } from '@gatehouse/config/model/failure-handling';
import type { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { GATEWAY_INFO } from '../mcp/gateway-info.js';
import { EVERYTHING, type ShownLists } from '../authorization/shown-lists.js';
import type { Catalog } from '../catalog/catalog.flow.js';
import { isTrouble } from '../catalog/not-run.js';
import type { Kind } from '../catalog/definitions.js';
import { JSON_TYPE } from '../mcp/answer.js';
import { errorText, type RequestId, type RequestMessage, type RpcError } from '../mcp/message.js';
import { GATEWAY_FAILURE, INVALID_PARAMS, META_SERVER_INFO } from '../mcp/protocol.js';
import { failureText, retryAdvice } from '../refusals/failure-text.js';
import type { Incoming } from './incoming.js';

/** Lists change when a user connects something, so nobody keeps them for long. */
const TTL_MS = 5_000;

const LIST_METHODS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['tools/list', 'tools'],
  ['prompts/list', 'prompts'],
  ['resources/list', 'resources'],
  ['resources/templates/list', 'resourceTemplates'],
]);

/** What a cacheable result of 2026-07-28 carries; a list is its user's own. */
export const CACHEABLE = {
  resultType: 'complete',
  ttlMs: TTL_MS,
  cacheScope: 'private',
  _meta: { [META_SERVER_INFO]: GATEWAY_INFO },
} as const;

const MODERN_MEMBERS = JSON.stringify(CACHEABLE).slice(1, -1);

/** Answers list requests. */
export class Lists {
  constructor(
    private readonly catalog: Pick<Catalog, 'current' | 'failuresOf'>,
    private readonly configured: { readonly partialFailureMode: PartialFailureMode },
    private readonly shown: ShownLists = EVERYTHING,
  ) {}

  /**
   * The list is text already, written once for all who see the same, and all of it is one page: no cursor was ever given
   * out. A bad request is HTTP 400 in the modern era only.
   * @returns `undefined` when the request is for something else.
   */
  answer(
    { principal, scope, answer, declared }: Incoming,
    { id, method, params }: RequestMessage,
    era: 'legacy' | 'modern',
  ): Promise<void> | undefined {
    const kind = LIST_METHODS.get(method);
    if (kind === undefined) return undefined;
    if (!params.has('cursor')) return this.#list(kind, id, era, { principal, scope, answer, declared });
    const error = { code: INVALID_PARAMS, message: 'unknown cursor' };
    answer.whole(era === 'modern' ? 400 : 200, JSON_TYPE, errorText(id, error));
    return Promise.resolve();
  }

  async #list(
    kind: Kind,
    id: RequestId,
    era: 'legacy' | 'modern',
    { principal, scope, answer, declared }: Pick<Incoming, 'principal' | 'scope' | 'answer' | 'declared'>,
  ): Promise<void> {
    const view = await this.catalog.current(principal, scope, declared);
    const [failed] =
      this.configured.partialFailureMode === 'fail'
        ? this.catalog
            .failuresOf(principal, scope, declared)
            // For a client that comes for itself the list is whole without it.
            .filter(({ why }) => isTrouble(why))
        : [];
    if (failed !== undefined) {
      answer.whole(200, JSON_TYPE, errorText(id, notWhole(failed.backend, failed.why)));
      return;
    }
    const looking = { principal, scope };
    await this.shown.settle(view, [kind], looking);
    const members = era === 'modern' ? `${MODERN_MEMBERS},` : '';
    const text = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{${members}"${kind}":${this.shown.text(view, kind, looking)}}}`;
    answer.whole(200, JSON_TYPE, text);
  }
}

/** `partialFailureMode: fail`: rather none than a list that is not whole. */
const notWhole = (backend: string, why: GatehouseError): RpcError => ({
  code: GATEWAY_FAILURE,
  message: failureText(why, backend),
  data: { code: why.code, retry: retryAdvice(why), backend },
});
