/** What an endpoint or a backend wants a sign-in to show. */
export interface WantedOfSignIn {
  /** As JSON (OIDC Core section 5.5). */
  readonly claims?: string | undefined;
  /** RFC 9470, section 4. */
  readonly acrValues?: string | undefined;
  readonly maxAgeSeconds?: number | undefined;
}

const AGE = /^\d+$/;

/**
 * The parameters that say how a person is to sign in. What is configured holds: wishes make it stricter, and never weaker.
 * @param wishes the first ones are preferred
 */
export function wishedSignIn(
  configured: Readonly<Record<string, string>>,
  wishes: readonly WantedOfSignIn[],
): Readonly<Record<string, string>> {
  const parameters = {
    max_age: shortestAge(configured['max_age'], valuesOf(wishes, 'maxAgeSeconds')),
    acr_values: contexts(configured['acr_values'], valuesOf(wishes, 'acrValues')),
    claims: valuesOf(wishes, 'claims').reduce(joinedClaims, configured['claims']),
  };
  return Object.fromEntries(
    Object.entries(parameters).filter(
      (parameter): parameter is [string, string] => parameter[1] !== undefined,
    ),
  );
}

const valuesOf = <Name extends keyof WantedOfSignIn>(wishes: readonly WantedOfSignIn[], name: Name) =>
  wishes.map((wish) => wish[name]).filter((value) => value !== undefined);

function shortestAge(configured: string | undefined, ages: readonly number[]): string | undefined {
  if (ages.length === 0) return configured;
  const shortest = Math.min(...ages);
  if (configured === undefined) return String(shortest);
  return !AGE.test(configured) || Number(configured) <= shortest ? configured : String(shortest);
}

/**
 * In order of preference (OIDC Core section 3.1.2.1). Where some are configured, each of them is enough, and no other one is: a wish
 * chooses among them.
 */
function contexts(configured: string | undefined, wished: readonly string[]): string | undefined {
  const values = wished.flatMap(namesIn);
  if (values.length === 0) return configured;
  if (configured === undefined) return [...new Set(values)].join(' ');
  const enough = new Set(namesIn(configured));
  return [...new Set([...values.filter((value) => enough.has(value)), ...enough])].join(' ');
}

const namesIn = (values: string): readonly string[] => values.split(' ').filter(Boolean);

/** Of `access_token`, `id_token` and `userinfo` one claim after the other; what is configured of a claim stays as it is. */
function joinedClaims(configured: string | undefined, wished: string): string {
  if (configured === undefined) return wished;
  const [own, theirs] = [objectIn(configured), objectIn(wished)];
  if (own === undefined || theirs === undefined) return configured;
  const members = new Map(Object.entries(theirs));
  for (const [name, member] of Object.entries(own)) {
    const other = members.get(name);
    members.set(name, isObject(member) && isObject(other) ? { ...other, ...member } : member);
  }
  return JSON.stringify(Object.fromEntries(members));
}

type Members = Readonly<Record<string, unknown>>;

function objectIn(json: string): Members | undefined {
  try {
    const said: unknown = JSON.parse(json);
    return isObject(said) ? said : undefined;
  } catch {
    // No JSON.
    return undefined;
  }
}

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
