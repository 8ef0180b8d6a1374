import type { IncomingMessage } from 'node:http';

const CREDENTIALS = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
/** RFC 9110, section 11.4: the name of a scheme is a token, and what belongs to it follows a blank. */
const OTHER_SCHEME = /^(?!bearer( |$))[!#$%&'*+\-.^_`|~0-9A-Za-z]+( |$)/i;

/** RFC 9449, section 7.1. */
const PROVEN = /^dpop +([A-Za-z0-9\-._~+/]+=*)$/i;
const DPOP = /^dpop( |$)/i;

const AUTHORIZATION = 'authorization';

export type PresentedToken =
  /** No header, or credentials of another scheme than these: as if nothing had been said here (RFC 6750, section 3). */
  | { readonly kind: 'none' }
  /** Credentials that are no token, or nothing that an `Authorization` header may be. */
  | { readonly kind: 'malformed' }
  /** `dpop`: with a proof that its sender holds a key. */
  | { readonly kind: 'bearer' | 'dpop'; readonly token: string };

export type AuthorizedRequest = Pick<IncomingMessage, 'headers' | 'rawHeaders' | 'method'>;

/** Reads the `Authorization` header (RFC 6750, section 2.1; RFC 9449, section 7.1); a token anywhere else is not looked at. */
export function presentedToken({ headers, rawHeaders }: Omit<AuthorizedRequest, 'method'>): PresentedToken {
  const { authorization } = headers;
  if (authorization === undefined) return { kind: 'none' };
  if (isRepeated(rawHeaders)) return { kind: 'malformed' };
  if (OTHER_SCHEME.test(authorization)) return ofOtherScheme(authorization);
  const token = CREDENTIALS.exec(authorization)?.[1];
  return token === undefined ? { kind: 'malformed' } : { kind: 'bearer', token };
}

function ofOtherScheme(authorization: string): PresentedToken {
  if (!DPOP.test(authorization)) return { kind: 'none' };
  const token = PROVEN.exec(authorization)?.[1];
  return token === undefined ? { kind: 'malformed' } : { kind: 'dpop', token };
}

/** Node keeps the first of two; whatever stands before the gateway may have looked at the other one. */
function isRepeated(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === AUTHORIZATION.length && name.toLowerCase() === AUTHORIZATION) count += 1;
  }
  return count > 1;
}
