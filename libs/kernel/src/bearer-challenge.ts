/** What a resource says, with a 401 or a 403, of the token that it wants. */
export interface BearerChallenge {
  /** RFC 6750 section 3.1, in small letters. */
  readonly error?: string;
  /** RFC 9728 section 5.1. */
  readonly resourceMetadata?: string;
  /** RFC 6750 section 3. */
  readonly scope?: string;
  /** Entra's claims challenge: JSON, or JSON in base64. */
  readonly claims?: string;
  /** RFC 9470 section 3. */
  readonly acrValues?: string;
  readonly maxAge?: string;
}

const PARAMETERS: Readonly<Record<keyof BearerChallenge, string>> = {
  error: 'error',
  resourceMetadata: 'resource_metadata',
  scope: 'scope',
  claims: 'claims',
  acrValues: 'acr_values',
  maxAge: 'max_age',
};

const MAX_LENGTH = 8_192;

/** RFC 9110 sections 5.6.2 and 5.6.4: a token, and either a value (after `=`) or the end of a scheme's name. */
const PART = /[\s,]*([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~\w:/?@-]+)))?/y;
const BROKEN = /[^,]*(?:,|$)/y;

/**
 * The parameters of the first Bearer challenge of a `WWW-Authenticate` header (RFC 9110 section 11.6.1), which may hold
 * challenges of other schemes as well. A parameter that comes twice counts as it came first.
 */
export function bearerChallenge(header: string | null): BearerChallenge {
  const parameters = firstBearer((header ?? '').slice(0, MAX_LENGTH)) ?? new Map<string, string>();
  const said = Object.entries(PARAMETERS).flatMap(([name, parameter]) => {
    const value = parameters.get(parameter);
    return value === undefined ? [] : [[name, name === 'error' ? value.toLowerCase() : value] as const];
  });
  return Object.fromEntries(said);
}

function firstBearer(header: string): ReadonlyMap<string, string> | undefined {
  let bearer: Map<string, string> | undefined;
  let inBearer = false;
  for (let at = 0; at < header.length;) {
    PART.lastIndex = at;
    const part = PART.exec(header);
    if (part === null) {
      // What is no parameter (a token68) is passed over.
      BROKEN.lastIndex = at;
      at += Math.max(1, BROKEN.exec(header)?.[0].length ?? 1);
      continue;
    }
    at = PART.lastIndex;
    const [, name = '', quoted, plain] = part;
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) {
      if (bearer !== undefined) return bearer;
      inBearer = name.toLowerCase() === 'bearer';
      if (inBearer) bearer = new Map();
    } else if (inBearer && bearer?.has(name.toLowerCase()) === false) {
      bearer.set(name.toLowerCase(), value);
    }
  }
  return bearer;
}
