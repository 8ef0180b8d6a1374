import { decodeJwt } from 'jose';

/**
 * The client that a request names, in its form, by Basic (RFC 6749, section 2.3.1), or by its assertion (RFC 7521, section 4.2).
 * Nothing is proven by that.
 */
export function namedClient(form: URLSearchParams, authorization: string | undefined): string | null {
  const [, encoded] = /^basic +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return form.get('client_id') ?? subjectOf(form.get('client_assertion'));
  const [id = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':', 1);
  try {
    return decodeURIComponent(id.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

function subjectOf(assertion: string | null): string | null {
  try {
    return assertion === null ? null : (decodeJwt(assertion).sub ?? null);
  } catch {
    return null;
  }
}
