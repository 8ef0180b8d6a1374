/** Every URL of ours comes from the configured issuer, never from the Host header (RFC 9700, section 2.6 asks for exact issuers). */
export class IssuerUrls {
  readonly origin: string;
  readonly host: string;
  readonly isHttps: boolean;
  /** Path of the issuer without a trailing slash; empty for an issuer at the root. */
  readonly basePath: string;

  constructor(readonly issuer: string) {
    const url = new URL(issuer);
    this.origin = url.origin;
    this.host = url.host;
    this.isHttps = url.protocol === 'https:';
    this.basePath = url.pathname === '/' ? '' : url.pathname;
  }

  /** @param path begins with a slash. */
  path(path: string): string {
    return `${this.basePath}${path}`;
  }

  url(path: string): string {
    return `${this.origin}${this.path(path)}`;
  }

  /**
   * The route that a request path means: below an issuer with a path both `<path>/oauth/…` and the path-inserted
   * well-known form of RFC 8414, section 3.1 (`/.well-known/oauth-authorization-server<path>`) are ours.
   */
  route(requestUrl: string): string {
    const [, documentPath = ''] =
      /^(\/\.well-known\/(?:oauth-authorization-server|openid-configuration))(?=[/?]|$)/.exec(requestUrl) ??
      [];
    if (documentPath !== '') return documentPath;
    if (this.basePath !== '' && (requestUrl === this.basePath || requestUrl.startsWith(`${this.basePath}/`)))
      return requestUrl.slice(this.basePath.length) || '/';
    return requestUrl;
  }
}
