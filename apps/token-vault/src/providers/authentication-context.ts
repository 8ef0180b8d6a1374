/** OpenID Connect Core, section 2. More than any provider has; what is longer is as good as none. */
const MAX_ACR_CHARACTERS = 256;
const MAX_METHODS = 20;
const MAX_METHOD_CHARACTERS = 64;

export interface AuthenticationContext {
  readonly acr?: string;
  readonly amr?: readonly string[];
}

const isShort = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= most;

/** How the person authenticated, as an id_token says. */
export function authenticationContext(
  claims: Readonly<Record<string, unknown>> | undefined,
): AuthenticationContext {
  const acr = claims?.['acr'];
  const listed = claims?.['amr'];
  const methods: readonly unknown[] = Array.isArray(listed) ? listed : [];
  const amr = methods.filter((one): one is string => isShort(one, MAX_METHOD_CHARACTERS));
  const isWhole = amr.length > 0 && amr.length === methods.length && amr.length <= MAX_METHODS;
  return {
    ...(isShort(acr, MAX_ACR_CHARACTERS) ? { acr } : {}),
    ...(isWhole ? { amr } : {}),
  };
}
