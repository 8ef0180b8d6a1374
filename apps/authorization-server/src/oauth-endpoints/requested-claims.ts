import { z } from 'zod';

/** OpenID Connect Core, section 5.5. Anybody can ask, and what they ask is kept. */
const MAX_CHARACTERS = 4_096;
const MAX_CLAIMS = 64;
const MAX_VALUES = 32;
const MAX_VALUE_CHARACTERS = 256;

/** What is kept of a person, and the scope that lets a client have it. A claim by itself takes no less. */
export const SCOPE_OF_CLAIM = { name: 'profile', email: 'email' } as const;
type PersonClaim = keyof typeof SCOPE_OF_CLAIM;
const PERSON_CLAIMS = Object.keys(SCOPE_OF_CLAIM) as readonly PersonClaim[];

const text = z.string().max(MAX_VALUE_CHARACTERS);
const wish = z
  .object({
    essential: z.boolean().optional(),
    value: text.optional(),
    values: z.array(text).min(1).max(MAX_VALUES).optional(),
  })
  .nullable();
type Wish = z.output<typeof wish>;

/** Other claims are not understood, and what is not understood counts for nothing (section 5.5). */
const idToken = z.looseObject({
  sub: wish.optional(),
  acr: wish.optional(),
  auth_time: wish.optional(),
});
const userInfo = z.looseObject({ sub: wish.optional() });
const request = z.looseObject({ id_token: idToken.optional(), userinfo: userInfo.optional() });

/** As it is kept: what counts of a request. */
interface RequestedClaims {
  readonly id_token: Readonly<Record<string, unknown>>;
  readonly userinfo: Readonly<Record<string, unknown>>;
}

export type ReadClaims =
  | { readonly kind: 'read'; readonly claims: RequestedClaims }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Reads the parameter `claims`.
 * @param mayHave whether the client may ask for this scope. A claim of one that it may not have is left out, essential or not: no error
 * comes of that (section 5.5.1).
 */
export function readClaims(written: string, mayHave: (scope: string) => boolean): ReadClaims {
  if (written.length > MAX_CHARACTERS) return refused('claims is too long');
  const parsed = request.safeParse(JSON.parse(written));
  if (!parsed.success) return refused(`claims.${parsed.error.issues[0]?.path.join('.') ?? ''} is not valid`);
  const { id_token: inToken = {}, userinfo: inUserInfo = {} } = parsed.data;
  if (Object.keys(inToken).length + Object.keys(inUserInfo).length > MAX_CLAIMS)
    return refused('claims asks for too much');
  const subjects = [inToken.sub, inUserInfo.sub].map((one) => valuesOf(one));
  if (subjects[0] !== undefined && subjects[1] !== undefined && !isSame(subjects[0], subjects[1]))
    return refused('claims wants two different subjects');
  const sub = subjects[0] ?? subjects[1];
  return {
    kind: 'read',
    claims: {
      id_token: {
        ...(sub === undefined ? {} : { sub: sub.length === 1 ? { value: sub[0] } : { values: sub } }),
        ...(inToken.acr === undefined ? {} : { acr: acrOf(inToken.acr) }),
        ...(inToken.auth_time === undefined ? {} : { auth_time: { essential: true } }),
        ...ofPerson(inToken, mayHave),
      },
      userinfo: ofPerson(inUserInfo, mayHave),
    },
  };
}

const acrOf = (acr: Wish) => {
  const values = valuesOf(acr);
  return values === undefined ? null : { essential: acr?.essential === true, values };
};

const ofPerson = (asked: Readonly<Record<string, unknown>>, mayHave: (scope: string) => boolean) =>
  Object.fromEntries(
    PERSON_CLAIMS.filter((claim) => claim in asked && mayHave(SCOPE_OF_CLAIM[claim])).map((claim) => [
      claim,
      null,
    ]),
  );

const valuesOf = (asked: Wish | undefined): readonly string[] | undefined =>
  asked?.values ?? (asked?.value === undefined ? undefined : [asked.value]);

const isSame = (left: readonly string[], right: readonly string[]): boolean =>
  left.toSorted().join('\n') === right.toSorted().join('\n');

const refused = (why: string): ReadClaims => ({ kind: 'refused', why });

/** What a request wants of its person, as it was kept. */
export interface WantedPerson {
  /** The scopes that its claims are of. */
  readonly scopes: readonly string[];
  /** Claims of the person, for either place. */
  readonly claims: readonly string[];
  /** Only these people. */
  readonly accountIds?: readonly string[];
  /** How they should have authenticated, or must have. */
  readonly acr?: { readonly values: readonly string[]; readonly isEssential: boolean };
}

/** @param kept the parameter after {@link readClaims} */
export function wantedPerson(kept: unknown): WantedPerson {
  if (typeof kept !== 'string' || kept === '') return { scopes: [], claims: [] };
  const { id_token: inToken = {}, userinfo: inUserInfo = {} } = request.parse(JSON.parse(kept));
  const claims = PERSON_CLAIMS.filter((claim) => claim in inToken || claim in inUserInfo);
  const [accountIds, acrs] = [valuesOf(inToken.sub), valuesOf(inToken.acr)];
  return {
    claims,
    scopes: claims.map((claim) => SCOPE_OF_CLAIM[claim]),
    ...(accountIds === undefined ? {} : { accountIds }),
    ...(acrs === undefined ? {} : { acr: { values: acrs, isEssential: inToken.acr?.essential === true } }),
  };
}
