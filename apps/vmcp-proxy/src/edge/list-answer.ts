import type { Kind } from '../catalog/definitions.js';
import type { View } from '../catalog/view.js';
import type { RequestId } from './message.js';
import { META_SERVER_INFO } from './protocol.js';
import { GATEWAY_INFO } from '../backends/gateway-info.js';

/** Lists change when a user connects something, so nobody keeps them for long. */
const TTL_MS = 5_000;

export const LIST_METHODS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
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

/** The answer to a list request. The list is text already, written once for all who see the same. */
export function listText(id: RequestId, kind: Kind, view: View, modern: boolean): string {
  const members = modern ? `${MODERN_MEMBERS},` : '';
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{${members}"${kind}":${view.text(kind)}}}`;
}
