import { decodeJwt } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { isVisit } from '../http/visit.js';
import { SILENT } from './silent-requests.js';

const OFFLINE = 'offline_access';

/**
 * `prompt=none` in a request object that its browser brings (RFC 9101), where somebody is signed in. What it says counts when the
 * library has verified it, so this runs after all of the library's checks. From here on it goes the way of other silent requests
 * (`withSilence`). The library has dropped `offline_access` from it, as it does without `consent`. In a frame nothing is begun, and the
 * client is told so.
 */
export function goSilently({ req, query, oidc }: KoaContextWithOIDC): void {
  const { params, client, route, prompts, session } = oidc;
  const { request } = query;
  if (route !== 'authorization' || typeof request !== 'string' || params === undefined) return;
  if (!prompts.has('none') || session?.accountId === undefined || !isVisit(req)) return;
  params['prompt'] = 'consent';
  params[SILENT] = '1';
  const asked = wordsOf(decodeJwt(request)['scope']);
  const mayHave =
    client?.grantTypeAllowed('refresh_token') === true &&
    client.scope?.split(' ').includes(OFFLINE) !== false;
  if (asked.includes(OFFLINE) && mayHave) params['scope'] = [...wordsOf(params['scope']), OFFLINE].join(' ');
}

const wordsOf = (value: unknown): readonly string[] =>
  typeof value === 'string' ? value.split(' ').filter(Boolean) : [];
