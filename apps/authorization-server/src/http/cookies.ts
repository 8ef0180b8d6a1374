export interface CookieOptions {
  readonly secure: boolean;
  readonly maxAgeSeconds: number;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
}

/** Reads a `Cookie` header (RFC 6265, section 4.2). Browsers send the oldest first (section 5.4). */
export function readCookies(header: string | undefined): readonly Cookie[] {
  return (header ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at > 0 ? [{ name: pair.slice(0, at).trim(), value: pair.slice(at + 1).trim() }] : [];
  });
}

/** The first of a name counts. */
export const readCookie = (header: string | undefined, name: string): string | undefined =>
  readCookies(header).find((cookie) => cookie.name === name)?.value;

/** A host-wide cookie that scripts cannot read and that travels with top-level navigations only. */
export function setCookie(name: string, value: string, { secure, maxAgeSeconds }: CookieOptions): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

/** Takes a cookie of {@link setCookie} back. */
export const removeCookie = (name: string, secure: boolean): string =>
  setCookie(name, '', { secure, maxAgeSeconds: 0 });

/** `__Host-` pins a cookie to this exact host (RFC 6265bis, section 4.1.3.2); browsers accept it with `Secure` only. */
export const cookieName = (name: string, secure: boolean): string => (secure ? `__Host-${name}` : name);
