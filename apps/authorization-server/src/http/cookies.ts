export interface CookieOptions {
  readonly secure: boolean;
  readonly maxAgeSeconds: number;
}

export interface Cookie {
  readonly name: string;
  readonly value: string;
}

/**
 * Reads a `Cookie` header (RFC 6265, section 4.2). Only spaces and tabs are trimmed. Any other leading character is part of
 * the name, so that no look-alike passes for a `__Host-` name.
 */
function readCookies(header: string | undefined): readonly Cookie[] {
  return (header ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at > 0 ? [{ name: trimmed(pair.slice(0, at)), value: trimmed(pair.slice(at + 1)) }] : [];
  });
}

const trimmed = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '');

/**
 * The cookies whose name comes once. A second one was set by somebody else (a sibling domain, another path), and nothing
 * says which is ours (RFC 6265, section 8.6), so neither counts.
 */
export function soleCookies(header: string | undefined): readonly Cookie[] {
  const cookies = readCookies(header);
  const times = new Map<string, number>();
  for (const { name } of cookies) times.set(name, (times.get(name) ?? 0) + 1);
  return cookies.filter(({ name }) => times.get(name) === 1);
}

export const readCookie = (header: string | undefined, name: string): string | undefined =>
  soleCookies(header).find((cookie) => cookie.name === name)?.value;

/** A host-wide cookie that scripts cannot read and that travels with top-level navigations only. */
export function setCookie(name: string, value: string, { secure, maxAgeSeconds }: CookieOptions): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

/** Removes a cookie of {@link setCookie}. */
export const removeCookie = (name: string, secure: boolean): string =>
  setCookie(name, '', { secure, maxAgeSeconds: 0 });

/**
 * `__Host-` pins a cookie to this exact host (RFC 6265bis, section 4.1.3.2). Browsers accept such a name with `Secure` and
 * `Path=/` only, so on http, which is for localhost, there is none.
 */
export const cookieName = (name: string, secure: boolean): string => (secure ? `__Host-${name}` : name);
