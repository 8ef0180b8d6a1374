import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Html } from '../pages/html.js';
import { pageHeaders, type FormTargets } from './page-headers.js';
import type { Shown } from './shown.js';

export function show(reply: FastifyReply, shown: Shown): void {
  if (shown.setCookies !== undefined) addCookies(reply, shown.setCookies);
  if (shown.kind === 'page') {
    sendPage(reply, shown.page, shown);
    return;
  }
  void reply
    .code(shown.status)
    // No page's address goes along, and no way on is ever taken from a cache.
    .headers({ location: shown.location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    .send('');
}

export function sendPage(
  reply: FastifyReply,
  page: Html,
  { status, targets }: { readonly status?: number; readonly targets?: FormTargets } = {},
): void {
  void reply
    .code(status ?? 200)
    .headers(pageHeaders(targets))
    .send(page.markup);
}

/** RFC 6749 section 5.2. Clients that are scripts of a page may read why, as they may read every other answer. */
export function sendProtocolError(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  body: { readonly error: string; readonly error_description: string },
): void {
  void reply
    .code(status)
    .headers({
      'cache-control': 'no-store',
      'access-control-allow-origin': request.headers.origin ?? '*',
      'access-control-expose-headers': 'retry-after',
      vary: 'Origin',
    })
    .send(body);
}

/** Beside those that the protocol library may have set on the same answer. */
function addCookies(reply: FastifyReply, added: readonly string[]): void {
  const before = reply.raw.getHeader('set-cookie');
  const lines = Array.isArray(before) ? before : typeof before === 'string' ? [before] : [];
  reply.raw.setHeader('set-cookie', [...lines, ...added]);
}
