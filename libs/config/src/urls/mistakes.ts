const DOCUMENT =
  /^(?<origin>https?:\/\/[^/?#]+)(?<before>\/.*)?\/\.well-known\/(?:openid-configuration|oauth-authorization-server)(?<after>\/.*)?$/i;

/**
 * The issuer whose discovery document is at a URL: the well-known part stands behind the issuer (OpenID Connect Discovery
 * section 4.1) or between its host and its path (RFC 8414 section 3.1). `undefined`: no such document is there.
 */
export function issuerOfDocument(url: string): string | undefined {
  const { origin, before = '', after = '' } = DOCUMENT.exec(url)?.groups ?? {};
  return origin === undefined ? undefined : `${origin}${before}${after}`;
}

/** Where the discovery document of an issuer is (OpenID Connect Discovery section 4). */
export const documentOf = (issuer: string): string =>
  `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;

const PLACEHOLDERS = [
  /<[^<>]{1,40}>/,
  /\{[^{}]{1,40}\}/,
  /(?<=[/.]|^)(?:your|my)[-_](?:[a-z]{1,20}[-_])?(?:tenant|domain|org|app|realm|company|okta-domain|subdomain)(?:[-_](?:id|name))?(?=[/.:]|$)/i,
];

/** What a guide leaves to be filled in, if a URL still has it. */
export function placeholderIn(url: string): string | undefined {
  const decoded = url.replace(/%7b/gi, '{').replace(/%7d/gi, '}').replace(/%3c/gi, '<').replace(/%3e/gi, '>');
  for (const placeholder of PLACEHOLDERS) {
    const found = placeholder.exec(decoded)?.[0];
    if (found !== undefined) return found;
  }
  return undefined;
}

const UNFILLED = [
  /^<[^<>]{1,60}>$/,
  /^your[-_ ](?:[a-z]{1,20}[-_ ]){0,3}(?:id|audience|client)$/i,
  /^(?:change|replace)[-_ ]?me$|^(?:todo|tbd|xxx+)$/i,
];

/** Whether an id is what a guide leaves to be filled in. */
export const isPlaceholder = (id: string): boolean => UNFILLED.some((form) => form.test(id));

const SECRET_PARAMETER =
  /^(?:.*[-_])?(?:api[-_]?key|key|token|secret|password|passwd|pwd|auth|apikey|signature|sig)$/i;

/** The name of a query parameter that seems to hold a secret. Its value is never looked at. */
export const secretParameterOf = (url: string): string | undefined =>
  [...(URL.parse(url)?.searchParams.keys() ?? [])].find((name) => SECRET_PARAMETER.test(name));
