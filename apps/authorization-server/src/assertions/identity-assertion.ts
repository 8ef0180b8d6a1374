import type { AssertionIssuer } from '@gatehouse/config/model/assertion-issuer';
import { isStorableText } from '@gatehouse/kernel/storable-text';
import type { JWTPayload } from 'jose';
import { z } from 'zod';

/** draft-ietf-oauth-identity-assertion-authz-grant, section 3; RFC 8725, section 3.11. */
export const ID_JAG_TYPE = 'oauth-id-jag+jwt';

/** Never `none`, and nothing that a public key could be a secret of (RFC 8725, sections 3.1 and 3.2). */
export const ASSERTION_ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

const MAX_SUBJECT = 512;
const MAX_RESOURCES = 32;

const claims = z.looseObject({
  aud: z.union([z.string(), z.tuple([z.string()])]),
  client_id: z.string(),
  sub: z.string().min(1),
  jti: z.string().min(1),
  iat: z.number(),
  exp: z.number(),
  resource: z.union([z.string(), z.array(z.string()).max(MAX_RESOURCES)]).optional(),
  scope: z.string().default(''),
  tenant: z.string().optional(),
  cnf: z.looseObject({}).optional(),
});

/** Whom an issuer asserts, and what for. */
export interface AssertedPerson {
  readonly issuer: string;
  /** At the primary provider. */
  readonly subject: string;
  readonly jti: string;
  /** In seconds. */
  readonly expiresAt: number;
  /** As they are written. */
  readonly resources: readonly string[];
  readonly scopes: readonly string[];
  /** What the assertion is bound to (RFC 9449, RFC 8705); absent: nothing. */
  readonly cnf?: Readonly<Record<string, unknown>>;
}

type ReadAssertion =
  { readonly ok: true; readonly person: AssertedPerson } | { readonly ok: false; readonly why: string };

/** Claims that would say something else than what they are taken for, if nobody looked at them. */
const NOT_TAKEN = ['act', 'may_act', 'authorization_details'] as const;

/**
 * What has to hold of an assertion, once its type, signature, issuer, audience and times are known to be right.
 * @param clientId of the client that has authenticated
 */
export function assertedPerson(
  payload: JWTPayload,
  { issuer, subjectClaim, tenant, maxAssertionLifespanMs }: AssertionIssuer<unknown>,
  clientId: string,
): ReadAssertion {
  const parsed = claims.safeParse(payload);
  if (!parsed.success)
    return refused(`the claim ${parsed.error.issues[0]?.path.join('.') ?? ''} is not good`);
  const said = parsed.data;
  const strange = NOT_TAKEN.find((claim) => Object.hasOwn(payload, claim));
  if (strange !== undefined) return refused(`the claim ${strange} is not taken here`);
  // The client is who authenticated, and not who found the assertion.
  if (said.client_id !== clientId) return refused('it was made for another client');
  // Of several tenants, two can have one subject.
  if (said.tenant !== tenant) return refused('it is of another tenant');
  if ((said.exp - said.iat) * 1_000 > maxAssertionLifespanMs) return refused('it is good for too long');
  const subject = subjectIn(payload, subjectClaim);
  if (subject === undefined) return refused(`the claim ${subjectClaim} names nobody`);
  return {
    ok: true,
    person: {
      issuer,
      subject,
      jti: said.jti,
      expiresAt: said.exp,
      resources: said.resource === undefined ? [] : [said.resource].flat(),
      scopes: said.scope.split(' ').filter((scope) => scope !== ''),
      ...(said.cnf === undefined ? {} : { cnf: said.cnf }),
    },
  };
}

/** As the vault reads the same claim of an id_token: never cut, never mended. */
function subjectIn(payload: JWTPayload, claim: string): string | undefined {
  const subject = Object.hasOwn(payload, claim) ? payload[claim] : undefined;
  return typeof subject === 'string' &&
    subject !== '' &&
    subject.length <= MAX_SUBJECT &&
    isStorableText(subject)
    ? subject
    : undefined;
}

const refused = (why: string): ReadAssertion => ({ ok: false, why });
