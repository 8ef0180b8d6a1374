import type { KoaContextWithOIDC } from 'oidc-provider';
import { DEVICE_CODE_GRANT } from '../clients/client-grants.js';

/** The library's error for a JWT at the endpoints for revocation and introspection. It comes after the client has proven itself. */
export const STRUCTURED_TOKEN = 'unsupported_token_type';

/** The library's words for a grant that is not this client's. */
const NO_GRANT = 'requested grant type is not allowed for this client';
const NO_DEVICE_GRANT = `${DEVICE_CODE_GRANT} is not allowed for this client`;

/** The library's words for a request that proves no client at all. */
const NO_CLIENT = 'no client authentication mechanism provided';

/**
 * RFC 6749, section 5.2: a request without any client authentication is `invalid_client`, and so is its status. The library calls
 * it `invalid_request`.
 */
export function nameMissingClient(ctx: Pick<KoaContextWithOIDC, 'body' | 'status'>): void {
  const body: unknown = ctx.body;
  if (ctx.status !== 400 || typeof body !== 'object' || body === null) return;
  const description: unknown = Reflect.get(body, 'error_description');
  // The same section: a client that may not have this grant is `unauthorized_client`.
  if (description === NO_GRANT || description === NO_DEVICE_GRANT)
    ctx.body = { error: 'unauthorized_client', error_description: description };
  if (description !== NO_CLIENT) return;
  ctx.status = 401;
  ctx.body = { error: 'invalid_client', error_description: NO_CLIENT };
}
