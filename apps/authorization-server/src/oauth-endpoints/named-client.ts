/** The client that a token request names, in its form or by Basic (RFC 6749, section 2.3.1). Nothing is proven by that. */
export function namedClient(form: URLSearchParams, authorization: string | undefined): string | null {
  const [, encoded] = /^basic +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return form.get('client_id');
  const [id = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':', 1);
  try {
    return decodeURIComponent(id.replaceAll('+', ' '));
  } catch {
    return null;
  }
}
