import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { PLAIN, type Site } from '../pages/site.js';

const AUTHORIZE = '/oauth/authorize';
/** A slash at the end is written by clients whose issuer they end with one. */
const DOCUMENT =
  /^(\/\.well-known\/(?:oauth-authorization-server|openid-configuration))(\/[^?]*?)?\/?(?:\?|$)/;

type Configured = Pick<AuthorizationServerPart, 'issuer' | 'authorizationEndpointBaseUrl'> &
  Partial<Pick<AuthorizationServerPart, 'branding'>>;

/** Every URL of ours comes from the configured issuer, never from the Host header (RFC 9700, section 2.6 asks for exact issuers). */
export class IssuerUrls {
  readonly issuer: string;
  readonly origin: string;
  readonly host: string;
  readonly isHttps: boolean;
  /** Path of the issuer without a trailing slash; empty for an issuer at the root. */
  readonly basePath: string;
  /** Where clients send browsers; it stands below the issuer, or below a base of its own. */
  readonly authorizationEndpoint: string;

  readonly #config: Configured;

  constructor(config: Configured) {
    const { issuer, authorizationEndpointBaseUrl = issuer } = config;
    this.#config = config;
    const url = new URL(issuer);
    this.authorizationEndpoint = `${authorizationEndpointBaseUrl}${AUTHORIZE}`;
    this.issuer = issuer;
    this.origin = url.origin;
    this.host = url.host;
    this.isHttps = url.protocol === 'https:';
    this.basePath = url.pathname === '/' ? '' : url.pathname;
  }

  /** As it is configured now: a reload can bring backends. */
  get site(): Site {
    return { basePath: this.basePath, branding: this.#config.branding ?? PLAIN };
  }

  /**
   * A browser sends the cookies of a sign-in to the issuer's host only. So a sign-in that begins at another host is sent to
   * the issuer's host at once.
   */
  get beginsElsewhere(): boolean {
    return new URL(this.authorizationEndpoint).origin !== this.origin;
  }

  /** @param path begins with a slash. */
  path(path: string): string {
    return `${this.basePath}${path}`;
  }

  url(path: string): string {
    return `${this.origin}${this.path(path)}`;
  }

  /**
   * Finds the route of a request path. With an issuer that has a path, two forms are ours: `<path>/oauth/…` and the
   * path-inserted well-known form of RFC 8414, section 3.1 (`/.well-known/oauth-authorization-server<path>`).
   */
  route(requestUrl: string): string {
    const [, documentPath, suffix = ''] = DOCUMENT.exec(requestUrl) ?? [];
    // Under another path there would be another issuer, and this one's metadata would be false there (section 3.3).
    if (documentPath !== undefined && ['', this.basePath].includes(suffix)) return documentPath;
    const authorizePath = new URL(this.authorizationEndpoint).pathname;
    if (requestUrl === authorizePath || requestUrl.startsWith(`${authorizePath}?`))
      return AUTHORIZE + requestUrl.slice(authorizePath.length);
    if (this.basePath !== '' && (requestUrl === this.basePath || requestUrl.startsWith(`${this.basePath}/`)))
      return requestUrl.slice(this.basePath.length) || '/';
    return requestUrl;
  }
}
