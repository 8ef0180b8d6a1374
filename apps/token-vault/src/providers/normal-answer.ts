/** A token endpoint's JSON object, read once, before any library sees it. */
export type NormalAnswer = Readonly<Record<string, unknown>>;

/** Token types that say: this is no bearer token (RFC 9449 section 5, RFC 8693 section 2.2.1). */
const NOT_BEARER: ReadonlySet<string> = new Set(['dpop', 'n_a', 'mac', 'pop']);

/**
 * Evens out what real providers write. Members that are null or empty count as absent. Numbers may come as text, scopes as a
 * list (RFC 6749 section 3.3), and the whole answer as a form. A lifetime of zero is unknown. A token type that is absent,
 * or is none that anybody has defined, is Bearer (RFC 6750).
 * @returns `undefined` when the body is neither a JSON object nor such a form.
 */
export function normalAnswer(body: string): NormalAnswer | undefined {
  const parsed = jsonObject(body) ?? formWithTokens(body);
  if (parsed === undefined) return undefined;
  const present = Object.entries(parsed).filter(([, value]) => value !== null && value !== '');
  const answer: Record<string, unknown> = Object.fromEntries(present);
  const { scope, access_token: accessToken } = answer;
  if (Array.isArray(scope)) answer['scope'] = scope.filter((word) => typeof word === 'string').join(' ');
  const lifetime = lifetimeOf(answer['expires_in']);
  if (lifetime === undefined) delete answer['expires_in'];
  else answer['expires_in'] = lifetime;
  if (accessToken !== undefined) answer['token_type'] = tokenTypeOf(answer['token_type']);
  return answer;
}

function jsonObject(body: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Some providers answer as they are asked, `application/x-www-form-urlencoded` (GitHub without an `Accept`, older ones). */
function formWithTokens(body: string): object | undefined {
  if (!/^\w[\w.~%+-]*=/.test(body)) return undefined;
  const form = new URLSearchParams(body);
  if (!form.has('access_token') && !form.has('refresh_token') && !form.has('error')) return undefined;
  return Object.fromEntries(form);
}

function tokenTypeOf(written: unknown): string {
  const type = typeof written === 'string' ? written.trim() : '';
  return NOT_BEARER.has(type.toLowerCase()) ? type : 'Bearer';
}

function lifetimeOf(written: unknown): number | undefined {
  const seconds = typeof written === 'string' && /^\d+(\.\d+)?$/.test(written) ? Number(written) : written;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}
