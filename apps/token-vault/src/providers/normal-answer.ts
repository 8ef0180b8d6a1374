/** A token endpoint's JSON object, read once, before any library sees it. */
export type NormalAnswer = Readonly<Record<string, unknown>>;

/**
 * Evens out what real providers write. Members that are null or empty count as absent. Numbers may come as text, scopes as a
 * list (RFC 6749 section 3.3). A lifetime of zero is unknown. An absent token type is Bearer (RFC 6750).
 * @returns `undefined` when the body is no JSON object.
 */
export function normalAnswer(body: string): NormalAnswer | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const present = Object.entries(parsed).filter(([, value]) => value !== null && value !== '');
  const answer: Record<string, unknown> = Object.fromEntries(present);
  const { scope, access_token: accessToken, token_type: tokenType } = answer;
  if (Array.isArray(scope)) answer['scope'] = scope.filter((word) => typeof word === 'string').join(' ');
  const lifetime = lifetimeOf(answer['expires_in']);
  if (lifetime === undefined) delete answer['expires_in'];
  else answer['expires_in'] = lifetime;
  if (accessToken !== undefined && tokenType === undefined) answer['token_type'] = 'Bearer';
  return answer;
}

function lifetimeOf(written: unknown): number | undefined {
  const seconds = typeof written === 'string' && /^\d+(\.\d+)?$/.test(written) ? Number(written) : written;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}
