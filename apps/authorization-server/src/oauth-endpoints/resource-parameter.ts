/** RFC 3986, section 2.3: these mean the same encoded and not. */
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;
/** The characters of a URI with an authority. The parser accepts more, and repairs it (backslashes, blanks, line breaks). */
const URI = /^[a-z][a-z\d+.-]*:\/\/(\[[\da-f:.]+\]|[\w.~-]+)(?::\d*)?(?:[/?][\w.~:/?@!$&'()*+,;=%-]*)?$/i;

/**
 * A resource identifier as RFC 3986, section 6.2, normalises it: case of scheme and host, the default port, dot segments, an
 * empty path, and percent-encoding that is not needed. A final slash does not count either: clients put one there, and take it
 * away, and no two resources of one gateway differ by it. Everything else tells two resources apart.
 * @returns `undefined` for what cannot be one: RFC 8707, section 2, wants an absolute URI without a fragment.
 */
export function canonicalResource(written: string): string | undefined {
  const host = URI.exec(written)?.[1];
  const url = host === undefined ? null : URL.parse(written);
  // The parser also reads other spellings of an address (0x7f.1).
  if (url === null || url.hostname !== host?.toLowerCase()) return undefined;
  if (url.pathname.length > 1) url.pathname = url.pathname.replace(/\/$/, '');
  return url.href.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return UNRESERVED.test(character) ? character : encoded.toUpperCase();
  });
}

export interface ResourceRules {
  /** That of the gateway as a whole. */
  readonly resourceUrl: string;
  /** Every resource that tokens are issued for, that one among them. */
  readonly resourceUrls: readonly string[];
  readonly resourceIndicator: 'required' | 'optional';
  /** The administrator's API. */
  readonly administration?: { readonly url: string };
}

/**
 * Other spellings of a resource become the configured one before the library reads them. The library compares text, and
 * would not find under one spelling what was granted under another. Where the parameter is optional (ADR 2), a client may as
 * well name no more than the origin of the gateway, which says nothing else than leaving it out.
 */
export function withConfiguredResource(
  parameters: URLSearchParams,
  { resourceUrl, resourceUrls, resourceIndicator, administration }: ResourceRules,
): URLSearchParams {
  const urls = [...resourceUrls, ...(administration === undefined ? [] : [administration.url])];
  const configured = new Map(urls.map((url) => [canonicalResource(url), url]));
  const origin =
    resourceIndicator === 'optional' ? canonicalResource(new URL(resourceUrl).origin) : undefined;
  // A resource that is the origin itself is no other than that one.
  if (origin !== undefined) configured.set(origin, resourceUrl);
  return new URLSearchParams(
    [...parameters].map(([name, value]): [string, string] => {
      const asked = name === 'resource' ? canonicalResource(value) : undefined;
      return [name, asked === undefined ? value : (configured.get(asked) ?? value)];
    }),
  );
}
