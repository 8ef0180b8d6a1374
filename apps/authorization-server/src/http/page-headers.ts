/** Where a page's form may lead beside our own origin; redirects count. */
export interface FormTargets {
  /** The client's redirect URI, when the form can lead there. */
  readonly redirectUri?: string;
  /** The configuration has providers without https. */
  readonly insecureHttp?: boolean;
}

/**
 * Headers of every page. Chromium applies `form-action` to each redirect that follows a form post, and a provider may
 * send the browser on to hosts that nobody can list (federation). So https is allowed as a scheme, http on loopback
 * only, and a client's private scheme when the page belongs to that client.
 */
export function pageHeaders(targets?: FormTargets): Readonly<Record<string, string>> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': [
      "default-src 'none'",
      "style-src 'self'",
      "img-src 'self'",
      `form-action ${formAction(targets)}`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; '),
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
}

function formAction(targets: FormTargets | undefined): string {
  if (targets === undefined) return "'self'";
  const sources = new Set(["'self'", 'https:', 'http://localhost:*', 'http://127.0.0.1:*']);
  const redirect = URL.parse(targets.redirectUri ?? '');
  // A source list cannot name an IPv6 address, so http://[::1] needs the whole scheme.
  if (targets.insecureHttp === true || redirect?.hostname === '[::1]') sources.add('http:');
  if (
    redirect !== null &&
    /^[a-z][a-z0-9+.-]*:$/.test(redirect.protocol) &&
    !/^https?:$/.test(redirect.protocol)
  )
    sources.add(redirect.protocol);
  return [...sources].join(' ');
}
