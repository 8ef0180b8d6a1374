/** A token endpoint's JSON object, read once, before any library sees it. */
export type NormalAnswer = Readonly<Record<string, unknown>>;

/** Token types that say: this is no bearer token (RFC 9449 section 5, RFC 8693 section 2.2.1). */
const NOT_BEARER: ReadonlySet<string> = new Set(['dpop', 'n_a', 'mac', 'pop']);

/**
 * Evens out what real providers write. Members that are null or empty count as absent, and so does a token or a scope that is
 * neither text nor number. Numbers may come as text and texts as numbers, scopes as a list (RFC 6749 section 3.3), and the
 * whole answer as a form. A lifetime of zero is unknown. A token type that is absent, or is none that anybody has defined, is
 * Bearer (RFC 6750).
 * @returns `undefined` when the body is neither a JSON object nor such a form.
 */
export function normalAnswer(body: string): NormalAnswer | undefined {
  const parsed = jsonObject(body) ?? formWithTokens(body);
  if (parsed === undefined) return undefined;
  const written: readonly (readonly [string, unknown])[] = Object.entries(parsed);
  const members = written.flatMap(([name, value]) => {
    if (isNothing(value)) return [];
    const reader = READERS.get(name);
    const read = reader === undefined ? value : reader(value);
    return read === undefined ? [] : [[name, read] as const];
  });
  const answer: Record<string, unknown> = Object.fromEntries(members);
  if (answer['access_token'] !== undefined) answer['token_type'] = tokenTypeOf(answer['token_type']);
  return answer;
}

const isNothing = (value: unknown): boolean =>
  value === null || (typeof value === 'string' && value.trim() === '');

function jsonObject(body: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(body, (_key, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' && !Number.isSafeInteger(value) && Number.isInteger(value)
        ? context?.source
        : value,
    );
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

/** A number is exact as far as its digits go; what is longer was given as text by {@link jsonObject}. */
function textOf(written: unknown): string | undefined {
  if (typeof written === 'number') return String(written);
  return typeof written === 'string' ? written : undefined;
}

function scopeOf(written: unknown): string | undefined {
  if (!Array.isArray(written)) return textOf(written);
  const words = written.filter((word) => typeof word === 'string' && word !== '');
  return words.length === 0 ? undefined : words.join(' ');
}

/** Members that libraries take apart (RFC 6749 section 5.1, OIDC Core section 3.1.3.3). `undefined`: it is as if it were not there. */
const READERS: ReadonlyMap<string, (written: unknown) => unknown> = new Map<
  string,
  (written: unknown) => unknown
>([
  ['access_token', textOf],
  ['refresh_token', textOf],
  ['id_token', textOf],
  ['scope', scopeOf],
  ['expires_in', lifetimeOf],
]);
