import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { errorPage, errorStatus } from '../pages/error-page.js';
import type { Html } from '../pages/html.js';
import type { SigningKeys } from '../signing-keys/signing-keys.js';
import { refusalReference } from './refusal-reference.js';
import type { Site } from '../pages/site.js';

export const COME_BACK_AFTER_SECONDS = '2';

/**
 * The library calls every error that it does not know `server_error`. An outage gets its own name,
 * `temporarily_unavailable` (RFC 6749 section 4.1.2.1), with 503, so that clients ask again and sign nobody out.
 */
export function answerOutage(ctx: KoaContextWithOIDC, error: unknown): void {
  if (!marksOutage(ctx, error) || ctx.type === 'text/html') return;
  ctx.body = {
    error: 'temporarily_unavailable',
    error_description: GatehouseError.from(error).publicText,
  };
}

/**
 * The keys were not read for so long that others may sign with a new one, or one may have been withdrawn. Whoever gets such a set keeps it
 * for an hour. Whoever gets none keeps the one that they have, and asks again.
 */
export function answerBlind(ctx: Pick<KoaContextWithOIDC, 'status' | 'body' | 'set'>): void {
  ctx.status = 503;
  ctx.set('cache-control', 'no-store');
  ctx.set('retry-after', COME_BACK_AFTER_SECONDS);
  ctx.body = { error: 'temporarily_unavailable', error_description: 'The signing keys cannot be read.' };
}

/** @returns the page for a person; `undefined` when the error is no outage. */
export function outagePage(ctx: KoaContextWithOIDC, error: unknown, site: Site): Html | undefined {
  if (!marksOutage(ctx, error)) return undefined;
  return errorPage('unavailable', site, undefined, refusalReference(error));
}

/**
 * A code is good for one request, and a refresh token is renewed with it. So a request for tokens is refused before anything is used
 * up, where it is known that nobody would sign them.
 */
export const whereKeysSign =
  (keys: Pick<SigningKeys, 'ready'>) =>
  async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    if (ctx.path === '/oauth/token' && ctx.method === 'POST')
      try {
        await keys.ready();
      } catch (error) {
        answerOutage(ctx, error);
        return;
      }
    await next();
  };

function marksOutage(ctx: KoaContextWithOIDC, error: unknown): boolean {
  const { code, facts } = GatehouseError.from(error);
  if (facts.owner !== 'capacity') return false;
  ctx.status = errorStatus(code, facts.owner);
  ctx.set('retry-after', COME_BACK_AFTER_SECONDS);
  return true;
}
