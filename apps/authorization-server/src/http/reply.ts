import type { FastifyReply } from 'fastify';
import type { Html } from '../pages/html.js';
import { languageOf } from '../pages/languages.js';
import { pageHeaders, type FormTargets } from './page-headers.js';
import type { Shown } from './shown.js';

/** Writes status and headers. @returns the body. */
export function bodyOf(reply: FastifyReply, shown: Shown): string {
  switch (shown.kind) {
    case 'page':
      addCookies(reply, shown.setCookies);
      void reply.code(shown.status ?? 200).headers(pageHeaders(shown.targets));
      if (shown.onwardTo !== undefined) void reply.header('refresh', `0;url=${shown.onwardTo}`);
      return shown.page.in(languageOf(reply.request.headers['accept-language']));
    case 'redirect':
      addCookies(reply, shown.setCookies);
      void reply
        .code(shown.status)
        // The next site does not learn this page's address, and a cache does not answer in our place.
        .headers({ location: shown.location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
      return '';
    case 'empty':
      void reply.code(shown.status).header('cache-control', 'no-store');
      return '';
  }
}

export function sendPage(
  reply: FastifyReply,
  page: Html,
  options: { readonly status?: number; readonly targets?: FormTargets } = {},
): void {
  void reply.send(bodyOf(reply, { kind: 'page', page, ...options }));
}

/** RFC 6749 section 5.2. @param cors headers with which the scripts of an allowed origin may read it. */
export function sendProtocolError(
  reply: FastifyReply,
  status: number,
  body: { readonly error: string; readonly error_description: string },
  cors: Readonly<Record<string, string>>,
): void {
  void reply
    .code(status)
    .headers({ 'cache-control': 'no-store', ...cors })
    .send(body);
}

/** Adds to what the protocol library may have set on the same answer. */
function addCookies(reply: FastifyReply, added: readonly string[] | undefined): void {
  if (added === undefined) return;
  const before = reply.raw.getHeader('set-cookie');
  const lines = Array.isArray(before) ? before : typeof before === 'string' ? [before] : [];
  reply.raw.setHeader('set-cookie', [...lines, ...added]);
}
