import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { formOf } from './library-answers.js';

const CREDENTIALS = /^(bearer|dpop) +([A-Za-z0-9\-._~+/]+=*)$/i;
const SCHEME = /^(bearer|dpop)( |$)/i;

export type PresentedToken =
  /** Nothing, or credentials of another scheme (RFC 6750, section 3.1: then no error is named). */
  | { readonly kind: 'none' }
  /** Two of them, or what is no token (section 2: one method at a time). */
  | { readonly kind: 'malformed' }
  /** `dpop`: with a proof that its sender holds a key (RFC 9449, section 7.1). */
  | { readonly kind: 'bearer' | 'dpop'; readonly token: string };

/**
 * A token in the header, or a bearer token in the body of a form (RFC 6750, sections 2.1 and 2.2; OpenID Connect Core, section
 * 5.3.1). One in the address is not looked at, because addresses are kept in logs (section 5.3).
 */
export function presentedToken(request: FastifyRequest): PresentedToken {
  const { authorization } = request.headers;
  const inHeader = authorization !== undefined && SCHEME.test(authorization);
  const inForm = request.method === 'POST' ? (formOf(request)?.getAll('access_token') ?? []) : [];
  if (headersOf(request.raw) > 1 || inForm.length + Number(inHeader) > 1) return { kind: 'malformed' };
  const [posted] = inForm;
  if (!inHeader && posted === undefined) return { kind: 'none' };
  return credentials(inHeader ? authorization : `Bearer ${posted ?? ''}`);
}

/** The same where a token comes in the header or not at all. */
export function tokenInHeader(request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): PresentedToken {
  const { authorization } = request.headers;
  if (headersOf(request) > 1) return { kind: 'malformed' };
  return authorization !== undefined && SCHEME.test(authorization)
    ? credentials(authorization)
    : { kind: 'none' };
}

/** How many there are: Node joins them, or takes the first. */
const headersOf = ({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): number =>
  rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'authorization').length;

function credentials(written: string): PresentedToken {
  const [, scheme, token] = CREDENTIALS.exec(written) ?? [];
  if (token === undefined) return { kind: 'malformed' };
  return { kind: scheme?.toLowerCase() === 'dpop' ? 'dpop' : 'bearer', token };
}
