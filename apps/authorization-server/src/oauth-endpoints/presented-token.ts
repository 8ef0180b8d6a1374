import type { FastifyRequest } from 'fastify';
import { formOf } from './library-answers.js';

const CREDENTIALS = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
const BEARER = /^bearer( |$)/i;

export type PresentedToken =
  /** Nothing, or credentials of another scheme (RFC 6750, section 3.1: then no error is named). */
  | { readonly kind: 'none' }
  /** Two of them, or what is no token (section 2: one method at a time). */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'bearer'; readonly token: string };

/**
 * A bearer token in the header, or in the body of a form (RFC 6750, sections 2.1 and 2.2; OpenID Connect Core, section 5.3.1). One
 * in the address is not looked at, because addresses are kept in logs (section 5.3).
 */
export function presentedToken(request: FastifyRequest): PresentedToken {
  const { rawHeaders } = request.raw;
  const headers = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'authorization');
  const { authorization } = request.headers;
  const inHeader = authorization !== undefined && BEARER.test(authorization);
  const inForm = request.method === 'POST' ? (formOf(request)?.getAll('access_token') ?? []) : [];
  if (headers.length > 1 || inForm.length + Number(inHeader) > 1) return { kind: 'malformed' };
  const [posted] = inForm;
  if (!inHeader && posted === undefined) return { kind: 'none' };
  const token = CREDENTIALS.exec(inHeader ? authorization : `Bearer ${posted ?? ''}`)?.[1];
  return token === undefined ? { kind: 'malformed' } : { kind: 'bearer', token };
}
