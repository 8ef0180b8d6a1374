/** RFC 3986, section 2.3: these mean the same encoded and not. */
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

/**
 * A resource identifier as RFC 3986, section 6.2, normalises it: case of scheme and host, the default port, dot segments, an
 * empty path, and percent-encoding that is not needed. Everything else tells two resources apart, a final slash too.
 * @returns `undefined` for what cannot be one: RFC 8707, section 2, wants an absolute URI without a fragment.
 */
export function canonicalResource(written: string): string | undefined {
  const url = URL.parse(written);
  if (url === null || written.includes('#') || url.username !== '' || url.password !== '') return undefined;
  return url.href.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return UNRESERVED.test(character) ? character : encoded.toUpperCase();
  });
}

/**
 * Other spellings of the one resource become the configured one before the library reads them: it compares text, and what
 * is granted under one spelling would not be found under another.
 */
export function withConfiguredResource(parameters: URLSearchParams, resourceUrl: string): URLSearchParams {
  const wanted = canonicalResource(resourceUrl);
  return new URLSearchParams(
    [...parameters].map(([name, value]): [string, string] => [
      name,
      name === 'resource' && canonicalResource(value) === wanted ? resourceUrl : value,
    ]),
  );
}
