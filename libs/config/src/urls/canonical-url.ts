/**
 * The one spelling of a URL (WHATWG URL): host in lower case, no default port, no dot segments. For the URLs of endpoints and
 * callbacks. An issuer is never respelled: it is compared byte for byte (RFC 8414 section 3.3).
 */
export const canonicalUrl = (url: string): string => URL.parse(url)?.href ?? url;
