import type { AccessTokenClaims } from '@gatehouse/access-tokens/claims';
import { sha256 } from '@gatehouse/kernel/digest';
import { isObject } from '../mcp/message.js';
import type { Delegate } from './principal.js';

/** Of a chain that somebody else's issuer made. */
const MAX_NAMED = 10;

/** Who acts for the person of a token; `undefined`: nobody does. */
export function delegateIn({
  act,
  client_id: clientId,
  scope,
}: Pick<AccessTokenClaims, 'act' | 'client_id' | 'scope'>): Delegate | undefined {
  if (act === undefined) return undefined;
  const actors: string[] = [];
  for (let next: unknown = act; isObject(next) && actors.length < MAX_NAMED; next = next['act'])
    if (typeof next['sub'] === 'string') actors.push(next['sub']);
  return {
    actors,
    chain: sha256(JSON.stringify(act)),
    key: sha256(JSON.stringify([act, clientId, scope ?? null])),
  };
}
