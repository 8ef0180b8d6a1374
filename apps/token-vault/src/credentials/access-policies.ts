import type { AccessRules } from '@gatehouse/config/model/access';
import { cedar, type CedarValueJson, type EntityJson } from '@gatehouse/config/policies/cedar';
import { checkedAccess, GATEWAY, PERSON, type AccessAction } from '@gatehouse/config/policies/checked-access';
import { claimValue, OddClaim, textsIn, typeOf } from '@gatehouse/config/policies/claim-values';
import type { NamedPolicy } from '@gatehouse/config/policies/policy-text';
import type { UsedNames } from '@gatehouse/config/policies/used-names';
import { randomUUID } from 'node:crypto';
import { valueAt } from '../providers/answer-fields.js';
import { isSaidElsewhere } from './mapped-claims.js';

/** What a provider says of a person. */
export type Said = Readonly<Record<string, unknown>>;

export type AccessVerdict =
  | { readonly kind: 'admitted' }
  | {
      readonly kind: 'refused';
      /** The policies that forbid it; none: no policy permits it. */
      readonly forbids: readonly NamedPolicy[];
      /** What policies look at, and the provider did not say. */
      readonly unsaid: readonly string[];
    }
  /** A claim is not what policies need, so that nobody knows what they would say. */
  | { readonly kind: 'unclear'; readonly claim: string; readonly reason: string };

const MAX_GROUPS = 1_000;
const CLAIM = 'claim_';
const OF_MAIL = ['verifiedEmail', 'verifiedEmailDomain'];

/** The policies of `access`, or of `administration.access`, ready to be asked. */
export class AccessPolicies {
  readonly #id = randomUUID();
  readonly #policies: ReadonlyMap<string, NamedPolicy>;
  readonly #attributes: ReadonlySet<string>;
  readonly #types: UsedNames['types'];
  /** The claims whose absence has to mean that the provider says none. */
  readonly #claims: readonly string[];
  readonly #groupClaims: readonly string[];

  constructor(
    private readonly rules: AccessRules,
    private readonly gatewayName: string,
    private readonly action: AccessAction,
  ) {
    const { policies, used, findings } = checkedAccess(rules.policies, rules.groupEntityType, action);
    if (findings.length > 0) throw new Error('policies that were checked cannot be used');
    this.#policies = new Map(policies.map((policy) => [policy.id, policy]));
    this.#attributes = used.attributes.get('principal') ?? new Set();
    this.#types = used.types;
    this.#groupClaims = looksAtGroups(policies, this.#attributes) ? rules.groupClaims : [];
    this.#claims = [
      ...this.#groupClaims,
      ...[...this.#attributes].flatMap((name) => (name.startsWith(CLAIM) ? [name.slice(CLAIM.length)] : [])),
      ...(OF_MAIL.some((name) => this.#attributes.has(name)) ? ['email', 'email_verified'] : []),
    ];
    const staticPolicies = Object.fromEntries(policies.map(({ id, json }) => [id, json]));
    const answer = cedar().preparsePolicySet(this.#id, { staticPolicies });
    if (answer.type === 'failure') throw new Error('policies that were checked cannot be parsed');
  }

  /** @param subject of the person at the provider */
  judge(subject: string, said: Said): AccessVerdict {
    const elsewhere = this.#claims.find((claim) => isSaidElsewhere(said, claim));
    if (elsewhere !== undefined)
      return { kind: 'unclear', claim: elsewhere, reason: 'the provider says it elsewhere' };
    try {
      return this.#decided(this.#person(subject, said));
    } catch (error) {
      if (!(error instanceof OddClaim)) throw error;
      return { kind: 'unclear', claim: error.claim, reason: 'it is of another type than policies use' };
    }
  }

  #decided(person: EntityJson): AccessVerdict {
    const gateway = { type: GATEWAY, id: this.gatewayName };
    const answer = cedar().statefulIsAuthorized({
      principal: person.uid,
      action: { type: 'Action', id: this.action },
      resource: gateway,
      context: {},
      preparsedPolicySetId: this.#id,
      entities: [person, { uid: gateway, attrs: {}, parents: [] }],
    });
    if (answer.type === 'failure') return { kind: 'unclear', claim: '', reason: 'Cedar cannot evaluate it' };
    const { decision, diagnostics } = answer.response;
    // Cedar leaves out what cannot be evaluated. That a permit does not count is safe; that a forbid does not is not.
    const failed = diagnostics.errors.some(
      ({ policyId }) => this.#policies.get(policyId)?.json.effect !== 'permit',
    );
    if (failed) return { kind: 'unclear', claim: '', reason: 'a policy that forbids cannot be evaluated' };
    if (decision === 'allow') return { kind: 'admitted' };
    const forbids = diagnostics.reason.flatMap((id) => this.#policies.get(id) ?? []);
    return { kind: 'refused', forbids, unsaid: this.#unsaid(person) };
  }

  #unsaid({ attrs, parents }: EntityJson): readonly string[] {
    const names = [...this.#attributes].filter((name) => name !== '*' && !Object.hasOwn(attrs, name));
    return this.#groupClaims.length > 0 && parents.length === 0 ? [...names, ...this.#groupClaims] : names;
  }

  /** @throws {OddClaim} */
  #person(subject: string, said: Said): EntityJson {
    const claims = [...this.#attributes].flatMap((name): (readonly [string, CedarValueJson])[] => {
      const claim = name.startsWith(CLAIM) ? name.slice(CLAIM.length) : undefined;
      const value = claim === undefined ? undefined : valueAt(said, claim);
      if (claim === undefined || value === undefined || value === null) return [];
      return [[name, claimValue(claim, value, typeOf(this.#types, name))]];
    });
    const { provider, groupEntityType } = this.rules;
    const groups = new Set(this.#groupClaims.flatMap((claim) => groupsIn(claim, valueAt(said, claim))));
    if (groups.size > MAX_GROUPS) throw new OddClaim(this.#groupClaims.join(', '));
    return {
      uid: { type: PERSON, id: subject },
      attrs: { provider, ...verifiedMail(said), ...Object.fromEntries(claims) },
      parents: [...groups].map((id) => ({ type: groupEntityType, id })),
    };
  }
}

/** @throws {OddClaim} when one of them is no text: leaving it out could lift what a policy forbids to a group. */
function groupsIn(claim: string, value: unknown): readonly string[] {
  const texts = textsIn(value);
  const isAbsent = value === undefined || value === null;
  if (!isAbsent && typeof value !== 'string' && !(Array.isArray(value) && texts.length === value.length))
    throw new OddClaim(claim);
  return texts;
}

/**
 * OpenID Connect Core, section 5.1: without `email_verified` nobody has seen that the address is the person's. Some providers (Apple,
 * Cognito) write it as a text. A domain has no case
 * (RFC 1035, section 2.3.3).
 */
function verifiedMail({ email, email_verified: verified }: Said): Record<string, string> {
  if (typeof email !== 'string' || (verified !== true && verified !== 'true')) return {};
  if (!MAIL_ADDRESS.test(email)) return {};
  // Of ASCII alone, so that no other letter becomes one of these.
  const verifiedEmail = email.toLowerCase();
  return { verifiedEmail, verifiedEmailDomain: verifiedEmail.slice(verifiedEmail.indexOf('@') + 1) };
}

/** One `@`, and nothing that a reader could take for the end of the address. */
const MAIL_ADDRESS = /^[\w!#$%&'*+./=?^`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/;

/** By where policies begin, or by a condition that has the person as a whole. */
const looksAtGroups = (policies: readonly NamedPolicy[], attributes: ReadonlySet<string>): boolean =>
  attributes.has('*') || policies.some(({ json }) => json.principal.op === 'in' || 'in' in json.principal);
