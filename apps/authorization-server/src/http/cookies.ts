export interface CookieOptions {
  readonly secure: boolean;
  readonly maxAgeSeconds: number;
}

/** Reads one cookie of a `Cookie` header (RFC 6265, section 4.2); the first of a name counts, as in browsers' order. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/** A host-wide cookie that scripts cannot read and that travels with top-level navigations only. */
export function setCookie(name: string, value: string, { secure, maxAgeSeconds }: CookieOptions): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

/** `__Host-` pins a cookie to this exact host (RFC 6265bis, section 4.1.3.2); browsers accept it with `Secure` only. */
export const cookieName = (name: string, secure: boolean): string => (secure ? `__Host-${name}` : name);
